//! Patch against patch: two solutions of one problem, aligned by the lines of the base they both start from. Works from
//! the patches alone.

use super::model::{Diff, FileDiff, LineKind, Status};
use super::regions::Both;
use super::turn::Step;
use super::words::{Change, Words, words};
use std::collections::BTreeMap;
use std::ops::Range;

/// Which of the two patches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    A,
    B,
}

/// A line of one of the two patches, by index of its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub side: Side,
    pub line: usize,
}

/// Two patches beside each other, as indices of their lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// All files that either touches, by path.
    pub files: Vec<FileComparison>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileComparison {
    /// Of the base, or of the new file.
    pub path: String,
    /// Indices of `files` in the two diffs; empty where a patch does not touch it.
    pub a: Vec<usize>,
    pub b: Vec<usize>,
    /// Both give it the same name, mode and binary content.
    pub same_head: bool,
    /// The same base line has different texts in the two: they do not start from the same base, and what is said here of
    /// this file is worth little.
    pub other_base: bool,
    /// Where either changes something, in order of the base.
    pub regions: Vec<Region>,
    /// Base lines that either patch shows, by number.
    pub(super) base: BTreeMap<u32, Place>,
}

/// A stretch of the base that at least one patch changes, with what each makes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    pub verdict: Verdict,
    /// Base line numbers from 1. Empty: both only insert, before `base.start`.
    pub base: Range<u32>,
    pub a: Vec<Piece>,
    pub b: Vec<Piece>,
    /// From A's result to B's, line by line.
    pub steps: Vec<Step>,
}

/// A line as one patch treats it: context where it keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// Context, removed or added.
    pub kind: LineKind,
    pub place: Place,
    /// Its number in the base; none for added lines.
    pub base_no: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Both make the same of it.
    Same,
    /// The same, but for white space within lines.
    Space,
    OnlyA,
    OnlyB,
    /// Both change it, differently.
    Differ,
}

/// Aligns two patches. Equal patches give no difference, whatever the order of their hunks and files; B against A is the
/// mirror image of A against B.
pub fn compare(a: &Diff, b: &Diff) -> Comparison {
    let mut paths: BTreeMap<&str, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    for (at, file) in a.files.iter().enumerate() {
        paths.entry(file.base_path()).or_default().0.push(at);
    }
    for (at, file) in b.files.iter().enumerate() {
        paths.entry(file.base_path()).or_default().1.push(at);
    }
    let both = Both { a, b };
    let files = paths.into_iter().map(|(path, (a, b))| both.file(path, a, b)).collect();
    Comparison { files }
}

impl Comparison {
    /// No difference that matters to anyone but a byte counter: see [`compare`].
    pub fn is_same(&self) -> bool {
        self.files.iter().all(FileComparison::is_same)
    }

    /// Where to jump: (file, region) of everything that is not the same.
    pub fn differences(&self) -> impl Iterator<Item = (usize, usize)> {
        let regions = |file: usize| (0..self.files[file].regions.len()).map(move |region| (file, region));
        let differs = |&(file, region): &(usize, usize)| self.files[file].regions[region].verdict != Verdict::Same;
        (0..self.files.len()).flat_map(regions).filter(differs)
    }
}

impl FileComparison {
    pub fn is_same(&self) -> bool {
        self.same_head && self.regions.iter().all(|region| region.verdict == Verdict::Same)
    }

    /// The one patch that touches this file, if only one does.
    pub fn only_in(&self) -> Option<Side> {
        match (self.a.is_empty(), self.b.is_empty()) {
            (false, true) => Some(Side::A),
            (true, false) => Some(Side::B),
            _ => None,
        }
    }
}

impl Region {
    /// Lines of A's and of B's result that are level: equal, or one become the other.
    pub fn matches(&self) -> impl Iterator<Item = (Place, Place)> {
        self.steps.iter().filter_map(|step| match *step {
            Step::Keep { from, to } | Step::Change { from, to } => Some((from, to)),
            Step::Remove(_) | Step::Add(_) => None,
        })
    }

    /// The line of the other side's result that a line was matched with, where the two differ.
    pub fn counterpart(&self, place: Place) -> Option<Place> {
        self.steps.iter().find_map(|step| match *step {
            Step::Change { from, to } if from == place => Some(to),
            Step::Change { from, to } if to == place => Some(from),
            _ => None,
        })
    }
}

impl Place {
    /// What the line says, without marker and ending.
    pub fn said<'d>(self, a: &'d Diff, b: &'d Diff) -> &'d str {
        self.side.of(a, b).said(self.line)
    }
}

impl Side {
    pub fn of<'d>(self, a: &'d Diff, b: &'d Diff) -> &'d Diff {
        match self {
            Self::A => a,
            Self::B => b,
        }
    }
}

/// The words in which two lines differ: `old` are those of `from`. Line endings count as white space.
pub fn words_between(a: &Diff, b: &Diff, from: Place, to: Place) -> Words {
    let mut words = words(from.said(a, b), to.said(a, b));
    let both = Both { a, b };
    if words.change == Change::None && both.content(from) != both.content(to) {
        words.change = Change::Space;
    }
    words
}

impl FileDiff {
    /// The name that two patches of one base have in common.
    pub(super) fn base_path(&self) -> &str {
        let old = self.old_path.as_deref().filter(|_| self.status != Status::Copied);
        old.or(self.new_path.as_deref()).unwrap_or_default()
    }
}
