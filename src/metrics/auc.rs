//! Area under the ROC curve: how often a resolved trajectory outranks an unresolved one.

use super::{Judged, groups, mean};

/// P(resolved above unresolved) + ½ P(tie), over all pairs. `None` without both outcomes.
///
/// Rank form of Mann and Whitney: `(R − n₁(n₁+1)/2) / (n₁ n₀)`, R the sum of the resolved ones' ranks, ties sharing their
/// mean rank (Hanley & `McNeil` 1982). O(n log n). Equal to `sklearn.metrics.roc_auc_score`.
pub fn auc(judged: &[Judged]) -> Option<f64> {
    let resolved = judged.iter().filter(|one| one.resolved).count();
    let unresolved = judged.len() - resolved;
    if resolved == 0 || unresolved == 0 {
        return None;
    }
    let mut sorted: Vec<&Judged> = judged.iter().collect();
    sorted.sort_by(|a, b| a.compare(b));
    let mut below = 0_usize;
    let mut ranks = 0.0;
    for tied in sorted.chunk_by(|a, b| a.compare(b).is_eq()) {
        let rank = below as f64 + (tied.len() + 1) as f64 / 2.0;
        ranks += rank * tied.iter().filter(|one| one.resolved).count() as f64;
        below += tied.len();
    }
    let (n1, n0) = (resolved as f64, unresolved as f64);
    Some((ranks - n1 * (n1 + 1.0) / 2.0) / (n1 * n0))
}

/// Mean AUC over tasks with both outcomes: what counts when picking among candidates. Pooled AUC also rewards knowing
/// which tasks are easy.
pub fn per_task_auc(judged: &[Judged]) -> Option<f64> {
    mean(groups(judged, |one| one.task).iter().filter_map(|task| auc(task)))
}

/// Mean AUC over runs with both outcomes: what is left when the judge cannot win by recognising the stronger agent.
pub fn within_run_auc(judged: &[Judged]) -> Option<f64> {
    mean(groups(judged, |one| one.run).iter().filter_map(|run| auc(run)))
}

/// The same, each run weighing as much as it has trajectories: runs of two rollouts say little.
pub fn within_run_auc_by_size(judged: &[Judged]) -> Option<f64> {
    let areas: Vec<(f64, f64)> =
        groups(judged, |one| one.run).iter().filter_map(|run| Some((auc(run)?, run.len() as f64))).collect();
    let size: f64 = areas.iter().map(|(_, size)| size).sum();
    (size > 0.0).then(|| areas.iter().map(|(area, size)| area * size).sum::<f64>() / size)
}

/// Number of tasks with both outcomes: how many `per_task_auc` stands on.
pub fn mixed_tasks(judged: &[Judged]) -> usize {
    let mixed = |task: &Vec<Judged>| task.iter().any(|one| one.resolved) && task.iter().any(|one| !one.resolved);
    groups(judged, |one| one.task).iter().filter(|task| mixed(task)).count()
}
