//! In which order one looks for the judge's mistakes. It orders and never drops; every fifth place goes to a seeded random
//! slice, so that what is found can be counted up; near-copies follow the first of them.

use std::collections::HashMap;

use super::Samples;
use super::figures::Sample;
use crate::app::board::differ;
use crate::trajectory::sigmoid;

/// One in so many is drawn at random.
const SLICE: usize = 5;
const SEED: u64 = 0x5eed;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Order {
    /// Scored high, and the tests fail.
    #[default]
    HighFails,
    /// Scored low, and the tests pass.
    LowPasses,
    /// Near the threshold.
    Unsure,
    /// Two annotators or two models say different things.
    Contested,
}

/// Why something stands where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    HighFails,
    LowPasses,
    /// Score and outcome agree, or there is no outcome: the order goes on by score.
    Rest,
    Unknown,
    Unsure,
    AnnotatorsDiffer,
    ModelsDiffer,
    /// Drawn by lot, whatever its score.
    Random,
    /// Ends in the same patch as the one above.
    Copy,
    Unscored,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quarry {
    pub nth: usize,
    pub why: Why,
    /// Drawn by lot: counts when one asks how often the judge is wrong.
    pub random: bool,
}

/// All that the queue is made from; plain data, so that a worker can order it.
#[derive(Debug, Clone, Default)]
pub struct Pool {
    /// Of the board.
    pub version: u64,
    pub order: Order,
    /// By lot alone: an order would give away what is hidden.
    pub blind: bool,
    /// Log-odds from which the judge says yes.
    pub threshold: f64,
    pub samples: Samples,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Queue {
    pub version: u64,
    pub items: Vec<Quarry>,
    /// The place of each candidate of the board, if it has one.
    places: Vec<Option<usize>>,
}

impl Queue {
    fn of(version: u64, items: Vec<Quarry>) -> Self {
        let mut places = vec![None; items.iter().map(|item| item.nth + 1).max().unwrap_or_default()];
        for (place, item) in items.iter().enumerate() {
            places[item.nth] = Some(place);
        }
        Self { version, items, places }
    }

    /// Where a candidate of the board stands.
    pub fn place(&self, nth: usize) -> Option<usize> {
        self.places.get(nth).copied().flatten()
    }
}

impl Order {
    pub const ALL: [Self; 4] = [Self::HighFails, Self::LowPasses, Self::Unsure, Self::Contested];

    pub fn say(self) -> &'static str {
        match self {
            Self::HighFails => "score high, tests fail",
            Self::LowPasses => "score low, tests pass",
            Self::Unsure => "near the threshold",
            Self::Contested => "two opinions",
        }
    }

    #[must_use]
    pub fn next(self) -> Self {
        let here = Self::ALL.iter().position(|order| *order == self).unwrap_or_default();
        Self::ALL[(here + 1) % Self::ALL.len()]
    }
}

impl Why {
    pub fn say(self) -> &'static str {
        match self {
            Self::HighFails => "score high, tests fail",
            Self::LowPasses => "score low, tests pass",
            Self::Rest => "score and outcome agree",
            Self::Unknown => "outcome unknown",
            Self::Unsure => "near the threshold",
            Self::AnnotatorsDiffer => "annotators differ",
            Self::ModelsDiffer => "two models differ",
            Self::Random => "random slice",
            Self::Copy => "same patch as above",
            Self::Unscored => "not scored yet",
        }
    }
}

/// The lot of a trajectory: the same in every session (FNV-1a, seeded, with the finisher of `MurmurHash3`).
pub fn lot(id: &str) -> u64 {
    let mixed = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325 ^ SEED, mixed);
    // Ids that differ in their last letter alone must not stand side by side.
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}

impl Pool {
    pub fn line_up(&self) -> Queue {
        let shown = || self.samples.shown();
        let mut ranked: Vec<(usize, (u8, f64), Why)> =
            shown().map(|(nth, one)| (nth, self.rank(one), self.why(one))).collect();
        let lot = |nth: usize| self.samples[nth].lot;
        if self.blind {
            ranked.sort_by_key(|(nth, ..)| lot(*nth));
        } else {
            ranked.sort_by(|(a, (tier, value), _), (b, (other, against), _)| {
                tier.cmp(other).then(value.total_cmp(against)).then_with(|| lot(*a).cmp(&lot(*b)))
            });
        }
        let mut drawn: Vec<usize> = shown().map(|(nth, _)| nth).collect();
        drawn.sort_by_key(|nth| lot(*nth));
        Queue::of(self.version, self.mixed(&ranked, &drawn))
    }

    /// What an order asks for comes first; a lower value comes sooner.
    fn rank(&self, one: &Sample) -> (u8, f64) {
        let Some(score) = one.log_odds else { return (9, 0.0) };
        let apart = || one.second.map_or(0.0, |second| (sigmoid(score) - second).abs());
        match (self.order, one.resolved) {
            (Order::HighFails, Some(false)) => (0, -score),
            (Order::LowPasses, Some(true)) => (0, score),
            (Order::HighFails, None) => (1, -score),
            (Order::LowPasses, None) => (1, score),
            (Order::HighFails, Some(true)) => (2, score),
            (Order::LowPasses, Some(false)) => (2, -score),
            (Order::Unsure, _) => (0, (score - self.threshold).abs()),
            (Order::Contested, _) => (u8::from(!one.disputed), -apart()),
        }
    }

