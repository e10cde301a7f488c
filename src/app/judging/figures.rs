//! From the board to the numbers: who counts, and everything that is shown of them.

use super::Samples;
use super::likeness::Likeness;
use super::plots::{self, BARS, Bar, Operating, Reliable};
use crate::metrics::{AtK, Draws, Judged, Report};
use crate::trajectory::sigmoid;

/// One candidate of the board, as numbers and queues see it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sample {
    pub task: usize,
    pub run: usize,
    pub log_odds: Option<f64>,
    pub resolved: Option<bool>,
    /// What the tests say, where verdicts correct that.
    pub stated: Option<bool>,
    /// A second opinion, as a probability: of another model, or what the source says.
    pub second: Option<f64>,
    /// What tells its patch from others, where another candidate of its task ends in the same one.
    pub patch: Option<u64>,
    /// Annotators give different verdicts.
    pub disputed: bool,
    /// Its lot in random orders.
    pub lot: u64,
}

impl Sample {
    fn judged(&self) -> Option<Judged> {
        let (log_odds, resolved) = (self.log_odds?, self.resolved?);
        Some(Judged { task: self.task, run: self.run, log_odds, resolved })
    }
}

/// All candidates at one moment, shared with the board until that changes: a worker can count it.
#[derive(Debug, Clone, Default)]
pub struct Census {
    /// Of the board.
    pub version: u64,
    /// Log-odds from which the judge says yes.
    pub threshold: f64,
    pub samples: Samples,
}

/// What the scores are worth, over the candidates that the filter leaves and that have both a score and an outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    pub version: u64,
    /// Without intervals: those take their time.
    pub report: Report,
    /// By what the tests say, where verdicts correct that.
    pub uncorrected: Option<Box<Report>>,
    /// Scores by outcome, those without one included.
    pub bars: [Bar; BARS],
    /// In bins of equal width, and of equal mass.
    pub reliability: [Vec<Reliable>; 2],
    /// The ROC and precision-recall curves, from the highest threshold down.
    pub operating: Vec<Operating>,
    /// Over all, whatever the filter.
    pub likeness: Likeness,
}

impl Census {
    /// What counts: shown, scored, and with a known outcome.
    pub fn judged(&self) -> Vec<Judged> {
        self.samples.shown().filter_map(|(_, one)| one.judged()).collect()
    }

    /// As a probability.
    pub fn threshold(&self) -> f64 {
        sigmoid(self.threshold)
    }

    /// The same as the report, had nobody corrected an outcome.
    fn uncorrected(&self) -> Option<Box<Report>> {
        if self.samples.iter().all(|one| one.stated == one.resolved) {
            return None;
        }
        let stated = self.samples.shown().map(|(_, one)| Sample { resolved: one.stated, ..*one });
        let judged: Vec<Judged> = stated.filter_map(|one| one.judged()).collect();
        Some(Box::new(Report::of(&judged, self.threshold(), Draws { count: 0, ..Draws::default() })))
    }

    fn bars(&self) -> [Bar; BARS] {
        let mut bars = [Bar::default(); BARS];
        for (_, one) in self.samples.shown() {
            if let Some(log_odds) = one.log_odds {
                Bar::count(&mut bars, sigmoid(log_odds), one.resolved);
            }
        }
        bars
    }

    pub fn count(&self) -> Figures {
        let mut judged = self.judged();
        judged.sort_by(|a, b| a.log_odds.total_cmp(&b.log_odds));
        let report = Report::of(&judged, self.threshold(), Draws { count: 0, ..Draws::default() });
        Figures {
            version: self.version,
            uncorrected: self.uncorrected(),
            bars: self.bars(),
            reliability: [&report.width_bins, &report.mass_bins].map(|bins| plots::reliability(&judged, bins)),
            operating: plots::operating(&report.points),
            likeness: Likeness::of(self.samples.iter().filter_map(Sample::judged)),
            report,
        }
    }
}

impl Default for Figures {
    fn default() -> Self {
        Census::default().count()
    }
}

impl Figures {
    /// The number called `key` in `metrics::MEASURES`.
    pub fn value(&self, key: &str) -> Option<f64> {
        self.report.estimate(key).value
    }

    pub fn curve(&self) -> impl ExactSizeIterator<Item = &AtK> {
        self.report.curve.iter().map(|step| &step.at)
    }

    /// The point of the best@k curve worth naming first: the largest k that at least half of the tasks with several judged
    /// candidates can give. `None` where no task has two.
    pub fn headline(&self) -> Option<&AtK> {
        let several = self.curve().find(|at| at.k == 2)?.tasks;
        self.curve().filter(|at| at.k >= 2 && 2 * at.tasks >= several).last()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(task: usize, log_odds: f64, resolved: Option<bool>) -> Sample {
        Sample { task, log_odds: Some(log_odds), resolved, stated: resolved, ..Sample::default() }
    }

    #[test]
    fn the_unlabelled_the_unscored_and_the_filtered_do_not_count() {
        let unscored = Sample { log_odds: None, ..sample(0, 0.0, Some(true)) };
        let mut samples = Samples::new(vec![
            sample(0, 2.0, Some(true)),
            sample(0, -1.0, Some(false)),
            sample(0, 3.0, None),
            sample(1, 1.0, Some(false)),
            sample(1, 0.5, Some(true)),
            unscored,
            sample(0, 9.0, Some(false)),
        ]);
        samples.show(6, false);
        let figures = Census { version: 7, threshold: 0.0, samples }.count();
        let report = &figures.report;
        assert_eq!((figures.version, report.judged, report.resolved, report.mixed_tasks), (7, 4, 2, 2));
        assert_eq!(figures.value("auc.pooled"), Some(0.75));
        let head = figures.headline().unwrap();
        assert_eq!((head.k, head.best, head.random, head.pass, head.tasks), (2, 0.5, 0.5, 1.0, 2));
    }

    #[test]
    fn the_headline_is_the_largest_k_that_half_of_the_tasks_can_give() {
        let of = |sizes: &[usize]| {
            let tasks = sizes.iter().enumerate();
            let samples =
                tasks.flat_map(|(task, size)| (0..*size).map(move |nth| sample(task, nth as f64, Some(true))));
            Census { samples: Samples::new(samples.collect()), ..Census::default() }.count().headline().map(|at| at.k)
        };
        assert_eq!(of(&[1, 2, 2, 3, 3, 3, 4, 4, 4]), Some(3));
        assert_eq!(of(&[1, 1]), None);
    }
}
