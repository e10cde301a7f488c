//! Trajectories prepared so that every number costs one pass, with tasks counted as often as they were drawn. What
//! intervals are made of; with each task counted once, the numbers themselves.

use super::best_of::{MOST_K, series};
use super::{AtK, BINS, Judged, MEASURES, auc, groups};

/// Sorted once, weighed often.
pub struct Sample {
    /// By ascending score.
    entries: Vec<Entry>,
    /// Positions in `entries` of each run's members, ascending.
    runs: Vec<Vec<usize>>,
    tasks: Vec<Task>,
    threshold: f64,
}

struct Entry {
    task: usize,
    /// Equal for equal scores.
    tie: usize,
    probability: f64,
    resolved: bool,
    loss: f64,
}

/// What one task adds to the means over tasks.
struct Task {
    size: usize,
    resolved: usize,
    auc: Option<f64>,
    /// best@k and pass@k from k = 1.
    series: Vec<(f64, f64)>,
}

impl Task {
    fn of(members: &[Judged]) -> Self {
        Self {
            size: members.len(),
            resolved: members.iter().filter(|one| one.resolved).count(),
            auc: auc(members),
            series: series(members),
        }
    }
}

impl Sample {
    /// `threshold`: a probability; from there on the decision is "resolved".
    pub fn of(judged: &[Judged], threshold: f64) -> Self {
        let by_task = groups(judged, |one| one.task);
        let mut all: Vec<(usize, Judged)> = by_task
            .iter()
            .enumerate()
            .flat_map(|(task, members)| members.iter().map(move |one| (task, *one)))
            .collect();
        all.sort_by(|a, b| a.1.compare(&b.1));
        let mut entries = Vec::with_capacity(all.len());
        let mut runs: std::collections::BTreeMap<usize, Vec<usize>> = std::collections::BTreeMap::new();
        for (tie, tied) in all.chunk_by(|a, b| a.1.compare(&b.1).is_eq()).enumerate() {
            for (task, one) in tied {
                runs.entry(one.run).or_default().push(entries.len());
                let (probability, resolved, loss) = (one.probability(), one.resolved, one.log_loss());
                entries.push(Entry { task: *task, tie, probability, resolved, loss });
            }
        }
        let tasks = by_task.iter().map(|members| Task::of(members)).collect();
        Self { entries, runs: runs.into_values().collect(), tasks, threshold }
    }

    pub fn tasks(&self) -> usize {
        self.tasks.len()
    }

    /// Every task once.
    pub fn once(&self) -> Vec<u32> {
        vec![1; self.tasks.len()]
    }

    /// The numbers of [`MEASURES`], in its order.
    pub fn values(&self, weights: &[u32]) -> [Option<f64>; MEASURES.len()] {
        let weight = |entry: &Entry| f64::from(weights[entry.task]);
        let sums = self.sums(weights);
        let share = |sum: f64| (sums.count > 0.0).then(|| sum / sums.count);
        let ratio = |a: f64, b: f64| (b > 0.0).then(|| a / b);
        let runs: Vec<(f64, f64)> = self
            .runs
            .iter()
            .filter_map(|run| {
                let members = || run.iter().map(|at| &self.entries[*at]);
                Some((area(members(), weights)?, members().map(weight).sum()))
            })
            .collect();
        let run_sizes: f64 = runs.iter().map(|(_, size)| size).sum();
        [
            ratio(runs.iter().map(|(area, _)| area).sum(), runs.len() as f64),
            ratio(runs.iter().map(|(area, size)| area * size).sum(), run_sizes),
            area(self.entries.iter(), weights),
            self.mean_of_tasks(weights, |task| task.auc),
            self.average_precision(weights),
            share(sums.width.iter().map(|(p, y)| (p - y).abs()).sum()),
            share(sums.mass.iter().map(|(p, y)| (p - y).abs()).sum()),
            share(sums.brier),
            share(sums.loss),
            share(sums.tp + sums.tn),
            ratio(sums.tp, sums.tp + sums.fp),
            ratio(sums.tp, sums.tp + sums.fn_),
        ]
    }

    /// best@k, pass@k and random@k of the tasks with at least `k` candidates.
    pub fn curve(&self, weights: &[u32]) -> Vec<AtK> {
        let most = self.tasks.iter().map(|task| task.size).max().unwrap_or_default();
        (1..=most.min(MOST_K)).filter_map(|k| self.at_k(weights, k)).collect()
    }

