//! How far single probabilities are from outcomes, and what a threshold would decide.

use super::{Judged, mean};

/// Mean squared distance of probability and outcome (Brier 1950). 0 is perfect, 0.25 is saying ½ always.
pub fn brier(judged: &[Judged]) -> Option<f64> {
    mean(judged.iter().map(|one| (one.probability() - one.outcome()).powi(2)))
}

/// Probabilities are kept this far from 0 and 1 before taking logarithms.
const CLIP: f64 = 1e-7;

/// Mean negative natural logarithm of the probability given to what happened, clipped at 1e-7.
pub fn log_loss(judged: &[Judged]) -> Option<f64> {
    mean(judged.iter().map(Judged::log_loss))
}

impl Judged {
    /// −ln of the probability given to what happened.
    pub(super) fn log_loss(&self) -> f64 {
        let p = self.probability().clamp(CLIP, 1.0 - CLIP);
        if self.resolved { -p.ln() } else { -(1.0 - p).ln() }
    }
}

/// Decisions at a threshold against outcomes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Confusion {
    pub tp: usize,
    pub fp: usize,
    pub tn: usize,
    pub fn_: usize,
}

impl Confusion {
    /// Share of right decisions; `None` of nothing.
    pub fn accuracy(&self) -> Option<f64> {
        let all = self.tp + self.fp + self.tn + self.fn_;
        (all > 0).then(|| (self.tp + self.tn) as f64 / all as f64)
    }

    /// Of those taken as resolved, the share that is; `None` where nothing was taken.
    pub fn precision(&self) -> Option<f64> {
        share(self.tp, self.fp)
    }

    /// Of the resolved, the share that was taken; `None` where none is resolved.
    pub fn recall(&self) -> Option<f64> {
        share(self.tp, self.fn_)
    }

    /// Of the unresolved, the share that was taken; `None` where none is unresolved.
    pub fn false_positive_rate(&self) -> Option<f64> {
        share(self.fp, self.tn)
    }
}

/// a / (a + b)
fn share(a: usize, b: usize) -> Option<f64> {
    (a + b > 0).then(|| a as f64 / (a + b) as f64)
}

/// Counts decisions; a probability equal to the threshold counts as resolved.
pub fn confusion(judged: &[Judged], threshold: f64) -> Confusion {
    let mut counts = Confusion::default();
    for one in judged {
        *match (one.probability() >= threshold, one.resolved) {
            (true, true) => &mut counts.tp,
            (true, false) => &mut counts.fp,
            (false, false) => &mut counts.tn,
            (false, true) => &mut counts.fn_,
        } += 1;
    }
    counts
}
