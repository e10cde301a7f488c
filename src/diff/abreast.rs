//! Two patches abreast, as rows: what A does to the base at the left, what B does at the right, base lines level.

use super::compare::{Comparison, FileComparison, Piece, Place, Region};
use super::model::LineKind;
use super::pairs::beside;
use std::collections::HashMap;
use std::ops::Range;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AbreastRow {
    /// A file begins; index of [`Comparison::files`].
    File(usize),
    /// Base lines that neither patch shows.
    Gap,
    Pieces {
        left: Option<Piece>,
        right: Option<Piece>,
        /// File and region, whose verdict says how to show the row; none for context around them.
        region: Option<(usize, usize)>,
    },
}

/// Rows for the whole comparison. Cheap: indices only.
pub fn abreast(comparison: &Comparison) -> Vec<AbreastRow> {
    let mut rows = Vec::new();
    for (at, file) in comparison.files.iter().enumerate() {
        rows.push(AbreastRow::File(at));
        file_rows(at, file, &mut rows);
    }
    rows
}

fn file_rows(at: usize, file: &FileComparison, rows: &mut Vec<AbreastRow>) {
    let mut from = 0;
    for (index, region) in file.regions.iter().enumerate() {
        context(file, from..region.base.start, rows);
        let before = region.base.start.saturating_sub(1);
        if before > 0 && before >= from && !file.base.contains_key(&before) {
            rows.push(AbreastRow::Gap);
        }
        region_rows(region, (at, index), rows);
        from = region.base.end;
    }
    context(file, from..u32::MAX, rows);
}

/// Base lines that neither patch changes.
fn context(file: &FileComparison, lines: Range<u32>, rows: &mut Vec<AbreastRow>) {
    let mut next = lines.start;
    for (number, place) in (lines.start < lines.end).then(|| file.base.range(lines)).into_iter().flatten() {
        if *number > next.max(1) {
            rows.push(AbreastRow::Gap);
        }
        let piece = Piece { kind: LineKind::Context, place: *place, base_no: Some(*number) };
        rows.push(AbreastRow::Pieces { left: Some(piece), right: Some(piece), region: None });
        next = number.saturating_add(1);
    }
}

/// Walks both columns: added lines first, then the base line they stand before.
fn region_rows(region: &Region, index: (usize, usize), rows: &mut Vec<AbreastRow>) {
    let (mut left, mut right) = (region.a.as_slice(), region.b.as_slice());
    let mut push = |left: Option<Piece>, right: Option<Piece>| {
        rows.push(AbreastRow::Pieces { left, right, region: Some(index) });
    };
    while !(left.is_empty() && right.is_empty()) {
        let (added_left, rest_left) = split_added(left);
        let (added_right, rest_right) = split_added(right);
        let pairs = counterparts(region, added_left, added_right);
        for (one, two) in beside(added_left.len(), added_right.len(), &pairs) {
            push(one.map(|at| added_left[at]), two.map(|at| added_right[at]));
        }
        let number = |rest: &[Piece]| rest.first().map_or(u32::MAX, |piece| piece.base_no.unwrap_or(u32::MAX));
        let lowest = number(rest_left).min(number(rest_right));
        let take = |rest: &[Piece]| rest.first().copied().filter(|_| number(rest) == lowest);
        let (one, two) = (take(rest_left), take(rest_right));
        if one.is_some() || two.is_some() {
            push(one, two);
        }
        left = &rest_left[usize::from(one.is_some())..];
        right = &rest_right[usize::from(two.is_some())..];
    }
}

fn split_added(pieces: &[Piece]) -> (&[Piece], &[Piece]) {
    pieces.split_at(pieces.iter().take_while(|piece| piece.base_no.is_none()).count())
}

/// Which added line of A is level with which of B: equal ones, and those of which one became the other.
fn counterparts(region: &Region, a: &[Piece], b: &[Piece]) -> Vec<(usize, usize)> {
    let places = |pieces: &[Piece]| -> HashMap<Place, usize> {
        pieces.iter().enumerate().map(|(at, piece)| (piece.place, at)).collect()
    };
    let (a, b) = (places(a), places(b));
    region.matches().filter_map(|(from, to)| Some((*a.get(&from)?, *b.get(&to)?))).collect()
}
