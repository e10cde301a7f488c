//! The slow part of showing a block: which words of a diff changed. Done on another thread, block by block.

use std::ops::Range;

use super::{Block, Painted, Side};
use crate::diff::Pairs;

pub fn paint(block: &Block) -> Painted {
    Painted { inks: Vec::new(), words: words(block) }
}

/// The changed words of each line that has a partner on the other side.
fn words(block: &Block) -> Vec<Vec<Range<usize>>> {
    let (Some(diff), Some(first), Some(last)) = (&block.diff, block.marks.first(), block.marks.last()) else {
        return Vec::new();
    };
    let pairs = Pairs::of(diff, first.line..last.line + 1);
    let of = |side, line| {
        let words = pairs.words(diff, line)?;
        match side {
            Side::Old => Some(words.old),
            Side::New => Some(words.new),
            _ => None,
        }
    };
    block.marks.iter().map(|mark| of(mark.side, mark.line).unwrap_or_default()).collect()
}
