//! Which removed line became which added line. Lines are paired by the words they share, in order, inside one block of
//! changes; a line without a likeness stays alone.

use super::model::{Diff, LineKind};
use super::words::{Change, Words, tokens, words};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

/// The partners within a range of a patch's lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pairs {
    first: usize,
    partners: Vec<Option<usize>>,
}

impl Pairs {
    /// Pairs the changed lines of a range: of one hunk, for drawing what is visible, or of the whole patch.
    pub fn of(diff: &Diff, lines: Range<usize>) -> Self {
        let mut pairs = Self { first: lines.start, partners: vec![None; lines.len()] };
        for block in blocks(diff, lines) {
            let texts = |lines: &[usize]| lines.iter().map(|line| diff.said(*line)).collect::<Vec<_>>();
            for (old, new) in align(&texts(&block.removed), &texts(&block.added)) {
                pairs.join(block.removed[old], block.added[new]);
            }
        }
        pairs
    }

    fn join(&mut self, old: usize, new: usize) {
        self.partners[old - self.first] = Some(new);
        self.partners[new - self.first] = Some(old);
    }

    /// The line that this one became, or came from.
    pub fn partner(&self, line: usize) -> Option<usize> {
        *self.partners.get(line.checked_sub(self.first)?)?
    }

    /// What changed between a line and its partner, seen from the old line to the new one.
    pub fn words(&self, diff: &Diff, line: usize) -> Option<Words> {
        let partner = self.partner(line)?;
        let (old, new) = (line.min(partner), line.max(partner));
        let mut words = words(diff.said(old), diff.said(new));
        if words.change == Change::None && diff.ends_in_crlf(old) != diff.ends_in_crlf(new) {
            words.change = Change::Space;
        }
        Some(words)
    }
}

/// Removed lines and the added lines that follow them.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub removed: Vec<usize>,
    pub added: Vec<usize>,
}

impl Block {
    pub fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.added.is_empty()
    }
}

/// The blocks of changes in a range of lines. A remark on a missing newline does not part them.
pub(super) fn blocks(diff: &Diff, lines: Range<usize>) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open = Block::default();
    for at in lines {
        match diff.lines.get(at).map(|line| line.kind) {
            Some(LineKind::Removed) if open.added.is_empty() => open.removed.push(at),
            Some(LineKind::Removed) => {
                blocks.push(std::mem::replace(&mut open, Block { removed: vec![at], added: vec![] }));
            }
            Some(LineKind::Added) => open.added.push(at),
            Some(LineKind::NoNewline) => {}
            _ => blocks.push(std::mem::take(&mut open)),
        }
    }
    blocks.push(open);
    blocks.retain(|block| !block.is_empty());
    blocks
}

/// Below this share of common words two lines have nothing to do with each other.
const LIKE: f32 = 0.5;
/// Up to this many comparisons the best pairing of a block is searched; beyond, the first good one within reach.
const MOST_COMPARISONS: usize = 4_096;
const REACH: usize = 8;
/// Of a long line, this much decides.
const MOST_BYTES: usize = 2_000;

/// Pairs of indices, ascending on both sides. Swapping the sides swaps the pairs.
pub(super) fn align(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    if old > new {
        return align(new, old).into_iter().map(|(new, old)| (old, new)).collect();
    }
    if old.is_empty() {
        return vec![];
    }
    let bags = |lines: &[&str]| lines.iter().map(|line| Bag::of(line)).collect::<Vec<_>>();
    let (old, new) = (bags(old), bags(new));
    if old.len() * new.len() <= MOST_COMPARISONS { best(&old, &new) } else { first(&old, &new) }
}

