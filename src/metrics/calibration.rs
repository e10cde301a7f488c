//! Calibration: of those scored 0.8, are 8 in 10 resolved?

use super::{Judged, mean};

/// Number of bins; print it beside the number.
pub const BINS: usize = 15;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binning {
    /// ((i−1)/15, i/15]; 0 belongs to the first (Guo et al. 2017, arXiv:1706.04599).
    EqualWidth,
    /// As many in each as possible; equal scores stay together, in the bin of their middle rank.
    EqualMass,
}

/// One bin of a reliability diagram.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    pub count: usize,
    /// Mean probability given.
    pub score: f64,
    /// Share that was resolved.
    pub resolved: f64,
    /// Wilson interval (95 %) of that share.
    pub low: f64,
    pub high: f64,
}

/// The bins that hold something, in order of score.
pub fn calibration_bins(judged: &[Judged], binning: Binning) -> Vec<Bin> {
    let mut sorted = judged.to_vec();
    sorted.sort_by(Judged::compare);
    let mut bins = vec![Vec::new(); BINS];
    let mut below = 0;
    for tied in sorted.chunk_by(|a, b| a.compare(b).is_eq()) {
        let bin = match binning {
            Binning::EqualWidth => (tied[0].probability() * BINS as f64).ceil() as usize,
            Binning::EqualMass => (2 * below + tied.len()) * BINS / (2 * sorted.len()) + 1,
        };
        bins[bin.clamp(1, BINS) - 1].extend_from_slice(tied);
        below += tied.len();
    }
    bins.iter().filter_map(|bin| summary(bin)).collect()
}

fn summary(bin: &[Judged]) -> Option<Bin> {
    let score = mean(bin.iter().map(Judged::probability))?;
    let hits = bin.iter().filter(|one| one.resolved).count();
    let (low, high) = wilson(hits, bin.len());
    Some(Bin { count: bin.len(), score, resolved: hits as f64 / bin.len() as f64, low, high })
}

/// Σ over bins of (share of trajectories) · |mean probability − share resolved|. `None` of nothing.
pub fn expected_calibration_error(judged: &[Judged], binning: Binning) -> Option<f64> {
    let bins = calibration_bins(judged, binning);
    let gaps = bins.iter().map(|bin| bin.count as f64 * (bin.score - bin.resolved).abs());
    (!judged.is_empty()).then(|| gaps.sum::<f64>() / judged.len() as f64)
}

/// Two-sided 95 % point of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// Wilson's score interval (95 %) of a share of `hits` in `count` (Wilson 1927). (0, 1) of nothing.
pub fn wilson(hits: usize, count: usize) -> (f64, f64) {
    if count == 0 {
        return (0.0, 1.0);
    }
    let (n, p, z2) = (count as f64, hits as f64 / count as f64, Z * Z);
    let middle = p + z2 / (2.0 * n);
    let reach = Z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    (((middle - reach) / scale).max(0.0), ((middle + reach) / scale).min(1.0))
}
