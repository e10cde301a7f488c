//! Intervals: how much a number would move with other tasks. Whole tasks are drawn, because candidates of one task are
//! not independent of each other.

use super::{Judged, groups};

/// Percentile interval (95 %).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
    /// Draws in which the statistic existed.
    pub draws: usize,
}

/// Draws tasks with replacement `draws` times and takes the 2.5 % and 97.5 % quantiles (linear between neighbours) of the
/// statistic. A task drawn twice counts as two tasks. `None` where no draw has the statistic. Equal seeds, equal intervals.
pub fn interval(
    judged: &[Judged],
    draws: usize,
    seed: u64,
    statistic: impl Fn(&[Judged]) -> Option<f64>,
) -> Option<Interval> {
    let tasks = groups(judged, |one| one.task);
    let mut random = SplitMix(seed);
    let mut values = Vec::with_capacity(draws);
    for _ in 0..draws {
        let mut drawn = Vec::with_capacity(judged.len());
        for task in 0..tasks.len() {
            let members = &tasks[random.below(tasks.len())];
            drawn.extend(members.iter().map(|one| Judged { task, ..*one }));
        }
        values.extend(statistic(&drawn));
    }
    interval_of(values)
}

/// The interval of what was drawn.
pub(super) fn interval_of(mut values: Vec<f64>) -> Option<Interval> {
    values.sort_by(f64::total_cmp);
    Some(Interval { low: quantile(&values, 0.025)?, high: quantile(&values, 0.975)?, draws: values.len() })
}

fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let at = q * sorted.len().checked_sub(1)? as f64;
    let (low, high) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    Some(low + (high - low) * at.fract())
}

/// `SplitMix64` (Steele, Lea and Flood 2014): small, seeded, the same on every machine.
pub(super) struct SplitMix(pub u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, by multiplication (Lemire 2019); its bias is below bound / 2⁶⁴.
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }
}
