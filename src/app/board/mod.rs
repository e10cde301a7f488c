//! The board: tasks and their candidates in the order of their scores, laid out in groups as the user likes. The cursor
//! follows an id, never a row.

mod arrangement;
mod beside;
mod bodies;
mod cursor;
mod grouping;
mod rows;
mod sifting;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::app::judging::{Sample, lot};
use crate::library::query::{Field, Matcher, Query, Row as Asked};
use crate::library::{Summary, natural};
use sifting::Sifting;

use crate::trajectory::{Outcome, Ruling, Score, Subject, join_key};

pub use beside::{Beside, Stale, Trace, differ};
pub use bodies::Looked;

pub use arrangement::{Arrangement, COLUMNS};
pub use grouping::Grouping;
pub use rows::{Group, Row};

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
    /// Its task, by index.
    pub task: usize,
    /// Its run, numbered in the order of the list.
    pub run: usize,
    /// Its place in its task's ranking, from 0.
    pub place: usize,
    /// What the tests say. `summary.resolved` is the outcome that counts: verdicts may correct it.
    pub stated: Option<bool>,
    /// What people said.
    pub said: Said,
    /// What a second model says, as a probability.
    pub second: Option<f64>,
    /// Scored candidates of its task with an outcome, of those that the rest of the filter leaves; counted where the
    /// filter asks for it.
    peers: Option<usize>,
    /// Its place among all when nothing is scored: by task, run, attempt, id.
    seat: usize,
}

/// What people said about a candidate, as far as lists, queues and numbers need it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Said {
    /// By the person at the keys.
    pub ruling: Option<Ruling>,
    /// That verdict was given blind.
    pub blind: bool,
    /// That person left it for later.
    pub skip: bool,
    /// Annotators give different verdicts.
    pub disputed: bool,
    /// The outcome that the verdicts hold true, where they are to correct outcomes.
    pub truth: Option<bool>,
}

/// One problem, and who tried it.
#[derive(Debug, Clone, Default)]
pub struct Task {
    pub id: String,
    /// Candidates by index, best first; those without a score keep the order of their names, after the scored.
    pub ranking: Vec<usize>,
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

/// What the cursor is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selected {
    /// The head of a group, by name.
    Head(String),
    Candidate(String),
}

#[derive(Debug, Clone, Default)]
pub struct Board {
    candidates: Vec<Candidate>,
    /// What numbers and queues need of each, side by side: workers take it without a copy.
    samples: Arc<Vec<Sample>>,
    /// A filter that is not on all of them yet, and whether somebody will come back to go on.
    sifting: Option<Sifting>,
    going_on: bool,
    by_id: HashMap<String, usize>,
    /// Candidates by what they hold: copies share a key.
    by_key: HashMap<String, Vec<usize>>,
    /// Candidates with a verdict of the person at the keys.
    ruled: BTreeSet<usize>,
    tasks: Vec<Task>,
    by_task: HashMap<String, usize>,
    rows: rows::Rows,
    filter: Query,
    arrangement: Arrangement,
    /// What the candidates are sorted by; not a number where it is missing.
    keys: Vec<f64>,
    /// Names of groups to fold as soon as they are there.
    to_fold: HashSet<String>,
    /// Log-odds from which the judge says yes.
    pub threshold: f64,
    /// The name of a second model that judges beside the first.
    pub second: Option<String>,
    beside: HashMap<String, Beside>,
    bodies: bodies::Bodies,
    /// The filter asks for bodies that nobody has looked into yet.
    wants_bodies: bool,
    /// Goes up with every word of the second model.
    opinions: u64,
    tally: Tally,
    /// Goes up with every change of a score, a label, the filter or the threshold.
    version: u64,
    selected: Option<Selected>,
    cursor: usize,
    /// The first row on the screen.
    pub top: usize,
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

    /// All that a query can ask of it.
    pub fn asked(&self) -> Asked<'_> {
        let score = self.score().map(Score::probability);
        let verdict = self.said.ruling.map(Ruling::name);
        let rank = score.map(|_| self.place + 1);
        Asked { score, rank, judged: self.peers, verdict, ..Asked::from(&self.summary) }
    }

    /// The score says one thing and the tests another. `threshold` in log-odds.
    fn disagrees(&self, threshold: f64) -> bool {
        match (self.score(), self.summary.resolved) {
            (Some(score), Some(resolved)) => (score.log_odds >= threshold) != resolved,
            _ => false,
        }
    }

    /// What tells its patch from others; nothing where there is none.
    fn patch(&self) -> Option<u64> {
        self.summary.patch_hash.filter(|_| self.summary.has_patch())
    }
}

impl Board {
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// What numbers and queues need of each candidate.
    pub fn samples(&self) -> &Arc<Vec<Sample>> {
        &self.samples
    }

