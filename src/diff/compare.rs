//! Patch against patch: two solutions of one problem, aligned by the lines of the base they both start from. Works from
//! the patches alone.

use super::edits::{Content, Edit, edits, known};
use super::model::{Diff, FileDiff, LineKind, Modes, Status};
use super::turn::{Step, steps};
use super::words::{Words, same_ink, words};
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

/// The words in which two lines differ: `old` are those of `from`.
pub fn words_between(a: &Diff, b: &Diff, from: Place, to: Place) -> Words {
    words(from.said(a, b), to.said(a, b))
}

impl FileDiff {
    /// The name that two patches of one base have in common.
    pub(super) fn base_path(&self) -> &str {
        let old = self.old_path.as_deref().filter(|_| self.status != Status::Copied);
        old.or(self.new_path.as_deref()).unwrap_or_default()
    }
}

#[derive(Clone, Copy)]
pub(super) struct Both<'d> {
    pub a: &'d Diff,
    pub b: &'d Diff,
}

/// An edit and the patch it is from.
type Owned = (Side, Edit);

impl<'d> Both<'d> {
    pub fn content(self, place: Place) -> Content<'d> {
        place.side.of(self.a, self.b).content(place.line)
    }

    fn file(self, path: &str, a: Vec<usize>, b: Vec<usize>) -> FileComparison {
        let edits_a = file_edits(self.a, &a);
        let edits_b = file_edits(self.b, &b);
        let (base, other_base) = self.base([(Side::A, &a, &edits_a), (Side::B, &b, &edits_b)]);
        let mut owned = Vec::new();
        for (side, edits) in [(Side::A, edits_a), (Side::B, edits_b)] {
            owned.extend(self.slid(edits, side, &base).into_iter().map(|edit| (side, edit)));
        }
        owned.sort_by_key(|(side, edit)| (edit.base.start, edit.base.end, *side));
        let regions = clusters(owned).into_iter().map(|edits| self.region(&edits, &base)).collect();
        let same_head = heads(self.a, &a) == heads(self.b, &b);
        FileComparison { path: path.into(), a, b, same_head, other_base, regions, base }
    }

    /// All base lines that are known, and whether the patches contradict each other.
    fn base(self, sides: [(Side, &[usize], &[Edit]); 2]) -> (BTreeMap<u32, Place>, bool) {
        let mut base: BTreeMap<u32, Place> = BTreeMap::new();
        let mut contradicted = false;
        for (side, files, edits) in sides {
            let diff = side.of(self.a, self.b);
            for (number, line) in files.iter().flat_map(|file| known(diff, &diff.files[*file], edits)) {
                let place = Place { side, line };
                let held = *base.entry(number).or_insert(place);
                contradicted |= held.side != side && self.content(held).text != self.content(place).text;
            }
        }
        (base, contradicted)
    }

    fn slid(self, mut edits: Vec<Edit>, side: Side, base: &BTreeMap<u32, Place>) -> Vec<Edit> {
        let mut floor = 1;
        for edit in &mut edits {
            edit.slide(side.of(self.a, self.b), floor, |number| base.get(&number).map(|place| self.content(*place)));
            floor = edit.base.end;
        }
        edits
    }

    fn region(self, edits: &[Owned], base: &BTreeMap<u32, Place>) -> Region {
        let start = edits.iter().map(|(_, edit)| edit.base.start).min().unwrap_or_default();
        let end = edits.iter().map(|(_, edit)| edit.base.end).max().unwrap_or_default();
        let a = pieces(edits, Side::A, start..end, base);
        let b = pieces(edits, Side::B, start..end, base);
        let steps = steps(self, &result(&a), &result(&b));
        let verdict = self.verdict(edits, &steps);
        Region { verdict, base: start..end, a, b, steps }
    }

    fn verdict(self, edits: &[Owned], steps: &[Step]) -> Verdict {
        let by = |side: Side| edits.iter().any(|(own, _)| *own == side);
        if steps.iter().all(|step| matches!(step, Step::Keep { .. })) {
            return Verdict::Same;
        }
        match (by(Side::A), by(Side::B)) {
            (true, false) => Verdict::OnlyA,
            (false, true) => Verdict::OnlyB,
            _ if steps.iter().all(|step| self.is_space(step)) => Verdict::Space,
            _ => Verdict::Differ,
        }
    }

    fn is_space(self, step: &Step) -> bool {
        match *step {
            Step::Keep { .. } => true,
            Step::Change { from, to } => same_ink(self.content(from).text, self.content(to).text),
            Step::Remove(place) | Step::Add(place) => self.content(place).text.trim().is_empty(),
        }
    }
}