/// The pairing with the greatest sum of likenesses (Needleman and Wunsch, with gaps for free).
fn best(old: &[Bag], new: &[Bag]) -> Vec<(usize, usize)> {
    let width = new.len() + 1;
    let mut sums = vec![0.0_f32; (old.len() + 1) * width];
    let likeness: Vec<f32> = old.iter().flat_map(|a| new.iter().map(|b| a.likeness(b))).collect();
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            let together = likeness[i * new.len() + j] + sums[(i + 1) * width + j + 1];
            sums[i * width + j] = together.max(sums[(i + 1) * width + j]).max(sums[i * width + j + 1]);
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut pairs = Vec::new();
    while i < old.len() && j < new.len() {
        let (here, like) = (sums[i * width + j], likeness[i * new.len() + j]);
        if like > 0.0 && here <= like + sums[(i + 1) * width + j + 1] {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if here <= sums[(i + 1) * width + j] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

fn first(old: &[Bag], new: &[Bag]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let mut from = 0;
    for (i, bag) in old.iter().enumerate() {
        let reach = from..(from + REACH).min(new.len());
        let likeness = reach.map(|j| (j, bag.likeness(&new[j])));
        let found = likeness.reduce(|best, next| if next.1 > best.1 { next } else { best });
        if let Some((j, _)) = found.filter(|(_, likeness)| *likeness > 0.0) {
            pairs.push((i, j));
            from = j + 1;
        }
    }
    pairs
}

/// Lays two columns beside each other: pairs share a row, so do lines that are alone on both sides, top down.
///
/// `pairs` ascend on both sides, as [`align`] gives them.
pub(super) fn beside(left: usize, right: usize, pairs: &[(usize, usize)]) -> Vec<(Option<usize>, Option<usize>)> {
    let (mut i, mut j) = (0, 0);
    let mut rows = Vec::with_capacity(left.max(right));
    for &(to_left, to_right) in pairs.iter().chain([&(left, right)]) {
        let (alone_left, alone_right) = (to_left - i, to_right - j);
        for row in 0..alone_left.max(alone_right) {
            rows.push(((row < alone_left).then_some(i + row), (row < alone_right).then_some(j + row)));
        }
        if (to_left, to_right) != (left, right) {
            rows.push((Some(to_left), Some(to_right)));
        }
        (i, j) = (to_left + 1, to_right + 1);
    }
    rows
}

/// The words of a line, hashed and sorted.
struct Bag(Vec<u64>);

impl Bag {
    fn of(line: &str) -> Self {
        let end = (0..=MOST_BYTES.min(line.len())).rev().find(|end| line.is_char_boundary(*end)).unwrap_or(0);
        let texts = tokens(&line[..end]).into_iter().map(|token| &line[token]);
        let mut bag: Vec<u64> = texts.filter(|text| !text.trim().is_empty()).map(hash).collect();
        bag.sort_unstable();
        Self(bag)
    }

    /// Share of common words (Dice), or 0 where it is too small to mean anything.
    fn likeness(&self, other: &Self) -> f32 {
        let all = self.0.len() + other.0.len();
        if all == 0 {
            return 1.0;
        }
        let share = 2.0 * self.common(other) as f32 / all as f32;
        if share < LIKE { 0.0 } else { share }
    }

    fn common(&self, other: &Self) -> usize {
        let (mut a, mut b) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut common = 0;
        while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
            match x.cmp(y) {
                std::cmp::Ordering::Less => drop(a.next()),
                std::cmp::Ordering::Greater => drop(b.next()),
                std::cmp::Ordering::Equal => {
                    common += 1;
                    let _ = (a.next(), b.next());
                }
            }
        }
        common
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::parse;

    #[test]
    fn lines_are_paired_by_likeness_not_by_position() {
        let old = ["    x = compute(a, b)", "    return x"];
        let new = ["    log(a)", "    x = compute(a, b, c)", "    return x + 1"];
        assert_eq!(align(&old, &new), [(0, 1), (1, 2)]);
        assert_eq!(align(&new, &old), [(1, 0), (2, 1)]);
        assert_eq!(align(&["alpha beta"], &["gamma delta"]), []);
        assert_eq!(align(&[""], &["", "x"]), [(0, 0)]);
    }

    #[test]
    fn a_large_block_is_paired_within_reach() {
        let old: Vec<String> = (0..500).map(|n| format!("let value_{n} = make({n});")).collect();
        let new: Vec<String> = (0..500).map(|n| format!("let value_{n} = make({n}, true);")).collect();
        let lines = |lines: &'static [String]| lines.iter().map(String::as_str).collect::<Vec<_>>();
        let (old, new) = (lines(old.leak()), lines(new.leak()));
        let pairs = align(&old, &new);
        assert_eq!(pairs, (0..500).map(|n| (n, n)).collect::<Vec<_>>());
    }

    #[test]
    fn a_change_of_line_endings_is_white_space() {
        let diff = parse("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-same\r\n+same\n");
        let pairs = Pairs::of(&diff, diff.files[0].hunks[0].lines.clone());
        assert_eq!(pairs.partner(3), Some(4));
        assert_eq!(pairs.words(&diff, 4).unwrap().change, Change::Space);
    }
}
