//! Agent Trajectory Interchange Format (ATIF) 1.x: a step holds a message, its calls and their results.
//!
//! After RFC 0001 of harbor. Neither task, patch nor outcome belong to the format.

use serde_json::Value;

use super::conversation::Conversation;
use super::{Content, Document, Format, Reading, content, json};
use crate::trajectory::{Part, Role, Trajectory, Turn, Usage};

pub struct Atif;

impl Format for Atif {
    fn name(&self) -> &'static str {
        "atif"
    }

    fn about(&self) -> &'static str {
        "ATIF 1.0 to 1.7: trajectory.json of Harbor and others, or JSONL with a header line"
    }

    fn claims(&self, document: &Document) -> bool {
        match &document.content {
            Content::Value(value) => is_root(value) && value.get("steps").is_some_and(Value::is_array),
            Content::Lines(lines) => {
                lines.first().is_some_and(|first| is_root(first) && first.get("__header__").is_some())
            }
            _ => false,
        }
    }

    fn read(&self, document: &Document) -> Reading {
        let (root, steps) = match &document.content {
            Content::Value(value) => (*value, json::list(value, "steps")),
            Content::Lines([header, steps @ ..]) => (header, steps),
            _ => return Reading::default(),
        };
        let metrics = json::at(root, "final_metrics");
        let sum = |path: &str| steps.iter().filter_map(|step| json::count(step, path)).reduce(|a, b| a + b);
        let trajectory = Trajectory {
            task_id: json::first(root, &["extra/instance_id", "extra/task_id"]).unwrap_or_default().into(),
            model: json::first(root, &["agent/model_name"]).or_else(|| step_model(steps)).map(String::from),
            turns: turns(steps),
            usage: Usage {
                input_tokens: json::count(metrics, "total_prompt_tokens").or_else(|| sum("metrics/prompt_tokens")),
                output_tokens: json::count(metrics, "total_completion_tokens")
                    .or_else(|| sum("metrics/completion_tokens")),
                cost_usd: json::number(metrics, "total_cost_usd"),
            },
            ..Trajectory::default()
        };
        Reading { trajectories: vec![trajectory], ..Reading::default() }
    }
}

fn is_root(value: &Value) -> bool {
    json::text(value, "schema_version").is_some_and(|version| version.starts_with("ATIF"))
}

fn step_model(steps: &[Value]) -> Option<&str> {
    steps.iter().find_map(|step| json::filled(step, "model_name"))
}

fn turns(steps: &[Value]) -> Vec<Turn> {
    let mut talk = Conversation::default();
    for step in steps {
        let role = match json::text(step, "source") {
            Some("system") => Role::System,
            Some("user") => Role::User,
            Some("agent" | "assistant") => Role::Assistant,
            _ => Role::Other,
        };
        let said = content::parts(json::at(step, "message"));
        let calls = json::list(step, "tool_calls").iter().map(call);
        let parts = content::reasoning(step).into_iter().chain(said).chain(calls).collect();
        talk.push(Turn {
            timestamp: json::name(step, "timestamp"),
            tokens: json::count(step, "metrics/completion_tokens"),
            cost_usd: json::number(step, "metrics/cost_usd"),
            ..Turn::new(role, parts)
        });
        for result in json::list(step, "observation/results") {
            add_result(&mut talk, result);
        }
    }
    talk.finish()
}

fn call(call: &Value) -> Part {
    let name = json::text(call, "function_name").unwrap_or_default();
    Part::call(name, content::arguments(json::at(call, "arguments")), json::owned(call, "tool_call_id"))
}

/// Text, parts, or an object as it is. Results stay in their step, also where it is the system's.
fn add_result(talk: &mut Conversation, result: &Value) {
    let answer = match json::at(result, "content") {
        object @ Value::Object(_) => object.to_string(),
        other => content::text(other),
    };
    let part = Part::result(answer, json::owned(result, "source_call_id"), None);
    if part.call_id.is_none() && talk.last().is_some_and(|turn| turn.role != Role::Assistant) {
        talk.extend(vec![part]);
    } else {
        talk.result(part);
    }
}
