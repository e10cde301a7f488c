//! The rows of the board. They are not a list but a sum: groups know how high they are, so that a score that arrives
//! costs its own group and an addition per group, not a row per trajectory.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::grouping::{Gathered, Grouping};
use super::{Arrangement, Board, Candidate};
use crate::library::query::{Field, Kind, Query};

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
    gathered: Gathered<'static>,
    pub(super) all: Vec<usize>,
    /// Those that are shown, in order.
    members: Vec<usize>,
    /// Those that the filter leaves: with equal patches folded, more than are shown.
    left: usize,
}

impl Group {
    pub fn members(&self) -> &[usize] {
        &self.members
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    pub(super) groups: Vec<Group>,
    /// Groups as they stand on the board, by index, and where each of them stands.
    order: Vec<usize>,
    position: Vec<usize>,
    /// The group of each candidate.
    group_of: Vec<usize>,
    /// The first row of each position, and behind the last the number of rows.
    starts: Vec<usize>,
    headless: bool,
    shown: usize,
}

impl Rows {
    pub fn shown(&self) -> usize {
        self.shown
    }

    pub fn group(&self, nth: usize) -> Option<&Group> {
        self.groups.get(nth)
    }

    fn height(&self, group: &Group) -> usize {
        match (group.members.len(), self.headless) {
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
    fn open(&mut self, grouping: Grouping, gathered: &Gathered) -> usize {
        let (name, gathered) = (grouping.head(gathered), gathered.clone().owned());
        self.groups.push(Group { name, gathered, ..Group::default() });
        self.groups.len() - 1
    }

    /// Takes a candidate from one group to another, where it is among all, but not yet among those that are shown.
    fn carry(&mut self, nth: usize, from: usize, to: usize) {
        let held = &mut self.groups[from];
        held.all.retain(|member| *member != nth);
        if let Some(at) = held.members.iter().position(|member| *member == nth) {
            held.members.remove(at);
            held.left = held.members.len();
        }
        let all = &mut self.groups[to].all;
        all.insert(all.partition_point(|member| *member < nth), nth);
        self.group_of[nth] = to;
    }

    fn take_positions(&mut self) {
        self.position.resize(self.groups.len(), 0);
        for (at, group) in self.order.iter().enumerate() {
            self.position[*group] = at;
        }
    }
}

impl Board {
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
        if self.rows.headless {
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
        let at = *self.rows.position.get(group)?;
        let (start, end) = (self.rows.starts.get(at)?, self.rows.starts.get(at + 1)?);
        (start < end).then_some(*start)
    }

    /// The row of a candidate, if it is in view.
    pub(super) fn row_of(&self, candidate: usize) -> Option<usize> {
        let group = *self.rows.group_of.get(candidate)?;
        let held = self.rows.groups.get(group)?;
        if held.folded && !self.rows.headless {
            return None;
        }
        let within = held.members.iter().position(|member| *member == candidate)?;
        Some(self.head_row(group)? + within + usize::from(!self.rows.headless))
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

    /// Gathers, sorts and filters everything, and finds the cursor's place again.
    pub(super) fn lay_out(&mut self) {
        self.version += 1;
        self.sifting = None;
        self.keys = self.all_keys();
        self.gather();
        self.count_all_peers();
        for nth in 0..self.rows.groups.len() {
            self.fill(nth);
        }
        self.sort_groups();
        self.rows.add_up();
        self.find_cursor();
    }

    fn gather(&mut self) {
        let group = self.arrangement.group;
        let mut folded: HashSet<String> = std::mem::take(&mut self.to_fold);
        folded.extend(self.folded().map(str::to_owned));
        let mut rows = Rows { headless: group == Grouping::Nothing, ..Rows::default() };
        if group == Grouping::Task {
            let groups = self.tasks.iter().map(|task| (task.id.clone(), task.ranking.clone()));
            rows.groups = groups.map(|(name, all)| Group { name, all, ..Group::default() }).collect();
            rows.group_of = self.candidates.iter().map(|candidate| candidate.task).collect();
        } else {
            gather_by(group, &self.candidates, &mut rows);
        }
        for group in &mut rows.groups {
            group.folded = folded.remove(&group.name);
        }
        self.to_fold = folded;
        self.rows = rows;
    }

    fn count_all_peers(&mut self) {
        if self.filter.mentions(Field::Judged) {
            let rest = self.filter.without(Field::Judged);
            (0..self.tasks.len()).for_each(|task| self.count_peers(task, &rest));
        }
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

    /// Filters and sorts one group.
    pub(super) fn fill(&mut self, nth: usize) {
        let members = self.fitting(nth);
        self.seat_members(nth, members);
    }

    /// Those of a group that the filter leaves, in order.
    pub(super) fn fitting(&mut self, nth: usize) -> Vec<usize> {
        let all = std::mem::take(&mut self.rows.groups[nth].all);
        let mut members: Vec<usize> = all.iter().copied().filter(|member| self.leaves(*member)).collect();
        self.rows.groups[nth].all = all;
        members.sort_by(|a, b| self.compare(*a, *b));
        members
    }

    /// These are left of a group.
    pub(super) fn seat_members(&mut self, nth: usize, mut members: Vec<usize>) {
        let samples = Arc::make_mut(&mut self.samples);
        for member in &self.rows.groups[nth].all {
            samples[*member].shown = false;
        }
        for member in &members {
            samples[*member].shown = true;
        }
        let left = members.len();
        if self.arrangement.distinct && self.arrangement.group == Grouping::Task {
            let mut seen = HashSet::new();
            members.retain(|member| self.candidates[*member].patch().is_none_or(|patch| seen.insert(patch)));
        }
        let group = &mut self.rows.groups[nth];
        (group.members, group.left) = (members, left);
    }

    /// Whether the filter leaves a candidate. One that only its body can decide on waits until somebody has looked.
    fn leaves(&mut self, nth: usize) -> bool {
        let judged = if self.filter.is_empty() { Some(true) } else { self.judge_by_filter(&self.candidates[nth]) };
        self.wants_bodies |= judged.is_none() && self.is_unread(&self.candidates[nth]);
        judged == Some(true)
    }

    /// Groups by what is common to them; when the user sorts by a column, by their first members.
    pub(super) fn sort_groups(&mut self) {
        let mut order: Vec<usize> = (0..self.rows.groups.len()).collect();
        // Tasks are in order already.
        if self.arrangement.sort.is_some() || self.arrangement.group != Grouping::Task {
            order.sort_by(|a, b| self.compare_groups(*a, *b));
        }
        self.rows.order = order;
        self.rows.take_positions();
    }

    fn compare_groups(&self, a: usize, b: usize) -> std::cmp::Ordering {
        if self.arrangement.sort.is_none() {
            let gathered = |nth: usize| &self.rows.groups[nth].gathered;
            return self.arrangement.group.order(gathered(a), gathered(b));
        }
        let first = |nth: usize| self.rows.groups[nth].members.first();
        match (first(a), first(b)) {
            (Some(a), Some(b)) => self.compare(*a, *b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        }
        .then(a.cmp(&b))
    }

    /// A score has changed, and with it perhaps the ranks in its task: puts what that touches where it belongs.
    pub(super) fn lay_out_anew(&mut self, changed: usize) {
        let task = self.candidates[changed].task;
        let by_peers = self.filter.mentions(Field::Judged);
        if by_peers {
            self.count_peers(task, &self.filter.without(Field::Judged));
        }
        let Arrangement { group, .. } = self.arrangement;
        let sorted_by = self.arrangement.sorted_by();
        let by_rank = by_peers
            || self.filter.mentions(Field::Rank)
            || sorted_by == Field::Rank
            || group == Grouping::By(Field::Rank);
        let touched = if by_rank { self.tasks[task].ranking.clone() } else { vec![changed] };
        if sorted_by.kind() != Kind::Text {
            for nth in &touched {
                self.keys[*nth] = self.key(*nth);
            }
        }
        if group.moves() {
            for nth in &touched {
                self.regroup(*nth);
            }
        }
        self.lay_out_again(&touched);
    }

    /// Takes a candidate to the group in which it belongs now. It is shown there when it is laid out again.
    fn regroup(&mut self, nth: usize) {
        let grouping = self.arrangement.group;
        let gathered = grouping.of(&self.candidates[nth]);
        let from = self.rows.group_of[nth];
        if self.rows.groups[from].gathered == gathered {
            return;
        }
        let known = self.rows.groups.iter().position(|group| group.gathered == gathered);
        let to = known.unwrap_or_else(|| self.rows.open(grouping, &gathered));
        self.rows.groups[to].folded |= self.to_fold.remove(&self.rows.groups[to].name);
        if let Some(sifting) = &mut self.sifting {
            sifting.touch([from, to].into_iter());
        }
        self.rows.carry(nth, from, to);
    }

    /// Puts candidates where they belong now, and with them their groups.
    pub(super) fn lay_out_again(&mut self, touched: &[usize]) {
        if let Some(sifting) = &mut self.sifting {
            sifting.touch(touched.iter().map(|nth| self.rows.group_of[*nth]));
        }
        if self.arrangement.group == Grouping::Task {
            let tasks: HashSet<usize> = touched.iter().map(|nth| self.candidates[*nth].task).collect();
            for task in &tasks {
                self.fill(*task);
            }
            self.reseat_groups(&tasks);
        } else {
            self.reseat(touched);
        }
        self.rows.add_up();
        self.find_cursor();
    }

    /// Takes candidates out of their groups, and puts them in where they belong now. All are out before the first is
    /// in: a place is found among those that are in order.
    fn reseat(&mut self, touched: &[usize]) {
        for nth in touched {
            let members = &mut self.rows.groups[self.rows.group_of[*nth]].members;
            if let Some(at) = members.iter().position(|member| member == nth) {
                members.remove(at);
            }
        }
        for nth in touched {
            let group = self.rows.group_of[*nth];
            let mut members = std::mem::take(&mut self.rows.groups[group].members);
            let shown = self.leaves(*nth);
            Arc::make_mut(&mut self.samples)[*nth].shown = shown;
            if shown {
                let at = members.partition_point(|member| self.compare(*member, *nth).is_lt());
                members.insert(at, *nth);
            }
            self.rows.groups[group].left = members.len();
            self.rows.groups[group].members = members;
        }
        if self.arrangement.group.moves() {
            // Groups come and go, but they are few.
            return self.sort_groups();
        }
        let groups: HashSet<usize> = touched.iter().map(|nth| self.rows.group_of[*nth]).collect();
        self.reseat_groups(&groups);
    }

    /// Puts groups into their places, if they are ordered by their members.
    fn reseat_groups(&mut self, touched: &HashSet<usize>) {
        if self.arrangement.sort.is_none() {
            return;
        }
        let mut order = std::mem::take(&mut self.rows.order);
        order.retain(|group| !touched.contains(group));
        for group in touched {
            let to = order.partition_point(|other| self.compare_groups(*other, *group).is_lt());
            order.insert(to, *group);
        }
        self.rows.order = order;
        self.rows.take_positions();
    }
}

fn gather_by(grouping: Grouping, candidates: &[Candidate], rows: &mut Rows) {
    let mut known: HashMap<Gathered, usize> = HashMap::new();
    for (nth, candidate) in candidates.iter().enumerate() {
        let gathered = grouping.of(candidate);
        let group = *known.entry(gathered).or_insert_with_key(|gathered| rows.open(grouping, gathered));
        rows.groups[group].all.push(nth);
        rows.group_of.push(group);
    }
}
