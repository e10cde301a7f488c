//! A block: a run of lines of one kind, folded and highlighted together. Its lines are made when somebody looks.

use std::ops::Range;
use std::sync::Arc;

use regex::Regex;

use super::line::{Ink, Line, Span};
use super::{Paint, patch, prose};
use crate::diff::Diff;

/// A line longer than this many bytes is shown as several, so that what a row costs does not follow the data.
const LONGEST_LINE: usize = 2048;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Blank,
    /// The head of a turn or of a file: a rule with a name.
    Head(Ink),
    /// What a part is: the tool called, the exit code.
    Label(Ink),
    Prose,
    Thought,
    /// The body of a call.
    Code,
    /// Code quoted in a text.
    Quoted,
    Result,
    FailedResult,
    Note,
    /// Lines of a diff.
    Diff,
}

/// A run of lines of one kind, folded and highlighted together.
#[derive(Debug)]
pub struct Block {
    pub kind: Kind,
    pub text: String,
    lines: Vec<Range<u32>>,
    /// Beside the head of a turn, beside a label.
    pub facts: String,
    /// A language, or a file name to guess it from.
    pub language: Option<String>,
    /// For diffs: what it is a part of, and one mark for each line.
    pub diff: Option<Arc<Diff>>,
    pub marks: Vec<DiffMark>,
    /// How many lines stay visible at the head and at the tail while it is folded.
    pub fold: Option<(usize, usize)>,
}

/// What a line of a diff is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DiffMark {
    pub side: Side,
    pub old: Option<u32>,
    pub new: Option<u32>,
    /// Its line in the diff.
    pub line: usize,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Side {
    #[default]
    Both,
    Old,
    New,
    /// A hunk's head.
    Hunk,
    /// Something said about the file: modes, renames, what could not be parsed.
    Remark,
}

impl Block {
    pub fn new(kind: Kind, text: impl Into<String>) -> Self {
        let text = text.into();
        let lines = lines_of(&text);
        Self { kind, text, lines, facts: String::new(), language: None, diff: None, marks: Vec::new(), fold: None }
    }

    /// Lines of a diff, with a mark for each of them.
    pub fn of_diff(diff: Arc<Diff>, text: String, marks: Vec<DiffMark>) -> Self {
        Self { diff: Some(diff), marks, ..Self::new(Kind::Diff, text) }
    }

    #[must_use]
    pub fn facts(mut self, facts: impl Into<String>) -> Self {
        self.facts = facts.into();
        self
    }

    #[must_use]
    pub fn language(mut self, language: Option<impl Into<String>>) -> Self {
        self.language = language.map(Into::into);
        self
    }

    /// Folds when it is clearly longer than what the fold leaves.
    #[must_use]
    pub fn folded(mut self, head: usize, tail: usize) -> Self {
        if self.lines.len() > head + tail + 4 {
            self.fold = Some((head, tail));
        }
        self
    }

    pub fn len(&self) -> usize {
        self.lines.len()
    }

    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub fn line(&self, nth: usize) -> &str {
        let range = self.lines.get(nth).map_or(0..0, |range| range.start as usize..range.end as usize);
        self.text.get(range).unwrap_or_default()
    }

    /// There is more to show than what is known at once.
    pub fn wants_paint(&self) -> bool {
        self.diff.is_some() || (matches!(self.kind, Kind::Code | Kind::Quoted) && self.language.is_some())
    }

    /// Begins with the head of a hunk.
    pub fn opens_hunk(&self) -> bool {
        self.kind == Kind::Diff && self.marks.first().is_some_and(|mark| mark.side == Side::Hunk)
    }

    /// The line that holds this byte of the text.
    pub fn line_at(&self, byte: usize) -> usize {
        self.lines.partition_point(|range| (range.end as usize) < byte).min(self.lines.len().saturating_sub(1))
    }

    /// One line of it, washed and with the names of its styles.
    pub fn show(&self, nth: usize, paint: Option<&Paint>, search: Option<&Regex>) -> Line {
        let text = self.line(nth);
        let mut line = Line { gutter: self.gutter(nth), base: self.base(nth), ..Line::default() };
        let words = paint.and_then(|paint| paint.words.get(nth)).map_or(&[][..], Vec::as_slice);
        let pieces = match (self.kind, paint.and_then(|paint| paint.inks.get(nth))) {
            (_, Some(painted)) => covering(text, painted, self.ink(nth)),
            (Kind::Prose, None) => prose::pieces(text),
            _ => vec![(0..text.len(), self.ink(nth))],
        };
        line.spans = self.spans(nth, &pieces, words, search);
        if let Kind::Head(_) = self.kind {
            line.fill = Some('─');
        }
        if !self.facts.is_empty() {
            line.right = vec![Span::washed(&self.facts, "facts", 0)];
        }
        line
    }

    /// Cuts pieces where changed words and search hits begin and end, and washes them.
    fn spans(
        &self,
        nth: usize,
        pieces: &[(Range<usize>, Ink)],
        words: &[Range<usize>],
        search: Option<&Regex>,
    ) -> Vec<Span> {
        let text = self.line(nth);
        let mut over: Vec<(Range<usize>, Ink)> = Vec::new();
        if let Some(ink) = self.word_ink(nth) {
            over.extend(words.iter().cloned().map(|word| (word, ink)));
        }
        if let Some(pattern) = search {
            over.extend(pattern.find_iter(text).map(|found| (found.range(), "search.hit")));
        }
        let mut column = 0;
        let mut spans = Vec::with_capacity(pieces.len());
        for (range, ink, over) in overlaid(pieces, &over) {
            let span = Span { over, ..Span::washed(text.get(range).unwrap_or_default(), ink, column) };
            column += span.width();
            spans.push(span);
        }
        spans
    }

