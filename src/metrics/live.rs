//! The numbers of a strip that follows scores, labels and filters: one trajectory comes, goes or changes at the cost of its
//! own task and run, never of all. Nothing drifts: what is summed up over time is counted in whole numbers.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::best_of::{MOST_K, series};
use super::{AtK, BINS, Confusion, Judged, mean};

/// Holds one trajectory per slot, or none.
#[derive(Debug, Clone)]
pub struct Live {
    slots: Vec<Option<Judged>>,
    everything: Ranking,
    runs: HashMap<usize, Ranking>,
    tasks: HashMap<usize, Task>,
    width: [Sum; BINS],
    brier: Sum,
    loss: Sum,
    confusion: Confusion,
    threshold: f64,
}

/// What [`Live`] knows at one moment. Intervals are not among it: they cost a thousand passes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LiveNumbers {
    pub judged: usize,
    pub resolved: usize,
    pub tasks: usize,
    pub mixed_tasks: usize,
    pub pooled: Option<f64>,
    pub per_task: Option<f64>,
    pub within_run: Option<f64>,
    pub ece_equal_width: Option<f64>,
    pub brier: Option<f64>,
    pub log_loss: Option<f64>,
    pub confusion: Confusion,
}

#[derive(Debug, Clone, Default)]
struct Task {
    members: Vec<(usize, Judged)>,
    /// best@k and pass@k of this task alone, from k = 1.
    curve: Vec<(f64, f64)>,
    auc: Option<f64>,
}

impl Live {
    /// `threshold`: a probability; from there on the decision is "resolved".
    pub fn new(threshold: f64) -> Self {
        Self {
            slots: Vec::new(),
            everything: Ranking::default(),
            runs: HashMap::new(),
            tasks: HashMap::new(),
            width: [Sum::default(); BINS],
            brier: Sum::default(),
            loss: Sum::default(),
            confusion: Confusion::default(),
            threshold,
        }
    }

    /// What stands in a slot from now on. Scores that are no numbers are left out, as if they were not there.
    pub fn set(&mut self, slot: usize, judged: Option<Judged>) {
        let judged = judged.filter(|one| !one.log_odds.is_nan());
        if self.slots.len() <= slot {
            self.slots.resize(slot + 1, None);
        }
        let before = std::mem::replace(&mut self.slots[slot], judged);
        if before == judged {
            return;
        }
        if let Some(one) = before {
            self.count(&one, false);
            self.tasks.entry(one.task).or_default().members.retain(|(at, _)| *at != slot);
        }
        if let Some(one) = judged {
            self.count(&one, true);
            self.tasks.entry(one.task).or_default().members.push((slot, one));
        }
        for task in [before, judged].into_iter().flatten().map(|one| one.task) {
            self.tasks.entry(task).or_default().settle();
        }
    }

    fn count(&mut self, one: &Judged, coming: bool) {
        self.everything.change(one, coming);
        self.runs.entry(one.run).or_default().change(one, coming);
        let p = one.probability();
        let bin = ((p * BINS as f64).ceil() as usize).clamp(1, BINS) - 1;
        self.width[bin].add(p - one.outcome(), coming);
        self.brier.add((p - one.outcome()).powi(2), coming);
        self.loss.add(one.log_loss(), coming);
        let Confusion { tp, fp, tn, fn_ } = &mut self.confusion;
        let counter = match (p >= self.threshold, one.resolved) {
            (true, true) => tp,
            (true, false) => fp,
            (false, false) => tn,
            (false, true) => fn_,
        };
        *counter = if coming { *counter + 1 } else { *counter - 1 };
    }

    pub fn numbers(&self) -> LiveNumbers {
        let count = self.everything.up.len() + self.everything.down.len();
        let share = |sum: f64| (count > 0).then(|| sum / count as f64);
        LiveNumbers {
            judged: count,
            resolved: self.everything.up.len(),
            tasks: self.tasks.values().filter(|task| !task.members.is_empty()).count(),
            mixed_tasks: self.tasks.values().filter(|task| task.auc.is_some()).count(),
            pooled: self.everything.auc(),
            per_task: mean(self.tasks.values().filter_map(|task| task.auc)),
            within_run: mean(self.runs.values().filter_map(Ranking::auc)),
            ece_equal_width: share(self.width.iter().map(|bin| bin.value().abs()).sum()),
            brier: share(self.brier.value()),
            log_loss: share(self.loss.value()),
            confusion: self.confusion,
        }
    }

