//! The trajectories in memory: summaries, labels joined, groups, order. Opens nothing: `store` reads, this remembers.

mod bodies;
mod facts;
mod finder;
mod found;
mod full;
mod gather;
mod join;
mod kept;
mod order;
pub mod query;
mod reviewed;
mod sources;
mod summary;
mod warnings;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Mutex;

pub use bodies::look_into;
pub use facts::TaskSource;
pub use finder::{Finder, Found as FoundIn, Wanted};
pub use found::{Found, Purpose};
pub use full::Full;
pub use join::DISAGREE;
pub use order::natural;
pub use query::Query;
pub use reviewed::{Reviewed, Truth};
pub use sources::{News, Sources, Watch};
pub use summary::Summary;
pub use warnings::{Warning, warning_signs};

use facts::Facts;
use rayon::prelude::*;

use crate::store::{self, Progress};
use crate::trajectory::{Label, Note, Outcome, Severity, TaskFacts, Trajectory, join_key};

/// All that was read, and what follows from it once [`Library::settle`] has joined it.
#[derive(Debug, Default)]
pub struct Library {
    read: Vec<Summary>,
    labels: Vec<Label>,
    given: Vec<Label>,
    facts: Facts,
    notes: Vec<Note>,
    settled: Vec<Summary>,
    remarks: Vec<Note>,
    by_id: HashMap<String, usize>,
}

/// The candidates for one task, as indices into [`Library::summaries`].
#[derive(Debug, PartialEq, Eq)]
pub struct Task<'a> {
    pub id: &'a str,
    pub members: Vec<usize>,
}

impl Library {
    /// Reads everything under the roots, with labels found there and in the label files given, and settles it.
    pub fn read(roots: &[PathBuf], label_files: &[PathBuf], progress: &Progress) -> Self {
        Self::open(&Sources { roots: roots.into(), labels: label_files.into(), ..Sources::default() }, progress)
    }

    /// As [`Library::read`], with gold patches and tasks.
    pub fn open(sources: &Sources, progress: &Progress) -> Self {
        let library = Mutex::new(Self::default());
        sources.read(progress, &|found, purpose| {
            if let Ok(mut library) = library.lock() {
                library.insert(found, purpose);
            }
        });
        let mut library = library.into_inner().unwrap_or_default();
        library.settle();
        library
    }

    /// Adds what was read, in any order.
    pub fn insert(&mut self, found: Found, purpose: Purpose) {
        for source in &found.tasks {
            self.facts.insert(source, purpose);
        }
        match purpose {
            Purpose::Listing => {
                self.read.extend(found.summaries);
                self.labels.extend(found.labels);
            }
            Purpose::Labels => self.given.extend(found.labels),
            Purpose::Gold => {
                let gold = found.summaries.iter().map(TaskSource::of_gold);
                gold.for_each(|source| self.facts.insert(&source, purpose));
            }
            Purpose::Tasks => {}
        }
        self.notes.extend(found.notes);
    }

    /// Takes what changed while the sources were followed.
    pub fn hear(&mut self, news: News) {
        match news {
            News::Found(found) => self.insert(found, Purpose::Listing),
            News::Forgotten(path) => {
                self.read.retain(|summary| !summary.path.starts_with(&path));
                self.labels.retain(|label| !label.source.starts_with(&path));
                self.notes.retain(|note| !note.path.starts_with(&path));
            }
        }
    }

    /// Joins predictions and labels to their trajectories and puts all in order. Cheap enough to call again and again
    /// while a scan goes on.
    pub fn settle(&mut self) {
        let mut summaries = self.read.clone();
        summaries.par_sort_by(|a, b| natural(&a.id, &b.id));
        summaries.dedup_by(|a, b| a.id == b.id);
        self.settled = gather::predictions(summaries);
        self.remarks = join::labels(&mut self.settled, &self.labels, &self.given);
        self.remarks.sort_by(|a, b| a.path.cmp(&b.path));
        self.by_id = self.settled.iter().enumerate().map(|(index, one)| (one.id.clone(), index)).collect();
    }

    /// How many trajectories were read, joined or not.
    pub fn count(&self) -> usize {
        self.read.len()
    }

    /// In natural order of their ids.
    pub fn summaries(&self) -> &[Summary] {
        &self.settled
    }

    pub fn get(&self, id: &str) -> Option<&Summary> {
        self.settled.get(*self.by_id.get(id)?)
    }

    /// Notes of reading and of joining.
    pub fn notes(&self) -> impl Iterator<Item = &Note> {
        self.notes.iter().chain(&self.remarks)
    }

    /// Something was skipped, unreadable or contradictory.
    pub fn has_problems(&self) -> bool {
        self.notes().any(|note| note.severity == Severity::Problem)
    }

    /// Tasks in natural order, suffixes of derived sets taken off their ids.
    pub fn tasks(&self) -> Vec<Task<'_>> {
        let mut members: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, summary) in self.settled.iter().enumerate() {
            members.entry(join_key(&summary.task_id)).or_default().push(index);
        }
        let mut tasks: Vec<Task> = members.into_iter().map(|(id, members)| Task { id, members }).collect();
        tasks.sort_by(|a, b| natural(a.id, b.id));
        tasks
    }

    /// Leaves out what does not fit. A view for this run of the program: what was read is not forgotten.
    pub fn keep(&mut self, fits: impl Fn(&Summary) -> bool) {
        self.settled.retain(|summary| fits(summary));
        self.by_id = self.settled.iter().enumerate().map(|(index, one)| (one.id.clone(), index)).collect();
    }

    /// The gold patch and the issue of a task, read from where they are written; empty where nothing tells.
    pub fn task(&self, task_id: &str) -> Result<TaskFacts, Note> {
        let (gold, issue) = self.facts.of(task_id);
        let mut facts = gold.map_or_else(|| Ok(TaskFacts::default()), store::load_task)?;
        if let Some(place) = issue.filter(|place| facts.issue.is_none() || gold != Some(*place)) {
            facts.issue = store::load_task(place)?.issue;
        }
        facts.task_id = task_id.into();
        Ok(facts)
    }

    /// Opens one trajectory, with the patch and the outcome that were joined to it.
    pub fn load(&self, id: &str) -> Result<Trajectory, Note> {
        let mut trajectory = store::load(id)?;
        if let Some(summary) = self.get(id) {
            if let Some(source) = &summary.patch_from {
                trajectory.patch = store::load(source)?.patch;
            }
            trajectory.outcome = Outcome::from(summary.resolved);
        }
        Ok(trajectory)
    }
}