    fn at_k(&self, weights: &[u32], k: usize) -> Option<AtK> {
        let enough = self.tasks.iter().zip(weights).filter(|(task, _)| task.size >= k);
        Some(AtK {
            k,
            best: self.mean_of_tasks(weights, |task| task.series.get(k - 1).map(|at| at.0))?,
            pass: self.mean_of_tasks(weights, |task| task.series.get(k - 1).map(|at| at.1))?,
            random: self
                .mean_of_tasks(weights, |task| (task.size >= k).then(|| task.resolved as f64 / task.size as f64))?,
            tasks: enough.map(|(_, weight)| *weight as usize).sum(),
        })
    }

    fn mean_of_tasks(&self, weights: &[u32], of: impl Fn(&Task) -> Option<f64>) -> Option<f64> {
        let (mut sum, mut count) = (0.0, 0.0);
        for (task, weight) in self.tasks.iter().zip(weights) {
            if let Some(value) = of(task) {
                sum += value * f64::from(*weight);
                count += f64::from(*weight);
            }
        }
        (count > 0.0).then(|| sum / count)
    }

    fn average_precision(&self, weights: &[u32]) -> Option<f64> {
        let (mut taken, mut hits, mut sum) = (0.0, 0.0, 0.0);
        for tied in self.entries.chunk_by(|a, b| a.tie == b.tie).rev() {
            let weight = |entry: &Entry| f64::from(weights[entry.task]);
            let new: f64 = tied.iter().filter(|entry| entry.resolved).map(weight).sum();
            taken += tied.iter().map(weight).sum::<f64>();
            hits += new;
            if new > 0.0 {
                sum += new * hits / taken;
            }
        }
        (hits > 0.0).then(|| sum / hits)
    }

    fn sums(&self, weights: &[u32]) -> Sums {
        let total: u64 = self.entries.iter().map(|entry| u64::from(weights[entry.task])).sum();
        let mut sums = Sums { count: total as f64, ..Sums::default() };
        let mut below = 0;
        for tied in self.entries.chunk_by(|a, b| a.tie == b.tie) {
            let size: u64 = tied.iter().map(|entry| u64::from(weights[entry.task])).sum();
            let mass = ((2 * below + size) * BINS as u64).checked_div(2 * total).unwrap_or_default() as usize;
            for entry in tied {
                sums.add(entry, f64::from(weights[entry.task]), mass, self.threshold);
            }
            below += size;
        }
        sums
    }
}

/// Weighted sums over all entries.
#[derive(Default)]
struct Sums {
    count: f64,
    brier: f64,
    loss: f64,
    tp: f64,
    fp: f64,
    tn: f64,
    fn_: f64,
    /// Probability and outcome, summed per bin.
    width: [(f64, f64); BINS],
    mass: [(f64, f64); BINS],
}

impl Sums {
    fn add(&mut self, entry: &Entry, weight: f64, mass: usize, threshold: f64) {
        let (p, y) = (entry.probability, f64::from(u8::from(entry.resolved)));
        self.brier += weight * (p - y).powi(2);
        self.loss += weight * entry.loss;
        *match (p >= threshold, entry.resolved) {
            (true, true) => &mut self.tp,
            (true, false) => &mut self.fp,
            (false, false) => &mut self.tn,
            (false, true) => &mut self.fn_,
        } += weight;
        let width = ((p * BINS as f64).ceil() as usize).clamp(1, BINS) - 1;
        for bin in [&mut self.width[width], &mut self.mass[mass.min(BINS - 1)]] {
            bin.0 += weight * p;
            bin.1 += weight * y;
        }
    }
}

/// Weighted area under the ROC curve of entries in ascending order; `None` without both outcomes.
fn area<'a>(entries: impl Iterator<Item = &'a Entry>, weights: &[u32]) -> Option<f64> {
    let (mut won, mut below, mut up) = (0.0, 0.0, 0.0);
    let (mut tie, mut tied_up, mut tied_down) = (usize::MAX, 0.0, 0.0);
    for entry in entries {
        if entry.tie != tie {
            won += tied_up * (below + tied_down / 2.0);
            (up, below) = (up + tied_up, below + tied_down);
            (tie, tied_up, tied_down) = (entry.tie, 0.0, 0.0);
        }
        *if entry.resolved { &mut tied_up } else { &mut tied_down } += f64::from(weights[entry.task]);
    }
    won += tied_up * (below + tied_down / 2.0);
    (up, below) = (up + tied_up, below + tied_down);
    (up > 0.0 && below > 0.0).then(|| won / (up * below))
}
