//! What every threshold would decide: the points of the ROC and the precision-recall curve.

use super::{Confusion, Judged};

/// Taking everything from this score up as resolved.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    pub log_odds: f64,
    pub counts: Confusion,
}

/// One point per distinct score, the highest first; nothing taken at all is not among them.
///
/// ROC: x = fp / (fp + tn), y = tp / (tp + fn). PR: x = recall = tp / (tp + fn), y = precision = tp / (tp + fp). The same points
/// as `sklearn.metrics.roc_curve` (with `drop_intermediate=False`) and `precision_recall_curve`.
pub fn points(judged: &[Judged]) -> Vec<Point> {
    let mut sorted = judged.to_vec();
    sorted.sort_by(|a, b| b.compare(a));
    let resolved = judged.iter().filter(|one| one.resolved).count();
    let mut counts = Confusion { tp: 0, fp: 0, tn: judged.len() - resolved, fn_: resolved };
    let mut points = Vec::new();
    for tied in sorted.chunk_by(|a, b| a.compare(b).is_eq()) {
        let hits = tied.iter().filter(|one| one.resolved).count();
        let misses = tied.len() - hits;
        counts =
            Confusion { tp: counts.tp + hits, fp: counts.fp + misses, tn: counts.tn - misses, fn_: counts.fn_ - hits };
        points.push(Point { log_odds: tied[0].log_odds, counts });
    }
    points
}

/// Σ over points of (gain in recall) · precision, as `sklearn.metrics.average_precision_score`. `None` without a resolved one.
pub fn average_precision(judged: &[Judged]) -> Option<f64> {
    let points = points(judged);
    points.last()?.counts.recall()?;
    let mut before = 0.0;
    let mut sum = 0.0;
    for Point { counts, .. } in points {
        let recall = counts.recall()?;
        sum += (recall - before) * counts.precision()?;
        before = recall;
    }
    Some(sum)
}
