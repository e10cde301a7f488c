//! R2E-Gym dumps: a row per rollout, its steps in `trajectory_steps`.
//!
//! Shape after `R2E-Gym/R2E-Gym: src/r2egym/agenthub/trajectory/trajectory.py`. `ds` is the task with its gold patch:
//! only the id is read from it. The outputs of the tests are the grader's.

use serde_json::Value;

use super::conversation::Conversation;
use super::inline::{self, Dialect};
use super::{Document, Format, Reading, json, outcomes};
use crate::trajectory::{Part, PartKind, Patch, Trajectory, Turn, Usage};

pub struct R2eGym;

impl Format for R2eGym {
    fn name(&self) -> &'static str {
        "r2e-gym"
    }

    fn about(&self) -> &'static str {
        "R2E-Gym dumps: rows of trajectory_steps, output_patch and reward"
    }

    fn claims(&self, document: &Document) -> bool {
        document.value().is_some_and(|row| json::at(row, "trajectory_steps").is_array())
    }

    fn read(&self, document: &Document) -> Reading {
        let Some(row) = document.value() else { return Reading::default() };
        let steps = json::list(row, "trajectory_steps");
        let sum = |key: &str| steps.iter().filter_map(|step| json::count(step, key)).reduce(u64::saturating_add);
        let trajectory = Trajectory {
            task_id: json::first(row, &["ds/instance_id", "docker_image", "ds/docker_image"])
                .unwrap_or_default()
                .into(),
            run: json::owned(row, "exp_name").unwrap_or_default(),
            model: json::first(row, &["agent_args/llm_name", "agent_args/model"]).map(String::from),
            turns: turns(row, steps),
            patch: json::text(row, "output_patch").map(Patch::given),
            exit_status: json::owned(row, "exit_reason"),
            outcome: outcomes::truth(json::at(row, "reward")),
            reward: outcomes::reward(row),
            usage: Usage {
                input_tokens: sum("token_usage_prompt"),
                output_tokens: sum("token_usage_completion"),
                cost_usd: None,
            },
            ..Trajectory::default()
        };
        Reading { trajectories: vec![trajectory], ..Reading::default() }
    }

    fn lists_without_answers(&self, _row: &Value) -> bool {
        true
    }
}

fn turns(row: &Value, steps: &[Value]) -> Vec<Turn> {
    let mut talk = Conversation::default();
    if let Some(issue) = json::filled(row, "problem_statement") {
        talk.push(Turn::user(issue));
    }
    for step in steps {
        let thought = json::filled(step, "thought").map(Part::thought);
        let action = json::filled(step, "action").map(action).unwrap_or_default();
        let turn = Turn::assistant(thought.into_iter().chain(action).collect());
        talk.push(Turn { tokens: json::count(step, "token_usage_completion"), ..turn });
        if let Some(observation) = json::filled(step, "observation") {
            talk.result(Part::result(observation, None, None));
        }
    }
    talk.finish()
}

/// `<function=…>` tags, or a command as it is.
fn action(action: &str) -> Vec<Part> {
    let parts = Dialect::FunctionTags.parts(action);
    let called = parts.iter().any(|part| part.kind == PartKind::ToolCall);
    if called { parts } else { vec![inline::command_call(action)] }
}
