//! The slow part of showing a block: its syntax, and which words of a diff changed. Done on another thread.

use std::ops::Range;

use super::{Block, Ink, Kind, Painted, Side};
use crate::diff::{Diff, Pairs};
use crate::syntax::{Highlighter, HunkSyntax, Language, Role, Spans};

pub fn paint(block: &Block) -> Painted {
    match (&block.diff, block.kind) {
        (Some(diff), _) => Painted { inks: hunks(block, diff), words: words(block, diff) },
        (None, Kind::Code | Kind::Quoted) => Painted { inks: code(block), words: Vec::new() },
        _ => Painted::default(),
    }
}

/// Each line of a text, read in order.
fn code(block: &Block) -> Vec<Vec<(Range<usize>, Ink)>> {
    let name = block.language.as_deref().unwrap_or_default();
    let is_path = name.contains(['/', '.']);
    let mut highlighter = Highlighter::new(if is_path { Language::for_path(name) } else { Language::named(name) });
    (0..block.len()).map(|nth| inked(&highlighter.line(block.line(nth)))).collect()
}

/// Each line of a diff, read as a part of its side of its file.
fn hunks(block: &Block, diff: &Diff) -> Vec<Vec<(Range<usize>, Ink)>> {
    let lines = lines_of(block);
    let mut inks = vec![Vec::new(); block.marks.len()];
    for file in diff.files.iter().filter(|file| overlaps(&file.lines, &lines)) {
        let language = Language::for_path(file.path());
        for hunk in file.hunks.iter().filter(|hunk| overlaps(&hunk.lines, &lines)) {
            let window = hunk.lines.start.max(lines.start)..hunk.lines.end.min(lines.end);
            let spans = HunkSyntax::new(diff, hunk, language).spans(diff, window.clone());
            for (mark, inks) in block.marks.iter().zip(&mut inks).filter(|(mark, _)| window.contains(&mark.line)) {
                *inks = inked(&spans[mark.line - window.start]);
            }
        }
    }
    inks
}

/// The changed words of each line that has a partner on the other side.
fn words(block: &Block, diff: &Diff) -> Vec<Vec<Range<usize>>> {
    let pairs = Pairs::of(diff, lines_of(block));
    let of = |side, line| {
        let words = pairs.words(diff, line)?;
        match side {
            Side::Old => Some(words.old),
            Side::New => Some(words.new),
            _ => None,
        }
    };
    block.marks.iter().map(|mark| of(mark.side, mark.line).unwrap_or_default()).collect()
}

fn lines_of(block: &Block) -> Range<usize> {
    match (block.marks.first(), block.marks.last()) {
        (Some(first), Some(last)) => first.line..last.line + 1,
        _ => 0..0,
    }
}

fn overlaps(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

fn inked(spans: &Spans) -> Vec<(Range<usize>, Ink)> {
    spans.iter().map(|(range, role)| (range.clone(), ink(*role))).collect()
}

/// What themes call it.
fn ink(role: Role) -> Ink {
    match role {
        Role::Keyword => "code.keyword",
        Role::Operator => "code.operator",
        Role::Punctuation => "code.punctuation",
        Role::String => "code.string",
        Role::Escape => "code.escape",
        Role::Number => "code.number",
        Role::Constant => "code.constant",
        Role::Comment => "code.comment",
        Role::Function => "code.function",
        Role::Type => "code.type",
        Role::Variable => "code.variable",
        Role::Attribute => "code.attribute",
        Role::Tag => "code.tag",
        Role::Heading => "code.heading",
        Role::Emphasis => "code.emphasis",
        Role::Link => "code.link",
        Role::Added => "code.added",
        Role::Removed => "code.removed",
    }
}

#[cfg(test)]
mod tests {
    use super::super::patch::edit;
    use super::*;

    #[test]
    fn every_role_has_its_own_name() {
        for role in Role::ALL {
            assert_eq!(ink(role), format!("code.{}", role.name()));
        }
    }

    #[test]
    fn an_edit_shows_its_syntax_and_its_changed_words() {
        let block = edit("return count\n", "return count + 1\n", Some("a.py"));
        let painted = paint(&block);
        assert_eq!(painted.inks[0].first(), Some(&(0..6, "code.keyword")));
        let new = &painted.words[1];
        assert!(painted.words[0].is_empty() && !new.is_empty(), "{new:?}");
        assert!(new.iter().all(|word| word.start >= "return count".len()));
    }

    #[test]
    fn code_is_read_by_its_language_or_its_path() {
        for language in ["python", "src/x.py"] {
            let block = Block::new(Kind::Code, "def f():\n    pass").language(Some(language));
            assert_eq!(paint(&block).inks[0].first(), Some(&(0..3, "code.keyword")), "{language}");
        }
    }
}