    fn why(&self, one: &Sample) -> Why {
        let Some(score) = one.log_odds else { return Why::Unscored };
        match (score >= self.threshold, one.resolved) {
            _ if self.order == Order::Contested && one.disputed => Why::AnnotatorsDiffer,
            _ if self.order == Order::Contested && one.second.is_some_and(|it| differ(score, it)) => Why::ModelsDiffer,
            _ if self.order == Order::Unsure => Why::Unsure,
            (true, Some(false)) => Why::HighFails,
            (false, Some(true)) => Why::LowPasses,
            (_, None) => Why::Unknown,
            _ => Why::Rest,
        }
    }

    /// Takes from the order, and every fifth time from the lots.
    fn mixed(&self, ranked: &[(usize, (u8, f64), Why)], drawn: &[usize]) -> Vec<Quarry> {
        let copies = self.copies();
        let mut placed = vec![false; self.samples.len()];
        let (mut ranked, mut drawn) = (ranked.iter(), drawn.iter());
        let mut items = Vec::with_capacity(ranked.len());
        for turn in 1.. {
            let random = self.blind || turn % SLICE == 0;
            let next = if turn % SLICE == 0 {
                drawn.find(|nth| !placed[**nth]).map(|nth| (*nth, Why::Random))
            } else {
                ranked.find(|(nth, ..)| !placed[*nth]).map(|(nth, _, why)| (*nth, *why))
            };
            let Some((nth, why)) = next else { break };
            placed[nth] = true;
            let one = &self.samples[nth];
            items.push(Quarry { nth, why: if self.blind { Why::Random } else { why }, random });
            for copy in one.patch.and_then(|patch| copies.get(&(one.task, patch))).into_iter().flatten() {
                if !std::mem::replace(&mut placed[*copy], true) {
                    items.push(Quarry { nth: *copy, why: Why::Copy, random: false });
                }
            }
        }
        items
    }

    /// Members of each group of equal patches of one task.
    fn copies(&self) -> HashMap<(usize, u64), Vec<usize>> {
        let mut copies: HashMap<(usize, u64), Vec<usize>> = HashMap::new();
        for (nth, one) in self.samples.shown() {
            if let Some(patch) = one.patch {
                copies.entry((one.task, patch)).or_default().push(nth);
            }
        }
        copies.retain(|_, members| members.len() > 1);
        copies
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(nth: usize, log_odds: f64, resolved: Option<bool>) -> Sample {
        let lot = lot(&nth.to_string());
        Sample { task: nth, log_odds: Some(log_odds), resolved, lot, ..Sample::default() }
    }

    fn pool(order: Order, samples: Vec<Sample>) -> Pool {
        Pool { order, samples: Samples::new(samples), ..Pool::default() }
    }

    /// Two hundred trajectories that the judge gets right, and five planted false positives.
    fn planted() -> Vec<Sample> {
        let right = (0..200).map(|nth| sample(nth, if nth % 2 == 0 { 1.5 } else { -1.5 }, Some(nth % 2 == 0)));
        right.chain((200..205).map(|nth| sample(nth, 1.0 + nth as f64 / 1000.0, Some(false)))).collect()
    }

    #[test]
    fn planted_false_positives_come_first() {
        let queue = pool(Order::HighFails, planted()).line_up();
        let first: Vec<usize> = queue.items.iter().filter(|item| !item.random).take(5).map(|item| item.nth).collect();
        assert_eq!(first, [204, 203, 202, 201, 200]);
        assert!(queue.items[..4].iter().all(|item| item.why == Why::HighFails));
    }

    #[test]
    fn nothing_is_dropped_and_a_fifth_is_random() {
        for order in Order::ALL {
            for blind in [false, true] {
                let queue = Pool { blind, ..pool(order, planted()) }.line_up();
                let mut all: Vec<usize> = queue.items.iter().map(|item| item.nth).collect();
                all.sort_unstable();
                assert_eq!(all, (0..205).collect::<Vec<_>>());
                let random = queue.items[..100].iter().filter(|item| item.random).count();
                assert_eq!(random, if blind { 100 } else { 20 });
            }
        }
    }

    #[test]
    fn copies_follow_the_first_of_them() {
        let mut all = vec![sample(0, 3.0, Some(false)), sample(1, 2.0, Some(false)), sample(2, -3.0, Some(false))];
        for nth in [0, 2] {
            (all[nth].task, all[nth].patch) = (0, Some(7));
        }
        let queue = pool(Order::HighFails, all).line_up();
        let order: Vec<(usize, Why)> = queue.items.iter().map(|item| (item.nth, item.why)).collect();
        assert_eq!(order, [(0, Why::HighFails), (2, Why::Copy), (1, Why::HighFails)]);
    }

    #[test]
    fn what_is_unscored_or_contested_says_so() {
        let mut all = vec![sample(0, 2.0, Some(false)), sample(1, 0.1, None), sample(2, -2.0, Some(true))];
        all[0].log_odds = None;
        all[2].disputed = true;
        let first = |order| pool(order, all.clone()).line_up().items;
        assert_eq!((first(Order::HighFails)[0].nth, first(Order::HighFails)[2].why), (1, Why::Unscored));
        assert_eq!((first(Order::Contested)[0].nth, first(Order::Contested)[0].why), (2, Why::AnnotatorsDiffer));
        assert_eq!(first(Order::Unsure)[0].nth, 1);
        assert_eq!(first(Order::LowPasses)[0].why, Why::LowPasses);
    }
}
