//! Codex rollouts: JSONL of `{timestamp, type, payload}`, before September 2025 of bare Responses items.
//!
//! `event_msg` lines repeat the items: only their token counts are used.

use serde_json::Value;

use super::conversation::Conversation;
use super::{Content, Document, Format, Reading, json, responses};
use crate::trajectory::{Part, Role, Trajectory, Turn, Usage};

pub struct Codex;

impl Format for Codex {
    fn name(&self) -> &'static str {
        "codex"
    }

    fn about(&self) -> &'static str {
        "Codex rollouts: ~/.codex/sessions/**/rollout-*.jsonl"
    }

    fn claims(&self, document: &Document) -> bool {
        matches!(document.content, Content::Lines(lines) if lines.iter().any(is_wrapped) || is_bare(lines))
    }

    fn read(&self, document: &Document) -> Reading {
        let Content::Lines(lines) = document.content else { return Reading::default() };
        let mut talk = Conversation::default();
        for line in lines {
            add(&mut talk, line);
        }
        let of = |path: &str| lines.iter().rev().find(|line| !json::at(line, path).is_null()).unwrap_or(&Value::Null);
        let total = "payload/info/total_token_usage";
        let spent = json::at(of(total), total);
        let trajectory = Trajectory {
            model: json::owned(of("payload/model"), "payload/model"),
            turns: talk.finish(),
            usage: Usage {
                input_tokens: json::count(spent, "input_tokens"),
                output_tokens: json::count(spent, "output_tokens"),
                cost_usd: None,
            },
            ..Trajectory::default()
        };
        Reading { trajectories: vec![trajectory], ..Reading::default() }
    }
}

fn is_wrapped(line: &Value) -> bool {
    let kinds = ["session_meta", "response_item", "turn_context", "event_msg"];
    json::at(line, "payload").is_object() && json::text(line, "type").is_some_and(|kind| kinds.contains(&kind))
}

/// A bare header and Responses items behind it.
fn is_bare(lines: &[Value]) -> bool {
    let header =
        lines.first().is_some_and(|first| json::has_all(first, &["id", "timestamp"]) && first.get("type").is_none());
    let kinds = ["message", "reasoning", "function_call", "function_call_output"];
    header && lines.iter().skip(1).any(|line| json::text(line, "type").is_some_and(|kind| kinds.contains(&kind)))
}

fn add(talk: &mut Conversation, line: &Value) {
    let before = talk.last().map(|turn| turn.role);
    match json::text(line, "type") {
        Some("response_item") => responses::add_all(talk, std::slice::from_ref(json::at(line, "payload"))),
        Some("compacted") => {
            let words = json::filled(line, "payload/message").unwrap_or("the history was compacted");
            talk.push(Turn::new(Role::Other, vec![Part::note(words)]));
        }
        Some("session_meta") => {
            let prompt = json::first(line, &["payload/instructions", "payload/base_instructions/text"]);
            talk.push_some(prompt.map(Turn::system));
        }
        Some("turn_context" | "event_msg") | None => {}
        Some(_) => responses::add_all(talk, std::slice::from_ref(line)),
    }
    let timestamp = json::name(line, "timestamp");
    if let Some(turn) = talk.last_mut().filter(|turn| turn.timestamp.is_none() && before.is_some()) {
        turn.timestamp = timestamp;
    }
}
