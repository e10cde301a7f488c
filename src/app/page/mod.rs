//! A trajectory or a patch laid out as lines, whatever the width: blocks that can be folded, and lines made only when
//! somebody looks at them. Names of styles, never colours.

mod actions;
mod ansi;
mod asked;
mod block;
mod call;
mod coat;
mod compare;
mod line;
mod moment;
mod outline;
mod paint;
mod patch;
mod prose;
mod raw;
mod rows;
mod trace;
mod turns;
mod view;
mod wash;

pub use asked::{Account, prompt_page, score_page};
pub use block::{Block, Class, Kind};
pub use call::{Deed, digest};
pub use coat::{Coat, Paint, Painted};
pub use compare::{actions_page, compare_page};
pub use line::{Half, Ink, Line, Span, halves, spans_width};
pub use moment::duration;
pub use outline::{Entry, Listed};
pub use paint::Painter;
pub use patch::patch_page;
pub use raw::raw_page;
pub use trace::{TraceChart, sparkline};
pub use turns::turns_page;
pub use view::{Frame, Position, View};
pub use wash::{steers, wash, width};

/// Everything the reader can show of one trajectory, or of two.
#[derive(Debug, Default)]
pub struct Page {
    pub blocks: Vec<Block>,
    /// What stands in the outline: turns, or files of a patch.
    pub chapters: Vec<Chapter>,
    /// The chapters as a tree; empty: they stand one after the other.
    pub tree: Vec<Entry>,
    /// Blocks one goes to from one to the next: hunks, differences.
    pub stops: Vec<usize>,
}

/// How old and new, or two patches, stand on the page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Form {
    /// Beneath each other.
    #[default]
    Unified,
    Beside,
}

/// An entry of the outline.
#[derive(Debug, Clone, Default, PartialEq)]
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
    /// The file it touches.
    pub file: Option<String>,
    /// Of what was said, called and answered.
    pub bytes: usize,
    /// Since the turn before.
    pub seconds: Option<f64>,
    pub tokens: Option<u64>,
    pub cost_usd: Option<f64>,
    pub exit_code: Option<i64>,
    /// How it stands to the other patch: `=`, `≠`, `A`, `B`.
    pub relation: Option<&'static str>,
}

impl Page {
    /// Rows of the outline.
    pub fn entries(&self) -> usize {
        if self.tree.is_empty() { self.chapters.len() } else { self.tree.len() }
    }

    /// The row of the outline that stands for a chapter.
    pub fn entry_of(&self, chapter: usize) -> usize {
        let is = |entry: &Entry| matches!(entry.what, Listed::Chapter(nth, _) if nth == chapter);
        self.tree.iter().position(is).unwrap_or(chapter)
    }

    /// The chapter that a row of the outline leads to.
    pub fn chapter_at(&self, entry: usize) -> Option<&Chapter> {
        self.chapters.get(self.tree.get(entry).map_or(entry, Entry::chapter))
    }

    /// The part that a block belongs to, as text: of a patch a whole hunk, else the block.
    pub fn part(&self, block: usize) -> String {
        let is_diff = |nth: &usize| self.blocks.get(*nth).is_some_and(|block| block.kind == Kind::Diff);
        let start = self
            .stops
            .iter()
            .rev()
            .find(|stop| **stop <= block)
            .filter(|stop| (**stop..=block).all(|nth| is_diff(&nth)));
        let Some(start) = start.copied() else {
            return self.blocks.get(block).map_or_else(String::new, |block| block.written().into_owned());
        };
        let of_hunk = |nth: &usize| is_diff(nth) && (*nth == start || !self.stops.contains(nth));
        (start..self.blocks.len()).take_while(of_hunk).map(|nth| self.blocks[nth].written()).collect()
    }

    /// The block and the row that show a line of the patch.
    pub fn row_of(&self, line: usize) -> Option<(usize, usize)> {
        let found = |(nth, block): (usize, &Block)| {
            let rows = block.rows().filter(|rows| rows.lines().contains(&line))?;
            Some((nth, rows.row_of(line)?))
        };
        self.blocks.iter().enumerate().find_map(found)
    }

    /// The line of the patch that a row of a block shows; of a file's head, the first below it.
    pub fn line_of(&self, block: usize, row: usize) -> Option<usize> {
        let cell = |row: &rows::Row| row.cells().into_iter().flatten().next().map(|cell| cell.line as usize);
        match self.blocks.get(block).and_then(Block::rows) {
            Some(rows) => rows.rows().get(row).and_then(cell),
            None => self.blocks.iter().skip(block).find_map(|block| block.rows()?.rows().first().and_then(cell)),
        }
    }
}
