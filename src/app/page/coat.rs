//! What is known of lines only after some work: styled byte ranges, and the words that changed.

use std::ops::Range;
use std::sync::Arc;

use super::line::Ink;

/// A block is highlighted by windows of this many lines: what is not looked at costs nothing.
pub const WINDOW: usize = 128;

/// The coats of the lines of one window, each with its left (or only) and its right side.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Painted {
    pub rows: Vec<[Coat; 2]>,
}

pub type Paint = Arc<Painted>;

/// What lies over one line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coat {
    /// Ascending, not overlapping.
    pub inks: Vec<(Range<usize>, Ink)>,
    pub words: Vec<Range<usize>>,
    /// It differs from its partner by white space alone.
    pub space: bool,
}

static BARE: Coat = Coat { inks: Vec::new(), words: Vec::new(), space: false };

impl Painted {
    /// The coat of line `nth` of the block.
    pub fn of(&self, nth: usize, side: usize) -> &Coat {
        self.rows.get(nth % WINDOW).and_then(|row| row.get(side)).unwrap_or(&BARE)
    }
}

impl Coat {
    /// The painted pieces of a part of the line, gaps filled in; ranges count from the beginning of the part.
    pub fn pieces(&self, part: Range<usize>, rest: Ink) -> Vec<(Range<usize>, Ink)> {
        let mut pieces = Vec::with_capacity(self.inks.len() * 2 + 1);
        let mut at = part.start;
        for (range, ink) in &self.inks {
            let (start, end) = (range.start.max(at), range.end.min(part.end));
            if start >= end {
                continue;
            }
            if start > at {
                pieces.push((at - part.start..start - part.start, rest));
            }
            pieces.push((start - part.start..end - part.start, *ink));
            at = end;
        }
        if at < part.end {
            pieces.push((at - part.start..part.len(), rest));
        }
        pieces
    }

    /// The changed words of a part of the line.
    pub fn words_in(&self, part: Range<usize>) -> impl Iterator<Item = Range<usize>> + '_ {
        let inside = move |word: &Range<usize>| {
            let (start, end) = (word.start.max(part.start), word.end.min(part.end));
            (start < end).then(|| start - part.start..end - part.start)
        };
        self.words.iter().filter_map(inside)
    }
}

/// Pieces cut where the ranges laid over them begin and end. Of two ranges over one place the later wins.
pub fn overlaid(pieces: &[(Range<usize>, Ink)], over: &[(Range<usize>, Ink)]) -> Vec<(Range<usize>, Ink, Ink)> {
    let mut cut = Vec::with_capacity(pieces.len() + over.len() * 2);
    for (piece, ink) in pieces {
        let mut edges: Vec<usize> = over.iter().flat_map(|(range, _)| [range.start, range.end]).collect();
        edges.retain(|edge| piece.contains(edge));
        edges.extend([piece.start, piece.end]);
        edges.sort_unstable();
        edges.dedup();
        for pair in edges.windows(2) {
            let (start, end) = (pair[0], pair[1]);
            let on_top = over.iter().rev().find(|(range, _)| range.start <= start && end <= range.end);
            cut.push((start..end, *ink, on_top.map_or("", |(_, ink)| *ink)));
        }
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_a_part_exactly() {
        let coat = Coat { inks: vec![(0..3, "a"), (5..9, "b")], ..Coat::default() };
        assert_eq!(coat.pieces(0..10, "x"), [(0..3, "a"), (3..5, "x"), (5..9, "b"), (9..10, "x")]);
        assert_eq!(coat.pieces(2..6, "x"), [(0..1, "a"), (1..3, "x"), (3..4, "b")]);
        assert_eq!(coat.pieces(20..22, "x"), [(0..2, "x")]);
    }

    #[test]
    fn words_are_cut_to_the_part() {
        let coat = Coat { words: vec![1..4, 8..9], ..Coat::default() };
        assert_eq!(coat.words_in(3..8).collect::<Vec<_>>(), vec![0..1; 1]);
    }
}
