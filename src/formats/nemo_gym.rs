//! `NeMo` Gym rollouts: a request, the items of the response, and what the resource server made of them.
//!
//! Shapes after `NVIDIA-NeMo/Gym: */data/example_rollouts*.jsonl`. The row also holds the task with its gold patch
//! (`metadata.instance_dict`): nothing of that is read.

use serde_json::Value;

use super::conversation::Conversation;
use super::{Document, Format, Reading, json, outcomes, responses};
use crate::trajectory::{Outcome, Patch, Trajectory, Turn};

pub struct NemoGym;

const TASK: [&str; 5] = [
    "instance_id",
    "metadata/instance_id",
    "responses_create_params/metadata/instance_id",
    "task_id",
    "_ng_task_index",
];

impl Format for NemoGym {
    fn name(&self) -> &'static str {
        "nemo-gym"
    }

    fn about(&self) -> &'static str {
        "NeMo Gym rollouts: rows of responses_create_params, response and reward"
    }

    fn claims(&self, document: &Document) -> bool {
        document.value().is_some_and(|row| json::has_all(row, &["responses_create_params", "response"]))
    }

    fn read(&self, document: &Document) -> Reading {
        let Some(row) = document.value() else { return Reading::default() };
        let task_id = TASK.iter().find_map(|path| json::name(row, path)).unwrap_or_default();
        let response = json::at(row, "response");
        let trajectory = Trajectory {
            run: json::first(row, &["agent_ref/name", "instance_config/name", "harness"]).unwrap_or_default().into(),
            attempt: json::count(row, "_ng_rollout_index").map(|n| n as u32),
            model: json::first(row, &["response/model", "responses_create_params/model"]).map(String::from),
            turns: turns(row),
            patch: ["model_patch", "metadata/model_patch"]
                .iter()
                .find_map(|path| json::text(row, path))
                .map(Patch::given),
            exit_status: exit_status(row),
            outcome: outcome(row, &task_id),
            reward: outcomes::reward(row),
            usage: responses::usage(json::at(response, "usage")),
            task_id,
            ..Trajectory::default()
        };
        Reading { trajectories: vec![trajectory], ..Reading::default() }
    }
}

/// Servers that put the issue into the agent's sandbox leave the input empty.
fn turns(row: &Value) -> Vec<Turn> {
    let mut talk = Conversation::default();
    responses::add_request(&mut talk, json::at(row, "responses_create_params"));
    let issue = json::filled(row, "responses_create_params/metadata/problem_statement");
    if let (None, Some(issue)) = (talk.last(), issue) {
        talk.push(Turn::user(issue));
    }
    for item in json::list(row, "response/output") {
        responses::add(&mut talk, item);
    }
    talk.finish()
}

fn exit_status(row: &Value) -> Option<String> {
    let timed_out = json::at(row, "agent_timed_out").as_bool() == Some(true);
    let stated = json::first(row, &["error_kind", "response/error/message", "response/status"]).map(String::from);
    if timed_out { Some("agent_timed_out".into()) } else { stated }
}

/// Where no server says so in words, the reward of a verified task is 1 or 0.
fn outcome(row: &Value, task_id: &str) -> Outcome {
    let reports = json::at(row, "metadata/eval_report");
    let reported = outcomes::truth(json::at(reports.get(task_id).unwrap_or(&Value::Null), "resolved"));
    let candidates = [outcomes::outcome(row), reported, outcomes::truth(json::at(row, "reward"))];
    candidates.into_iter().find(|outcome| *outcome != Outcome::Unknown).unwrap_or_default()
}
