//! How sure the numbers are: bootstrap over tasks, slow, on a worker, while somebody looks.

use super::figures::Census;
use crate::metrics::{Draws, Report};

/// Draws times trajectories that one wishes to wait for.
const WORK: usize = 20_000_000;

#[derive(Debug, Clone, PartialEq)]
pub struct Intervals {
    /// Of the board that was counted.
    pub version: u64,
    pub draws: usize,
    pub report: Report,
}

impl Intervals {
    pub fn of(census: &Census) -> Self {
        let judged = census.judged();
        let draws = Draws::default();
        let draws = Draws { count: (WORK / judged.len().max(1)).clamp(100, draws.count), ..draws };
        let report = Report::of(&judged, census.threshold(), draws);
        Self { version: census.version, draws: draws.count, report }
    }
}
