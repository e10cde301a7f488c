//! Markdown, lightly: headings, list marks, bold and inline code get a style; not a character is taken away.

use std::ops::Range;

use super::line::Ink;
use super::{Block, Kind};

/// Prose and the fenced code inside it, as blocks in order.
pub fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut prose = String::new();
    let mut fence: Option<(&str, String)> = None;
    for line in text.trim_end().split_inclusive('\n') {
        let opening = line.trim_start().strip_prefix("```");
        match (&mut fence, opening) {
            (None, Some(language)) => {
                flush(&mut blocks, Kind::Prose, &mut prose, None);
                fence = Some((language.trim(), String::new()));
            }
            (Some((language, code)), Some(_)) => {
                flush(&mut blocks, Kind::Quoted, code, Some(language));
                fence = None;
            }
            (Some((_, code)), None) => code.push_str(line),
            (None, None) => prose.push_str(line),
        }
    }
    if let Some((language, mut code)) = fence {
        flush(&mut blocks, Kind::Quoted, &mut code, Some(language));
    }
    flush(&mut blocks, Kind::Prose, &mut prose, None);
    blocks
}

fn flush(blocks: &mut Vec<Block>, kind: Kind, text: &mut String, language: Option<&str>) {
    let text = std::mem::take(text);
    let mut rest = text.as_str();
    while let Some(edit) = SearchReplace::find(rest) {
        push(blocks, kind, edit.before, language);
        blocks.push(super::patch::edit(edit.old, edit.new, edit.path()));
        push(blocks, kind, edit.end_mark, language);
        rest = edit.after;
    }
    push(blocks, kind, rest, language);
}

fn push(blocks: &mut Vec<Block>, kind: Kind, text: &str, language: Option<&str>) {
    if text.trim().is_empty() {
        return;
    }
    let trimmed = text.trim_end_matches('\n');
    if kind == Kind::Quoted && super::patch::looks_like_diff(trimmed) {
        blocks.push(super::patch::result(trimmed));
    } else {
        blocks.push(Block::new(kind, trimmed).language(language.filter(|name| !name.is_empty())));
    }
}

/// An edit as some agents write it into their text: what to look for and what to put there, between marks.
struct SearchReplace<'t> {
    /// Up to the first mark, and with it.
    before: &'t str,
    old: &'t str,
    new: &'t str,
    end_mark: &'t str,
    after: &'t str,
}

impl<'t> SearchReplace<'t> {
    fn find(text: &'t str) -> Option<Self> {
        let (start, body) = mark(text, 0, "<<<<<<< SEARCH")?;
        let (old_end, new_start) = mark(text, body, "=======")?;
        let (new_end, end) = mark(text, new_start, ">>>>>>> REPLACE")?;
        (start < old_end).then(|| Self {
            before: &text[..body],
            old: &text[body..old_end],
            new: &text[new_start..new_end],
            end_mark: &text[new_end..end],
            after: &text[end..],
        })
    }

    /// The file, where its name stands in the line above.
    fn path(&self) -> Option<&'t str> {
        let name = self.before.lines().rev().nth(1)?.trim().trim_start_matches('#').trim().trim_matches('`');
        (name.contains(['.', '/']) && !name.contains(' ')).then_some(name)
    }
}

/// Where a line of that mark begins and ends.
fn mark(text: &str, from: usize, mark: &str) -> Option<(usize, usize)> {
    let mut start = from;
    for line in text[from..].split_inclusive('\n') {
        if line.trim_end() == mark {
            return Some((start, start + line.len()));
        }
        start += line.len();
    }
    None
}

/// The styled pieces of one line.
pub fn pieces(line: &str) -> Vec<(Range<usize>, Ink)> {
    let indent = line.len() - line.trim_start().len();
    let body = &line[indent..];
    if body.starts_with('#') && body.trim_start_matches('#').starts_with(' ') {
        return vec![(0..line.len(), "markdown.heading")];
    }
    if body.starts_with("> ") {
        return vec![(0..line.len(), "markdown.quote")];
    }
    let mut pieces = Vec::new();
    let mut at = 0;
    if let Some(mark) = list_mark(body) {
        pieces.push((0..indent + mark, "markdown.list"));
        at = indent + mark;
    }
    while let Some((range, ink)) = next_mark(line, at) {
        if range.start > at {
            pieces.push((at..range.start, "text"));
        }
        at = range.end;
        pieces.push((range, ink));
    }
    if at < line.len() || pieces.is_empty() {
        pieces.push((at..line.len(), "text"));
    }
    pieces
}

/// How long the mark of a list's item is: `-`, `*`, `12.`.
fn list_mark(body: &str) -> Option<usize> {
    let digits = body.bytes().take_while(u8::is_ascii_digit).count();
    let sign = if digits > 0 { body.as_bytes().get(digits) == Some(&b'.') } else { body.starts_with(['-', '*']) };
    (sign && body.as_bytes().get(digits + 1) == Some(&b' ')).then_some(digits + 1)
}

/// The next `code` or **bold** from here on.
fn next_mark(line: &str, from: usize) -> Option<(Range<usize>, Ink)> {
    let rest = &line[from..];
    let find = |mark: &str, ink: Ink| {
        let start = rest.find(mark)?;
        let length = rest[start + mark.len()..].find(mark).filter(|length| *length > 0)?;
        Some((from + start..from + start + length + 2 * mark.len(), ink))
    };
    let code = find("`", "markdown.code");
    let bold = find("**", "markdown.bold");
    [code, bold].into_iter().flatten().min_by_key(|(range, _)| range.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fences_become_code_blocks() {
        let found = blocks("Look:\n```python\nx = 1\n```\nand on");
        let kinds: Vec<_> = found.iter().map(|block| (block.kind, block.language.as_deref())).collect();
        assert_eq!(kinds, [(Kind::Prose, None), (Kind::Quoted, Some("python")), (Kind::Prose, None)]);
        assert_eq!(found[1].text(), "x = 1");
    }

    #[test]
    fn search_and_replace_is_shown_as_a_diff() {
        let text = "Fix:\n### a/b.py\n<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE\nDone";
        for text in [text.to_owned(), text.replace("### a", "```python\n### a").replace("\nDone", "\n```\nDone")] {
            let found = blocks(&text);
            let diff = found.iter().find(|block| block.kind == Kind::Diff).unwrap();
            assert_eq!(diff.len(), 2);
            let said: String = found.iter().map(Block::text).collect();
            assert!(said.contains("<<<<<<< SEARCH") && said.contains(">>>>>>> REPLACE"), "{said}");
        }
        assert!(blocks("<<<<<<< SEARCH\nno end").iter().all(|block| block.kind == Kind::Prose));
    }

    #[test]
    fn a_quoted_diff_is_a_diff() {
        let found = blocks("```diff\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n```");
        assert_eq!(found[0].kind, Kind::Diff);
    }

    #[test]
    fn an_open_fence_loses_nothing() {
        assert_eq!(blocks("a\n```\nb")[1].text(), "b");
    }

    #[test]
    fn inline_marks_cover_the_line_exactly() {
        for line in ["a `b` **c** d", "`", "**", "# Title", "- item `x`", "12. item", "1", "> quoted", "-", "", "é`ü`"]
        {
            let joined: String = pieces(line).into_iter().map(|(range, _)| &line[range]).collect();
            assert_eq!(joined, line);
        }
    }
}
