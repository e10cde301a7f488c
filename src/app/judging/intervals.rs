//! How sure the numbers are: bootstrap over tasks, slow, on a worker, while somebody looks.

use super::figures::{Census, headline};
use crate::metrics::{self, Interval, Judged};

/// Draws where there is time for them.
const DRAWS: usize = 1_000;
/// Draws times trajectories that one wishes to wait for.
const WORK: usize = 20_000_000;
const SEED: u64 = 6;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Intervals {
    /// Of the board that was counted.
    pub version: u64,
    pub draws: usize,
    pub auc: Option<Interval>,
    pub per_task_auc: Option<Interval>,
    pub within_run_auc: Option<Interval>,
    pub ece: Option<Interval>,
    pub brier: Option<Interval>,
    pub log_loss: Option<Interval>,
    pub accuracy: Option<Interval>,
    /// Of best@k, from k = 1.
    pub best: Vec<Option<Interval>>,
    /// Of best@k for the k of the strip.
    pub headline: Option<Interval>,
}

impl Intervals {
    pub fn of(census: &Census) -> Self {
        let judged = census.judged();
        let draws = (WORK / judged.len().max(1)).clamp(100, DRAWS);
        let at = |statistic: &dyn Fn(&[Judged]) -> Option<f64>| metrics::interval(&judged, draws, SEED, statistic);
        let threshold = census.threshold();
        let curve = metrics::curves(&judged);
        let head = headline(&curve).map(|at| at.k);
        let best = |k: usize| move |drawn: &[Judged]| metrics::curves(drawn).get(k - 1).map(|at| at.best);
        let best: Vec<Option<Interval>> = (1..=curve.len()).map(|k| at(&best(k))).collect();
        Self {
            headline: head.and_then(|k| *best.get(k - 1)?),
            version: census.version,
            draws,
            auc: at(&metrics::auc),
            per_task_auc: at(&metrics::per_task_auc),
            within_run_auc: at(&metrics::within_run_auc),
            ece: at(&|drawn| metrics::expected_calibration_error(drawn, metrics::Binning::EqualWidth)),
            brier: at(&metrics::brier),
            log_loss: at(&metrics::log_loss),
            accuracy: at(&|drawn| metrics::confusion(drawn, threshold).accuracy()),
            best,
        }
    }
}
