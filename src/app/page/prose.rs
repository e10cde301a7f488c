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
    if !text.trim().is_empty() {
        let text = std::mem::take(text);
        let trimmed = text.trim_end_matches('\n');
        blocks.push(Block::new(kind, trimmed).language(language.filter(|name| !name.is_empty())));
    }
    text.clear();
}

/// The styled pieces of one line.
pub fn pieces(line: &str) -> Vec<(Range<usize>, Ink)> {
    let indent = line.len() - line.trim_start().len();
    let body = &line[indent..];
    if body.starts_with('#') && body.trim_start_matches('#').starts_with(' ') {
        return vec![(0..line.len(), "markdown.heading")];
    }
    let mut pieces = Vec::new();
    let mut at = 0;
    if body.starts_with("- ") || body.starts_with("* ") {
        pieces.push((0..indent + 1, "markdown.list"));
        at = indent + 1;
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
    fn an_open_fence_loses_nothing() {
        assert_eq!(blocks("a\n```\nb")[1].text(), "b");
    }

    #[test]
    fn inline_marks_cover_the_line_exactly() {
        for line in ["a `b` **c** d", "`", "**", "# Title", "- item `x`", "", "é`ü`"] {
            let joined: String = pieces(line).into_iter().map(|(range, _)| &line[range]).collect();
            assert_eq!(joined, line);
        }
    }
}
