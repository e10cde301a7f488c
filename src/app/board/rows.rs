//! The rows of the board. They are not a list but a sum: groups know how high they are, so that a score that arrives
//! costs its own group and an addition per group, not a row per trajectory.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::Board;
use super::grouping::{Gathered, Grouping};
use super::order::Key;

/// What stands in a row of the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// The head of a group, by index.
    Head(usize),
    /// A candidate by index.
    Candidate(usize),
}

/// Candidates under one head.
#[derive(Debug, Clone, Default)]
pub struct Group {
    pub name: String,
    pub folded: bool,
    /// What is common to its candidates.
    pub(super) gathered: Gathered<'static>,
    /// Those that are shown, in order.
    pub(super) members: Vec<usize>,
    /// Those that the filter leaves: with equal patches folded, more than are shown.
    pub(super) left: usize,
}

impl Group {
    pub fn members(&self) -> &[usize] {
        &self.members
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    pub(super) grouping: Grouping,
    pub(super) groups: Vec<Group>,
    /// Groups as they stand on the board, by index; sorted by a column, the empty ones are not among them. And where each
    /// of them stands.
    pub(super) order: Vec<usize>,
    pub(super) position: Vec<Option<usize>>,
    /// The group of each candidate, and what it is sorted by.
    pub(super) group_of: Vec<usize>,
    pub(super) keys: Vec<Key>,
    /// The first row of each position, and behind the last the number of rows.
    pub(super) starts: Vec<usize>,
    pub(super) shown: usize,
}

impl Rows {
    pub fn shown(&self) -> usize {
        self.shown
    }

    pub fn group(&self, nth: usize) -> Option<&Group> {
        self.groups.get(nth)
    }

    fn headless(&self) -> bool {
        self.grouping == Grouping::Nothing
    }

    fn height(&self, group: &Group) -> usize {
        match (group.members.len(), self.headless()) {
            (0, _) => 0,
            (members, true) => members,
            (_, false) if group.folded => 1,
            (members, false) => members + 1,
        }
    }

    /// Adds the heights up.
    pub(super) fn add_up(&mut self) {
        let mut next = 0;
        let mut starts = Vec::with_capacity(self.order.len() + 1);
        for group in &self.order {
            starts.push(next);
            next += self.height(&self.groups[*group]);
        }
        starts.push(next);
        self.starts = starts;
        self.shown = self.groups.iter().map(|group| group.left).sum();
    }

    /// A new group, without a place yet.
    pub(super) fn open(&mut self, gathered: Gathered<'static>) -> usize {
        self.groups.push(Group { name: self.grouping.head(&gathered), gathered, ..Group::default() });
        self.groups.len() - 1
    }

    /// Which of two groups stands first where nothing is sorted by.
    pub(super) fn compare_gathered(&self, a: usize, b: usize) -> Ordering {
        self.grouping.order(&self.groups[a].gathered, &self.groups[b].gathered)
    }

    /// Gives a group a place where nothing is sorted by.
    pub(super) fn enter(&mut self, group: usize) {
        let at = self.order.partition_point(|other| self.compare_gathered(*other, group).is_le());
        self.order.insert(at, group);
    }

    pub(super) fn take_positions(&mut self) {
        self.position.clear();
        self.position.resize(self.groups.len(), None);
        for (at, group) in self.order.iter().enumerate() {
            self.position[*group] = Some(at);
        }
    }
}

impl Board {
    /// What the rows on the board are gathered by: while others are made, not what is wished for.
    pub fn grouping(&self) -> Grouping {
        self.rows.grouping
    }

    pub fn row_count(&self) -> usize {
        self.rows.starts.last().copied().unwrap_or_default()
    }

    pub fn row(&self, nth: usize) -> Option<Row> {
        if nth >= self.row_count() {
            return None;
        }
        let at = self.rows.starts.partition_point(|start| *start <= nth) - 1;
        let group = *self.rows.order.get(at)?;
        let within = nth - self.rows.starts[at];
        if self.rows.headless() {
            return self.rows.groups[group].members.get(within).copied().map(Row::Candidate);
        }
        match within.checked_sub(1) {
            None => Some(Row::Head(group)),
            Some(within) => self.rows.groups[group].members.get(within).copied().map(Row::Candidate),
        }
    }

    pub fn group(&self, nth: usize) -> Option<&Group> {
        self.rows.groups.get(nth)
    }

    /// The row of a group's head, or of its first member where groups have none.
    pub(super) fn head_row(&self, group: usize) -> Option<usize> {
        let at = (*self.rows.position.get(group)?)?;
        let (start, end) = (self.rows.starts.get(at)?, self.rows.starts.get(at + 1)?);
        (start < end).then_some(*start)
    }

    /// The row of a candidate, if it is in view.
    pub(super) fn row_of(&self, candidate: usize) -> Option<usize> {
        let group = *self.rows.group_of.get(candidate)?;
        let held = self.rows.groups.get(group)?;
        if held.folded && !self.rows.headless() {
            return None;
        }
        let within = held.members.iter().position(|member| *member == candidate)?;
        Some(self.head_row(group)? + within + usize::from(!self.rows.headless()))
    }

    pub(super) fn group_of(&self, row: Row) -> Option<usize> {
        match row {
            Row::Head(group) => Some(group),
            Row::Candidate(nth) => self.rows.group_of.get(nth).copied(),
        }
    }

    pub(super) fn group_named(&self, name: &str) -> Option<usize> {
        self.rows.groups.iter().position(|group| group.name == name)
    }

    /// Heads of groups before and after a row, in order.
    pub(super) fn heads(&self) -> impl DoubleEndedIterator<Item = usize> + '_ {
        let shown = self.rows.starts.windows(2).filter(|pair| pair[0] < pair[1]);
        shown.map(|pair| pair[0])
    }

    /// Folds or unfolds groups. Without heads there is nothing to fold.
    pub(super) fn fold_groups(&mut self, which: Option<usize>, folded: bool) {
        match which {
            Some(nth) => self.rows.groups[nth].folded = folded,
            None => self.rows.groups.iter_mut().for_each(|group| group.folded = folded),
        }
        self.rows.add_up();
        self.find_cursor();
    }

    pub(super) fn any_unfolded(&self) -> bool {
        self.rows.groups.iter().any(|group| !group.folded)
    }

    /// Names of the groups that are folded.
    pub fn folded(&self) -> impl Iterator<Item = &str> {
        self.rows.groups.iter().filter(|group| group.folded).map(|group| group.name.as_str())
    }

    /// Folds groups by name, now and when they turn up.
    pub fn fold_named(&mut self, names: HashSet<String>) {
        self.to_fold = names;
    }
}
