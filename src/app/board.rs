//! The board: tasks and their candidates in the order of their scores. The cursor follows an id, never a row.

use std::collections::{HashMap, HashSet};

use super::filter::Filter;
use crate::library::{Summary, natural};
use crate::trajectory::{Outcome, Score, join_key};

#[derive(Debug, Clone, Default, PartialEq)]
pub enum Judged {
    #[default]
    Waiting,
    Scoring {
        done: usize,
        total: usize,
    },
    Scored(Score),
    TooLong {
        tokens: usize,
        limit: usize,
    },
    Failed(String),
}

#[derive(Debug, Clone)]
pub struct Candidate {
    pub summary: Summary,
    pub judged: Judged,
    /// Another candidate of its task ends in the same patch.
    pub twin: bool,
}

/// One problem, and who tried it.
#[derive(Debug, Clone, Default)]
pub struct Task {
    pub id: String,
    /// Candidates by index, best first; those without a score keep the order of their names, after the scored.
    pub ranking: Vec<usize>,
    pub folded: bool,
}

/// How many candidates are in which state, kept up to date so that a frame does not count them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub labelled: usize,
    pub scored: usize,
    pub too_long: usize,
    pub failed: usize,
    /// Waiting, or being scored now.
    pub open: usize,
}

impl Tally {
    fn of(&mut self, judged: &Judged) -> &mut usize {
        match judged {
            Judged::Waiting | Judged::Scoring { .. } => &mut self.open,
            Judged::Scored(_) => &mut self.scored,
            Judged::TooLong { .. } => &mut self.too_long,
            Judged::Failed(_) => &mut self.failed,
        }
    }
}

/// What stands in a row of the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// A task by index.
    Task(usize),
    /// A candidate by index, and its place in its task from 0.
    Candidate(usize, usize),
}

/// What the cursor is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selected {
    Task(String),
    Candidate(String),
}

#[derive(Debug, Clone, Default)]
pub struct Board {
    candidates: Vec<Candidate>,
    by_id: HashMap<String, usize>,
    tasks: Vec<Task>,
    by_task: HashMap<String, usize>,
    rows: Vec<Row>,
    pub filter: Filter,
    /// Log-odds from which the judge says yes.
    pub threshold: f64,
    tally: Tally,
    selected: Option<Selected>,
    cursor: usize,
    /// The first row on the screen.
    pub top: usize,
    shown: usize,
    /// Somebody has moved the cursor: from then on it stays with what it is on.
    touched: bool,
}

impl Candidate {
    pub fn outcome(&self) -> Outcome {
        Outcome::from(self.summary.resolved)
    }

    pub fn score(&self) -> Option<&Score> {
        match &self.judged {
            Judged::Scored(score) => Some(score),
            _ => None,
        }
    }

    /// The score says one thing and the tests another. `threshold` in log-odds.
    fn disagrees(&self, threshold: f64) -> bool {
        match (self.score(), self.summary.resolved) {
            (Some(score), Some(resolved)) => (score.log_odds >= threshold) != resolved,
            _ => false,
        }
    }
}

impl Board {
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    pub fn tally(&self) -> Tally {
        self.tally
    }

    pub fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub fn cursor(&self) -> usize {
        self.cursor
    }

    pub fn selected(&self) -> Option<&Selected> {
        self.selected.as_ref()
    }

    /// Candidates that the filter leaves.
    pub fn shown(&self) -> usize {
        self.shown
    }

    pub fn candidate(&self, id: &str) -> Option<&Candidate> {
        self.by_id.get(id).and_then(|nth| self.candidates.get(*nth))
    }

    pub fn disagrees(&self, candidate: &Candidate) -> bool {
        candidate.disagrees(self.threshold)
    }

    pub fn task_of(&self, id: &str) -> Option<&Task> {
        self.by_task.get(join_key(&self.candidate(id)?.summary.task_id)).and_then(|nth| self.tasks.get(*nth))
    }

    /// Members of a task that the filter leaves, best first, by index.
    pub fn members<'a>(&'a self, task: &'a Task) -> impl Iterator<Item = usize> + 'a {
        task.ranking.iter().copied().filter(|nth| self.filter.leaves(&self.candidates[*nth].summary))
    }

    /// The one that would be picked now.
    pub fn pick(&self, task: &Task) -> Option<&Candidate> {
        self.candidates.get(*task.ranking.first()?).filter(|candidate| candidate.score().is_some())
    }

    /// The trajectory under the cursor; on a task, its best.
    pub fn trajectory(&self) -> Option<&str> {
        match self.rows.get(self.cursor)? {
            Row::Candidate(nth, _) => Some(&self.candidates[*nth].summary.id),
            Row::Task(nth) => {
                let best = self.members(&self.tasks[*nth]).next()?;
                Some(&self.candidates[best].summary.id)
            }
        }
    }