    /// The filter leaves it.
    pub fn is_shown(&self, nth: usize) -> bool {
        self.samples.get(nth).is_some_and(|sample| sample.shown)
    }

    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Another number: something that is counted may have changed.
    pub fn version(&self) -> u64 {
        self.version
    }

    pub fn set_threshold(&mut self, log_odds: f64) {
        self.threshold = log_odds;
        self.version += 1;
    }

    pub fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    pub fn cursor(&self) -> usize {
        self.cursor
    }

    pub fn selected(&self) -> Option<&Selected> {
        self.selected.as_ref()
    }

    pub fn filter(&self) -> &Query {
        &self.filter
    }

    pub fn arrangement(&self) -> &Arrangement {
        &self.arrangement
    }

    /// Candidates that the filter leaves.
    pub fn shown(&self) -> usize {
        self.rows.shown()
    }

    pub fn nth(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// All that a verdict speaks of: equal content, or, where it knows none, the same place.
    pub fn copies_of(&self, subject: &Subject) -> Vec<usize> {
        match self.by_key.get(&subject.key).filter(|_| !subject.key.is_empty()) {
            Some(copies) => copies.clone(),
            None => self.nth(&subject.id).into_iter().collect(),
        }
    }

    /// Candidates with a verdict of the person at the keys.
    pub fn ruled(&self) -> impl Iterator<Item = usize> + '_ {
        self.ruled.iter().copied()
    }

    pub fn candidate(&self, id: &str) -> Option<&Candidate> {
        self.by_id.get(id).and_then(|nth| self.candidates.get(*nth))
    }

    pub fn disagrees(&self, candidate: &Candidate) -> bool {
        candidate.disagrees(self.threshold)
    }

    pub fn task_of(&self, id: &str) -> Option<&Task> {
        self.tasks.get(self.candidate(id)?.task)
    }

    /// The place of a trajectory among the candidates of its task, from 1, and how many they are.
    pub fn place_of(&self, id: &str) -> Option<(usize, usize)> {
        Some((self.candidate(id)?.place + 1, self.task_of(id)?.ranking.len()))
    }

    /// Members of a task that the filter leaves, best first, by index.
    pub fn members<'a>(&'a self, task: &'a Task) -> impl Iterator<Item = usize> + 'a {
        task.ranking.iter().copied().filter(|nth| self.is_shown(*nth))
    }

    /// The one that would be picked now.
    pub fn pick(&self, task: &Task) -> Option<&Candidate> {
        self.candidates.get(*task.ranking.first()?).filter(|candidate| candidate.score().is_some())
    }

    /// How far the pick of a task lies ahead of the next, in log-odds.
    pub fn margin(&self, task: &Task) -> Option<f64> {
        let [first, second, ..] = task.ranking.as_slice() else { return None };
        let odds = |nth: usize| Some(self.candidates.get(nth)?.score()?.log_odds);
        Some(odds(*first)? - odds(*second)?)
    }

    /// How many candidates of a task have a score.
    pub fn scored(&self, task: &Task) -> usize {
        task.ranking.iter().filter(|nth| self.candidates[**nth].score().is_some()).count()
    }

    /// How many different patches the candidates of a task end in; those without one count as one each.
    pub fn distinct_patches(&self, task: &Task) -> usize {
        let mut seen = HashSet::new();
        task.ranking.iter().filter(|nth| self.candidates[**nth].patch().is_none_or(|patch| seen.insert(patch))).count()
    }

    /// All candidates of its task that end in its patch, itself included, best first.
    pub fn twins<'a>(&'a self, candidate: &'a Candidate) -> impl Iterator<Item = &'a Candidate> {
        let rivals = self.tasks.get(candidate.task).map_or(&[][..], |task| task.ranking.as_slice());
        let same = |other: &&Candidate| candidate.patch().is_some() && other.patch() == candidate.patch();
        rivals.iter().map(|nth| &self.candidates[*nth]).filter(same)
    }

    /// The trajectory under the cursor; on a head, the first of its group.
    pub fn trajectory(&self) -> Option<&str> {
        let nth = match self.row(self.cursor)? {
            Row::Candidate(nth) => nth,
            Row::Head(group) => *self.rows.group(group)?.members().first()?,
        };
        self.candidates.get(nth).map(|candidate| candidate.summary.id.as_str())
    }

    /// The filter asks what only bodies can tell: whose, and what; told once.
    pub fn unread(&mut self) -> Option<(Vec<String>, Vec<Matcher>)> {
        if !std::mem::take(&mut self.wants_bodies) {
            return None;
        }
        let ids = self.candidates.iter().filter(|it| self.judge_by_filter(it).is_none() && self.is_unread(it));
        let ids: Vec<String> = ids.map(|it| it.summary.id.clone()).collect();
        let matchers: Vec<Matcher> = self.filter.texts().into_iter().cloned().collect();
        (!ids.is_empty()).then_some((ids, matchers))
    }

