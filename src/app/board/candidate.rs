//! A candidate: what is listed of a trajectory, what the judge and people said of it, and where it stands in its task.

use crate::app::judging::Sample;
use crate::library::Summary;
use crate::library::query::Row as Asked;
use crate::trajectory::{Outcome, Ruling, Score};

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
    pub(super) peers: Option<usize>,
    /// Its place among all when nothing is scored: by task, run, attempt, id.
    pub(super) seat: usize,
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
    pub(super) fn of(&mut self, judged: &Judged) -> &mut usize {
        match judged {
            Judged::Waiting | Judged::Scoring { .. } => &mut self.open,
            Judged::Scored(_) => &mut self.scored,
            Judged::TooLong { .. } => &mut self.too_long,
            Judged::Failed(_) => &mut self.failed,
        }
    }
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
    pub(super) fn disagrees(&self, threshold: f64) -> bool {
        match (self.score(), self.summary.resolved) {
            (Some(score), Some(resolved)) => (score.log_odds >= threshold) != resolved,
            _ => false,
        }
    }

    /// What tells its patch from others; nothing where there is none.
    pub(super) fn patch(&self) -> Option<u64> {
        self.summary.patch_hash.filter(|_| self.summary.has_patch())
    }

    /// What numbers and queues need of it. Its lot never changes.
    pub(super) fn sample(&self, lot: u64) -> Sample {
        Sample {
            task: self.task,
            run: self.run,
            log_odds: self.score().map(|score| score.log_odds),
            resolved: self.summary.resolved,
            stated: self.stated,
            second: self.second.or(self.summary.score),
            patch: self.summary.patch_hash.filter(|_| self.twin),
            disputed: self.said.disputed,
            lot,
        }
    }
}
