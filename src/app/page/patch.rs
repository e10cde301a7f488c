//! A patch as a page: a head per file, blocks of rows, old and new beneath or beside each other.

use std::ops::Range;
use std::sync::Arc;

use super::call::Deed;
use super::rows::{DiffRows, Row, Source};
use super::{Block, Chapter, Form, Kind, Page, outline};
use crate::diff::{self, Diff, FileDiff, LineKind, Pairs, Status};

/// A block ends after this many lines as soon as no change is cut in two …
const ENOUGH: usize = 128;
/// … and after this many in any case: what is paired and highlighted at once stays small.
const MOST: usize = 1024;
/// Of a longer run of context only this much stays visible at both ends.
const CONTEXT: usize = 5;

pub fn patch_page(diff: &Arc<Diff>, form: Form) -> Page {
    let source = Source::new(diff.clone());
    let mut page = Page::default();
    let preamble = diff.preamble();
    if preamble.clone().any(|line| !diff.said(line).trim().is_empty()) {
        page.blocks.extend(problems(diff, preamble.clone()));
        page.blocks.extend(runs(&source, preamble, form));
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
        page.blocks.extend(problems(diff, file.lines.clone()));
        page.blocks.extend(file_blocks(&source, file, form));
    }
    page.stops = stops(&page.blocks);
    page.tree = outline::tree(&page.chapters);
    page
}

/// The blocks that begin a hunk.
fn stops(blocks: &[Block]) -> Vec<usize> {
    let opens = |block: &Block| block.rows().is_some_and(DiffRows::opens_hunk);
    blocks.iter().enumerate().filter(|(_, block)| opens(block)).map(|(nth, _)| nth).collect()
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

/// What is odd in these lines, said before them.
fn problems(diff: &Diff, lines: Range<usize>) -> Vec<Block> {
    let odd = diff.problems.iter().filter(|problem| lines.contains(&problem.line));
    odd.map(|problem| Block::new(Kind::Note, problem.to_string())).collect()
}

fn file_blocks(source: &Arc<Source>, file: &FileDiff, form: Form) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut at = file.lines.start;
    for hunk in &file.hunks {
        blocks.extend(runs(source, at..hunk.lines.start, form));
        blocks.extend(runs(source, hunk.lines.clone(), form));
        at = hunk.lines.end;
    }
    blocks.extend(runs(source, at..file.lines.end, form));
    blocks
}

/// Blocks of the lines in a range, long context apart and folded.
fn runs(source: &Arc<Source>, range: Range<usize>, form: Form) -> Vec<Block> {
    let diff = &source.diff;
    let is = |line: usize, kind| diff.lines.get(line).is_some_and(|line| line.kind == kind);
    let mut blocks = Vec::new();
    let mut start = range.start;
    let mut at = range.start;
    let cut = |from: usize, to: usize| Some(block(source, from..to, form)).filter(|block| !block.is_empty());
    while at < range.end {
        let context = (at..range.end).take_while(|line| is(*line, LineKind::Context)).count();
        if context > 2 * CONTEXT + 4 {
            blocks.extend(cut(start, at));
            blocks.extend(cut(at, at + context).map(|block| block.folded(CONTEXT, CONTEXT)));
            (start, at) = (at + context, at + context);
            continue;
        }
        let between = context > 0 || (is(at, LineKind::Removed) && !is(at.wrapping_sub(1), LineKind::Removed));
        if at - start >= MOST || (at - start >= ENOUGH && between) {
            blocks.extend(cut(start, at));
            start = at;
        }
        at += context.max(1);
    }
    blocks.extend(cut(start, range.end));
    blocks
}

/// The rows of some lines, without the parts of a file's header that its head already tells.
fn block(source: &Arc<Source>, lines: Range<usize>, form: Form) -> Block {
    let diff = &source.diff;
    let mut rows = DiffRows::new(source);
    let laid = match form {
        Form::Unified => diff::unified(diff, lines),
        Form::Beside => diff::side_by_side(diff, lines.clone(), &Pairs::of(diff, lines)),
    };
    let cell = |line| DiffRows::cell(0, line);
    for row in laid.rows {
        match row {
            diff::Row::Line(line) if told_by_head(diff, line) => {}
            diff::Row::Line(line) => rows.push(Row::Whole(cell(line))),
            diff::Row::Sides { left, right } => {
                rows.push(Row::Sides { left: left.map(cell), right: right.map(cell), verdict: None, level: true });
            }
        }
    }
    Block::of_diff(rows)
}