    /// What was found in bodies, and with it what the filter leaves.
    pub fn learn(&mut self, matchers: &[Matcher], looked: &[Looked]) {
        self.bodies.learn(matchers, looked);
        let touched: Vec<usize> = looked.iter().filter_map(|one| self.nth(&one.id)).collect();
        if !self.filter.texts().is_empty() && !touched.is_empty() {
            self.version += 1;
            if self.filter.mentions(Field::Judged) {
                return self.lay_out();
            }
            self.lay_out_again(&touched);
        }
    }

    /// `None`: what is not known of it would decide.
    fn judge_by_filter(&self, candidate: &Candidate) -> Option<bool> {
        self.judge_by(&self.filter, candidate)
    }

    fn judge_by(&self, query: &Query, candidate: &Candidate) -> Option<bool> {
        let body = |matcher: &Matcher| self.bodies.hold(&candidate.summary, matcher);
        query.judge(&Asked { body: Some(&body), ..candidate.asked() })
    }

    fn is_unread(&self, candidate: &Candidate) -> bool {
        self.filter.texts().into_iter().any(|matcher| self.bodies.hold(&candidate.summary, matcher).is_none())
    }

    /// Takes the whole list as it is known now; scores and folds stay with what they belong to.
    pub fn list(&mut self, summaries: Vec<Summary>) {
        let before = std::mem::take(&mut self.candidates);
        let mut judged: HashMap<String, Judged> = before.into_iter().map(|it| (it.summary.id, it.judged)).collect();
        self.tasks.clear();
        self.tally = Tally::default();
        self.by_id.clear();
        self.by_key.clear();
        self.ruled.clear();
        self.by_task.clear();
        let mut runs = HashMap::new();
        for summary in summaries {
            let judged = judged.remove(&summary.id).unwrap_or_default();
            let next = runs.len();
            let run = *runs.entry(summary.run.clone()).or_insert(next);
            self.push(summary, judged, run);
        }
        self.tasks.sort_by(|a, b| natural(&a.id, &b.id));
        self.by_task = self.tasks.iter().enumerate().map(|(nth, task)| (task.id.clone(), nth)).collect();
        let mut seat = 0;
        for task in 0..self.tasks.len() {
            self.seat(task, &mut seat);
            self.find_twins(task);
            self.rank(task);
        }
        self.samples = Arc::new(self.candidates.iter().map(|candidate| sample_of(candidate, true)).collect());
        self.lay_out();
    }

    /// Something about a candidate that numbers or queues need has changed.
    fn sample(&mut self, nth: usize) {
        let candidate = &self.candidates[nth];
        if let Some(sample) = Arc::make_mut(&mut self.samples).get_mut(nth) {
            *sample = sample_of(candidate, sample.shown);
        }
    }

    fn push(&mut self, summary: Summary, judged: Judged, run: usize) {
        let nth = self.candidates.len();
        let task = join_key(&summary.task_id);
        let at = *self.by_task.entry(task.to_owned()).or_insert_with(|| {
            self.tasks.push(Task { id: task.to_owned(), ..Task::default() });
            self.tasks.len() - 1
        });
        self.tasks[at].ranking.push(nth);
        self.by_id.insert(summary.id.clone(), nth);
        if !summary.key.is_empty() {
            self.by_key.entry(summary.key.clone()).or_default().push(nth);
        }
        *self.tally.of(&judged) += 1;
        self.tally.labelled += usize::from(summary.resolved.is_some());
        let (stated, second) = (summary.resolved, self.second_score(&summary.id));
        self.candidates.push(Candidate {
            summary,
            judged,
            twin: false,
            task: at,
            run,
            place: 0,
            stated,
            said: Said::default(),
            second,
            peers: None,
            seat: 0,
        });
    }

    /// Gives the members of a task their seats, by run, attempt and id.
    fn seat(&mut self, task: usize, next: &mut usize) {
        let mut members = std::mem::take(&mut self.tasks[task].ranking);
        members.sort_by(|a, b| {
            let (a, b) = (&self.candidates[*a].summary, &self.candidates[*b].summary);
            natural(&a.run, &b.run).then(a.attempt.cmp(&b.attempt)).then_with(|| natural(&a.id, &b.id))
        });
        for nth in &members {
            let candidate = &mut self.candidates[*nth];
            (candidate.task, candidate.seat) = (task, *next);
            *next += 1;
        }
        self.tasks[task].ranking = members;
    }

