//! What picking the best-scored of k candidates is worth, exactly, without drawing subsets.

use super::Judged;

/// Means over the tasks that have at least `k` judged candidates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AtK {
    pub k: usize,
    /// The candidate with the highest score is resolved.
    pub best: f64,
    /// Any of the k is resolved: what a perfect judge would reach.
    pub pass: f64,
    /// A candidate picked blindly is resolved.
    pub random: f64,
    pub tasks: usize,
}

/// P(at least one of k drawn candidates is resolved) = 1 − C(n−c, k) / C(n, k), of n candidates with c resolved
/// (Chen et al. 2021, arXiv:2107.03374). `None` if k is 0 or above n.
pub fn pass_at_k(n: usize, c: usize, k: usize) -> Option<f64> {
    (1..=n).contains(&k).then(|| 1.0 - share(n, n.saturating_sub(c), k))
}

/// P(the best-scored of k drawn candidates is resolved), over all subsets of size k of one task.
///
/// Sorted by score, the best of the subset lies in the group of m equal scores that starts at rank r (from 0) with
/// probability (C(n−r, k) − C(n−r−m, k)) / C(n, k); among equals each is picked as often. Without ties this is
/// `Σ_r resolved_r · C(n−1−r, k−1) / C(n, k)`. `None` if k is 0 or above n.
pub fn best_at_k(task: &[Judged], k: usize) -> Option<f64> {
    let n = task.len();
    if !(1..=n).contains(&k) {
        return None;
    }
    let mut sorted = task.to_vec();
    sorted.sort_by(|a, b| b.compare(a));
    let (mut rank, mut sum) = (0, 0.0);
    for tied in sorted.chunk_by(|a, b| a.compare(b).is_eq()) {
        let resolved = tied.iter().filter(|one| one.resolved).count() as f64 / tied.len() as f64;
        sum += resolved * (share(n, n - rank, k) - share(n, n - rank - tied.len(), k));
        rank += tied.len();
    }
    Some(sum)
}

/// C(a, k) / C(n, k) as a product of k ratios: no large numbers.
fn share(n: usize, a: usize, k: usize) -> f64 {
    if a < k {
        return 0.0;
    }
    (0..k).map(|i| (a - i) as f64 / (n - i) as f64).product()
}

/// Series end here: drawing more than this many candidates of one task is nobody's plan.
pub const MOST_K: usize = 128;

/// (best@k, pass@k) of one task for k = 1, 2, … up to its size or [`MOST_K`], in one pass per k.
pub(super) fn series(task: &[Judged]) -> Vec<(f64, f64)> {
    let n = task.len();
    let mut sorted = task.to_vec();
    sorted.sort_by(|a, b| b.compare(a));
    // Per group of equal scores: the share resolved, and how many candidates are left at its start and behind it.
    let mut groups = Vec::new();
    let mut left = n;
    for tied in sorted.chunk_by(|a, b| a.compare(b).is_eq()) {
        let resolved = tied.iter().filter(|one| one.resolved).count() as f64 / tied.len() as f64;
        groups.push((resolved, left, left - tied.len()));
        left -= tied.len();
    }
    let unresolved = task.iter().filter(|one| !one.resolved).count();
    // C(a, k) / C(n, k) for each a, carried on from k − 1.
    let step = |share: f64, a: usize, k: usize| share * (a.saturating_sub(k - 1)) as f64 / (n - k + 1) as f64;
    let mut shares: Vec<(f64, f64)> = vec![(1.0, 1.0); groups.len()];
    let mut none = 1.0;
    let mut series = Vec::new();
    for k in 1..=n.min(MOST_K) {
        let mut best = 0.0;
        for ((resolved, start, behind), share) in groups.iter().zip(&mut shares) {
            *share = (step(share.0, *start, k), step(share.1, *behind, k));
            best += resolved * (share.0 - share.1);
        }
        none = step(none, unresolved, k);
        series.push((best, 1.0 - none));
    }
    series
}

/// best@k, pass@k and random@k for every k that some task has candidates for, up to [`MOST_K`].
pub fn curves(judged: &[Judged]) -> Vec<AtK> {
    let sample = super::Sample::of(judged, 0.5);
    sample.curve(&sample.once())
}
