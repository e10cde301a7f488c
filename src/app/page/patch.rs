//! A patch as a page: a head per file, a block per hunk, lines that know their numbers and which words changed.

use std::ops::Range;
use std::sync::Arc;

use super::call::Deed;
use super::line::{Ink, Span};
use super::{Block, Chapter, DiffMark, Kind, Page, Side};
use crate::diff::{self, Diff, FileDiff, LineKind, Status};

/// Longer runs of a diff are several blocks: what is highlighted at once stays small.
const LINES_AT_ONCE: usize = 600;

impl Side {
    /// Of its sign, and of what is no code.
    pub fn ink(self) -> Ink {
        match self {
            Self::Both => "diff.context",
            Self::Old => "diff.removed.text",
            Self::New => "diff.added.text",
            Self::Hunk => "diff.hunk",
            Self::Remark => "diff.remark",
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Self::Old => "-",
            Self::New => "+",
            _ => " ",
        }
    }
}

/// Both line numbers and the sign.
pub fn gutter(mark: Option<&DiffMark>) -> Vec<Span> {
    let Some(mark) = mark else { return Vec::new() };
    if matches!(mark.side, Side::Hunk | Side::Remark) {
        return vec![Span::new(" ", mark.side.ink())];
    }
    if mark.old.is_none() && mark.new.is_none() {
        return vec![Span::new(" ▏ ", "call.bar"), Span::new(format!("{} ", mark.side.sign()), mark.side.ink())];
    }
    let number = |number: Option<u32>| number.map_or_else(String::new, |number| number.to_string());
    vec![
        Span::new(format!("{:>4} {:>4} ", number(mark.old), number(mark.new)), "diff.number"),
        Span::new(format!("{} ", mark.side.sign()), mark.side.ink()),
    ]
}

pub fn patch_page(text: &str) -> Page {
    let diff = Arc::new(diff::parse(text));
    let mut page = Page::default();
    let preamble = diff.preamble();
    if preamble.clone().any(|line| !diff.said(line).trim().is_empty()) {
        page.blocks.extend(lines(&diff, preamble, None));
    }
    for (nth, file) in diff.files.iter().enumerate() {
        if !page.blocks.is_empty() {
            page.blocks.push(Block::new(Kind::Blank, ""));
        }
        page.chapters.push(Chapter {
            block: page.blocks.len(),
            number: nth + 1,
            deed: Deed::Edit,
            title: file.path().to_owned(),
            added: file.added,
            removed: file.removed,
            ..Chapter::default()
        });
        page.blocks.push(head(file));
        page.blocks.extend(body(&diff, file));
    }
    page
}

fn head(file: &FileDiff) -> Block {
    let name = match (&file.old_path, file.status) {
        (Some(old), Status::Renamed | Status::Copied) if old != file.path() => format!("{old} → {}", file.path()),
        _ => file.path().to_owned(),
    };
    let status = match file.status {
        Status::Modified => "",
        Status::Added => "new file · ",
        Status::Deleted => "deleted · ",
        Status::Renamed => "renamed · ",
        Status::Copied => "copied · ",
    };
    let modes = file.modes.as_ref().map_or_else(String::new, |modes| format!("mode {} → {} · ", modes.old, modes.new));
    let binary = if file.binary { "binary · " } else { "" };
    let facts = format!("{status}{modes}{binary}+{} −{}", file.added, file.removed);
    Block::new(Kind::Head("diff.file"), name).facts(facts)
}

fn body(diff: &Arc<Diff>, file: &FileDiff) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut at = file.lines.start;
    for hunk in &file.hunks {
        blocks.extend(lines(diff, at..hunk.lines.start, None));
        for start in (hunk.lines.start..hunk.lines.end).step_by(LINES_AT_ONCE) {
            let end = (start + LINES_AT_ONCE).min(hunk.lines.end);
            blocks.extend(lines(diff, start..end, Some(file.path())));
        }
        at = hunk.lines.end;
    }
    blocks.extend(lines(diff, at..file.lines.end, None));
    blocks
}

/// A block of the lines in a range, without the parts of a file's header that its head already tells.
fn lines(diff: &Arc<Diff>, range: Range<usize>, path: Option<&str>) -> Option<Block> {
    let told = |nth: &usize| {
        diff.lines.get(*nth).is_some_and(|it| it.kind == LineKind::Header) && told_by_head(diff.said(*nth))
    };
    let shown: Vec<usize> = range.filter(|nth| !told(nth)).collect();
    (!shown.is_empty()).then(|| block(diff, shown).language(path))
}

fn block(diff: &Arc<Diff>, lines: impl IntoIterator<Item = usize>) -> Block {
    let mut text = String::new();
    let mut marks = Vec::new();
    for nth in lines {
        let Some(line) = diff.lines.get(nth) else { continue };
        let mark = DiffMark { side: side(line.kind), old: line.old_no(), new: line.new_no(), line: nth };
        let ending = if diff.ends_in_crlf(nth) { "\r" } else { "" };
        push(&mut text, &mut marks, &format!("{}{ending}", diff.said(nth)), mark);
    }
    Block::of_diff(diff.clone(), text, marks)
}

/// Adds a line; one that is too long for a single line of the page gets as many marks as it takes.
fn push(text: &mut String, marks: &mut Vec<DiffMark>, line: &str, mark: DiffMark) {
    let pieces = super::block::lines_of(line).len();
    marks.extend(std::iter::repeat_n(mark, pieces));
    text.push_str(line);
    text.push('\n');
}

fn side(kind: LineKind) -> Side {
    match kind {
        LineKind::Context => Side::Both,
        LineKind::Removed => Side::Old,
        LineKind::Added => Side::New,
        LineKind::Hunk => Side::Hunk,
        LineKind::Raw | LineKind::Header | LineKind::NoNewline => Side::Remark,
    }
}

fn told_by_head(line: &str) -> bool {
    ["diff --git", "index ", "--- ", "+++ ", "new file mode", "deleted file mode"]
        .iter()
        .any(|start| line.starts_with(start))
}

/// Whether a tool's output is a diff, by its first lines.
pub fn looks_like_diff(text: &str) -> bool {
    let mut head = text.lines().take(12);
    head.any(|line| line.starts_with("diff --git ") || (line.starts_with("@@ -") && line.contains(" @@")))
}

/// A diff that a tool printed, every line of it.
pub fn result(text: &str) -> Block {
    let diff = Arc::new(diff::parse(text));
    block(&diff, 0..diff.lines.len()).language(diff.files.first().map(FileDiff::path))
}

/// An edit as a tool call gives it: the text before, the text after.
pub fn edit(old: &str, new: &str, path: Option<&str>) -> Block {
    let changes = similar::TextDiff::from_lines(old, new);
    let unified = changes
        .unified_diff()
        .context_radius(usize::MAX / 4)
        .header(path.unwrap_or("a"), path.unwrap_or("b"))
        .to_string();
    let diff = Arc::new(diff::parse(&unified));
    let body = diff.files.first().and_then(|file| file.hunks.first()).map_or(0..0, diff::Hunk::body);
    let mut block = block(&diff, body);
    // The numbers would count from the beginning of the snippet, not of the file.
    for mark in &mut block.marks {
        (mark.old, mark.new) = (None, None);
    }
    block.language(path).folded(60, 4)
}
