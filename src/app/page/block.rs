//! A block: a run of lines of one kind, folded together. Its lines are made when somebody looks.

use std::borrow::Cow;
use std::ops::Range;

use regex::Regex;

use super::actions::Actions;
use super::ansi;
use super::coat::{Coat, Paint, overlaid};
use super::line::{Ink, Line, Span};
use super::prose;
use super::rows::DiffRows;

/// A line longer than this many bytes is shown as several, so that what a row costs does not follow the data.
pub const LONGEST_LINE: usize = 2048;

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
    /// Lines of a diff, or of two.
    Diff,
    /// What two agents did, abreast.
    Actions,
}

/// What a reader may want to leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    Thoughts,
    Results,
    /// What the system and the user say.
    Instructions,
    Calls,
}

impl Class {
    pub fn name(self) -> &'static str {
        match self {
            Self::Thoughts => "thoughts",
            Self::Results => "results",
            Self::Instructions => "instructions",
            Self::Calls => "calls",
        }
    }
}

/// A run of lines of one kind, folded together.
#[derive(Debug)]
pub struct Block {
    pub kind: Kind,
    pub class: Option<Class>,
    coloured: bool,
    content: Content,
    /// Beside the head of a turn, beside a label.
    pub facts: String,
    /// A language, or a file name to guess it from.
    pub language: Option<String>,
    /// How many lines stay visible at the head and at the tail while it is folded.
    pub fold: Option<(usize, usize)>,
}

#[derive(Debug)]
enum Content {
    Text { text: String, lines: Vec<Range<u32>> },
    Diff(DiffRows),
    Actions(Actions),
}

impl Block {
    pub fn new(kind: Kind, text: impl Into<String>) -> Self {
        let text = text.into();
        let lines = lines_of(&text);
        Self::with(kind, Content::Text { text, lines })
    }

    pub fn of_diff(rows: DiffRows) -> Self {
        Self::with(Kind::Diff, Content::Diff(rows))
    }

    pub fn of_actions(actions: Actions) -> Self {
        Self::with(Kind::Actions, Content::Actions(actions))
    }