    fn find_twins(&mut self, task: usize) {
        let mut count: HashMap<u64, usize> = HashMap::new();
        let members = &self.tasks[task].ranking;
        for hash in members.iter().filter_map(|nth| self.candidates[*nth].patch()) {
            *count.entry(hash).or_default() += 1;
        }
        for nth in members {
            let candidate = &mut self.candidates[*nth];
            candidate.twin = candidate.patch().is_some_and(|hash| count[&hash] > 1);
        }
    }

    /// Says what is known now about a trajectory's score, and ranks its task anew.
    pub fn judge(&mut self, id: &str, judged: Judged) {
        let Some(&nth) = self.by_id.get(id) else { return };
        let moves = !matches!(judged, Judged::Scoring { .. });
        *self.tally.of(&self.candidates[nth].judged) -= 1;
        *self.tally.of(&judged) += 1;
        self.candidates[nth].judged = judged;
        if moves {
            self.sample(nth);
            self.version += 1;
            self.rank(self.candidates[nth].task);
            self.lay_out_anew(nth);
        }
    }

    /// The same for many at once: the board is laid out once, where that costs less.
    pub fn judge_all(&mut self, all: Vec<(String, Judged)>) {
        const FEW: usize = 32;
        if all.len() <= FEW {
            for (id, judged) in all {
                self.judge(&id, judged);
            }
            return;
        }
        let mut touched = BTreeSet::new();
        for (id, judged) in all {
            let Some(&nth) = self.by_id.get(&id) else { continue };
            *self.tally.of(&self.candidates[nth].judged) -= 1;
            *self.tally.of(&judged) += 1;
            self.candidates[nth].judged = judged;
            self.sample(nth);
            touched.insert(self.candidates[nth].task);
        }
        for task in touched {
            self.rank(task);
        }
        self.lay_out();
    }

    /// What people said about a candidate, and with it the outcome that counts; without a truth, the tests'.
    pub fn set_said(&mut self, nth: usize, said: Said) {
        let counts = self.note_said(nth, said);
        if self.arrangement.sorted_by() == Field::Verdict {
            return self.lay_out();
        }
        if counts || self.asks_for_verdicts() {
            self.version += 1;
            self.lay_out_anew(nth);
        }
    }

    /// The same for all, in the order of the candidates.
    pub fn set_all_said(&mut self, all: Vec<Said>) {
        let mut counts = false;
        for (nth, said) in all.into_iter().enumerate() {
            counts |= self.note_said(nth, said);
        }
        if counts || self.asks_for_verdicts() {
            self.lay_out();
        }
    }

    /// A verdict can move its candidate, even where it corrects no outcome.
    fn asks_for_verdicts(&self) -> bool {
        let Arrangement { group, .. } = self.arrangement;
        self.filter.mentions(Field::Verdict)
            || group == Grouping::By(Field::Verdict)
            || self.arrangement.sorted_by() == Field::Verdict
    }

    /// True: the outcome that counts is another one now.
    fn note_said(&mut self, nth: usize, said: Said) -> bool {
        let Some(candidate) = self.candidates.get_mut(nth) else { return false };
        let (before, resolved) = (candidate.summary.resolved, said.truth.or(candidate.stated));
        let changes = candidate.said != said || before != resolved;
        candidate.said = said;
        candidate.summary.resolved = resolved;
        if changes {
            self.sample(nth);
        }
        self.tally.labelled += usize::from(resolved.is_some());
        self.tally.labelled -= usize::from(before.is_some());
        if said.ruling.is_some() {
            self.ruled.insert(nth);
        } else {
            self.ruled.remove(&nth);
        }
        before != resolved
    }

    fn rank(&mut self, task: usize) {
        let mut ranking = std::mem::take(&mut self.tasks[task].ranking);
        let odds = |nth: usize| self.candidates[nth].score().map_or(f64::NAN, |score| score.log_odds);
        ranking.sort_by(|a, b| {
            let seat = |nth: usize| self.candidates[nth].seat;
            arrangement::order(odds(*a), odds(*b), true).then_with(|| seat(*a).cmp(&seat(*b)))
        });
        for (place, nth) in ranking.iter().enumerate() {
            self.candidates[*nth].place = place;
        }
        self.tasks[task].ranking = ranking;
    }
}

fn sample_of(candidate: &Candidate, shown: bool) -> Sample {
    let summary = &candidate.summary;
    Sample {
        task: candidate.task,
        run: candidate.run,
        log_odds: candidate.score().map(|score| score.log_odds),
        resolved: summary.resolved,
        stated: candidate.stated,
        second: candidate.second.or(summary.score),
        patch: summary.patch_hash.filter(|_| candidate.twin),
        disputed: candidate.said.disputed,
        lot: lot(&summary.id),
        shown,
    }
}
