//! One trajectory in a list: everything but its turns.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::diff::{self, Stat};
use crate::formats::PREDICTIONS;
use crate::trajectory::{Outcome, Subject, Trajectory};

/// Enough to find a patch by any file that a person would name; a vendored tree has thousands.
const FILES_KEPT: usize = 200;
/// Longer patches (in bytes) are told apart by their text: reading a list must not wait for them.
const LONGEST_COMPARED: usize = 1 << 20;

/// The fields of `list`, in its order. Absent means that the source does not say. Fields that `list` leaves out are kept
/// in the index by `kept::Hidden`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Summary {
    pub id: String,
    pub path: PathBuf,
    #[serde(skip_deserializing)]
    pub format: &'static str,
    pub task_id: String,
    pub run: String,
    pub attempt: Option<u32>,
    pub model: Option<String>,
    pub turns: usize,
    pub tool_calls: usize,
    pub exit_status: Option<String>,
    /// Of the outcome after joining: unknown is not false.
    pub resolved: Option<bool>,
    /// What the source says.
    pub reward: Option<f64>,
    /// What our model says; filled in by whoever scores.
    pub score: Option<f64>,
    pub patch_files: Option<usize>,
    pub patch_added: Option<usize>,
    pub patch_removed: Option<usize>,
    pub input_tokens: Option<u64>,
    pub output_tokens: Option<u64>,
    pub cost_usd: Option<f64>,
    /// Longest row of equal actions.
    pub loops: usize,
    pub notes: Vec<String>,
    pub bytes: u64,
    /// [`Trajectory::key`]: what verdicts hold on to.
    #[serde(skip)]
    pub key: String,
    /// What the trajectory's own record says about its outcome.
    #[serde(skip)]
    pub stated: Outcome,
    /// Equal for patches that make the same edits, see [`diff::normal_key`]; 0 if the patch is empty.
    #[serde(skip)]
    pub patch_hash: Option<u64>,
    /// Files that the patch touches, the first of them (`FILES_KEPT`).
    #[serde(skip)]
    pub touched: Vec<String>,
    /// The id of the prediction that filled in the patch.
    #[serde(skip)]
    pub patch_from: Option<String>,
}

impl Summary {
    pub fn of(trajectory: &Trajectory) -> Self {
        let patch = trajectory.patch.as_ref().map(|patch| patch.text.as_str());
        let edits = patch.map(Edits::of);
        let stat = edits.as_ref().map(|edits| edits.stat);
        Self {
            id: trajectory.id.clone(),
            path: trajectory.path.clone(),
            format: trajectory.format,
            task_id: trajectory.task_id.clone(),
            run: trajectory.run.clone(),
            attempt: trajectory.attempt,
            model: trajectory.model.clone(),
            turns: trajectory.turns.len(),
            tool_calls: trajectory.tool_calls().count(),
            exit_status: trajectory.exit_status.clone(),
            resolved: trajectory.outcome.resolved(),
            reward: trajectory.reward,
            score: None,
            patch_files: stat.map(|stat| stat.files),
            patch_added: stat.map(|stat| stat.added),
            patch_removed: stat.map(|stat| stat.removed),
            input_tokens: trajectory.usage.input_tokens,
            output_tokens: trajectory.usage.output_tokens,
            cost_usd: trajectory.usage.cost_usd,
            loops: trajectory.loops(),
            notes: trajectory.notes.iter().map(ToString::to_string).collect(),
            bytes: trajectory.bytes,
            key: trajectory.key(),
            stated: trajectory.outcome,
            patch_hash: edits.as_ref().map(|edits| edits.key),
            touched: edits.map_or_else(Vec::new, |edits| edits.touched),
            patch_from: None,
        }
    }

    pub fn outcome(&self) -> Outcome {
        self.resolved.into()
    }

    /// What a verdict about it is tied to.
    pub fn subject(&self) -> Subject {
        Subject { id: self.id.clone(), key: self.key.clone(), task_id: self.task_id.clone(), run: self.run.clone() }
    }

    /// A patch without turns.
    pub fn is_prediction(&self) -> bool {
        self.format == PREDICTIONS
    }

    /// Its file as a whole, not one of several records in it.
    pub fn is_its_file(&self) -> bool {
        self.id == self.path.to_string_lossy()
    }

    pub fn has_patch(&self) -> bool {
        self.patch_hash.is_some_and(|hash| hash != 0)
    }

    /// Takes over the patch of a prediction of the same rollout.
    pub fn take_patch(&mut self, prediction: &Self) {
        self.patch_files = prediction.patch_files;
        self.patch_added = prediction.patch_added;
        self.patch_removed = prediction.patch_removed;
        self.patch_hash = prediction.patch_hash;
        self.touched.clone_from(&prediction.touched);
        self.patch_from = Some(prediction.id.clone());
    }
}

/// What tells patches apart, where they lie, and how large they are.
struct Edits {
    key: u64,
    touched: Vec<String>,
    stat: Stat,
}

impl Edits {
    fn of(patch: &str) -> Self {
        if patch.trim().is_empty() || patch.len() > LONGEST_COMPARED {
            return Self { key: text_key(patch), touched: Vec::new(), stat: diff::stat(patch) };
        }
        let diff = diff::parse(patch);
        let mut touched: Vec<String> = Vec::new();
        for path in diff.files.iter().flat_map(|file| [&file.old_path, &file.new_path]).flatten() {
            if touched.len() < FILES_KEPT && touched.last() != Some(path) {
                touched.push(path.clone());
            }
        }
        // Prose where a patch should be has no edits: then the text itself tells.
        let key = if diff.files.is_empty() { text_key(patch) } else { (diff::normal_key(&diff) as u64).max(1) };
        Self { key, touched, stat: diff.stat() }
    }
}

/// Of the text without white space at line ends; 0 if there is none.
fn text_key(patch: &str) -> u64 {
    let patch = patch.trim();
    if patch.is_empty() {
        return 0;
    }
    let mut hasher = DefaultHasher::new();
    patch.lines().for_each(|line| line.trim_end().hash(&mut hasher));
    hasher.finish().max(1)
}