    fn gutter(&self, nth: usize) -> Vec<Span> {
        let bar = |text: &str, ink| vec![Span::new(text, ink)];
        match self.kind {
            Kind::Thought => bar(" ╎ ", "thought.bar"),
            Kind::Code => bar(" ▏ ", "call.bar"),
            Kind::Quoted => bar(" ▏ ", "code.bar"),
            Kind::Result => bar(" │ ", "result.bar"),
            Kind::FailedResult => bar(" │ ", "result.failed"),
            Kind::Note => bar(" ! ", "note"),
            Kind::Prose | Kind::Label(_) => bar(" ", "text"),
            Kind::Diff => patch::gutter(self.marks.get(nth)),
            Kind::Head(_) | Kind::Blank => Vec::new(),
        }
    }

    fn ink(&self, nth: usize) -> Ink {
        match self.kind {
            Kind::Head(ink) | Kind::Label(ink) => ink,
            Kind::Thought => "thought",
            Kind::Code | Kind::Quoted => "code",
            Kind::Result | Kind::FailedResult => "result",
            Kind::Note => "note",
            Kind::Diff => match self.marks.get(nth).map(|mark| mark.side) {
                Some(side @ (Side::Hunk | Side::Remark)) => side.ink(),
                _ => "code",
            },
            Kind::Prose | Kind::Blank => "text",
        }
    }

    fn base(&self, nth: usize) -> Ink {
        match (self.kind, self.marks.get(nth).map(|mark| mark.side)) {
            (Kind::Diff, Some(Side::New)) => "diff.added",
            (Kind::Diff, Some(Side::Old)) => "diff.removed",
            (Kind::Diff, Some(Side::Hunk)) => "diff.hunk",
            _ => "",
        }
    }

    fn word_ink(&self, nth: usize) -> Option<Ink> {
        match self.marks.get(nth)?.side {
            Side::Old => Some("diff.removed.word"),
            Side::New => Some("diff.added.word"),
            _ => None,
        }
    }
}

/// Line ranges without their newlines; a long line becomes several.
pub fn lines_of(text: &str) -> Vec<Range<u32>> {
    let mut lines = Vec::new();
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', text.as_bytes()).chain([text.len()]) {
        if end == text.len() && start == end && !lines.is_empty() {
            break;
        }
        push_line(&mut lines, text, start..end);
        start = end + 1;
    }
    lines
}

fn push_line(lines: &mut Vec<Range<u32>>, text: &str, line: Range<usize>) {
    let mut from = line.start;
    while line.end - from > LONGEST_LINE {
        let mut to = from + LONGEST_LINE;
        while !text.is_char_boundary(to) {
            to -= 1;
        }
        lines.push(from as u32..to as u32);
        from = to;
    }
    lines.push(from as u32..line.end as u32);
}

/// Painted pieces with the gaps between them filled in.
fn covering(text: &str, painted: &[(Range<usize>, Ink)], rest: Ink) -> Vec<(Range<usize>, Ink)> {
    let mut pieces = Vec::with_capacity(painted.len() * 2 + 1);
    let mut at = 0;
    for (range, ink) in painted {
        if range.start > at {
            pieces.push((at..range.start, rest));
        }
        if range.end > range.start.max(at) {
            pieces.push((range.start.max(at)..range.end.min(text.len()), *ink));
        }
        at = at.max(range.end);
    }
    if at < text.len() {
        pieces.push((at..text.len(), rest));
    }
    pieces
}

/// Pieces cut where the ranges laid over them begin and end. Of two ranges over one place the later wins.
fn overlaid(pieces: &[(Range<usize>, Ink)], over: &[(Range<usize>, Ink)]) -> Vec<(Range<usize>, Ink, Ink)> {
    let mut cut = Vec::with_capacity(pieces.len() + over.len() * 2);
    for (piece, ink) in pieces {
        let mut edges: Vec<usize> = over.iter().flat_map(|(range, _)| [range.start, range.end]).collect();
        edges.retain(|edge| piece.contains(edge));
        edges.extend([piece.start, piece.end]);
        edges.sort_unstable();
        edges.dedup();
        for pair in edges.windows(2) {
            let (start, end) = (pair[0], pair[1]);
            let on_top = over.iter().rev().find(|(range, _)| range.start <= start && end <= range.end);
            cut.push((start..end, *ink, on_top.map_or("", |(_, ink)| *ink)));
        }
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_megabytes_becomes_lines_one_can_afford() {
        let block = Block::new(Kind::Result, "é".repeat(5000));
        assert!(block.len() >= 5);
        let joined: String = (0..block.len()).map(|nth| block.line(nth)).collect();
        assert_eq!(joined, block.text);
    }

    #[test]
    fn a_last_newline_is_no_line_of_its_own() {
        assert_eq!(Block::new(Kind::Result, "a\nb\n").len(), 2);
        assert_eq!(Block::new(Kind::Result, "a\n\n").len(), 2);
        assert_eq!(Block::new(Kind::Result, "").len(), 1);
    }

    #[test]
    fn hits_lie_over_the_styles_below() {
        let block = Block::new(Kind::Result, "one two");
        let pattern = Regex::new("e t").unwrap();
        let line = block.show(0, None, Some(&pattern));
        let overs: Vec<_> = line.spans.iter().map(|span| (span.text.as_str(), span.over)).collect();
        assert_eq!(overs, [("on", ""), ("e t", "search.hit"), ("wo", "")]);
    }
}
