//! The board: tasks and their candidates in the order of their scores, laid out in groups as the user likes. The cursor
//! follows an id, never a row.

mod arrangement;
mod beside;
mod bodies;
mod candidate;
mod changes;
mod cursor;
mod grouping;
mod laying;
mod listing;
mod order;
mod placing;
mod rows;
mod tasks;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::app::judging::Samples;
use crate::library::query::Query;
use crate::trajectory::Subject;
use laying::Laying;

pub use arrangement::{Arrangement, COLUMNS};
pub use beside::{Beside, Stale, Trace, differ};
pub use bodies::Looked;
pub use candidate::{Candidate, Judged, Said, Tally};
pub use grouping::Grouping;
pub use rows::{Group, Row};
pub use tasks::Task;

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
    samples: Samples,
    /// A layout that is not ready yet, and whether somebody will come back to go on with it.
    laying: Option<Box<Laying>>,
    going_on: bool,
    /// Groups of layouts before, which take their time to go.
    past: Vec<Group>,
    by_id: HashMap<String, usize>,
    /// Candidates by what they hold: copies share a key.
    by_key: HashMap<String, Vec<usize>>,
    /// Candidates with a verdict of the person at the keys.
    ruled: BTreeSet<usize>,
    tasks: Vec<Task>,
    by_task: HashMap<String, usize>,
    /// Candidates in the order of their seats.
    by_seat: Vec<usize>,
    rows: rows::Rows,
    filter: Query,
    arrangement: Arrangement,
    /// Names of groups to fold as soon as they are there.
    to_fold: HashSet<String>,
    /// Log-odds from which the judge says yes.
    pub threshold: f64,
    /// The name of a second model that judges beside the first.
    pub second: Option<String>,
    beside: HashMap<String, Beside>,
    bodies: bodies::Bodies,
    /// Those on which only their bodies can decide, while nobody has looked into them.
    unread: Vec<usize>,
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

impl Board {
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// What numbers and queues need of each candidate.
    pub fn samples(&self) -> &Samples {
        &self.samples
    }

    /// The filter leaves it.
    pub fn is_shown(&self, nth: usize) -> bool {
        self.samples.is_shown(nth)
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

    /// The trajectory under the cursor; on a head, the first of its group.
    pub fn trajectory(&self) -> Option<&str> {
        let nth = match self.row(self.cursor)? {
            Row::Candidate(nth) => nth,
            Row::Head(group) => *self.rows.group(group)?.members().first()?,
        };
        self.candidates.get(nth).map(|candidate| candidate.summary.id.as_str())
    }
}
