//! What a trajectory is: one rollout of one agent on one task, as plain data. No reading, no judging, no drawing.

mod content;
mod note;
mod outcome;
mod score;
mod task;
mod turn;
mod verdict;

use std::path::PathBuf;

use content::Content;
pub use note::{Note, Severity};
pub use outcome::{Label, Outcome};
pub use score::{Score, TracePoint, log_odds_of, sigmoid};
pub use task::TaskFacts;
pub use turn::{Part, PartKind, Role, Turn};
pub use verdict::{Ruling, Shown, Subject, Verdict};

/// One rollout on one task. What the source did not say stays `None`: nothing here is guessed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trajectory {
    /// Where it lies, in the words that open it again: `path` or `path#record`.
    pub id: String,
    /// The file or folder of it.
    pub path: PathBuf,
    /// The raw id of the problem instance, with whatever suffix its source gave it.
    pub task_id: String,
    /// The sampling run it came from: model, configuration, folder.
    pub run: String,
    /// Which try of that run, where one run tries a task several times.
    pub attempt: Option<u32>,
    /// The name of the format that read it.
    pub format: &'static str,
    pub model: Option<String>,
    pub turns: Vec<Turn>,
    pub patch: Option<Patch>,
    pub exit_status: Option<String>,
    /// What the source itself says about the hidden tests.
    pub outcome: Outcome,
    pub reward: Option<f64>,
    pub usage: Usage,
    /// What could not be read or shown as it is.
    pub notes: Vec<Note>,
    /// Size of the record on disk.
    pub bytes: u64,
}

/// The change a trajectory ends in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Patch {
    pub text: String,
    pub origin: PatchOrigin,
}

/// A patch is either what the source gave, or what its edits imply.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PatchOrigin {
    #[default]
    Given,
    Rebuilt,
}

/// What the rollout used, as its source counted it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Usage {
    pub input_tokens: Option<u64>,
    pub output_tokens: Option<u64>,
    pub cost_usd: Option<f64>,
}

impl Patch {
    pub fn given(text: impl Into<String>) -> Self {
        Self { text: text.into(), origin: PatchOrigin::Given }
    }

    pub fn is_empty(&self) -> bool {
        self.text.trim().is_empty()
    }
}

impl Trajectory {
    /// The calls of all turns, in order.
    pub fn tool_calls(&self) -> impl Iterator<Item = &Part> {
        self.parts().filter(|part| part.kind == PartKind::ToolCall)
    }

    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        self.turns.iter().flat_map(|turn| &turn.parts)
    }

    /// A key of its content (128 bits of BLAKE3, hex): the same wherever the file lies and whatever is joined to it.
    ///
    /// Of the task, and of what was said and done in all turns; of the patch where there are no turns. Copies share it,
    /// and so do rollouts that differ in nothing but the text of what tools answered: a list can be made without it.
    pub fn key(&self) -> String {
        let mut content = Content::default();
        content.text(join_key(&self.task_id));
        self.turns.iter().for_each(|turn| content.turn(turn));
        if let Some(patch) = self.patch.as_ref().filter(|_| self.turns.is_empty()) {
            content.text(&patch.text);
        }
        content.key()
    }

    /// Length of the longest row of equal actions: 3 and more is an agent going in circles.
    pub fn loops(&self) -> usize {
        let mut longest = 0;
        let mut row = 0;
        let mut last: Option<&Part> = None;
        for call in self.tool_calls() {
            row = if last.is_some_and(|before| before.same_action(call)) { row + 1 } else { 1 };
            longest = longest.max(row);
            last = Some(call);
        }
        longest
    }
}

/// The id to join on: derived data sets append `_17`, `.l13ggwmx` or `-run-2` to the ids of the original one.
///
/// Only what follows the number of a SWE-bench style id (`owner__repo-123`) is taken off; every other id is its own key.
///
/// ```
/// use rollscope::trajectory::join_key;
/// assert_eq!(join_key("django__django-11099_17"), "django__django-11099");
/// assert_eq!(join_key("hello-world"), "hello-world");
/// ```
pub fn join_key(task_id: &str) -> &str {
    let Some(owner) = task_id.find("__") else { return task_id };
    let digits_end = |start: usize| {
        let digits = task_id[start..].bytes().take_while(u8::is_ascii_digit).count();
        (digits > 0).then_some(start + digits)
    };
    let dashes = task_id[owner..].match_indices('-').map(|(at, _)| owner + at + 1);
    for end in dashes.filter_map(digits_end) {
        if matches!(task_id[end..].bytes().next(), None | Some(b'_' | b'.')) {
            return &task_id[..end];
        }
    }
    task_id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_of_derived_sets_are_stripped_for_joining_only() {
        assert_eq!(join_key("django__django-11099"), "django__django-11099");
        assert_eq!(join_key("django__django-11099_17"), "django__django-11099");
        assert_eq!(join_key("Project-MONAI__MONAI-1010_3"), "Project-MONAI__MONAI-1010");
        assert_eq!(join_key("scikit-learn__scikit-learn-13779"), "scikit-learn__scikit-learn-13779");
        assert_eq!(
            join_key("john-kurkowski__tldextract.3d1bf184.combine_file__8cwocotr"),
            "john-kurkowski__tldextract.3d1bf184.combine_file__8cwocotr"
        );
        assert_eq!(join_key("hello-world"), "hello-world");
    }

    #[test]
    fn loops_count_the_longest_row_of_equal_actions() {
        let act = |command: &str| Part::call("bash", serde_json::json!({ "command": command }), None);
        let turns = ["ls", "ls", "cat a", "ls", "ls", "ls"].map(|command| Turn::assistant(vec![act(command)]));
        let trajectory = Trajectory { turns: turns.into(), ..Default::default() };
        assert_eq!(trajectory.loops(), 3);
        assert_eq!(Trajectory::default().loops(), 0);
    }
}
