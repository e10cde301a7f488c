//! Which words differ between two versions of a line, as byte ranges of both.

use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::ops::Range;
use unicode_width::UnicodeWidthChar;

/// What changed between two lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    pub change: Change,
    /// Ascending, not touching, on character boundaries of the old line: what is gone.
    pub old: Vec<Range<usize>>,
    /// The same of the new line: what came.
    pub new: Vec<Range<usize>>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Change {
    #[default]
    None,
    /// Only white space or the line ending. It may still mean something: Python's does.
    Space,
    Text,
}

/// Beyond these sizes only the common beginning and end are looked for: a line of 10 MB costs one pass.
const MOST_BYTES: usize = 16 * 1024;
const MOST_TOKENS: usize = 1_000;

/// Compares two lines word by word. Swapping the lines swaps the answer.
pub fn words(old: &str, new: &str) -> Words {
    // The shortest edit is not unique; a fixed order of the two makes the choice the same from both sides.
    if old > new {
        let Words { change, old, new } = words(new, old);
        return Words { change, old: new, new: old };
    }
    let change = change_between(old, new);
    if change == Change::None {
        return Words::default();
    }
    let (old, new) = if old.len().max(new.len()) > MOST_BYTES { ends(old, new) } else { by_token(old, new) };
    Words { change, old, new }
}

fn change_between(old: &str, new: &str) -> Change {
    if old == new {
        Change::None
    } else if same_ink(old, new) {
        Change::Space
    } else {
        Change::Text
    }
}

/// Equal but for white space.
pub(super) fn same_ink(old: &str, new: &str) -> bool {
    let ink = |c: &char| !c.is_whitespace();
    old.chars().filter(ink).eq(new.chars().filter(ink))
}

type Spans = (Vec<Range<usize>>, Vec<Range<usize>>);

fn by_token(old: &str, new: &str) -> Spans {
    let (old_tokens, new_tokens) = (tokens(old), tokens(new));
    if old_tokens.len().max(new_tokens.len()) > MOST_TOKENS {
        return ends(old, new);
    }
    let ops = capture_diff_slices(Algorithm::Myers, &texts(old, &old_tokens), &texts(new, &new_tokens));
    let mut spans = (Vec::new(), Vec::new());
    for op in ops.iter().filter(|op| !matches!(op, DiffOp::Equal { .. })) {
        push(&mut spans.0, bytes_of(&old_tokens, op.old_range()));
        push(&mut spans.1, bytes_of(&new_tokens, op.new_range()));
    }
    spans
}

fn texts<'a>(line: &'a str, tokens: &[Range<usize>]) -> Vec<&'a str> {
    tokens.iter().map(|token| &line[token.clone()]).collect()
}

fn bytes_of(tokens: &[Range<usize>], range: Range<usize>) -> Range<usize> {
    match tokens.get(range) {
        Some([first, .., last]) => first.start..last.end,
        Some([only]) => only.clone(),
        _ => 0..0,
    }
}

/// Appends a span; an empty one is none, one that touches the last grows it.
fn push(spans: &mut Vec<Range<usize>>, span: Range<usize>) {
    match spans.last_mut() {
        _ if span.is_empty() => {}
        Some(last) if last.end == span.start => last.end = span.end,
        _ => spans.push(span),
    }
}

/// All but the common beginning and the common end.
fn ends(old: &str, new: &str) -> Spans {
    let head: usize = old.chars().zip(new.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let pairs = old_rest.chars().rev().zip(new_rest.chars().rev());
    let tail: usize = pairs.take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let mut spans = (Vec::new(), Vec::new());
    push(&mut spans.0, head..old.len() - tail);
    push(&mut spans.1, head..new.len() - tail);
    spans
}

/// Words (letters, digits, `_`), runs of white space, and every other character by itself. What takes no room of its own
/// (combining marks, joiners) stays with the character before it.
pub(super) fn tokens(line: &str) -> Vec<Range<usize>> {
    let mut tokens: Vec<Range<usize>> = Vec::new();
    let mut last = Class::Other;
    for (at, c) in line.char_indices() {
        let class = Class::of(c);
        let joins = class == Class::Attached || (class == last && class != Class::Other);
        match tokens.last_mut() {
            Some(token) if joins => token.end = at + c.len_utf8(),
            _ => tokens.push(at..at + c.len_utf8()),
        }
        if class != Class::Attached {
            last = class;
        }
    }
    tokens
}

#[derive(Clone, Copy, PartialEq)]
enum Class {
    Word,
    Space,
    Other,
    Attached,
}

impl Class {
    fn of(c: char) -> Self {
        match c {
            '_' => Self::Word,
            c if c.is_alphanumeric() => Self::Word,
            c if c.is_whitespace() => Self::Space,
            c if c.width() == Some(0) => Self::Attached,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked<'a>(line: &'a str, spans: &[Range<usize>]) -> Vec<&'a str> {
        spans.iter().map(|span| &line[span.clone()]).collect()
    }

    #[test]
    fn exactly_the_changed_words_are_marked() {
        let cases = [
            (r"regex = r'^[\w.@+-]+$'", r"regex = r'\A[\w.@+-]+\Z'", vec!["^", "$"], vec![r"\A", r"\Z"]),
            ("return self.old_name(x)", "return self.new_name(x, y)", vec!["old_name"], vec!["new_name", ", y"]),
            ("a", "a b", vec![], vec![" b"]),
            ("naïve e\u{301}", "naïve e\u{300}", vec!["e\u{301}"], vec!["e\u{300}"]),
            ("same", "same", vec![], vec![]),
        ];
        for (old, new, gone, came) in cases {
            let words = words(old, new);
            assert_eq!((marked(old, &words.old), marked(new, &words.new)), (gone, came), "{old} -> {new}");
        }
    }

    #[test]
    fn white_space_alone_is_told_apart() {
        assert_eq!(words("if a:", "if  a :").change, Change::Space);
        assert_eq!(words("a", "b").change, Change::Text);
        assert_eq!(words("a", "a").change, Change::None);
    }

    #[test]
    fn a_huge_line_is_compared_by_its_ends() {
        let old = format!("{{{}}}", "é, ".repeat(1_000_000));
        let new = old.replacen("é, é, }", "é, ü, }", 1);
        let words = words(&old, &new);
        assert_eq!((marked(&old, &words.old), marked(&new, &words.new)), (vec!["é"], vec!["ü"]));
    }
}
