//! The prepared forms (one pass per draw) against the plain ones.

use proptest::prelude::*;
use rollscope::metrics::{
    AtK, Binning, Draws, Judged, MEASURES, Report, Sample, auc, average_precision, best_at_k, brier, confusion,
    expected_calibration_error, interval, log_loss, pass_at_k, per_task_auc, within_run_auc, within_run_auc_by_size,
};

const THRESHOLD: f64 = 0.6;

/// Few tasks, runs and scores, so that groups and ties are the rule.
fn judged(most: usize) -> impl Strategy<Value = Vec<Judged>> {
    let one = (0..5_usize, 0..3_usize, -3..4_i32, any::<bool>());
    let make = |(task, run, score, resolved)| Judged { task, run, log_odds: f64::from(score) * 0.7, resolved };
    prop::collection::vec(one, 1..=most).prop_map(move |list| list.into_iter().map(make).collect())
}

/// The numbers of `MEASURES`, each by its own function.
fn plainly(data: &[Judged]) -> [Option<f64>; MEASURES.len()] {
    let counts = confusion(data, THRESHOLD);
    [
        within_run_auc(data),
        within_run_auc_by_size(data),
        auc(data),
        per_task_auc(data),
        average_precision(data),
        expected_calibration_error(data, Binning::EqualWidth),
        expected_calibration_error(data, Binning::EqualMass),
        brier(data),
        log_loss(data),
        counts.accuracy(),
        counts.precision(),
        counts.recall(),
    ]
}

/// best@k, pass@k, random@k, task by task.
fn curve(data: &[Judged], k: usize) -> Option<AtK> {
    let tasks: Vec<Vec<Judged>> =
        (0..64).map(|task| data.iter().filter(|one| one.task == task).copied().collect()).collect();
    let enough: Vec<&Vec<Judged>> = tasks.iter().filter(|task| task.len() >= k).collect();
    let resolved = |task: &[Judged]| task.iter().filter(|one| one.resolved).count();
    let mean = |of: &dyn Fn(&[Judged]) -> f64| enough.iter().map(|task| of(task)).sum::<f64>() / enough.len() as f64;
    (!enough.is_empty()).then(|| AtK {
        k,
        best: mean(&|task| best_at_k(task, k).unwrap()),
        pass: mean(&|task| pass_at_k(task.len(), resolved(task), k).unwrap()),
        random: mean(&|task| resolved(task) as f64 / task.len() as f64),
        tasks: enough.len(),
    })
}

fn near(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() < 1e-12,
        (a, b) => a == b,
    }
}

fn near_at(a: Option<AtK>, b: Option<AtK>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => {
            let pairs = [(a.best, b.best), (a.pass, b.pass), (a.random, b.random)];
            a.tasks == b.tasks && pairs.iter().all(|(a, b)| (a - b).abs() < 1e-12)
        }
        (a, b) => a == b,
    }
}

/// Weights written out: a task drawn twice becomes two tasks.
fn repeated(data: &[Judged], weights: &[u32]) -> Vec<Judged> {
    let mut tasks: Vec<usize> = data.iter().map(|one| one.task).collect();
    tasks.sort_unstable();
    tasks.dedup();
    let copies = tasks.iter().zip(weights).flat_map(|(task, weight)| (0..*weight).map(move |copy| (*task, copy)));
    let copies: Vec<(usize, u32)> = copies.collect();
    let members = |(number, (task, _)): (usize, &(usize, u32))| {
        let members = data.iter().filter(|one| one.task == *task);
        members.map(|one| Judged { task: number, ..*one }).collect::<Vec<_>>()
    };
    copies.iter().enumerate().flat_map(members).collect()
}

proptest! {
    #[test]
    fn weighing_a_task_is_repeating_it(data in judged(24), weights in prop::collection::vec(0..4_u32, 5)) {
        let sample = Sample::of(&data, THRESHOLD);
        let weights = &weights[..sample.tasks()];
        let written_out = repeated(&data, weights);
        for ((ours, plain), measure) in sample.values(weights).into_iter().zip(plainly(&written_out)).zip(&MEASURES) {
            prop_assert!(near(ours, plain), "{}: {:?} weighed, {:?} repeated", measure.key, ours, plain);
        }
        let weighed = sample.curve(weights);
        for k in 1..=24 {
            let at = weighed.iter().find(|at| at.k == k).copied();
            prop_assert!(near_at(at, curve(&written_out, k)), "k = {}", k);
        }
    }

    #[test]
    fn intervals_are_those_of_drawing_whole_tasks(data in judged(30), seed in any::<u64>()) {
        let report = Report::of(&data, THRESHOLD, Draws { count: 40, seed });
        for (key, statistic) in [("auc.pooled", auc as fn(&[Judged]) -> Option<f64>), ("brier", brier), ("auc.per_task", per_task_auc)] {
            let drawn = interval(&data, 40, seed, statistic);
            let ours = report.estimate(key).interval;
            prop_assert_eq!(drawn.map(|one| one.draws), ours.map(|one| one.draws), "{}", key);
            prop_assert!(near(drawn.map(|one| one.low), ours.map(|one| one.low)), "{}", key);
            prop_assert!(near(drawn.map(|one| one.high), ours.map(|one| one.high)), "{}", key);
        }
    }
}

#[test]
fn a_task_of_thousands_has_a_curve() {
    let one = |i: usize| Judged { task: 0, run: 0, log_odds: (i % 50) as f64, resolved: i.is_multiple_of(11) };
    let data: Vec<Judged> = (0..3000).map(one).collect();
    let curve = rollscope::metrics::curves(&data);
    assert_eq!(curve.len(), rollscope::metrics::MOST_K);
    assert!((curve[31].best - best_at_k(&data, 32).unwrap()).abs() < 1e-12);
}
