//! Scores from files: other people's, other machines', other models'. Found their trajectories, they stand beside computed
//! ones. A row that could mean two trajectories means none of them, and what is no number is refused by line.

mod join;
mod rows;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

pub use rows::ScoreLine;

use crate::library::Summary;
use crate::trajectory::{Note, Score};

/// What one model says in one file, joined to the trajectories at hand.
#[derive(Debug, Clone)]
pub struct Imported {
    /// As the rows call it, or the name of the file.
    pub model: String,
    pub source: PathBuf,
    /// By the id of the trajectory.
    pub scores: HashMap<String, Score>,
}

/// Reads score files and joins their rows to these trajectories: one [`Imported`] for every model of every file, in the
/// order of the files. The notes name what was refused, and what fits nothing.
pub fn import(files: &[PathBuf], summaries: &[Summary]) -> (Vec<Imported>, Vec<Note>) {
    let index = join::Index::of(summaries);
    let (mut imported, mut notes) = (Vec::new(), Vec::new());
    for file in files {
        let (lines, refused) = read(file);
        notes.extend(refused);
        let (models, unmatched) = index.join(file, lines);
        imported.extend(models);
        notes.extend(unmatched);
    }
    (imported, notes)
}

/// The rows of a score file, whatever their dialect, and notes about those that hold no score.
pub fn read(file: &Path) -> (Vec<ScoreLine>, Vec<Note>) {
    match std::fs::read(file) {
        Ok(bytes) => rows::parse(file, &String::from_utf8_lossy(&bytes)),
        Err(error) => (Vec::new(), vec![Note::problem(file, error.to_string())]),
    }
}
