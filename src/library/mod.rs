//! The trajectories in memory: summaries, labels joined, groups, order.

use crate::trajectory::Note;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    pub id: String,
    pub path: String,
    pub format: String,
    pub task_id: String,
    pub run: String,
    pub attempt: Option<u32>,
    pub model: Option<String>,
    pub turns: usize,
    pub tool_calls: usize,
    pub exit_status: Option<String>,
    pub resolved: Option<bool>,
    pub reward: Option<f64>,
    pub patch_files: Option<usize>,
    pub patch_added: Option<usize>,
    pub patch_removed: Option<usize>,
    pub input_tokens: Option<u64>,
    pub output_tokens: Option<u64>,
    pub cost_usd: Option<f64>,
    pub loops: usize,
    pub notes: Vec<Note>,
    pub bytes: u64,
}
