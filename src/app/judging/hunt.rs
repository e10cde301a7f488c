//! The hunt: which order is walked, where one is in it, and what one has said so far.

use std::sync::Arc;

use super::ledger::Ledger;
use super::queue::{Order, Quarry, Queue};
use crate::trajectory::Ruling;

#[derive(Debug, Clone, Default)]
pub struct Hunt {
    pub order: Order,
    /// Score and outcome are hidden until the verdict.
    pub blind: bool,
    /// Outcomes as the verdicts correct them are counted, on the board and everywhere.
    pub corrected: bool,
    pub ledger: Ledger,
    pub counts: Counts,
    pub(in crate::app) queue: Arc<Queue>,
    pub(in crate::app) made: Option<Wish>,
    pub(in crate::app) asked: Option<Wish>,
    pub(in crate::app) cursor: usize,
    /// The trajectory one is on, whatever its place.
    pub(in crate::app) selected: Option<String>,
    pub top: usize,
    pub(in crate::app) leaving: Leaving,
}

/// Whether whoever hunts blind knows that leaving shows what is hidden.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::app) enum Leaving {
    #[default]
    Unasked,
    /// This key has asked.
    Asked,
    /// The key before this one has.
    Warned,
}

impl Leaving {
    pub fn next(self) -> Self {
        if self == Self::Asked { Self::Warned } else { Self::Unasked }
    }
}

/// What a queue was made for: version of the board, order, blind, and how often the second model has spoken.
pub(in crate::app) type Wish = (u64, Order, bool, u64);

/// What the verdicts of this annotator come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Trajectories of the queue with a verdict.
    pub done: usize,
    /// Of the random slice: with a verdict, and those where the judge is wrong.
    pub random: usize,
    pub random_wrong: usize,
    /// Blind verdicts, and those that the reveal changed.
    pub blind: usize,
    pub changed: usize,
}

impl Hunt {
    pub fn items(&self) -> &[Quarry] {
        &self.queue.items
    }

    /// The queue is not in step with what is asked for: a worker orders it.
    pub fn is_behind(&self) -> bool {
        self.asked.is_some()
    }

    pub fn cursor(&self) -> usize {
        self.cursor.min(self.queue.items.len().saturating_sub(1))
    }

    pub fn item(&self) -> Option<&Quarry> {
        self.queue.items.get(self.cursor())
    }

    /// Keeps the cursor on the screen.
    pub(in crate::app) fn follow(&mut self, height: usize) {
        let cursor = self.cursor();
        self.top = self.top.min(cursor).max((cursor + 1).saturating_sub(height.max(1)));
    }
}

/// A word for a ruling, as the keys name it.
pub fn say(ruling: Ruling) -> &'static str {
    match ruling {
        Ruling::JudgeWrong => "judge wrong",
        Ruling::TestsWrong => "tests wrong",
        Ruling::BothRight => "both right",
        Ruling::Unclear => "unclear",
    }
}
