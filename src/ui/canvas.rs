//! Putting styled pieces of text into cells. The only way from text to the screen.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

use super::theme::Theme;
use crate::app::page::{Ink, Span, spans_width, wash, width};

pub struct Canvas<'a> {
    pub buffer: &'a mut Buffer,
    pub theme: &'a Theme,
}

impl Canvas<'_> {
    /// Draws spans from the left of a row, cut at its right edge; returns the column after them.
    pub fn spans(&mut self, row: Rect, spans: &[Span], base: Style) -> u16 {
        let mut x = row.x;
        for span in spans {
            let style = base.patch(self.theme.style(span.ink)).patch(self.over(span.over));
            let room = row.right().saturating_sub(x);
            if row.height == 0 || room == 0 {
                break;
            }
            x = self.buffer.set_stringn(x, row.y, &span.text, usize::from(room), style).0;
        }
        x
    }

    fn over(&self, ink: Ink) -> Style {
        if ink.is_empty() { Style::new() } else { self.theme.style(ink) }
    }

    /// Draws one row with a left and a right part. The right one gives way when both do not fit.
    pub fn row(&mut self, row: Rect, left: &[Span], right: &[Span], base: Style) {
        let end = self.spans(row, left, base);
        let wanted = spans_width(right) as u16;
        if wanted > 0 && end + wanted < row.right() {
            let x = row.right() - wanted;
            self.spans(Rect { x, width: wanted, ..row }, right, base);
        }
    }

    /// Lays a style under a whole area.
    pub fn wash(&mut self, area: Rect, ink: Ink) {
        let style = self.theme.style(ink);
        self.buffer.set_style(area, style);
    }

    /// A horizontal rule with a title in it.
    pub fn rule(&mut self, row: Rect, ink: Ink, left: &[Span], right: &[Span]) {
        if row.height == 0 {
            return;
        }
        let style = self.theme.style(ink);
        self.buffer.set_stringn(row.x, row.y, "─".repeat(row.width.into()), row.width.into(), style);
        let inner = Rect { x: row.x + 1, width: row.width.saturating_sub(2), ..row };
        self.row(inner, left, right, Style::new());
    }

    pub fn vertical(&mut self, area: Rect, ink: Ink) {
        let style = self.theme.style(ink);
        for y in area.top()..area.bottom() {
            self.buffer.set_stringn(area.x, y, "│", 1, style);
        }
    }
}

pub fn line_of(area: Rect, nth: usize) -> Rect {
    Rect { y: area.y + nth as u16, height: 1, ..area }
}

/// As much of a stranger's name as fits, washed, with the middle left out: both ends tell names apart.
pub fn ends(text: &str, columns: usize) -> String {
    let text = wash(&sample(text, columns), 0).into_owned();
    if width(&text) <= columns {
        return text;
    }
    let Some(kept) = columns.checked_sub(1) else { return String::new() };
    let mut tail: Vec<&str> = Vec::new();
    let mut used = 0;
    for grapheme in text.graphemes(true).rev() {
        used += width(grapheme);
        if used > kept / 2 {
            break;
        }
        tail.push(grapheme);
    }
    let tail: String = tail.into_iter().rev().collect();
    format!("{}…{tail}", first(&text, kept - width(&tail)))
}

/// The beginning of a stranger's text, washed, with a sign where it was cut.
pub fn start(text: &str, columns: usize) -> String {
    let text = wash(&sample(text, columns), 0).into_owned();
    if width(&text) <= columns { text } else { format!("{}…", first(&text, columns.saturating_sub(1))) }
}

/// The end of a washed text, with a sign where it was cut.
pub fn tail(text: &str, columns: usize) -> String {
    let Some(kept) = columns.checked_sub(1).filter(|_| width(text) > columns) else { return text.to_owned() };
    let mut used = 0;
    let fits = |grapheme: &&str| {
        used += width(grapheme);
        used <= kept
    };
    let length: usize = text.graphemes(true).rev().take_while(fits).map(str::len).sum();
    format!("…{}", &text[text.len() - length..])
}

fn first(text: &str, columns: usize) -> &str {
    let mut used = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        used += width(grapheme);
        if used > columns {
            return &text[..at];
        }
    }
    text
}

/// Both ends of a text that is far too long to be shown: what a row costs must not follow the data.
fn sample(text: &str, columns: usize) -> Cow<'_, str> {
    let kept = columns * 4 + 16;
    if text.len() <= kept * 8 {
        return Cow::Borrowed(text);
    }
    let head = text.char_indices().nth(kept).map_or(text.len(), |(at, _)| at);
    let tail = text.char_indices().rev().nth(kept).map_or(0, |(at, _)| at);
    if head < tail { Cow::Owned(format!("{}{}", &text[..head], &text[tail..])) } else { Cow::Borrowed(text) }
}

/// Text filled up with spaces to a width, at the right or at the left.
pub fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

pub fn right_aligned(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// A bar of eighths of cells. `fraction` in [0, 1].
pub fn bar(fraction: f64, cells: usize) -> (String, String) {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (fraction.clamp(0.0, 1.0) * cells as f64 * 8.0).round() as usize;
    let mut full = "█".repeat(eighths / 8);
    full.push_str(EIGHTHS[eighths % 8]);
    let rest = cells - eighths.div_ceil(8);
    (full, " ".repeat(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_both_ends() {
        assert_eq!(ends("run-3", 8), "run-3");
        assert_eq!(ends("20240402_sweagent_gpt4", 11), "20240…_gpt4");
        assert_eq!(ends(&format!("a{}z", "-".repeat(100_000)), 5), "a-…-z");
        for columns in 0..30 {
            assert!(width(&ends("日本語のとても長い名前です", columns)) <= columns);
        }
    }

    #[test]
    fn bars_are_as_long_as_their_fraction() {
        assert_eq!(bar(0.0, 4), (String::new(), "    ".into()));
        assert_eq!(bar(1.0, 4), ("████".into(), String::new()));
        assert_eq!(bar(0.40625, 4).0, "█▋");
    }
}