    /// Takes the whole list as it is known now; scores and folds stay with what they belong to.
    pub fn list(&mut self, summaries: Vec<Summary>) {
        let before = std::mem::take(&mut self.candidates);
        let mut judged: HashMap<String, Judged> = before.into_iter().map(|it| (it.summary.id, it.judged)).collect();
        let tasks = std::mem::take(&mut self.tasks);
        let folded: HashSet<String> = tasks.into_iter().filter(|task| task.folded).map(|task| task.id).collect();
        self.tally = Tally::default();
        self.by_id.clear();
        self.by_task.clear();
        for summary in summaries {
            let judged = judged.remove(&summary.id).unwrap_or_default();
            self.push(summary, judged);
        }
        self.tasks.sort_by(|a, b| natural(&a.id, &b.id));
        self.by_task = self.tasks.iter().enumerate().map(|(nth, task)| (task.id.clone(), nth)).collect();
        for nth in 0..self.tasks.len() {
            self.tasks[nth].folded = folded.contains(&self.tasks[nth].id);
            self.find_twins(nth);
            self.rank(nth);
        }
        self.lay_out();
    }

    fn push(&mut self, summary: Summary, judged: Judged) {
        let nth = self.candidates.len();
        let task = join_key(&summary.task_id);
        let at = *self.by_task.entry(task.to_owned()).or_insert_with(|| {
            self.tasks.push(Task { id: task.to_owned(), ..Task::default() });
            self.tasks.len() - 1
        });
        self.tasks[at].ranking.push(nth);
        self.by_id.insert(summary.id.clone(), nth);
        *self.tally.of(&judged) += 1;
        self.tally.labelled += usize::from(summary.resolved.is_some());
        self.candidates.push(Candidate { summary, judged, twin: false });
    }

    fn find_twins(&mut self, task: usize) {
        let mut count: HashMap<u64, usize> = HashMap::new();
        let members = &self.tasks[task].ranking;
        let patch = |summary: &Summary| summary.patch_hash.filter(|_| summary.has_patch());
        for hash in members.iter().filter_map(|nth| patch(&self.candidates[*nth].summary)) {
            *count.entry(hash).or_default() += 1;
        }
        for nth in members {
            let candidate = &mut self.candidates[*nth];
            candidate.twin = patch(&candidate.summary).is_some_and(|hash| count[&hash] > 1);
        }
    }

    /// Says what is known now about a trajectory's score, and ranks its task anew.
    pub fn judge(&mut self, id: &str, judged: Judged) {
        let Some(&nth) = self.by_id.get(id) else { return };
        let moves = !matches!(judged, Judged::Scoring { .. });
        *self.tally.of(&self.candidates[nth].judged) -= 1;
        *self.tally.of(&judged) += 1;
        self.candidates[nth].judged = judged;
        let task = self.by_task.get(join_key(&self.candidates[nth].summary.task_id)).copied();
        if let Some(task) = task.filter(|_| moves) {
            self.rank(task);
            self.lay_out();
        }
    }

    fn rank(&mut self, task: usize) {
        let candidates = &self.candidates;
        let order = |nth: &usize| candidates[*nth].score().map_or(f64::NEG_INFINITY, |score| score.log_odds);
        let by_name = |a: &usize, b: &usize| {
            let (a, b) = (&candidates[*a].summary, &candidates[*b].summary);
            natural(&a.run, &b.run).then(a.attempt.cmp(&b.attempt)).then_with(|| natural(&a.id, &b.id))
        };
        self.tasks[task].ranking.sort_by(|a, b| {
            let scored = candidates[*b].score().is_some().cmp(&candidates[*a].score().is_some());
            scored.then(order(b).total_cmp(&order(a))).then_with(|| by_name(a, b))
        });
    }

    /// Rebuilds the rows, and finds the cursor's place among them again.
    fn lay_out(&mut self) {
        let mut rows = Vec::with_capacity(self.rows.len());
        self.shown = 0;
        for (nth, task) in self.tasks.iter().enumerate() {
            let head = rows.len();
            rows.push(Row::Task(nth));
            let members = task.ranking.iter().enumerate();
            let left = members.filter(|(_, nth)| self.filter.leaves(&self.candidates[**nth].summary));
            rows.extend(left.map(|(place, nth)| Row::Candidate(*nth, place)));
            self.shown += rows.len() - head - 1;
            match (rows.len() - head, task.folded) {
                (1, _) => rows.truncate(head),
                (_, true) => rows.truncate(head + 1),
                (_, false) => {}
            }
        }
        self.rows = rows;
        self.find_cursor();
    }

    fn find_cursor(&mut self) {
        let wanted = self.selected.as_ref().filter(|_| self.touched);
        let found = wanted.and_then(|wanted| self.rows.iter().position(|row| self.is(row, wanted)));
        let first = if self.touched { self.cursor } else { 1 };
        self.set_cursor(found.unwrap_or(first));
    }

    fn is(&self, row: &Row, wanted: &Selected) -> bool {
        match (row, wanted) {
            (Row::Task(nth), Selected::Task(id)) => self.tasks[*nth].id == *id,
            (Row::Candidate(nth, _), Selected::Candidate(id)) => self.candidates[*nth].summary.id == *id,
            _ => false,
        }
    }