fn file_edits(diff: &Diff, files: &[usize]) -> Vec<Edit> {
    let mut all: Vec<Edit> = files.iter().flat_map(|file| edits(diff, &diff.files[*file])).collect();
    all.sort_by_key(|edit| (edit.base.start, edit.base.end));
    all
}

/// What a patch says of a file besides its lines. Of a binary file the header is all there is to compare.
#[derive(PartialEq)]
struct Head<'d> {
    path: Option<&'d str>,
    status: Status,
    modes: Option<&'d Modes>,
    binary: Vec<&'d str>,
}

fn heads<'d>(diff: &'d Diff, files: &[usize]) -> Vec<Head<'d>> {
    let head = |at: &usize| {
        let file = &diff.files[*at];
        let header = file.lines.clone().filter(|line| file.binary && diff.lines[*line].kind == LineKind::Header);
        let binary = header.map(|line| diff.said(line)).collect();
        Head { path: file.new_path.as_deref(), status: file.status, modes: file.modes.as_ref(), binary }
    };
    let mut heads: Vec<_> = files.iter().map(head).collect();
    heads.dedup();
    heads
}

/// Edits that overlap or touch, whoever made them, belong together.
fn clusters(edits: Vec<Owned>) -> Vec<Vec<Owned>> {
    let mut clusters: Vec<(u32, Vec<Owned>)> = Vec::new();
    for owned in edits {
        let range = owned.1.base.clone();
        match clusters.last_mut() {
            Some((end, cluster)) if range.start <= *end => {
                *end = range.end.max(*end);
                cluster.push(owned);
            }
            _ => clusters.push((range.end, vec![owned])),
        }
    }
    clusters.into_iter().map(|(_, cluster)| cluster).collect()
}

/// What one patch makes of a stretch of the base. Base lines that neither patch shows are left out.
fn pieces(edits: &[Owned], side: Side, range: Range<u32>, base: &BTreeMap<u32, Place>) -> Vec<Piece> {
    let keep = |lines: Range<u32>| {
        let known = (lines.start < lines.end).then(|| base.range(lines)).into_iter().flatten();
        known.map(|(number, place)| Piece { kind: LineKind::Context, place: *place, base_no: Some(*number) })
    };
    let mut pieces = Vec::new();
    let mut next = range.start;
    for (_, edit) in edits.iter().filter(|(own, _)| *own == side) {
        let place = |line: &usize| Place { side, line: *line };
        pieces.extend(keep(next..edit.base.start));
        let removed = edit.removed.iter().zip(edit.base.clone());
        pieces.extend(removed.map(|(line, number)| Piece {
            kind: LineKind::Removed,
            place: place(line),
            base_no: Some(number),
        }));
        let added = edit.added.iter();
        pieces.extend(added.map(|line| Piece { kind: LineKind::Added, place: place(line), base_no: None }));
        next = next.max(edit.base.end);
    }
    pieces.extend(keep(next..range.end));
    pieces
}

fn result(pieces: &[Piece]) -> Vec<Place> {
    pieces.iter().filter(|piece| piece.kind != LineKind::Removed).map(|piece| piece.place).collect()
}
