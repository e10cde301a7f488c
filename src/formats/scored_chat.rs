//! Chats of reinforcement learning, one attempt each: verifiers `results.jsonl` and tau-bench runs.

use serde_json::Value;

use super::{Document, Format, Reading, chat, json};
use crate::trajectory::{Outcome, Trajectory};

pub struct ScoredChat;

impl Format for ScoredChat {
    fn name(&self) -> &'static str {
        "scored-chat"
    }

    fn about(&self) -> &'static str {
        "verifiers results.jsonl (prompt, completion, reward), tau-bench (task_id, trial, reward, traj)"
    }

    fn claims(&self, document: &Document) -> bool {
        document.value().is_some_and(|row| {
            let said = !json::list(row, "completion").is_empty() || !json::list(row, "traj").is_empty();
            said && row.get("reward").is_some()
        })
    }

    fn read(&self, document: &Document) -> Reading {
        let Some(row) = document.value() else { return Reading::default() };
        let said = ["prompt", "completion", "traj"].iter().flat_map(|key| json::list(row, key));
        let said: Vec<Value> = said.cloned().collect();
        let reward = json::number(row, "reward");
        let task = ["task_id", "example_id", "id"].iter().find_map(|key| json::name(row, key));
        let trajectory = Trajectory {
            task_id: task.unwrap_or_default(),
            attempt: json::count(row, "trial").map(|trial| trial as u32),
            turns: chat::turns(&said, &Value::Null),
            exit_status: json::owned(row, "stop_condition"),
            outcome: if row.get("traj").is_some() { solved(reward) } else { Outcome::Unknown },
            reward,
            ..Trajectory::default()
        };
        Reading { trajectories: vec![trajectory], ..Reading::default() }
    }
}

/// tau-bench rewards 1 for a task that ended as it should, else 0; the rewards of verifiers have no such meaning.
fn solved(reward: Option<f64>) -> Outcome {
    reward.map(|reward| reward >= 1.0).into()
}
