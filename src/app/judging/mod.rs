//! Judging the judge: what its scores are worth, counted anew whenever a score, a label or the filter changes. Small
//! boards are counted at once, large ones by a worker; the numbers themselves come from `metrics`.

mod charts;
mod figures;
mod hunt;
mod intervals;
mod ledger;
mod likeness;
mod plots;
mod queue;
mod samples;

use std::sync::Arc;

pub use charts::{Chart, Charts, bar_at};
pub use figures::{Census, Figures, Sample};
pub(super) use hunt::Leaving;
pub use hunt::{Counts, Hunt, say};
pub use intervals::Intervals;
pub use ledger::{Failure, Ledger, taxonomy};
pub use likeness::Likes;
pub use plots::{BARS, Bar, Operating, Reliable, edge as bar_edge};
pub use queue::{Order, Pool, Quarry, Queue, Why, lot};
pub use samples::Samples;

use super::{App, Effect};

/// Boards of more trajectories than this are counted by a worker.
const AT_ONCE: usize = 2_000;

#[derive(Debug, Clone, Default)]
pub struct Judging {
    pub figures: Arc<Figures>,
    intervals: Option<Arc<Intervals>>,
    /// Version of the board that a worker is counting now.
    asked: Option<u64>,
    /// Version whose intervals a worker is drawing now.
    drawing: Option<u64>,
}

impl Judging {
    pub(super) fn arrived(&mut self, figures: Arc<Figures>) {
        self.asked = None;
        self.figures = figures;
    }

    pub(super) fn drawn(&mut self, intervals: Arc<Intervals>) {
        self.drawing = None;
        self.intervals = Some(intervals);
    }

    /// How sure the figures on show are, once that is known.
    pub fn intervals(&self) -> Option<&Intervals> {
        self.intervals.as_deref().filter(|intervals| intervals.version == self.figures.version)
    }

    /// A worker counts what has changed since.
    pub fn is_behind(&self) -> bool {
        self.asked.is_some()
    }

    pub(super) fn wants_intervals(&self) -> bool {
        self.drawing.is_none() && self.intervals().is_none() && self.figures.report.judged > 0
    }

    pub(super) fn ask_intervals(&mut self, census: Census) -> Effect {
        self.drawing = Some(census.version);
        Effect::Intervals(Arc::new(census))
    }
}

impl App {
    /// Keeps the figures in step with the board. While a worker counts, nothing else is asked of it.
    pub(super) fn count(&mut self) -> Option<Effect> {
        let version = self.board.version();
        if self.judging.asked.is_some() || self.judging.figures.version == version {
            return None;
        }
        let census = self.census();
        if census.samples.len() <= AT_ONCE {
            self.judging.arrived(Arc::new(census.count()));
            return None;
        }
        self.judging.asked = Some(version);
        Some(Effect::Count(Arc::new(census)))
    }

    pub(super) fn census(&self) -> Census {
        Census { version: self.board.version(), threshold: self.board.threshold, samples: self.board.samples().clone() }
    }
}