    /// best@k, pass@k and random@k of the tasks with at least `k` candidates; `None` where there is no such task, or k is over
    /// `MOST_K`.
    pub fn at_k(&self, k: usize) -> Option<AtK> {
        let enough = || self.tasks.values().filter(|task| (1..=MOST_K).contains(&k) && task.members.len() >= k);
        Some(AtK {
            k,
            best: mean(enough().map(|task| task.curve[k - 1].0))?,
            pass: mean(enough().map(|task| task.curve[k - 1].1))?,
            random: mean(enough().map(Task::rate))?,
            tasks: enough().count(),
        })
    }

    /// All that stands, in no order.
    pub fn judged(&self) -> Vec<Judged> {
        self.slots.iter().copied().flatten().collect()
    }
}

impl Task {
    fn settle(&mut self) {
        let members: Vec<Judged> = self.members.iter().map(|(_, one)| *one).collect();
        self.curve = series(&members);
        self.auc = super::auc(&members);
    }

    /// Share of its candidates that is resolved.
    fn rate(&self) -> f64 {
        self.members.iter().filter(|(_, one)| one.resolved).count() as f64 / self.members.len().max(1) as f64
    }
}

/// An area under the ROC curve that is kept while members come and go: Mann and Whitney's U, counted in halves.
#[derive(Debug, Clone, Default)]
struct Ranking {
    up: Ranks,
    down: Ranks,
    /// Twice the pairs won, ties once.
    halves: u64,
}

impl Ranking {
    fn change(&mut self, one: &Judged, coming: bool) {
        let key = key(one.log_odds);
        let (own, others) = if one.resolved { (&mut self.up, &self.down) } else { (&mut self.down, &self.up) };
        let (below, equal) = others.below(key);
        let won = if one.resolved { 2 * below + equal } else { 2 * (others.len() - below) - equal } as u64;
        if coming {
            own.insert(key);
            self.halves += won;
        } else {
            own.remove(key);
            self.halves -= won;
        }
    }

    fn auc(&self) -> Option<f64> {
        let pairs = self.up.len() as f64 * self.down.len() as f64;
        (pairs > 0.0).then(|| self.halves as f64 / (2.0 * pairs))
    }
}

/// Orders as `f64::total_cmp` does, with −0 and 0 as one.
fn key(log_odds: f64) -> i64 {
    let bits = (log_odds + 0.0).to_bits() as i64;
    bits ^ (((bits >> 63) as u64) >> 1) as i64
}

/// A sorted multiset in blocks: insertion and rank cost about the root of its size.
#[derive(Debug, Clone, Default)]
struct Ranks {
    blocks: Vec<Vec<i64>>,
    count: usize,
}

const BLOCK: usize = 512;

impl Ranks {
    fn len(&self) -> usize {
        self.count
    }

    /// How many are smaller, and how many equal.
    fn below(&self, key: i64) -> (usize, usize) {
        let (mut below, mut equal) = (0, 0);
        for block in &self.blocks {
            if block.last().is_some_and(|last| *last < key) {
                below += block.len();
                continue;
            }
            let start = block.partition_point(|one| *one < key);
            let end = block.partition_point(|one| *one <= key);
            (below, equal) = (below + start, equal + end - start);
            if end < block.len() {
                break;
            }
        }
        (below, equal)
    }

    fn insert(&mut self, key: i64) {
        self.count += 1;
        let at = self.blocks.partition_point(|block| block.last().is_some_and(|last| *last < key));
        let at = at.min(self.blocks.len().saturating_sub(1));
        let Some(block) = self.blocks.get_mut(at) else {
            self.blocks.push(vec![key]);
            return;
        };
        block.insert(block.partition_point(|one| *one < key), key);
        if block.len() > 2 * BLOCK {
            let upper = block.split_off(BLOCK);
            self.blocks.insert(at + 1, upper);
        }
    }

    fn remove(&mut self, key: i64) {
        let at = self.blocks.partition_point(|block| block.last().is_some_and(|last| *last < key));
        let Some(block) = self.blocks.get_mut(at) else { return };
        let inside = block.partition_point(|one| *one < key);
        if block.get(inside).map(|one| one.cmp(&key)) == Some(Ordering::Equal) {
            block.remove(inside);
            self.count -= 1;
        }
        if block.is_empty() {
            self.blocks.remove(at);
        }
    }
}

/// A sum in units of 2⁻⁵⁸: what was added and taken away again is gone without a trace.
#[derive(Debug, Clone, Copy, Default)]
struct Sum(i128);

const UNIT: f64 = (1_u64 << 58) as f64;

impl Sum {
    fn add(&mut self, value: f64, coming: bool) {
        let units = (value * UNIT) as i128;
        self.0 += if coming { units } else { -units };
    }

    fn value(self) -> f64 {
        self.0 as f64 / UNIT
    }
}
