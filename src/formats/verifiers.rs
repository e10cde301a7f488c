//! verifiers `results.jsonl`: `prompt`, `completion` and `reward`; several rows per example are its attempts.
//!
//! Shape after `PrimeIntellect-ai/verifiers: environments/*/outputs/evals`. `answer` is for the grader and not read.

use serde_json::Value;

use super::{Document, Format, Reading, chat, json, outcomes};
use crate::trajectory::{Trajectory, Turn};

pub struct Verifiers;

impl Format for Verifiers {
    fn name(&self) -> &'static str {
        "verifiers"
    }

    fn about(&self) -> &'static str {
        "verifiers results.jsonl: rows of prompt, completion and reward"
    }

    fn claims(&self, document: &Document) -> bool {
        let said = |row: &Value, key| json::at(row, key).is_array() || json::at(row, key).is_string();
        document.value().is_some_and(|row| {
            json::has_all(row, &["prompt", "completion", "reward"]) && said(row, "prompt") && said(row, "completion")
        })
    }

    fn read(&self, document: &Document) -> Reading {
        let Some(row) = document.value() else { return Reading::default() };
        let trajectory = Trajectory {
            task_id: ["instance_id", "info/instance_id", "example_id", "id"]
                .iter()
                .find_map(|path| json::name(row, path))
                .unwrap_or_default(),
            turns: turns(row),
            exit_status: json::first(row, &["error", "error/message", "stop_condition"]).map(String::from),
            outcome: outcomes::truth(json::at(row, "reward")),
            reward: outcomes::reward(row),
            ..Trajectory::default()
        };
        Reading { trajectories: vec![trajectory], ..Reading::default() }
    }
}

/// Base models get and give a text, chat models messages.
fn turns(row: &Value) -> Vec<Turn> {
    let messages = |key: &str, role: &str| match json::at(row, key) {
        Value::String(text) => vec![serde_json::json!({"role": role, "content": text})],
        list => list.as_array().cloned().unwrap_or_default(),
    };
    let all = [messages("prompt", "user"), messages("completion", "assistant")].concat();
    chat::turns(&all, &Value::Null)
}
