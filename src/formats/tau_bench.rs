//! tau-bench: rows of `task_id`, `trial`, `reward` and `traj`, and its few-shot texts.
//!
//! Shape after `sierra-research/tau-bench: historical_trajectories, few_shot_data`. `info` holds the expected actions
//! and is not read.

use serde_json::Value;

use super::conversation::Conversation;
use super::{Document, Format, Reading, chat, json, outcomes};
use crate::trajectory::{Part, Trajectory, Turn};

pub struct TauBench;

impl Format for TauBench {
    fn name(&self) -> &'static str {
        "tau-bench"
    }

    fn about(&self) -> &'static str {
        "tau-bench: lists of task_id, trial, reward and traj; few-shot rows of messages_display"
    }

    fn claims(&self, document: &Document) -> bool {
        document.value().is_some_and(|row| {
            json::has_all(row, &["traj", "reward"]) && row.get("task_id").is_some() && json::at(row, "traj").is_array()
                || json::text(row, "messages_display").is_some()
        })
    }

    fn read(&self, document: &Document) -> Reading {
        let Some(row) = document.value() else { return Reading::default() };
        let turns = match json::text(row, "messages_display") {
            Some(display) => displayed(display),
            None => chat::turns(json::list(row, "traj"), &Value::Null),
        };
        let trajectory = Trajectory {
            task_id: json::name(row, "task_id").unwrap_or_default(),
            attempt: json::count(row, "trial").map(|n| n as u32),
            turns,
            outcome: outcomes::truth(json::at(row, "reward")),
            reward: outcomes::reward(row),
            ..Trajectory::default()
        };
        Reading { trajectories: vec![trajectory], ..Reading::default() }
    }
}

/// `user: …`, `assistant: …`, `tool: …`, each from the start of a line.
fn displayed(text: &str) -> Vec<Turn> {
    let mut messages: Vec<(&str, String)> = Vec::new();
    for line in text.split_inclusive('\n') {
        let named = line.split_once(": ").filter(|(role, _)| ["system", "user", "assistant", "tool"].contains(role));
        match (named, messages.last_mut()) {
            (Some((role, said)), _) => messages.push((role, said.into())),
            (None, Some((_, before))) => before.push_str(line),
            (None, None) => messages.push(("user", line.into())),
        }
    }
    let mut talk = Conversation::default();
    for (role, said) in messages {
        let said = said.trim_end_matches('\n');
        match role {
            "system" => talk.push(Turn::system(said)),
            "user" => talk.push(Turn::user(said)),
            "assistant" => talk.push(Turn::assistant(vec![Part::text(said)])),
            _ => talk.result(Part::result(said, None, None)),
        }
    }
    talk.finish()
}