    fn set_cursor(&mut self, row: usize) {
        self.cursor = row.min(self.rows.len().saturating_sub(1));
        self.selected = self.rows.get(self.cursor).map(|row| match row {
            Row::Task(nth) => Selected::Task(self.tasks[*nth].id.clone()),
            Row::Candidate(nth, _) => Selected::Candidate(self.candidates[*nth].summary.id.clone()),
        });
    }

    pub fn go(&mut self, row: usize) {
        self.touched = true;
        self.set_cursor(row);
    }

    pub fn walk(&mut self, rows: isize) {
        self.go(self.cursor.saturating_add_signed(rows));
    }

    /// To the head of the next or previous task.
    pub fn walk_tasks(&mut self, tasks: isize) {
        let heads = |range: std::ops::Range<usize>| range.filter(|row| matches!(self.rows[*row], Row::Task(_)));
        let count = tasks.unsigned_abs().saturating_sub(1);
        let row = if tasks > 0 {
            heads(self.cursor + 1..self.rows.len()).nth(count)
        } else {
            heads(0..self.cursor).rev().nth(count)
        };
        if let Some(row) = row {
            self.go(row);
        }
    }

    /// To the next or previous candidate whose score and outcome disagree.
    pub fn walk_disagreements(&mut self, forward: bool) -> bool {
        let disagrees = |row: &usize| match self.rows[*row] {
            Row::Candidate(nth, _) => self.disagrees(&self.candidates[nth]),
            Row::Task(_) => false,
        };
        let found = if forward {
            (self.cursor + 1..self.rows.len()).find(disagrees)
        } else {
            (0..self.cursor).rev().find(disagrees)
        };
        if let Some(row) = found {
            self.go(row);
        }
        found.is_some()
    }

    /// To another candidate of the task at hand.
    pub fn walk_rivals(&mut self, by: isize) {
        let target = self.cursor.saturating_add_signed(by);
        if let (Some(Row::Candidate(here, _)), Some(Row::Candidate(there, _))) =
            (self.rows.get(self.cursor), self.rows.get(target))
        {
            let key = |nth: &usize| join_key(&self.candidates[*nth].summary.task_id);
            if key(here) == key(there) {
                self.go(target);
            }
        }
    }

    pub fn toggle(&mut self) {
        if let Some(task) = self.task_here() {
            let folded = self.tasks[task].folded;
            self.fold(!folded);
        }
    }

    /// Folds or unfolds the task under the cursor; the cursor goes to its head when its row disappears.
    pub fn fold(&mut self, folded: bool) {
        self.touched = true;
        let Some(task) = self.task_here() else { return };
        self.tasks[task].folded = folded;
        if folded {
            self.selected = Some(Selected::Task(self.tasks[task].id.clone()));
        }
        self.lay_out();
    }

    pub fn toggle_all(&mut self) {
        self.touched = true;
        let folded = self.tasks.iter().any(|task| !task.folded);
        if let (true, Some(task)) = (folded, self.task_here()) {
            self.selected = Some(Selected::Task(self.tasks[task].id.clone()));
        }
        self.tasks.iter_mut().for_each(|task| task.folded = folded);
        self.lay_out();
    }

    fn task_here(&self) -> Option<usize> {
        match self.rows.get(self.cursor)? {
            Row::Task(nth) => Some(*nth),
            Row::Candidate(nth, _) => self.by_task.get(join_key(&self.candidates[*nth].summary.task_id)).copied(),
        }
    }

    pub fn filter(&mut self, filter: Filter) {
        self.filter = filter;
        self.touched = true;
        self.lay_out();
    }

    /// Keeps the cursor on the screen, with the head of its task where there is room.
    pub fn follow(&mut self, height: usize) {
        let head = self.rows[..self.cursor.min(self.rows.len())].iter().rposition(|row| matches!(row, Row::Task(_)));
        let upper = match self.rows.get(self.cursor) {
            Some(Row::Candidate(..)) => head.filter(|head| self.cursor - head < height).unwrap_or(self.cursor),
            _ => self.cursor,
        };
        self.top = self.top.min(upper).max((self.cursor + 1).saturating_sub(height));
        self.top = self.top.min(self.rows.len().saturating_sub(height));
    }

    /// All that waits for a score, each with its task.
    pub fn waiting(&self) -> impl Iterator<Item = (usize, &str)> {
        let candidates = self.candidates.iter().enumerate();
        let waiting = candidates.filter(|(_, candidate)| candidate.judged == Judged::Waiting);
        waiting.map(|(nth, candidate)| (nth, join_key(&candidate.summary.task_id)))
    }

    /// What is in view, for the queue: the trajectory under the cursor, its task, the rows on the screen.
    pub fn attention(&self, height: usize) -> (Option<usize>, Option<&str>, Vec<usize>) {
        let cursor = self.trajectory().and_then(|id| self.by_id.get(id)).copied();
        let task = self.task_here().map(|task| self.tasks[task].id.as_str());
        let of_row = |row: &Row| match row {
            Row::Candidate(nth, _) => vec![*nth],
            Row::Task(task) => self.tasks[*task].ranking.clone(),
        };
        (cursor, task, self.rows.iter().skip(self.top).take(height).flat_map(of_row).collect())
    }
}
