//! What a data set says about a task: for people to read beside the candidates, never for a judge.

use super::Patch;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskFacts {
    /// The raw id, as the data set spells it.
    pub task_id: String,
    /// The record that says so, in the words that open it again: `path` or `path#record`.
    pub id: String,
    /// The patch that solves the task.
    pub gold: Option<Patch>,
    /// The text of the issue.
    pub issue: Option<String>,
}
