//! What a score has meant so far: of the trajectories scored like this one, how many were resolved.

use crate::metrics::Judged;

/// Fewer than this in a bin say nothing.
const LEAST: usize = 10;
/// At most this many bins.
const BINS: usize = 15;

/// Neighbourhoods of scores that hold about as many labelled trajectories each.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Likeness {
    bins: Vec<Bin>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Bin {
    /// Highest log-odds in it.
    to: f64,
    count: usize,
    resolved: usize,
}

/// So many of the others with scores like this are resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Likes {
    pub resolved: usize,
    pub count: usize,
}

impl Likeness {
    /// Equal scores share a bin.
    pub fn of(judged: impl Iterator<Item = Judged>) -> Self {
        let mut sorted: Vec<(f64, bool)> = judged.map(|one| (one.log_odds, one.resolved)).collect();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let size = sorted.len().div_ceil(BINS).max(LEAST);
        let mut bins: Vec<Bin> = Vec::new();
        for (to, resolved) in sorted {
            match bins.last_mut().filter(|bin| bin.count < size || bin.to >= to) {
                Some(bin) => {
                    *bin = Bin { to, count: bin.count + 1, resolved: bin.resolved + usize::from(resolved) };
                }
                None => bins.push(Bin { to, count: 1, resolved: usize::from(resolved) }),
            }
        }
        Self { bins: whole(bins) }
    }

    /// What scores like this one have meant, the trajectory itself (`own`: its outcome, if it is known) left out. `None`
    /// where too few are labelled to say.
    pub fn at(&self, log_odds: f64, own: Option<bool>) -> Option<Likes> {
        let nth = self.bins.partition_point(|bin| bin.to < log_odds);
        let bin = self.bins.get(nth).or(self.bins.last())?;
        let count = bin.count - usize::from(own.is_some());
        let resolved = bin.resolved - usize::from(own == Some(true));
        (count + 1 >= LEAST).then_some(Likes { resolved, count })
    }
}

/// The last bin, if it is too small, joins the one before.
fn whole(mut bins: Vec<Bin>) -> Vec<Bin> {
    if let [.., before, last] = bins.as_mut_slice()
        && last.count < LEAST
    {
        *before = Bin { to: last.to, count: before.count + last.count, resolved: before.resolved + last.resolved };
        bins.pop();
    }
    bins
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(log_odds: f64, resolved: bool) -> Judged {
        Judged { task: 0, run: 0, log_odds, resolved }
    }

    #[test]
    fn a_score_is_held_against_its_neighbours_without_itself() {
        let all = (0..45).map(|n| judged(f64::from(n), n >= 30));
        let likeness = Likeness::of(all);
        assert_eq!(likeness.at(3.0, Some(false)), Some(Likes { resolved: 0, count: 9 }));
        assert_eq!(likeness.at(44.0, Some(true)), Some(Likes { resolved: 14, count: 14 }));
        assert_eq!(likeness.at(99.0, None), Some(Likes { resolved: 15, count: 15 }), "beyond the highest");
    }

    #[test]
    fn equal_scores_share_a_bin_and_few_say_nothing() {
        let likeness = Likeness::of((0..40).map(|n| judged(1.0, n % 2 == 0)));
        assert_eq!(likeness.at(1.0, None), Some(Likes { resolved: 20, count: 40 }));
        assert_eq!(Likeness::of((0..8).map(|n| judged(f64::from(n), true))).at(2.0, None), None);
        assert_eq!(Likeness::default().at(0.0, None), None);
    }
}
