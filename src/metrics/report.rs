//! All numbers about one judge on one set of trajectories, each with its definition and its interval.

use rayon::prelude::*;

use super::bootstrap::{Interval, SplitMix, interval_of};
use super::{
    AtK, Bin, Binning, Confusion, Judged, Point, Sample, calibration_bins, confusion, groups, mixed_tasks, points,
};

/// A number, what it is called, and what it means.
#[derive(Debug)]
pub struct Measure {
    /// Its place in JSON, with dots.
    pub key: &'static str,
    pub name: &'static str,
    pub definition: &'static str,
}

/// Every single number of a report, in its order.
pub const MEASURES: [Measure; 12] = [
    Measure {
        key: "auc.within_run",
        name: "AUC within run",
        definition: "P(a resolved one outranks an unresolved one of the same run), ties half; mean over runs with both outcomes",
    },
    Measure {
        key: "auc.within_run_by_size",
        name: "AUC within run, by size",
        definition: "the same, each run weighing as much as it has trajectories",
    },
    Measure {
        key: "auc.pooled",
        name: "AUC pooled",
        definition: "P(a resolved one outranks an unresolved one), ties half, over all; also rewards knowing which tasks are easy",
    },
    Measure {
        key: "auc.per_task",
        name: "AUC per task",
        definition: "the same among candidates of one task; mean over tasks with both outcomes",
    },
    Measure {
        key: "average_precision",
        name: "average precision",
        definition: "sum over thresholds of (gain in recall) x precision: the area under the PR curve",
    },
    Measure {
        key: "ece.equal_width",
        name: "ECE, equal width",
        definition: "15 bins of equal width: mean |mean score - share resolved|, weighted by count; 0 is calibrated",
    },
    Measure {
        key: "ece.equal_mass",
        name: "ECE, equal mass",
        definition: "the same in 15 bins of equal count, equal scores kept together",
    },
    Measure {
        key: "brier",
        name: "Brier",
        definition: "mean squared distance of score and outcome; 0 is perfect, 0.25 is always saying 0.5",
    },
    Measure {
        key: "log_loss",
        name: "log loss",
        definition: "mean -ln of the probability given to what happened, clipped at 1e-7; 0.693 is always saying 0.5",
    },
    Measure {
        key: "accuracy",
        name: "accuracy",
        definition: "share of right decisions at the threshold; a score equal to it counts as resolved",
    },
    Measure {
        key: "precision",
        name: "precision",
        definition: "of those taken as resolved at the threshold, the share that is",
    },
    Measure { key: "recall", name: "recall", definition: "of the resolved, the share taken at the threshold" },
];

/// What the series over k mean.
pub const AT_K: [Measure; 3] = [
    Measure {
        key: "best_at_k",
        name: "best@k",
        definition: "P(the best-scored of k drawn candidates of a task is resolved), exact over all subsets, ties averaged; mean over tasks with k or more",
    },
    Measure {
        key: "pass_at_k",
        name: "pass@k (oracle)",
        definition: "P(any of k drawn candidates is resolved) = 1 - C(n-c,k)/C(n,k): what a perfect judge would reach; same tasks",
    },
    Measure {
        key: "random_at_k",
        name: "random@k",
        definition: "share of resolved candidates: picking blindly; same tasks",
    },
];

/// A number and its 95 % bootstrap interval over tasks.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Estimate {
    pub value: Option<f64>,
    pub interval: Option<Interval>,
}

/// One k of the series, with intervals in the order best, pass, random.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    pub at: AtK,
    pub intervals: [Option<Interval>; 3],
}

#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Trajectories with score and outcome: what all else stands on.
    pub judged: usize,
    pub resolved: usize,
    pub tasks: usize,
    /// Tasks with both outcomes.
    pub mixed_tasks: usize,
    pub threshold: f64,
    pub confusion: Confusion,
    /// In the order of [`MEASURES`].
    pub estimates: Vec<Estimate>,
    pub curve: Vec<Step>,
    pub width_bins: Vec<Bin>,
    pub mass_bins: Vec<Bin>,
    pub points: Vec<Point>,
}

/// How intervals are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draws {
    pub count: usize,
    pub seed: u64,
}

impl Default for Draws {
    fn default() -> Self {
        Self { count: 1000, seed: 0 }
    }
}

impl Report {
    /// `threshold`: a probability; from there on the decision is "resolved".
    pub fn of(judged: &[Judged], threshold: f64, draws: Draws) -> Self {
        let sample = Sample::of(judged, threshold);
        let once = sample.once();
        let drawn = Drawn::of(&sample, draws);
        let values = sample.values(&once);
        let estimates =
            values.into_iter().enumerate().map(|(at, value)| Estimate { value, interval: drawn.measure(at) });
        let steps = sample.curve(&once).into_iter().map(|at| Step { at, intervals: drawn.step(at.k) });
        Self {
            judged: judged.len(),
            resolved: judged.iter().filter(|one| one.resolved).count(),
            tasks: groups(judged, |one| one.task).len(),
            mixed_tasks: mixed_tasks(judged),
            threshold,
            confusion: confusion(judged, threshold),
            estimates: estimates.collect(),
            curve: steps.collect(),
            width_bins: calibration_bins(judged, Binning::EqualWidth),
            mass_bins: calibration_bins(judged, Binning::EqualMass),
            points: points(judged),
        }
    }

    /// The number called `key` in [`MEASURES`].
    pub fn estimate(&self, key: &str) -> Estimate {
        let at = MEASURES.iter().position(|measure| measure.key == key);
        at.and_then(|at| self.estimates.get(at)).copied().unwrap_or_default()
    }
}

/// The numbers of every draw.
struct Drawn {
    values: Vec<[Option<f64>; MEASURES.len()]>,
    curves: Vec<Vec<AtK>>,
}

impl Drawn {
    fn of(sample: &Sample, draws: Draws) -> Self {
        let weights = weights(sample.tasks(), draws);
        let values = weights.par_iter().map(|weights| sample.values(weights)).collect();
        let curves = weights.par_iter().map(|weights| sample.curve(weights)).collect();
        Self { values, curves }
    }

    fn measure(&self, at: usize) -> Option<Interval> {
        interval_of(self.values.iter().filter_map(|values| values[at]).collect())
    }

    fn step(&self, k: usize) -> [Option<Interval>; 3] {
        let steps: Vec<&AtK> = self.curves.iter().filter_map(|curve| curve.iter().find(|at| at.k == k)).collect();
        let of = |value: fn(&AtK) -> f64| interval_of(steps.iter().map(|at| value(at)).collect());
        [of(|at| at.best), of(|at| at.pass), of(|at| at.random)]
    }
}

/// How often each task was drawn, per draw: as many as there are, with replacement.
fn weights(tasks: usize, draws: Draws) -> Vec<Vec<u32>> {
    let mut random = SplitMix(draws.seed);
    let draw = |_| {
        let mut weights = vec![0; tasks];
        (0..tasks).for_each(|_| weights[random.below(tasks)] += 1);
        weights
    };
    (0..draws.count).map(draw).collect()
}
