//! A trajectory or a patch laid out as lines, whatever the width: blocks that can be folded, and lines made only when
//! somebody looks at them. Names of styles, never colours.

mod block;
mod call;
mod line;
mod paint;
mod patch;
mod prose;
mod turns;
mod view;
mod wash;

use std::ops::Range;
use std::sync::Arc;

pub use block::{Block, DiffMark, Kind, Side};
pub use call::{Deed, digest};
pub use line::{Ink, Line, Span, spans_width};
pub use patch::patch_page;
pub use turns::turns_page;
pub use view::{Frame, Position, View};
pub use wash::{wash, width};

/// Everything the reader can show of one trajectory.
#[derive(Debug, Default)]
pub struct Page {
    pub blocks: Vec<Block>,
    /// What stands in the outline: turns, or files of a patch.
    pub chapters: Vec<Chapter>,
}

/// An entry of the outline.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chapter {
    /// Its first block.
    pub block: usize,
    pub number: usize,
    pub deed: Deed,
    pub title: String,
    /// A result of it failed.
    pub failed: bool,
    /// How many times in a row this action was taken, this one included.
    pub repeats: usize,
    pub added: usize,
    pub removed: usize,
}

/// What is known of a block only after some work: styled byte ranges for each line, and the words that changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Painted {
    pub inks: Vec<Vec<(Range<usize>, Ink)>>,
    pub words: Vec<Vec<Range<usize>>>,
}

pub type Paint = Arc<Painted>;

impl Page {
    /// Highlights a block. Slow: meant for another thread.
    pub fn paint(&self, block: usize) -> Paint {
        self.blocks.get(block).map_or_else(Paint::default, |block| Arc::new(paint::paint(block)))
    }
}
