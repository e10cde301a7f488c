//! Putting styled pieces of text into cells. The only way from text to the screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::theme::Theme;
use crate::app::page::{Ink, Span, spans_width, width};

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
        if end + wanted < row.right() {
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

/// As much of a name as fits, with the middle left out: both ends tell names apart.
pub fn shortened(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let Some(kept) = columns.checked_sub(1) else { return String::new() };
    let chars: Vec<char> = text.chars().collect();
    let tail: String = chars[chars.len() - (kept / 2).min(chars.len())..].iter().collect();
    let mut short = String::new();
    for c in chars {
        if width(&short) + width(c.encode_utf8(&mut [0; 4])) + 1 + width(&tail) > columns {
            break;
        }
        short.push(c);
    }
    format!("{short}…{tail}")
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
    (full, "·".repeat(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_both_ends() {
        assert_eq!(shortened("run-3", 8), "run-3");
        assert_eq!(shortened("20240402_sweagent_gpt4", 11), "20240…_gpt4");
        for columns in 0..30 {
            assert!(width(&shortened("日本語のとても長い名前です", columns)) <= columns);
        }
    }

    #[test]
    fn bars_are_as_long_as_their_fraction() {
        assert_eq!(bar(0.0, 4), (String::new(), "····".into()));
        assert_eq!(bar(1.0, 4), ("████".into(), String::new()));
        assert_eq!(bar(0.40625, 4).0, "█▋");
    }
}
