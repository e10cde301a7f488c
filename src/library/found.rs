//! What one source holds, without the bodies: this is listed, joined and kept in the index.

use super::Summary;
use super::facts::TaskSource;
use crate::formats::Reading;
use crate::trajectory::{Label, Note};

#[derive(Debug, Clone, Default)]
pub struct Found {
    pub summaries: Vec<Summary>,
    pub labels: Vec<Label>,
    pub tasks: Vec<TaskSource>,
    pub notes: Vec<Note>,
}

impl From<Reading> for Found {
    fn from(reading: Reading) -> Self {
        Self {
            summaries: reading.trajectories.iter().map(Summary::of).collect(),
            labels: reading.labels,
            tasks: reading.tasks.iter().map(TaskSource::of).collect(),
            notes: reading.notes,
        }
    }
}

impl Found {
    pub fn append(&mut self, more: Self) {
        self.summaries.extend(more.summaries);
        self.labels.extend(more.labels);
        self.tasks.extend(more.tasks);
        self.notes.extend(more.notes);
    }
}

/// What a source was named for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To be listed, and whatever outcomes and tasks lie there.
    Listing,
    /// `--labels`: its outcomes may speak of any folder.
    Labels,
    /// `--gold`: patches that solve tasks, of task rows or of predictions.
    Gold,
    /// `--tasks`: rows of tasks.
    Tasks,
}
