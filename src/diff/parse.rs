//! Patch text -> [`Diff`]: one pass over the scanned lines that numbers them and closes hunks and files.

use super::header::{FileHeader, HunkHead};
use super::model::{Diff, FileDiff, Hunk, Line, LineKind};
use super::problem::{Flaw, Problem};
use super::scan::{Scanned, Scanner, without_ending};

/// Reads any text. It never fails: what is no patch is kept as raw lines, and [`Diff::problems`] says so.
///
/// Understood: git's extended headers, quoted names, plain `diff -u` and bare hunks, CRLF, missing final newlines.
/// Combined diffs are kept as text. Time and memory are linear in the input.
pub fn parse(patch: &str) -> Diff {
    let mut parser = Parser::default();
    let mut start = 0;
    for line in Scanner::new(patch) {
        parser.take(line, start);
        start += line.text.len();
    }
    parser.finish(patch)
}

#[derive(Default)]
struct Parser {
    lines: Vec<Line>,
    files: Vec<FileDiff>,
    problems: Vec<Problem>,
    header: FileHeader,
    file: Option<FileDiff>,
    hunk: Option<OpenHunk>,
    in_stray: bool,
}

/// A hunk whose lines are still coming.
struct OpenHunk {
    hunk: Hunk,
    /// `None` where the head could not be read: then its lines have no numbers and no count to keep.
    next: Option<(u32, u32)>,
    found: (u32, u32),
}

impl Parser {
    fn take(&mut self, line: Scanned<'_>, start: usize) {
        let at = self.lines.len();
        let text = without_ending(line.text);
        if line.opens_file {
            self.open_file(at, line.kind);
        }
        match line.kind {
            LineKind::Header => self.header.read(text),
            LineKind::Hunk => self.open_hunk(at, text),
            LineKind::Raw => self.stray(at, text),
            _ => {}
        }
        self.in_stray &= line.kind == LineKind::Raw;
        let (old, new) = self.number(at, line.kind);
        self.lines.push(Line { kind: line.kind, start, old, new });
    }

    fn open_file(&mut self, at: usize, kind: LineKind) {
        self.close_file(at);
        self.file = Some(FileDiff { lines: at..at, ..FileDiff::default() });
        if kind == LineKind::Hunk {
            self.problems.push(Problem { line: at, flaw: Flaw::NoFile });
        }
    }

    fn open_hunk(&mut self, at: usize, text: &str) {
        self.close_hunk();
        let head = HunkHead::read(text);
        if head.is_none() {
            self.problems.push(Problem { line: at, flaw: Flaw::HunkHead });
        }
        let HunkHead { old_start, old_count, new_start, new_count } = head.unwrap_or_default();
        let hunk = Hunk { old_start, old_count, new_start, new_count, lines: at..at + 1 };
        self.hunk = Some(OpenHunk { hunk, next: head.map(HunkHead::first_lines), found: (0, 0) });
    }

    /// A raw line inside a file; empty ones are no news. A combined diff was announced at its head.
    fn stray(&mut self, at: usize, text: &str) {
        let news = self.file.is_some() && !self.header.is_combined() && !text.trim().is_empty();
        if news && !self.in_stray {
            self.problems.push(Problem { line: at, flaw: Flaw::Stray });
            self.in_stray = true;
        }
    }

    /// Gives a line its numbers and counts it.
    fn number(&mut self, at: usize, kind: LineKind) -> (u32, u32) {
        let (Some(open), Some(file)) = (&mut self.hunk, &mut self.file) else { return (0, 0) };
        let (in_old, in_new) = match kind {
            LineKind::Context => (1, 1),
            LineKind::Removed => (1, 0),
            LineKind::Added => (0, 1),
            LineKind::NoNewline => (0, 0),
            LineKind::Raw | LineKind::Header | LineKind::Hunk => return (0, 0),
        };
        file.added += usize::from(kind == LineKind::Added);
        file.removed += usize::from(kind == LineKind::Removed);
        open.hunk.lines.end = at + 1;
        open.found = (open.found.0 + in_old, open.found.1 + in_new);
        let Some((old, new)) = &mut open.next else { return (0, 0) };
        let numbers = (*old * in_old, *new * in_new);
        (*old, *new) = (old.saturating_add(in_old), new.saturating_add(in_new));
        numbers
    }

    fn close_hunk(&mut self) {
        let (Some(OpenHunk { hunk, next, found }), Some(file)) = (self.hunk.take(), &mut self.file) else { return };
        let said = (hunk.old_count, hunk.new_count);
        if next.is_some() && said != found {
            self.problems.push(Problem { line: hunk.lines.start, flaw: Flaw::Counts { said, found } });
        }
        file.hunks.push(hunk);
    }

    fn close_file(&mut self, at: usize) {
        self.close_hunk();
        let header = std::mem::take(&mut self.header);
        let Some(body) = self.file.take() else { return };
        let file = FileDiff {
            lines: body.lines.start..at,
            hunks: body.hunks,
            added: body.added,
            removed: body.removed,
            ..header.finish()
        };
        if file.combined {
            self.problems.push(Problem { line: file.lines.start, flaw: Flaw::Combined });
        }
        self.files.push(file);
    }

    fn finish(mut self, patch: &str) -> Diff {
        self.close_file(self.lines.len());
        if self.files.is_empty() && !patch.trim().is_empty() {
            self.problems.push(Problem { line: 0, flaw: Flaw::NotAPatch });
        }
        self.problems.sort_by_key(|problem| problem.line);
        Diff { text: patch.into(), lines: self.lines, files: self.files, problems: self.problems }
    }
}
