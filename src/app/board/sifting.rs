//! A filter that comes on while one types. Where there are many candidates, a part of them is asked at a time, so that
//! keys and frames come between; until all are asked, the board shows what it showed.

use std::collections::HashSet;

use super::{Board, Grouping};
use crate::library::query::{Field, Query};

/// About so many candidates are asked at once.
const STEP: usize = 5_000;

#[derive(Debug, Clone, Default)]
pub(super) struct Sifting {
    /// What is left of the groups that are done, in their order.
    left: Vec<Vec<usize>>,
    asked: usize,
    /// Groups in which something has changed meanwhile.
    touched: HashSet<usize>,
}

impl Sifting {
    pub fn touch(&mut self, groups: impl Iterator<Item = usize>) {
        self.touched.extend(groups);
    }
}

impl Board {
    /// What is shown. A view, never an edit.
    pub fn set_filter(&mut self, filter: Query) {
        self.filter = filter;
        self.touched = true;
        // Peers are counted by task, before the first of them is asked.
        let in_parts = self.arrangement.group == Grouping::Task || !self.filter.mentions(Field::Judged);
        if self.candidates.len() <= STEP || !in_parts {
            return self.lay_out();
        }
        self.sifting = Some(Sifting::default());
        self.sift();
    }

    /// How much of the filtering is done, as a share; nothing where all is.
    pub fn sifted(&self) -> Option<f64> {
        let sifting = self.sifting.as_ref()?;
        Some(sifting.asked as f64 / self.candidates.len().max(1) as f64)
    }

    /// Somebody has to come back; said once.
    pub fn wants_to_go_on(&mut self) -> bool {
        self.sifting.is_some() && !std::mem::replace(&mut self.going_on, true)
    }

    /// Somebody has come back.
    pub fn go_on(&mut self) {
        self.going_on = false;
        self.sift();
    }

    /// Asks some more, or shows what is left.
    fn sift(&mut self) {
        let Some(mut sifting) = self.sifting.take() else { return };
        let rest = self.filter.mentions(Field::Judged).then(|| self.filter.without(Field::Judged));
        let until = sifting.asked + STEP;
        while sifting.asked < until && sifting.left.len() < self.rows.groups.len() {
            let group = sifting.left.len();
            if let Some(rest) = &rest {
                self.count_peers(group, rest);
            }
            sifting.asked += self.rows.groups[group].all.len();
            sifting.left.push(self.fitting(group));
        }
        if sifting.asked < until {
            self.show_left(sifting);
        } else {
            self.sifting = Some(sifting);
        }
    }

    fn show_left(&mut self, sifting: Sifting) {
        for (group, left) in sifting.left.into_iter().enumerate() {
            if sifting.touched.contains(&group) {
                self.fill(group);
            } else {
                self.seat_members(group, left);
            }
        }
        self.sort_groups();
        self.rows.add_up();
        self.find_cursor();
        self.version += 1;
    }
}
