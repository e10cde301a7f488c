//! How good a judge is: pure functions over (score, outcome, task, run). Every number has its formula beside it.

mod agreement;
mod annotators;
mod auc;
mod best_of;
mod bootstrap;
mod calibration;
mod decisions;
mod fit;
mod points;
mod report;
mod sample;

pub use agreement::{cohen_kappa, krippendorff_alpha};
pub use annotators::{Agreement, Disagreement, Pair};
pub use auc::{auc, mixed_tasks, per_task_auc, within_run_auc, within_run_auc_by_size};
pub use best_of::{AtK, MOST_K, best_at_k, curves, pass_at_k};
pub use bootstrap::{Interval, interval};
pub use calibration::{BINS, Bin, Binning, calibration_bins, expected_calibration_error, wilson};
pub use decisions::{Confusion, brier, confusion, log_loss};
pub use fit::{FitError, Fitted, Gain, Method, Scale};
pub use points::{Point, average_precision, points};
pub use report::{AT_K, Draws, Estimate, MEASURES, Measure, Report, Step};
pub use sample::Sample;

use std::cmp::Ordering;

use crate::trajectory::sigmoid;

/// One scored trajectory with a known outcome. Tasks and runs are numbered by the caller.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    pub task: usize,
    pub run: usize,
    /// Ranked by this, so that 0.9991 and 0.9999 do not tie.
    pub log_odds: f64,
    pub resolved: bool,
}

impl Judged {
    /// Probability in [0, 1].
    pub fn probability(&self) -> f64 {
        sigmoid(self.log_odds)
    }

    /// Order by score; −0 and 0 tie.
    fn compare(&self, other: &Self) -> Ordering {
        (self.log_odds + 0.0).total_cmp(&(other.log_odds + 0.0))
    }

    /// 1 or 0.
    fn outcome(&self) -> f64 {
        f64::from(u8::from(self.resolved))
    }
}

/// The mean; `None` of nothing.
fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0_usize);
    for value in values {
        sum += value;
        count += 1;
    }
    (count > 0).then(|| sum / count as f64)
}

/// Members of each group, in the order of the groups' numbers.
fn groups(judged: &[Judged], of: impl Fn(&Judged) -> usize) -> Vec<Vec<Judged>> {
    let mut groups = std::collections::BTreeMap::<usize, Vec<Judged>>::new();
    for one in judged {
        groups.entry(of(one)).or_default().push(*one);
    }
    groups.into_values().collect()
}