    fn with(kind: Kind, content: Content) -> Self {
        Self { kind, class: None, coloured: false, content, facts: String::new(), language: None, fold: None }
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

    #[must_use]
    pub fn class(mut self, class: Class) -> Self {
        self.class = Some(class);
        self
    }

    /// Looks for the colours that a tool printed.
    #[must_use]
    pub fn with_colours(mut self) -> Self {
        self.coloured = ansi::is_coloured(self.text());
        self
    }

    /// A tool printed it in colours.
    pub fn is_coloured(&self) -> bool {
        self.coloured
    }

    /// Folds when it is clearly longer than what the fold leaves.
    #[must_use]
    pub fn folded(mut self, head: usize, tail: usize) -> Self {
        if self.len() > head + tail + 4 {
            self.fold = Some((head, tail));
        }
        self
    }

    pub fn len(&self) -> usize {
        match &self.content {
            Content::Text { lines, .. } => lines.len(),
            Content::Diff(rows) => rows.len(),
            Content::Actions(actions) => actions.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its text, where it is one text.
    pub fn text(&self) -> &str {
        match &self.content {
            Content::Text { text, .. } => text,
            Content::Diff(_) | Content::Actions(_) => "",
        }
    }

    pub fn rows(&self) -> Option<&DiffRows> {
        match &self.content {
            Content::Diff(rows) => Some(rows),
            Content::Text { .. } | Content::Actions(_) => None,
        }
    }

    /// A line of its text.
    pub fn line(&self, nth: usize) -> &str {
        let Content::Text { text, lines } = &self.content else { return "" };
        let range = lines.get(nth).map_or(0..0, |range| range.start as usize..range.end as usize);
        text.get(range).unwrap_or_default()
    }

    /// What a line says, without what is shown around it.
    pub fn said(&self, nth: usize) -> &str {
        match &self.content {
            Content::Text { .. } => self.line(nth),
            Content::Diff(rows) => rows.said(nth),
            Content::Actions(_) => "",
        }
    }

    /// All of it as text; of a diff, its lines with their signs.
    pub fn written(&self) -> Cow<'_, str> {
        match &self.content {
            Content::Text { text, .. } => Cow::Borrowed(text),
            Content::Diff(rows) => Cow::Owned(rows.written()),
            Content::Actions(actions) => Cow::Owned(actions.written()),
        }
    }

    /// There is more to show than what is known at once.
    pub fn wants_paint(&self) -> bool {
        match self.kind {
            Kind::Diff => true,
            Kind::Code | Kind::Quoted | Kind::Result | Kind::FailedResult => self.coloured || self.language.is_some(),
            _ => false,
        }
    }

    /// The lines with a match, ascending.
    pub fn find(&self, pattern: &Regex) -> Vec<usize> {
        let mut found = Vec::new();
        match &self.content {
            Content::Text { text, lines } => {
                let line_at = |byte: usize| lines.partition_point(|range| (range.end as usize) < byte);
                found.extend(pattern.find_iter(text).map(|hit| line_at(hit.start()).min(lines.len() - 1)));
            }
            Content::Diff(rows) => rows.find(pattern, &mut found),
            Content::Actions(actions) => actions.find(pattern, &mut found),
        }
        found.dedup();
        found
    }

    /// One line of it, washed and with the names of its styles. `paint` is that of the line's window.
    pub fn show(&self, nth: usize, paint: Option<&Paint>, search: Option<&Regex>) -> Line {
        match &self.content {
            Content::Text { .. } => self.show_text(nth, paint.map(|paint| paint.of(nth, 0)), search),
            Content::Diff(rows) => rows.show(nth, paint, search),
            Content::Actions(actions) => actions.show(nth, search),
        }
    }

    fn show_text(&self, nth: usize, coat: Option<&Coat>, search: Option<&Regex>) -> Line {
        let text = self.line(nth);
        let ink = self.ink();
        let pieces = match (self.kind, coat) {
            (Kind::Prose, _) => prose::pieces(text),
            (_, Some(coat)) => coat.pieces(0..text.len(), ink),
            _ => vec![(0..text.len(), ink)],
        };
        let mut line = Line { gutter: self.gutter(), spans: washed(text, &pieces, &[], search), ..Line::default() };
        if let Kind::Head(_) = self.kind {
            line.fill = Some('─');
        }
        if !self.facts.is_empty() {
            line.right = vec![Span::washed(&self.facts, "facts", 0)];
        }
        line
    }

    fn gutter(&self) -> Vec<Span> {
        let bar = |text: &str, ink| vec![Span::new(text, ink)];
        match self.kind {
            Kind::Thought => bar(" ╎ ", "thought.bar"),
            Kind::Code => bar(" ▏ ", "call.bar"),
            Kind::Quoted => bar(" ▏ ", "code.bar"),
            Kind::Result => bar(" │ ", "result.bar"),
            Kind::FailedResult => bar(" │ ", "result.failed"),
            Kind::Note => bar(" ! ", "note"),
            Kind::Prose | Kind::Label(_) => bar(" ", "text"),
            Kind::Head(_) | Kind::Blank | Kind::Diff | Kind::Actions => Vec::new(),
        }
    }

    fn ink(&self) -> Ink {
        match self.kind {
            Kind::Head(ink) | Kind::Label(ink) => ink,
            Kind::Thought => "thought",
            Kind::Code | Kind::Quoted => "code",
            Kind::Result | Kind::FailedResult => "result",
            Kind::Note => "note",
            Kind::Diff | Kind::Prose | Kind::Blank | Kind::Actions => "text",
        }
    }
}

/// Cuts pieces of a text where the ranges laid over them and search hits begin and end, and washes them.
pub fn washed(
    text: &str,
    pieces: &[(Range<usize>, Ink)],
    over: &[(Range<usize>, Ink)],
    search: Option<&Regex>,
) -> Vec<Span> {
    let mut over = over.to_vec();
    if let Some(pattern) = search {
        over.extend(pattern.find_iter(text).map(|found| (found.range(), "search.hit")));
    }
    let mut column = 0;
    let mut spans = Vec::with_capacity(pieces.len());
    for (range, ink, over) in overlaid(pieces, &over) {
        if ink == ansi::UNSEEN {
            continue;
        }
        let span = Span { over, ..Span::washed(text.get(range).unwrap_or_default(), ink, column) };
        column += span.width();
        spans.push(span);
    }
    spans
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_megabytes_becomes_lines_one_can_afford() {
        let block = Block::new(Kind::Result, "é".repeat(5000));
        assert!(block.len() >= 5);
        let joined: String = (0..block.len()).map(|nth| block.line(nth)).collect();
        assert_eq!(joined, block.text());
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
        assert_eq!(block.find(&pattern), [0]);
    }
}
