//! The trajectories in memory: summaries, labels joined, groups, order. Opens nothing: `store` reads, this remembers.

mod full;
mod gather;
mod join;
mod order;
pub mod query;
mod summary;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Mutex;

pub use full::Full;
pub use order::natural;
pub use query::Query;
pub use summary::Summary;

use crate::formats::Reading;
use crate::store::{self, Progress};
use crate::trajectory::{Label, Note, Outcome, Severity, Trajectory, join_key};

/// All that was read, and what follows from it once [`Library::settle`] has joined it.
#[derive(Debug, Default)]
pub struct Library {
    read: Vec<Summary>,
    labels: Vec<Label>,
    given: Vec<Label>,
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
        let library = Mutex::new(Self::default());
        let insert = |reading: Reading, given: bool| {
            let summaries: Vec<Summary> = reading.trajectories.iter().map(Summary::of).collect();
            if let Ok(mut library) = library.lock() {
                library.insert(summaries, reading.labels, reading.notes, given);
            }
        };
        store::scan(roots, progress, &|reading| insert(reading, false));
        let apart = Progress::default();
        store::scan(label_files, &apart, &|reading| insert(Reading { trajectories: Vec::new(), ..reading }, true));
        let mut library = library.into_inner().unwrap_or_default();
        library.settle();
        library
    }

    /// Adds what was read, in any order. `given`: the user named the label file, so it may speak of any folder.
    pub fn insert(&mut self, summaries: Vec<Summary>, labels: Vec<Label>, notes: Vec<Note>, given: bool) {
        self.read.extend(summaries);
        if given {
            self.given.extend(labels);
        } else {
            self.labels.extend(labels);
        }
        self.notes.extend(notes);
    }

    /// Joins predictions and labels to their trajectories and puts all in order. Cheap enough to call again and again
    /// while a scan goes on.
    pub fn settle(&mut self) {
        let mut summaries = self.read.clone();
        summaries.sort_by(|a, b| natural(&a.id, &b.id));
        summaries.dedup_by(|a, b| a.id == b.id);
        self.settled = gather::predictions(summaries);
        self.remarks = join::labels(&mut self.settled, &self.labels, &self.given);
        self.remarks.sort_by(|a, b| a.path.cmp(&b.path));
        self.by_id = self.settled.iter().enumerate().map(|(index, one)| (one.id.clone(), index)).collect();
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
