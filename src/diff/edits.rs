//! A patch as edits of the base: which old lines go, which new lines come, where. Independent of hunks, their order, and
//! how much context they show.

use super::model::{Diff, FileDiff, Hunk, LineKind};
use std::ops::Range;

/// A line of a file: its text with a carriage return, if any, and whether a newline ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Content<'a> {
    pub text: &'a str,
    pub newline: bool,
}

/// Replaces the base lines `base` (numbers from 1; empty: before `base.start`) by the lines `added`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    pub base: Range<u32>,
    /// Lines of the patch, as many as `base` is long.
    pub removed: Vec<usize>,
    pub added: Vec<usize>,
}

impl Diff {
    /// A line as the file has it. That it is the last of the patch's text says nothing about the file.
    pub(super) fn content(&self, line: usize) -> Content<'_> {
        let whole = self.whole(line);
        let text = whole.strip_suffix('\n').unwrap_or(whole);
        let marked = matches!(self.lines[line].kind, LineKind::Context | LineKind::Removed | LineKind::Added);
        let newline = self.lines.get(line + 1).is_none_or(|next| next.kind != LineKind::NoNewline);
        Content { text: if marked { text.get(1..).unwrap_or_default() } else { text }, newline }
    }
}

/// The edits of one file, in order of the base.
pub(super) fn edits(diff: &Diff, file: &FileDiff) -> Vec<Edit> {
    let mut edits: Vec<Edit> = file.hunks.iter().flat_map(|hunk| edits_of(diff, hunk)).collect();
    edits.sort_by_key(|edit| (edit.base.start, edit.base.end));
    edits
}

fn edits_of(diff: &Diff, hunk: &Hunk) -> Vec<Edit> {
    // An empty old side names the line before the place; a head that cannot be read has 0.
    let mut next = hunk.old_start.saturating_add(u32::from(hunk.old_count == 0)).max(1);
    let mut edits: Vec<Edit> = Vec::new();
    let mut open = false;
    for line in hunk.body() {
        let kind = diff.lines[line].kind;
        let changes = matches!(kind, LineKind::Removed | LineKind::Added);
        if changes && !open {
            edits.push(Edit { base: next..next, removed: vec![], added: vec![] });
        }
        open = changes || (open && kind != LineKind::Context);
        next = next.saturating_add(u32::from(matches!(kind, LineKind::Removed | LineKind::Context)));
        match (edits.last_mut(), kind) {
            (Some(edit), LineKind::Removed) => edit.remove(line, next),
            (Some(edit), LineKind::Added) => edit.added.push(line),
            _ => {}
        }
    }
    edits
}

impl Edit {
    fn remove(&mut self, line: usize, next: u32) {
        self.removed.push(line);
        self.base.end = next;
    }

    /// Moves a pure insertion or deletion up as far as the text allows: where it may stand in several places (a repeated
    /// line, a closing brace), all tools that wrote a patch then agree. `base` gives known base lines, `floor` is the end
    /// of the edit before.
    pub fn slide<'a>(&mut self, diff: &'a Diff, floor: u32, base: impl Fn(u32) -> Option<Content<'a>>) {
        let lines = match (self.removed.is_empty(), self.added.is_empty()) {
            (true, false) => &mut self.added,
            (false, true) => &mut self.removed,
            _ => return,
        };
        let length = lines.len();
        let fits = |up: &usize| {
            let above = self.base.start.checked_sub(*up as u32 + 1).filter(|line| *line >= floor.max(1));
            above.and_then(&base) == Some(diff.content(lines[length - 1 - up % length]))
        };
        let up = (0..self.base.start as usize).take_while(fits).count();
        lines.rotate_right(up % length);
        self.base = self.base.start - up as u32..self.base.end - up as u32;
    }
}

/// The base lines that a patch of one file shows, each with the line of the patch that shows it: the last, where several
/// do.
pub(super) struct Known(Vec<(u32, usize)>);

impl Known {
    pub fn of(diff: &Diff, file: &FileDiff, edits: &[Edit]) -> Self {
        let shown = file.hunks.iter().flat_map(Hunk::body).filter_map(|line| Some((diff.lines[line].old_no()?, line)));
        let removed = edits.iter().flat_map(|edit| edit.base.clone().zip(edit.removed.iter().copied()));
        let mut lines: Vec<(u32, usize)> = removed.chain(shown).collect();
        lines.sort_by_key(|(number, _)| *number);
        lines.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            *kept = if same { *later } else { *kept };
            same
        });
        Self(lines)
    }

    pub fn get(&self, number: u32) -> Option<usize> {
        let at = self.0.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        Some(self.0[at].1)
    }

    /// In order of the base.
    pub fn lines(self) -> impl Iterator<Item = (u32, usize)> {
        self.0.into_iter()
    }
}
