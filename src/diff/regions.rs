//! Builds a comparison: the edits of both patches, clustered where they meet in the base, and judged.

use super::compare::{FileComparison, Piece, Place, Region, Side, Verdict};
use super::edits::{Content, Edit, Known, edits};
use super::model::{Diff, LineKind, Modes, Status};
use super::turn::{Step, steps};
use super::words::same_ink;
use std::collections::BTreeMap;
use std::ops::Range;

/// The two patches, to look lines up in.
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

    pub fn file(self, path: &str, a: Vec<usize>, b: Vec<usize>) -> FileComparison {
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
            let known = |file: &usize| Known::of(diff, &diff.files[*file], edits).lines();
            for (number, line) in files.iter().flat_map(known) {
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
