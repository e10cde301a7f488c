//! What the charts are drawn from, beyond the numbers of `metrics`: bins with the scores at their edges, and what each
//! threshold would decide. Every bin and point knows the filter that leaves exactly its trajectories.

use crate::metrics::{Bin, Judged, Point};
use crate::trajectory::sigmoid;

/// Bins of the histogram.
pub const BARS: usize = 10;
/// A curve has at most this many points: more than any terminal has columns.
const MOST_POINTS: usize = 400;

/// How many scored trajectories fall into one tenth of the scale.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bar {
    pub resolved: usize,
    pub unresolved: usize,
    pub unknown: usize,
}

impl Bar {
    /// One more, in [nth / 10, (nth + 1) / 10) of the scale; 1 belongs to the last bar.
    pub fn count(bars: &mut [Self], probability: f64, resolved: Option<bool>) {
        let nth = (0..BARS).rfind(|nth| probability >= edge(*nth)).unwrap_or_default();
        let Some(bar) = bars.get_mut(nth) else { return };
        *match resolved {
            Some(true) => &mut bar.resolved,
            Some(false) => &mut bar.unresolved,
            None => &mut bar.unknown,
        } += 1;
    }

    pub fn all(self) -> usize {
        self.resolved + self.unresolved + self.unknown
    }
}

/// Lower edge of a bar.
pub fn edge(nth: usize) -> f64 {
    nth as f64 / BARS as f64
}

/// A bin of the reliability diagram and the scores that bound it.
#[derive(Debug, Clone, PartialEq)]
pub struct Reliable {
    pub bin: Bin,
    /// Leaves exactly the members of the bin.
    pub filter: String,
}

/// What a threshold at this score would decide.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Operating {
    /// Probability; this and everything above counts as resolved.
    pub threshold: f64,
    /// Highest probability below it, if there is one.
    pub below: Option<f64>,
    pub tp: usize,
    pub fp: usize,
}

pub fn reliability(sorted: &[Judged], bins: &[Bin]) -> Vec<Reliable> {
    let mut from = 0;
    let filtered = bins.iter().map(|bin| {
        let to = from + bin.count;
        let at = |nth: usize| sorted.get(nth).map(Judged::probability);
        let below = from.checked_sub(1).and_then(at);
        let (first, last, above) = (at(from), at(to - 1), at(to));
        let low = below.zip(first).map(|(below, first)| format!("score>={} ", between(below, first)));
        let high = last.zip(above).map(|(last, above)| format!("score<{} ", between(last, above)));
        from = to;
        Reliable { bin: *bin, filter: format!("{}{}{LABELLED}", low.unwrap_or_default(), high.unwrap_or_default()) }
    });
    filtered.collect()
}

/// In the filter language: the outcome is known, and there is a score.
pub const LABELLED: &str = "has:score !resolved:unknown";

/// Thresholds from the highest to the lowest, thinned out evenly where there are too many.
pub fn operating(points: &[Point]) -> Vec<Operating> {
    let step = points.len().div_ceil(MOST_POINTS).max(1);
    let below = points.iter().skip(1).map(|point| Some(sigmoid(point.log_odds))).chain([None]);
    let all = points.iter().zip(below).enumerate();
    let kept = all.filter(|(nth, _)| nth % step == 0 || nth + 1 == points.len());
    kept.map(|(_, (point, below))| Operating {
        threshold: sigmoid(point.log_odds),
        below,
        tp: point.counts.tp,
        fp: point.counts.fp,
    })
    .collect()
}

impl Operating {
    /// Leaves exactly what this threshold calls resolved, of what is labelled.
    pub fn filter(&self) -> String {
        let bound = self.below.map(|below| format!("score>={} ", between(below, self.threshold)));
        format!("{}{LABELLED}", bound.unwrap_or_default())
    }
}

/// The shortest decimal d with below < d ≤ at.
pub fn between(below: f64, at: f64) -> String {
    let shorter = |digits: usize| {
        let scale = 10_f64.powi(digits as i32);
        let written = format!("{:.digits$}", (at * scale).floor() / scale);
        written.parse().is_ok_and(|value: f64| below < value && value <= at).then_some(written)
    };
    (1..=16).find_map(shorter).unwrap_or_else(|| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn judged(log_odds: f64, resolved: bool) -> Judged {
        Judged { task: 0, run: 0, log_odds, resolved }
    }

    #[test]
    fn a_cut_between_two_scores_is_short() {
        assert_eq!(between(0.61, 0.78), "0.7");
        assert_eq!(between(0.123_4, 0.123_7), "0.1237");
        assert_eq!(between(0.999_999_9, 1.0), "1.0");
        assert_eq!(between(0.5, 0.5), "0.5", "equal scores cannot be cut");
    }

    #[test]
    fn each_threshold_counts_what_lies_above_it() {
        let sorted = [judged(-2.0, false), judged(-1.0, true), judged(-1.0, false), judged(3.0, true)];
        let points = operating(&crate::metrics::points(&sorted));
        let counts: Vec<(usize, usize)> = points.iter().map(|point| (point.tp, point.fp)).collect();
        assert_eq!(counts, [(1, 0), (2, 1), (2, 2)]);
        assert_eq!(points[1].filter(), "score>=0.2 has:score !resolved:unknown");
        assert_eq!(points[2].filter(), LABELLED);
    }

    proptest! {
        #[test]
        fn every_cut_lies_between(a in 0.0..1.0_f64, b in 0.0..1.0_f64) {
            prop_assume!(a < b);
            let cut: f64 = between(a, b).parse().unwrap();
            prop_assert!(a < cut && cut <= b);
        }

        #[test]
        fn bars_hold_what_their_edges_say(p in 0.0..=1.0_f64) {
            let mut bars = [Bar::default(); BARS];
            Bar::count(&mut bars, p, None);
            let nth = bars.iter().position(|bar| bar.unknown == 1).unwrap();
            prop_assert!(p >= edge(nth) && (nth == BARS - 1 || p < edge(nth + 1)));
        }
    }
}
