//! NeMo Gym rollouts: Responses items of a request and its answer, with reward, and often with patch and outcome.
//!
//! Shapes after `NVIDIA-NeMo/Gym: */data/example_rollouts*.jsonl`. `metadata.instance_dict` holds the gold patch: unread.

use serde_json::Value;

use super::conversation::Conversation;
use super::{Document, Format, Reading, json, outcomes, responses};
use crate::trajectory::{Patch, Trajectory, Turn, Usage};

pub struct NemoGym;

const TASK: [&str; 4] =
    ["instance_id", "responses_create_params/metadata/instance_id", "task_id", "verifier_metadata/task_id"];

impl Format for NemoGym {
    fn name(&self) -> &'static str {
        "nemo-gym"
    }

    fn about(&self) -> &'static str {
        "NeMo Gym rollouts: JSONL of responses_create_params, response and reward"
    }

    fn claims(&self, document: &Document) -> bool {
        document.value().is_some_and(|row| json::has_all(row, &["responses_create_params", "response"]))
    }

    fn read(&self, document: &Document) -> Reading {
        let Some(row) = document.value() else { return Reading::default() };
        let model = json::first(row, &["response/model", "responses_create_params/model"]);
        let task = TASK.iter().find_map(|path| json::name(row, path));
        let patch = ["model_patch", "metadata/model_patch"];
        let trajectory = Trajectory {
            task_id: task.or_else(|| json::name(row, "_ng_task_index")).unwrap_or_default(),
            run: json::owned(row, "agent_ref/name").unwrap_or_default(),
            attempt: json::count(row, "_ng_rollout_index").map(|index| index as u32),
            model: model.map(String::from),
            turns: turns(row),
            patch: patch.iter().find_map(|path| json::text(row, path)).map(Patch::given),
            exit_status: json::owned(row, "error_kind"),
            outcome: outcomes::truth(json::at(row, "resolved")),
            reward: json::number(row, "reward"),
            usage: Usage {
                input_tokens: json::count(row, "response/usage/input_tokens"),
                output_tokens: json::count(row, "response/usage/output_tokens"),
                cost_usd: None,
            },
            ..Trajectory::default()
        };
        Reading { trajectories: vec![trajectory], ..Reading::default() }
    }
}

/// The request (a text, or items; empty where a harness asks by itself), then the answer.
fn turns(row: &Value) -> Vec<Turn> {
    let mut talk = Conversation::default();
    let request = json::at(row, "responses_create_params");
    if let Some(instructions) = json::filled(request, "instructions") {
        talk.push(Turn::system(instructions));
    }
    match json::at(request, "input") {
        Value::String(text) => talk.push(Turn::user(text)),
        Value::Array(items) if !items.is_empty() => responses::add_all(&mut talk, items),
        _ => talk.push_some(json::filled(request, "metadata/problem_statement").map(Turn::user)),
    }
    responses::add_all(&mut talk, json::list(row, "response/output"));
    talk.finish()
}
