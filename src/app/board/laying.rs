//! A layout in the making. Of many candidates a part is asked at a time, so that keys and frames come between; until it is
//! ready, the board shows the one before. Whoever wants another layout meanwhile begins anew.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::grouping::{Gathered, Grouping};
use super::order::{Key, Merge, Place};
use super::rows::Rows;
use super::{Board, Candidate};
use crate::library::query::Field;

/// About so many candidates are asked at once.
const STEP: usize = 2_500;

#[derive(Debug, Clone, Default)]
pub(super) struct Laying {
    rows: Rows,
    /// Groups by what is common to them.
    known: HashMap<Gathered<'static>, usize>,
    /// How many have been asked, by their seats, and how many have their place.
    asked: usize,
    placed: usize,
    /// Those that the filter leaves, on their way into the order.
    left: Merge<Place>,
    shown: Vec<bool>,
    /// By group, where of equal patches only the first is shown.
    patches: HashSet<(usize, u64)>,
    /// What has changed since the beginning.
    moved: BTreeSet<usize>,
}

impl Laying {
    pub fn note(&mut self, moved: BTreeSet<usize>) {
        self.moved.extend(moved);
    }

    /// The group of a candidate, a new one if need be.
    fn group_of(&mut self, candidate: &Candidate, by_first: bool) -> usize {
        let gathered = self.rows.grouping.of(candidate);
        if let Some(group) = self.known.get(&gathered) {
            return *group;
        }
        let gathered = gathered.owned();
        let group = self.rows.open(gathered.clone());
        self.known.insert(gathered, group);
        if !by_first {
            self.rows.enter(group);
        }
        group
    }
}

impl Board {
    /// Gathers, filters and sorts everything: at once, or where there is much, a part at a time.
    pub(super) fn lay_out(&mut self) {
        if self.candidates.len() <= STEP {
            return self.lay_out_now();
        }
        self.begin();
    }

    /// The same without a pause: for rows that are no longer true.
    pub(super) fn lay_out_now(&mut self) {
        self.begin();
        while self.laying.is_some() {
            self.lay_more(usize::MAX);
        }
    }

    /// How much of a new layout is done, as a share; nothing where all is.
    pub fn laid(&self) -> Option<f64> {
        let laying = self.laying.as_ref()?;
        let (done, waiting) = (laying.asked + laying.placed, laying.left.len());
        Some(done as f64 / (self.candidates.len() + laying.placed + waiting).max(1) as f64)
    }

    /// Somebody has to come back; said once.
    pub fn wants_to_go_on(&mut self) -> bool {
        (self.laying.is_some() || !self.past.is_empty()) && !std::mem::replace(&mut self.going_on, true)
    }

    /// Somebody has come back.
    pub fn go_on(&mut self) {
        self.going_on = false;
        self.past.truncate(self.past.len().saturating_sub(STEP));
        self.lay_more(STEP);
    }

    fn begin(&mut self) {
        let count = self.candidates.len();
        let rows = Rows {
            grouping: self.arrangement.group,
            group_of: vec![0; count],
            keys: vec![Key::default(); count],
            ..Rows::default()
        };
        self.unread.clear();
        self.laying = Some(Box::new(Laying { rows, shown: vec![false; count], ..Laying::default() }));
    }

    fn lay_more(&mut self, count: usize) {
        let Some(mut laying) = self.laying.take() else { return };
        if laying.asked < self.candidates.len() {
            self.ask(&mut laying, count);
        } else if laying.left.len() > 0 {
            self.place(&mut laying, count.saturating_mul(2));
        } else {
            return self.show(*laying);
        }
        self.laying = Some(laying);
    }

    /// Asks some of the candidates where they belong, and whether the filter leaves them.
    fn ask(&mut self, laying: &mut Laying, count: usize) {
        let rest = self.filter.mentions(Field::Judged).then(|| self.filter.without(Field::Judged));
        let until = laying.asked.saturating_add(count).min(self.by_seat.len());
        let by_first = self.arrangement.sort.is_some();
        let mut run = Vec::with_capacity(until - laying.asked);
        for seat in laying.asked..until {
            let nth = self.by_seat[seat];
            if let Some(rest) = rest.as_ref().filter(|_| self.begins_task(seat)) {
                self.count_peers(self.candidates[nth].task, rest);
            }
            let key = self.key(nth);
            laying.rows.keys[nth].clone_from(&key);
            laying.rows.group_of[nth] = laying.group_of(&self.candidates[nth], by_first);
            laying.shown[nth] = self.leaves(nth);
            if laying.shown[nth] {
                run.push(Place { key, tie: self.tie(nth), nth });
            }
        }
        laying.asked = until;
        laying.left.add(run);
    }

    /// The candidate of this seat is the first of its task.
    fn begins_task(&self, seat: usize) -> bool {
        let task = |seat: usize| self.by_seat.get(seat).map(|nth| self.candidates[*nth].task);
        seat.checked_sub(1).is_none_or(|before| task(before) != task(seat))
    }

    /// Gives some of those that are left their places, the first first: groups sorted by a column stand as their first
    /// members do.
    fn place(&mut self, laying: &mut Laying, count: usize) {
        let distinct = self.arrangement.distinct && self.arrangement.group == Grouping::Task;
        let by_first = self.arrangement.sort.is_some();
        for Place { nth, .. } in laying.left.by_ref().take(count) {
            let group = laying.rows.group_of[nth];
            let held = &mut laying.rows.groups[group];
            held.left += 1;
            laying.placed += 1;
            let patch = self.candidates[nth].patch().filter(|_| distinct);
            if patch.is_none_or(|patch| laying.patches.insert((group, patch))) {
                if by_first && held.members.is_empty() {
                    laying.rows.order.push(group);
                }
                held.members.push(nth);
            }
        }
    }

    /// Puts the new layout on the board, then what has changed meanwhile.
    fn show(&mut self, laying: Laying) {
        let Laying { mut rows, shown, moved, .. } = laying;
        let mut folded = std::mem::take(&mut self.to_fold);
        folded.extend(self.folded().map(str::to_owned));
        if !folded.is_empty() {
            for group in &mut rows.groups {
                group.folded = folded.remove(&group.name);
            }
        }
        self.to_fold = folded;
        self.samples.show_only(shown);
        rows.take_positions();
        rows.add_up();
        let mut before = std::mem::replace(&mut self.rows, rows);
        if before.groups.len() > STEP {
            self.past.append(&mut before.groups);
        }
        self.version += 1;
        self.find_cursor();
        self.moved(moved);
    }
}
