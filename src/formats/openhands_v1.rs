//! Events of OpenHands V1 (software-agent-sdk), told apart by `kind`.

use serde_json::Value;

use super::conversation::Conversation;
use super::{content, json};
use crate::trajectory::{Part, Role, Turn};

pub fn is_event(event: &Value) -> bool {
    json::at(event, "kind").is_string() && json::has_all(event, &["id", "source"])
}

pub fn turns(events: &[Value]) -> Vec<Turn> {
    let mut talk = Conversation::default();
    let mut response: Option<String> = None;
    for event in events {
        let kind = json::text(event, "kind").unwrap_or_default();
        let from = json::owned(event, "llm_response_id");
        match kind {
            "ActionEvent" if from.is_some() && from == response => talk.extend(vec![call(event)]),
            "ActionEvent" => push(&mut talk, event, Role::Assistant, action(event)),
            "ObservationEvent" | "AgentErrorEvent" | "UserRejectObservation" => talk.result(result(event)),
            "SystemPromptEvent" => push(&mut talk, event, Role::System, system(event)),
            "MessageEvent" => push(&mut talk, event, speaker(event), message(event)),
            _ => push(&mut talk, event, Role::Other, vec![Part::note(beside(event, kind))]),
        }
        // Results may come between the calls of one response, other turns may not.
        if !matches!(kind, "ObservationEvent" | "AgentErrorEvent" | "UserRejectObservation") {
            response = from;
        }
    }
    talk.finish()
}

fn push(talk: &mut Conversation, event: &Value, role: Role, parts: Vec<Part>) {
    talk.push(Turn { timestamp: json::name(event, "timestamp"), ..Turn::new(role, parts) });
}

fn speaker(event: &Value) -> Role {
    match json::first(event, &["llm_message/role", "source"]) {
        Some("user") => Role::User,
        Some("system") => Role::System,
        Some("assistant" | "agent") => Role::Assistant,
        _ => Role::Other,
    }
}

fn system(event: &Value) -> Vec<Part> {
    content::parts(json::at(event, "system_prompt"))
}

fn message(event: &Value) -> Vec<Part> {
    let message = json::at(event, "llm_message");
    thoughts(message).chain(content::parts(json::at(message, "content"))).chain(content::calls(message)).collect()
}

/// Reasoning of the model, which stands beside what it says.
fn thoughts(holder: &Value) -> impl Iterator<Item = Part> {
    let blocks = json::list(holder, "thinking_blocks");
    let reasoning = content::reasoning(holder).filter(|_| blocks.is_empty());
    reasoning.into_iter().chain(blocks.iter().flat_map(content::parts))
}

fn action(event: &Value) -> Vec<Part> {
    let said = content::text(json::at(event, "thought"));
    let said = Some(said).filter(|said| !said.is_empty()).map(Part::thought);
    thoughts(event).chain(said).chain([call(event)]).collect()
}

fn call(event: &Value) -> Part {
    let name = json::first(event, &["tool_name", "tool_call/name", "action/kind"]).unwrap_or_default();
    let written = ["tool_call/arguments", "tool_call/function/arguments", "action"];
    let written = written.iter().map(|path| json::at(event, path)).find(|value| !value.is_null());
    Part::call(name, written.map(content::arguments).unwrap_or_default(), json::owned(event, "tool_call_id"))
}

fn result(event: &Value) -> Part {
    let observation = json::at(event, "observation");
    let said = ["output", "content", "error"].iter().map(|key| json::at(observation, key));
    let text = said.map(content::text).find(|text| !text.is_empty());
    let text = text.or_else(|| json::first(event, &["error", "rejection_reason"]).map(String::from));
    let exit_code = ["exit_code", "metadata/exit_code"].iter().find_map(|path| json::at(observation, path).as_i64());
    let part = Part::result(text.unwrap_or_default(), json::owned(event, "tool_call_id"), exit_code);
    Part { name: json::owned(event, "tool_name"), ..part }
}

/// What happened beside the conversation, in a few words.
fn beside(event: &Value, kind: &str) -> String {
    match (json::first(event, &["summary", "key", "detail", "reason"]), json::at(event, "value")) {
        (Some(words), Value::String(value)) => format!("{kind}: {words} = {value}"),
        (Some(words), _) => format!("{kind}: {words}"),
        (None, _) => kind.into(),
    }
}
