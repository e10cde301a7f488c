//! What has changed goes where it belongs now: a score that arrives costs its own group, not the whole board.

use std::collections::BTreeSet;

use super::{Board, Grouping};
use crate::library::query::{Field, Query};

/// More changes at once than this, and everything is laid out anew.
const FEW: usize = 64;

impl Board {
    /// These have changed. While a layout is made, that is noted for its end.
    pub(super) fn moved(&mut self, changed: BTreeSet<usize>) {
        if changed.is_empty() {
            return;
        }
        self.version += 1;
        if let Some(laying) = &mut self.laying {
            return laying.note(changed);
        }
        if changed.len() > FEW {
            return self.lay_out();
        }
        let tasks: BTreeSet<usize> = changed.iter().map(|nth| self.candidates[*nth].task).collect();
        let moved = if self.moves_tasks(&tasks) {
            tasks.iter().flat_map(|task| self.tasks[*task].ranking.iter().copied()).collect()
        } else {
            changed
        };
        let groups = self.take_out(&moved);
        if self.rows.grouping == Grouping::Task {
            for task in tasks {
                self.fill(task);
            }
        } else {
            for nth in &moved {
                self.put_in(*nth);
            }
        }
        let groups: BTreeSet<usize> = moved.iter().map(|nth| self.rows.group_of[*nth]).chain(groups).collect();
        self.reseat(&groups);
        self.rows.add_up();
        self.find_cursor();
    }

    /// One candidate moves others of its task: by its rank, or by being counted among their peers. Those are counted here.
    fn moves_tasks(&mut self, tasks: &BTreeSet<usize>) -> bool {
        let by_peers = self.filter.mentions(Field::Judged);
        if by_peers {
            let rest = self.filter.without(Field::Judged);
            for task in tasks {
                self.count_peers(*task, &rest);
            }
        }
        by_peers
            || self.filter.mentions(Field::Rank)
            || self.arrangement.sorted_by() == Field::Rank
            || self.rows.grouping == Grouping::By(Field::Rank)
    }

    /// How many candidates of a task have a score and an outcome, of those that the rest of the filter leaves.
    pub(super) fn count_peers(&mut self, task: usize, rest: &Query) {
        let counts = |nth: &&usize| {
            let it = &self.candidates[**nth];
            it.score().is_some() && it.summary.resolved.is_some() && self.judge_by(rest, it) == Some(true)
        };
        let count = self.tasks[task].ranking.iter().filter(counts).count();
        for nth in &self.tasks[task].ranking {
            self.candidates[*nth].peers = Some(count);
        }
    }

    /// Takes candidates out of their groups, by what they were sorted by before; which groups those are. All are out before
    /// the first is in: a place is found among those that are in order.
    fn take_out(&mut self, moved: &BTreeSet<usize>) -> Vec<usize> {
        let groups: Vec<usize> = moved.iter().map(|nth| self.rows.group_of[*nth]).collect();
        for (nth, group) in moved.iter().zip(&groups) {
            let members = &self.rows.groups[*group].members;
            let at = members.partition_point(|member| self.compare(*member, *nth).is_lt());
            if members.get(at) == Some(nth) {
                let held = &mut self.rows.groups[*group];
                held.members.remove(at);
                held.left = held.members.len();
            }
        }
        for nth in moved {
            self.rows.keys[*nth] = self.key(*nth);
        }
        groups
    }

    /// Asks the filter about a candidate anew.
    fn sift(&mut self, nth: usize) -> bool {
        let left = self.leaves(nth);
        self.samples.show(nth, left);
        left
    }

    /// Puts a candidate into the group in which it belongs now.
    fn put_in(&mut self, nth: usize) {
        let group = self.regroup(nth);
        if self.sift(nth) {
            let members = &self.rows.groups[group].members;
            let at = members.partition_point(|member| self.compare(*member, nth).is_lt());
            let held = &mut self.rows.groups[group];
            held.members.insert(at, nth);
            held.left = held.members.len();
        }
    }

    /// The group of a candidate: another one, where a score, a rank or a verdict has moved it.
    fn regroup(&mut self, nth: usize) -> usize {
        let (grouping, before) = (self.rows.grouping, self.rows.group_of[nth]);
        let gathered = grouping.of(&self.candidates[nth]);
        if !grouping.moves() || self.rows.groups[before].gathered == gathered {
            return before;
        }
        let known = self.rows.groups.iter().position(|group| group.gathered == gathered);
        let gathered = gathered.owned();
        let group = known.unwrap_or_else(|| self.rows.open(gathered));
        self.rows.groups[group].folded |= self.to_fold.remove(&self.rows.groups[group].name);
        self.rows.group_of[nth] = group;
        group
    }

    /// Filters and sorts a group that is a task: of equal patches only the first is shown, where the user likes that.
    fn fill(&mut self, task: usize) {
        let all = std::mem::take(&mut self.tasks[task].ranking);
        let mut members: Vec<usize> = all.iter().copied().filter(|nth| self.sift(*nth)).collect();
        self.tasks[task].ranking = all;
        members.sort_by(|a, b| self.compare(*a, *b));
        let left = members.len();
        if self.arrangement.distinct {
            let mut seen = BTreeSet::new();
            members.retain(|member| self.candidates[*member].patch().is_none_or(|patch| seen.insert(patch)));
        }
        let group = &mut self.rows.groups[task];
        (group.members, group.left) = (members, left);
    }

    /// Puts groups where they belong: sorted by a column, where their first members do; else where they are, unless they
    /// are new.
    fn reseat(&mut self, groups: &BTreeSet<usize>) {
        let by_first = self.arrangement.sort.is_some();
        if by_first {
            self.rows.order.retain(|group| !groups.contains(group));
        }
        let before = self.rows.position.len();
        for group in groups {
            match self.rows.groups[*group].members.first() {
                _ if !by_first && *group < before => {}
                _ if !by_first => self.rows.enter(*group),
                None => {}
                Some(first) => {
                    let member = |other: &usize| self.rows.groups[*other].members.first();
                    let stands = |other: &usize| member(other).is_some_and(|it| self.compare(*it, *first).is_lt());
                    let at = self.rows.order.partition_point(stands);
                    self.rows.order.insert(at, *group);
                }
            }
        }
        self.rows.take_positions();
    }
}
