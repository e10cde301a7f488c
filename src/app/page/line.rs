//! One line of a page: washed pieces of text with the names of their styles, and how it breaks into rows.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::wash::{wash, width};

/// The name of a style (`diff.added.word`); themes say what it looks like.
pub type Ink = &'static str;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Span {
    pub text: String,
    pub ink: Ink,
    /// Laid over `ink`: a search hit, a changed word. Empty: nothing.
    pub over: Ink,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// Stands before the first row; the rows after it get as many spaces.
    pub gutter: Vec<Span>,
    pub spans: Vec<Span>,
    /// Stands at the right edge, where there is room.
    pub right: Vec<Span>,
    /// Under everything, to the right edge.
    pub base: Ink,
    /// Drawn between `spans` and the right edge.
    pub fill: Option<char>,
    /// The right half, where two texts stand beside each other; then the rest is the left half.
    pub beside: Option<Box<Half>>,
}

/// The right half of a line, and what stands between the halves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Half {
    pub divider: Span,
    pub gutter: Vec<Span>,
    pub spans: Vec<Span>,
    pub base: Ink,
}

/// One row of a line: its spans, and those of its right half.
pub type Row = (Vec<Span>, Vec<Span>);

impl Span {
    /// Text of our own, known to be clean.
    pub fn new(text: impl Into<String>, ink: Ink) -> Self {
        Self { text: text.into(), ink, over: "" }
    }

    /// Text of a stranger, starting at a column.
    pub fn washed(text: &str, ink: Ink, column: usize) -> Self {
        Self::new(wash(text, column), ink)
    }

    pub fn width(&self) -> usize {
        width(&self.text)
    }
}

pub fn spans_width(spans: &[Span]) -> usize {
    spans.iter().map(Span::width).sum()
}

impl Line {
    /// The rows it takes at this width (columns, gutter included). Breaks after spaces where it can.
    pub fn rows(&self, columns: usize, wrap: bool) -> Vec<Vec<Span>> {
        if !wrap || self.fill.is_some() {
            return vec![self.spans.clone()];
        }
        broken(&self.spans, text_columns(columns, &self.gutter))
    }

    /// The rows of both halves, level; without a right half its part is empty.
    pub fn level_rows(&self, columns: usize, wrap: bool) -> Vec<Row> {
        let Some(half) = &self.beside else {
            return self.rows(columns, wrap).into_iter().map(|row| (row, Vec::new())).collect();
        };
        if !wrap {
            return vec![(self.spans.clone(), half.spans.clone())];
        }
        let (left, right) = halves(columns);
        let mut left = broken(&self.spans, text_columns(left, &self.gutter)).into_iter();
        let mut right = broken(&half.spans, text_columns(right, &half.gutter)).into_iter();
        std::iter::from_fn(|| match (left.next(), right.next()) {
            (None, None) => None,
            (left, right) => Some((left.unwrap_or_default(), right.unwrap_or_default())),
        })
        .collect()
    }
}

/// Columns of the left and of the right half; one column between them is the divider's.
pub fn halves(columns: usize) -> (usize, usize) {
    let left = columns.saturating_sub(1) / 2;
    (left, columns.saturating_sub(1) - left)
}

fn text_columns(columns: usize, gutter: &[Span]) -> usize {
    columns.saturating_sub(spans_width(gutter)).max(8)
}

/// Breaks spans into rows of at most `columns`.
fn broken(spans: &[Span], columns: usize) -> Vec<Vec<Span>> {
    if spans_width(spans) <= columns {
        return vec![spans.to_vec()];
    }
    let cuts = cuts(spans, columns);
    let mut rows = Vec::with_capacity(cuts.len() + 1);
    let mut from = 0;
    for to in cuts.into_iter().chain([usize::MAX]) {
        rows.push(slice(spans, from, to));
        from = to;
    }
    rows
}

/// Byte offsets, in the joined text, at which a new row begins.
fn cuts(spans: &[Span], columns: usize) -> Vec<usize> {
    let mut cuts = Vec::new();
    let (mut offset, mut column) = (0, 0);
    // The offset after the last space of this row, and the columns used since.
    let mut space: Option<(usize, usize)> = None;
    for grapheme in spans.iter().flat_map(|span| span.text.graphemes(true)) {
        let wide = grapheme.width();
        if column + wide > columns && grapheme != " " {
            let cut = space.filter(|(_, rest)| column - rest > columns / 2);
            let (at, carried) = cut.unwrap_or((offset, 0));
            cuts.push(at);
            column = carried;
            space = None;
        }
        offset += grapheme.len();
        column += wide;
        if let Some((_, rest)) = &mut space {
            *rest += wide;
        }
        if grapheme == " " {
            space = Some((offset, 0));
        }
    }
    cuts
}

/// The part of spans between two byte offsets of their joined text.
fn slice(spans: &[Span], from: usize, to: usize) -> Vec<Span> {
    let mut part = Vec::new();
    let mut start = 0;
    for span in spans {
        let end = start + span.text.len();
        let (low, high) = (from.max(start), to.min(end));
        if low < high {
            part.push(Span { text: span.text[low - start..high - start].to_owned(), ..span.clone() });
        }
        start = end;
    }
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str, columns: usize) -> Vec<String> {
        let joined = |row: &Vec<Span>| row.iter().map(|span| span.text.as_str()).collect();
        broken(&[Span::new(line, "text")], columns).iter().map(joined).collect()
    }

    #[test]
    fn lines_break_after_spaces_and_lose_nothing() {
        assert_eq!(texts("one two three", 8), ["one two ", "three"]);
        assert_eq!(texts("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(texts("ab 日本語日本", 6), ["ab 日", "本語日", "本"]);
    }

    #[test]
    fn styles_survive_the_break() {
        let spans = [Span::new("aaaa", "a"), Span::new("bbbb", "b")];
        let rows = broken(&spans, 6);
        assert_eq!(rows[0], [Span::new("aaaa", "a"), Span::new("bb", "b")]);
        assert_eq!(rows[1], [Span::new("bb", "b")]);
    }
}
