//! The board: tasks and their candidates in the order of their scores. The cursor follows an id, never a row.

mod cursor;

use std::collections::{HashMap, HashSet};

use crate::library::query::{Query, Row as Asked};
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
    pub filter: Query,
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

    /// The place of a trajectory among the candidates of its task, from 1, and how many they are.
    pub fn place_of(&self, id: &str) -> Option<(usize, usize)> {
        let task = self.task_of(id)?;
        let place = task.ranking.iter().position(|nth| self.candidates[*nth].summary.id == id)?;
        Some((place + 1, task.ranking.len()))
    }

    /// Members of a task that the filter leaves, best first, by index.
    pub fn members<'a>(&'a self, task: &'a Task) -> impl Iterator<Item = usize> + 'a {
        task.ranking.iter().enumerate().filter(|(place, nth)| self.leaves(**nth, *place)).map(|(_, nth)| *nth)
    }

    /// Whether the filter leaves a candidate at its place in its task.
    fn leaves(&self, nth: usize, place: usize) -> bool {
        let candidate = &self.candidates[nth];
        let score = candidate.score().map(Score::probability);
        let rank = score.map(|_| place + 1);
        self.filter.is_empty() || self.filter.fits(&Asked { score, rank, ..Asked::from(&candidate.summary) })
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
            let left = members.filter(|(place, nth)| self.leaves(**nth, *place));
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
}
