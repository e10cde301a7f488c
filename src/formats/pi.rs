//! Sessions of pi, omp and `OpenClaw`: a head, then an event per line; and the telemetry of `OpenClaw`.
//!
//! Shapes after `badlogic/pi-mono` sessions and their readers in `nicosuave/memex: fixtures/trajectory_parity`.

use serde_json::Value;

use super::conversation::Conversation;
use super::{Content, Document, Format, Reading, content, json};
use crate::trajectory::{Part, Role, Trajectory, Turn, Usage};

pub struct Pi;

impl Format for Pi {
    fn name(&self) -> &'static str {
        "pi"
    }

    fn about(&self) -> &'static str {
        "pi, omp and OpenClaw sessions (*.jsonl); OpenClaw telemetry"
    }

    fn claims(&self, document: &Document) -> bool {
        let Content::Lines(lines) = document.content else { return false };
        let session = lines.iter().any(|line| kind(line) == "session" && line.get("id").is_some());
        session || lines.first().is_some_and(is_telemetry)
    }

    fn read(&self, document: &Document) -> Reading {
        let Content::Lines(lines) = document.content else { return Reading::default() };
        let sum = |path: &str| lines.iter().filter_map(|line| json::count(line, path)).reduce(u64::saturating_add);
        let costs = lines.iter().filter_map(|line| json::number(line, "message/usage/cost/total"));
        let mut models = lines.iter().filter_map(|line| json::first(line, &["message/model", "model", "modelId"]));
        let mut talk = Conversation::default();
        for line in lines {
            add(&mut talk, line);
        }
        let inputs = ["input", "cacheRead", "cacheWrite"].map(|key| sum(&format!("message/usage/{key}")));
        let trajectory = Trajectory {
            model: models.next_back().map(String::from),
            turns: talk.finish(),
            usage: Usage {
                input_tokens: inputs.into_iter().flatten().reduce(u64::saturating_add),
                output_tokens: sum("message/usage/output"),
                cost_usd: costs.reduce(|a, b| a + b),
            },
            ..Trajectory::default()
        };
        Reading { trajectories: vec![trajectory], ..Reading::default() }
    }
}

fn kind(line: &Value) -> &str {
    json::text(line, "type").unwrap_or_default()
}

fn is_telemetry(line: &Value) -> bool {
    let known = ["message.in", "message.out", "message.sending", "agent.start", "agent.end", "tool.start", "tool.end"];
    known.contains(&kind(line)) && ["channel", "sessionKey", "agentId"].iter().any(|key| line.get(key).is_some())
}

fn add(talk: &mut Conversation, line: &Value) {
    match kind(line) {
        "message" => add_message(talk, json::at(line, "message")),
        "session" => {}
        _ if is_telemetry(line) => add_telemetry(talk, line),
        kind => {
            let said =
                json::first(line, &["title", "summary", "model", "modelId", "thinkingLevel", "content", "label"]);
            let text = said.map_or_else(|| kind.to_string(), |said| format!("{kind}: {said}"));
            talk.push(Turn::new(Role::Other, vec![Part::note(text)]));
        }
    }
    if let Some(turn) = talk.last_mut() {
        turn.timestamp = turn.timestamp.take().or_else(|| json::name(line, "timestamp"));
    }
}

fn add_message(talk: &mut Conversation, message: &Value) {
    let said = json::at(message, "content");
    match json::text(message, "role").unwrap_or_default() {
        "assistant" => talk.push(Turn {
            tokens: json::count(message, "usage/output"),
            cost_usd: json::number(message, "usage/cost/total"),
            ..Turn::assistant(answer(said))
        }),
        "toolResult" | "tool" | "bashExecution" => talk.result(result(message)),
        "user" => talk.push(Turn::new(Role::User, content::parts(said))),
        "system" => talk.push(Turn::new(Role::System, content::parts(said))),
        _ => talk.push(Turn::new(Role::Other, content::parts(said))),
    }
}

fn answer(said: &Value) -> Vec<Part> {
    let blocks = said.as_array().into_iter().flatten();
    let structured: Vec<Part> = blocks.flat_map(block).collect();
    if structured.is_empty() { content::parts(said) } else { structured }
}

fn block(block: &Value) -> Vec<Part> {
    match kind(block) {
        "toolCall" => {
            let name = json::text(block, "name").unwrap_or_default();
            vec![Part::call(name, json::at(block, "arguments").clone(), json::owned(block, "id"))]
        }
        _ => content::parts(&Value::Array(vec![block.clone()])),
    }
}

fn result(message: &Value) -> Part {
    let text = match json::text(message, "output") {
        Some(output) => output.to_string(),
        None => content::text(json::at(message, "content")),
    };
    let failed = json::at(message, "isError").as_bool().filter(|failed| *failed).map(i64::from);
    let exit_code = json::at(message, "exitCode").as_i64().or(failed);
    let part = Part::result(text, json::owned(message, "toolCallId"), exit_code);
    Part { name: json::owned(message, "toolName"), ..part }
}

/// Telemetry tells which tools ran, but not what they said.
fn add_telemetry(talk: &mut Conversation, line: &Value) {
    let said = json::first(line, &["content", "prompt"]).unwrap_or_default();
    match kind(line) {
        "message.in" => talk.push(Turn::user(said)),
        "message.out" => talk.push(Turn::assistant(vec![Part::text(said)])),
        "tool.start" => {
            let name = json::text(line, "toolName").unwrap_or_default();
            talk.push(Turn::assistant(vec![Part::call(name, json::at(line, "params").clone(), None)]));
        }
        "tool.end" => {
            let failed = json::at(line, "success").as_bool() == Some(false);
            let text = json::first(line, &["result", "error"]).unwrap_or_default();
            talk.result(Part::result(text, None, failed.then_some(1)));
        }
        kind => talk.push(Turn::new(Role::Other, vec![Part::note(format!("{kind}: {said}"))])),
    }
}