fn told_by_head(diff: &Diff, line: usize) -> bool {
    let starts = ["diff --git", "index ", "--- ", "+++ ", "new file mode", "deleted file mode", "old mode", "new mode"];
    let header = diff.lines.get(line).is_some_and(|line| line.kind == LineKind::Header);
    header && starts.iter().any(|start| diff.said(line).starts_with(start))
}

/// Whether a tool's output is a diff, by its first lines.
pub fn looks_like_diff(text: &str) -> bool {
    let mut head = text.lines().take(12);
    head.any(|line| line.starts_with("diff --git ") || (line.starts_with("@@ -") && line.contains(" @@")))
}

/// A diff that a tool printed, every line of it.
pub fn result(text: &str) -> Block {
    let source = Source::new(Arc::new(diff::parse(text)));
    let mut rows = DiffRows::new(&source);
    (0..source.diff.lines.len()).for_each(|line| rows.push(Row::Whole(DiffRows::cell(0, line))));
    Block::of_diff(rows)
}

/// An edit as a tool call gives it: the text before, the text after.
pub fn edit(old: &str, new: &str, path: Option<&str>) -> Block {
    let changes = similar::TextDiff::from_lines(old, new);
    let unified = changes
        .unified_diff()
        .context_radius(usize::MAX / 4)
        .header(path.unwrap_or("a"), path.unwrap_or("b"))
        .to_string();
    let source = Source::new(Arc::new(diff::parse(&unified)));
    let body = source.diff.files.first().and_then(|file| file.hunks.first()).map_or(0..0, diff::Hunk::body);
    let mut rows = DiffRows::of_snippet(&source);
    body.for_each(|line| rows.push(Row::Whole(DiffRows::cell(0, line))));
    Block::of_diff(rows).folded(60, 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATCH: &str = "\
diff --git a/x.py b/x.py
--- a/x.py
+++ b/x.py
@@ -1,3 +1,3 @@
 one
-two = compute(1)
+two = compute(2)
 three
@@ -9 +9 @@
-old
+new
";

    fn shape(text: &str, form: Form) -> Vec<(Kind, usize)> {
        let page = patch_page(&Arc::new(diff::parse(text)), form);
        page.blocks.iter().map(|block| (block.kind, block.len())).collect()
    }

    #[test]
    fn a_hunk_is_a_stop_and_a_file_a_chapter() {
        let page = patch_page(&Arc::new(diff::parse(PATCH)), Form::Unified);
        assert_eq!((page.chapters.len(), page.stops.as_slice()), (1, [1, 2].as_slice()));
        assert_eq!(shape(PATCH, Form::Unified)[1..], [(Kind::Diff, 5), (Kind::Diff, 3)]);
        assert_eq!(shape(PATCH, Form::Beside)[1..], [(Kind::Diff, 4), (Kind::Diff, 2)]);
    }

    #[test]
    fn long_context_is_folded_apart() {
        let context = " same\n".repeat(40);
        let text = format!("--- a/x\n+++ b/x\n@@ -1,41 +1,41 @@\n{context}-old\n+new\n");
        let page = patch_page(&Arc::new(diff::parse(&text)), Form::Unified);
        let folds: Vec<_> = page.blocks.iter().map(|block| (block.len(), block.fold)).collect();
        assert_eq!(folds[1..], [(1, None), (40, Some((5, 5))), (2, None)]);
    }

    #[test]
    fn no_change_is_cut_in_two_while_it_is_of_a_sane_size() {
        let change = "-a\n-b\n+c\n".repeat(300);
        let text = format!("--- a/x\n+++ b/x\n@@ -1,600 +1,300 @@\n{change}");
        let page = patch_page(&Arc::new(diff::parse(&text)), Form::Beside);
        assert!(page.blocks.iter().all(|block| block.len() <= MOST));
        let rows: usize = page.blocks.iter().filter(|block| block.kind == Kind::Diff).map(Block::len).sum();
        assert_eq!(rows, 1 + 600);
        let pure = format!("--- /dev/null\n+++ b/x\n@@ -0,0 +1,5000 @@\n{}", "+a\n".repeat(5000));
        assert!(shape(&pure, Form::Unified).len() > 4);
    }

    #[test]
    fn what_is_odd_is_said() {
        let page = patch_page(&Arc::new(diff::parse("I changed nothing.\n")), Form::Unified);
        assert_eq!(page.blocks[0].kind, Kind::Note);
        assert!(page.blocks[0].text().contains("no patch"), "{}", page.blocks[0].text());
    }
}
