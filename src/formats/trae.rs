//! Trae agent `trajectory_*.json`: steps of the agent, with every exchange with the model beside them.
//!
//! Shape after `bytedance/trae-agent: docs/TRAJECTORY_RECORDING.md`. The exchanges repeat the whole chat; the steps
//! hold each message once.

use serde_json::Value;

use super::conversation::Conversation;
use super::{Document, Format, Reading, chat, content, json};
use crate::trajectory::{Part, Role, Trajectory, Turn, Usage};

pub struct Trae;

impl Format for Trae {
    fn name(&self) -> &'static str {
        "trae"
    }

    fn about(&self) -> &'static str {
        "Trae agent trajectory_*.json"
    }

    fn claims(&self, document: &Document) -> bool {
        document.value().is_some_and(|value| json::has_all(value, &["llm_interactions", "agent_steps"]))
    }

    fn read(&self, document: &Document) -> Reading {
        let Some(value) = document.value() else { return Reading::default() };
        let interactions = json::list(value, "llm_interactions");
        let sum = |path| interactions.iter().filter_map(|one| json::count(one, path)).reduce(u64::saturating_add);
        let trajectory = Trajectory {
            model: json::owned(value, "model"),
            turns: turns(value, interactions),
            exit_status: exit_status(value),
            usage: Usage {
                input_tokens: sum("response/usage/input_tokens"),
                output_tokens: sum("response/usage/output_tokens"),
                cost_usd: None,
            },
            ..Trajectory::default()
        };
        Reading { trajectories: vec![trajectory], ..Reading::default() }
    }
}

/// `success` is the agent's own word, not that of the tests.
fn exit_status(value: &Value) -> Option<String> {
    let success = json::at(value, "success").as_bool()?;
    Some(if success { "success".into() } else { "failure".into() })
}

fn turns(value: &Value, interactions: &[Value]) -> Vec<Turn> {
    let opening = json::list(interactions.first().unwrap_or(&Value::Null), "input_messages");
    let mut talk = Conversation::default();
    match chat::turns(opening, &Value::Null) {
        turns if turns.is_empty() => {
            if let Some(task) = json::filled(value, "task") {
                talk.push(Turn::user(task));
            }
        }
        turns => turns.into_iter().for_each(|turn| talk.push(turn)),
    }
    let steps = json::list(value, "agent_steps");
    for step in steps {
        add_step(&mut talk, step);
    }
    if steps.is_empty() {
        for one in interactions {
            talk.push(answer(json::at(one, "response"), &[], one));
        }
    }
    talk.finish()
}

fn add_step(talk: &mut Conversation, step: &Value) {
    talk.push(answer(json::at(step, "llm_response"), json::list(step, "tool_calls"), step));
    for result in json::list(step, "tool_results") {
        let said = ["result", "error"].into_iter().filter_map(|key| json::filled(result, key));
        let text = said.collect::<Vec<_>>().join("\n");
        let failed = json::at(result, "success").as_bool() == Some(false);
        let id = json::first(result, &["call_id", "id"]).map(String::from);
        talk.result(Part::result(text, id, failed.then_some(1)));
    }
    let beside = [("reflection", Role::User), ("error", Role::Other)];
    for (key, role) in beside {
        let said =
            json::filled(step, key).map(|text| if role == Role::Other { Part::note(text) } else { Part::text(text) });
        if let Some(part) = said {
            talk.push(Turn::new(role, vec![part]));
        }
    }
}

/// The calls stand in the answer and again in its step.
fn answer(response: &Value, of_step: &[Value], stamped: &Value) -> Turn {
    let calls = json::list(response, "tool_calls");
    let calls = if calls.is_empty() { of_step } else { calls };
    let call = |call: &Value| {
        let name = json::first(call, &["name", "function/name"]).unwrap_or_default();
        let arguments = [json::at(call, "arguments"), json::at(call, "function/arguments")];
        let arguments = arguments.into_iter().find(|value| !value.is_null()).map(content::arguments);
        Part::call(name, arguments.unwrap_or_default(), json::first(call, &["call_id", "id"]).map(String::from))
    };
    let said = content::parts(json::at(response, "content"));
    let parts = content::reasoning(response).into_iter().chain(said).chain(calls.iter().map(call)).collect();
    Turn {
        timestamp: json::name(stamped, "timestamp"),
        tokens: json::count(response, "usage/output_tokens"),
        ..Turn::assistant(parts)
    }
}
