//! From the board to the numbers: who counts, and everything that is shown of them.

use super::likeness::Likeness;
use super::plots::{self, BARS, Bar, Operating, Reliable};
use crate::metrics::{self, AtK, Binning, Judged};
use crate::trajectory::sigmoid;

/// One candidate of the board, as the numbers see it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    pub task: usize,
    pub run: usize,
    pub log_odds: Option<f64>,
    pub resolved: Option<bool>,
    /// The filter leaves it.
    pub shown: bool,
}

impl Sample {
    fn judged(&self) -> Option<Judged> {
        let (log_odds, resolved) = (self.log_odds?, self.resolved?);
        Some(Judged { task: self.task, run: self.run, log_odds, resolved })
    }
}

/// All candidates at one moment; plain data, so that a worker can count it.
#[derive(Debug, Clone, Default)]
pub struct Census {
    /// Of the board.
    pub version: u64,
    /// Log-odds from which the judge says yes.
    pub threshold: f64,
    pub samples: Vec<Sample>,
}

/// What the scores are worth, over the candidates that the filter leaves and that have both a score and an outcome.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    pub version: u64,
    /// Probability from which the judge says yes.
    pub threshold: f64,
    pub judged: usize,
    pub resolved: usize,
    pub auc: Option<f64>,
    pub per_task_auc: Option<f64>,
    /// Tasks with both outcomes.
    pub mixed_tasks: usize,
    pub within_run_auc: Option<f64>,
    pub ece: Option<f64>,
    pub brier: Option<f64>,
    pub log_loss: Option<f64>,
    pub confusion: metrics::Confusion,
    pub curve: Vec<AtK>,
    /// Scores by outcome, those without one included.
    pub bars: [Bar; BARS],
    /// In bins of equal width, and of equal mass.
    pub reliability: [Vec<Reliable>; 2],
    pub ece_by_mass: Option<f64>,
    /// The ROC and precision-recall curves, from the highest threshold down.
    pub operating: Vec<Operating>,
    /// Over all, whatever the filter.
    pub likeness: Likeness,
}

impl Census {
    /// What counts: shown, scored, and with a known outcome.
    pub fn judged(&self) -> Vec<Judged> {
        self.samples.iter().filter(|one| one.shown).filter_map(Sample::judged).collect()
    }

    /// As a probability.
    pub fn threshold(&self) -> f64 {
        sigmoid(self.threshold)
    }

    fn bars(&self) -> [Bar; BARS] {
        let mut bars = [Bar::default(); BARS];
        for one in self.samples.iter().filter(|one| one.shown) {
            if let Some(log_odds) = one.log_odds {
                Bar::count(&mut bars, sigmoid(log_odds), one.resolved);
            }
        }
        bars
    }

    pub fn count(&self) -> Figures {
        let mut judged = self.judged();
        judged.sort_by(|a, b| a.log_odds.total_cmp(&b.log_odds));
        Figures {
            version: self.version,
            threshold: self.threshold(),
            judged: judged.len(),
            resolved: judged.iter().filter(|one| one.resolved).count(),
            auc: metrics::auc(&judged),
            per_task_auc: metrics::per_task_auc(&judged),
            mixed_tasks: metrics::mixed_tasks(&judged),
            within_run_auc: metrics::within_run_auc(&judged),
            ece: metrics::expected_calibration_error(&judged, Binning::EqualWidth),
            brier: metrics::brier(&judged),
            log_loss: metrics::log_loss(&judged),
            confusion: metrics::confusion(&judged, self.threshold()),
            curve: metrics::curves(&judged),
            bars: self.bars(),
            reliability: [Binning::EqualWidth, Binning::EqualMass].map(|it| plots::reliability(&judged, it)),
            ece_by_mass: metrics::expected_calibration_error(&judged, Binning::EqualMass),
            operating: plots::operating(&judged),
            likeness: Likeness::of(self.samples.iter().filter_map(Sample::judged)),
        }
    }
}

impl Figures {
    pub fn headline(&self) -> Option<&AtK> {
        headline(&self.curve)
    }
}

/// The point of a best@k curve worth naming first: the largest k that at least half of the tasks with several judged
/// candidates can give. `None` where no task has two.
pub fn headline(curve: &[AtK]) -> Option<&AtK> {
    let several = curve.iter().find(|at| at.k == 2)?.tasks;
    curve.iter().rfind(|at| at.k >= 2 && 2 * at.tasks >= several)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(task: usize, log_odds: f64, resolved: Option<bool>) -> Sample {
        Sample { task, run: 0, log_odds: Some(log_odds), resolved, shown: true }
    }

    #[test]
    fn the_unlabelled_the_unscored_and_the_filtered_do_not_count() {
        let unscored = Sample { log_odds: None, ..sample(0, 0.0, Some(true)) };
        let hidden = Sample { shown: false, ..sample(0, 9.0, Some(false)) };
        let samples = vec![
            sample(0, 2.0, Some(true)),
            sample(0, -1.0, Some(false)),
            sample(0, 3.0, None),
            sample(1, 1.0, Some(false)),
            sample(1, 0.5, Some(true)),
            unscored,
            hidden,
        ];
        let figures = Census { version: 7, threshold: 0.0, samples }.count();
        assert_eq!((figures.version, figures.judged, figures.resolved, figures.mixed_tasks), (7, 4, 2, 2));
        assert_eq!(figures.auc, Some(0.75));
        let head = figures.headline().unwrap();
        assert_eq!((head.k, head.best, head.random, head.pass, head.tasks), (2, 0.5, 0.5, 1.0, 2));
    }

    #[test]
    fn the_headline_is_the_largest_k_that_half_of_the_tasks_can_give() {
        let at = |k, tasks| AtK { k, best: 0.0, pass: 0.0, random: 0.0, tasks };
        let figures = |curve| Figures { curve, ..Figures::default() };
        assert_eq!(figures(vec![at(1, 9), at(2, 8), at(3, 4), at(4, 3)]).headline().map(|at| at.k), Some(3));
        assert_eq!(figures(vec![at(1, 9)]).headline(), None);
    }
}
