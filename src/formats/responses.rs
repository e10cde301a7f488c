//! Items of the `OpenAI` Responses interface: messages, reasoning, calls and their outputs in one flat list.
//!
//! Other formats that keep such items (`NeMo` Gym, Codex) add them here, one by one.

use serde_json::{Map, Value};

use super::conversation::Conversation;
use super::{Document, Format, Reading, content, json, outcomes};
use crate::trajectory::{Part, PartKind, Role, Trajectory, Turn, Usage};

pub struct Responses;

impl Format for Responses {
    fn name(&self) -> &'static str {
        "responses"
    }

    fn about(&self) -> &'static str {
        "OpenAI Responses: rows of input and output items, whole responses, bare lists of items"
    }

    fn claims(&self, document: &Document) -> bool {
        document.value().is_some_and(|value| match value {
            Value::Array(items) => are_items(items),
            row => ["output", "input"].iter().any(|key| are_items(json::list(row, key))),
        })
    }

    fn read(&self, document: &Document) -> Reading {
        let Some(row) = document.value() else { return Reading::default() };
        let mut talk = Conversation::default();
        add_request(&mut talk, row);
        let items = row.as_array().map_or_else(|| json::list(row, "output"), Vec::as_slice);
        for item in items {
            add(&mut talk, item);
        }
        let trajectory = Trajectory {
            task_id: ["instance_id", "task_id"].iter().find_map(|key| json::name(row, key)).unwrap_or_default(),
            model: json::owned(row, "model"),
            turns: talk.finish(),
            exit_status: json::owned(row, "status"),
            outcome: outcomes::outcome(row),
            reward: outcomes::reward(row),
            usage: usage(json::at(row, "usage")),
            ..Trajectory::default()
        };
        Reading { trajectories: vec![trajectory], ..Reading::default() }
    }
}

pub fn usage(usage: &Value) -> Usage {
    Usage {
        input_tokens: json::count(usage, "input_tokens"),
        output_tokens: json::count(usage, "output_tokens"),
        cost_usd: None,
    }
}

/// What the model was asked: instructions, and the input as a text or as items.
pub fn add_request(talk: &mut Conversation, request: &Value) {
    if let Some(instructions) = json::filled(request, "instructions") {
        talk.push(Turn::system(instructions));
    }
    match json::at(request, "input") {
        Value::String(text) if !text.is_empty() => talk.push(Turn::user(text)),
        input => input.as_array().into_iter().flatten().for_each(|item| add(talk, item)),
    }
}

/// Plain chat messages look like items, too: a list needs one item that no chat has.
pub fn are_items(items: &[Value]) -> bool {
    items.iter().take(8).any(|item| match json::text(item, "type").unwrap_or_default() {
        "message" => json::at(item, "role").is_string() && item.get("content").is_some(),
        "reasoning" => item.get("summary").is_some(),
        kind => (kind.ends_with("_call") || kind.ends_with("_call_output")) && item.get("call_id").is_some(),
    })
}

/// Adds one item. What the model puts out between two outputs of tools is one turn.
pub fn add(talk: &mut Conversation, item: &Value) {
    match json::text(item, "type").unwrap_or("message") {
        "message" => add_message(talk, item),
        "reasoning" => add_of_model(talk, reasoning(item)),
        kind if kind.ends_with("_output") => talk.result(output(item)),
        kind if kind.ends_with("_call") => add_call(talk, item, kind),
        kind => talk.push(Turn::new(Role::Other, vec![Part::note(format!("{kind}: {item}"))])),
    }
}

fn add_message(talk: &mut Conversation, item: &Value) {
    let parts = content::parts(json::at(item, "content"));
    match json::text(item, "role") {
        Some("assistant") => add_of_model(talk, parts),
        Some("system" | "developer") => talk.push(Turn::new(Role::System, parts)),
        Some("user") => talk.push(Turn::new(Role::User, parts)),
        _ => talk.push(Turn::new(Role::Other, parts)),
    }
}

fn add_of_model(talk: &mut Conversation, parts: Vec<Part>) {
    let answered = |turn: &Turn| turn.parts.iter().any(|part| part.kind == PartKind::ToolResult);
    if talk.last().is_some_and(|turn| turn.role == Role::Assistant && !answered(turn)) {
        talk.extend(parts);
    } else {
        talk.push(Turn::assistant(parts));
    }
}

/// The model's own words if they are there, and whatever summary was made of them.
fn reasoning(item: &Value) -> Vec<Part> {
    let blocks = json::list(item, "summary").iter().chain(json::list(item, "content"));
    let thoughts: Vec<Part> = blocks.filter_map(|block| json::filled(block, "text")).map(Part::thought).collect();
    let hidden = thoughts.is_empty() && json::filled(item, "encrypted_content").is_some();
    if hidden { vec![Part::thought("[encrypted]")] } else { thoughts }
}

/// Calls of tools that run beside the model bring their output along.
fn add_call(talk: &mut Conversation, item: &Value, kind: &str) {
    let id = json::first(item, &["call_id", "id"]).map(String::from);
    let name = json::filled(item, "name").unwrap_or_else(|| kind.trim_end_matches("_call"));
    add_of_model(talk, vec![Part::call(name, arguments(item), id.clone())]);
    let own = ["output", "outputs", "results", "result"].iter().map(|key| json::at(item, key));
    if let Some(own) = own.into_iter().find(|own| !own.is_null()) {
        talk.result(Part::result(content::text(own), id, None));
    }
}

fn arguments(item: &Value) -> Value {
    let known = ["arguments", "input", "action"].iter().map(|key| json::at(item, key)).find(|value| !value.is_null());
    if let Some(known) = known {
        return content::arguments(known);
    }
    let beside = ["type", "id", "call_id", "status", "name", "output", "outputs", "results", "result"];
    let own = item.as_object().into_iter().flatten().filter(|(key, _)| !beside.contains(&key.as_str()));
    Value::Object(own.map(|(key, value)| (key.clone(), value.clone())).collect::<Map<_, _>>())
}

/// Some writers wrap the output and its exit code into an object, or that into a string.
fn output(item: &Value) -> Part {
    let given = ["output", "tools"].iter().map(|key| json::at(item, key)).find(|value| !value.is_null());
    let given = given.unwrap_or(&Value::Null);
    let unwrapped = json::unquoted(given).filter(|inner| json::has_all(inner, &["output", "metadata"]));
    let wrapped = unwrapped.as_ref().unwrap_or(given);
    let text = if wrapped.get("output").is_some() { json::at(wrapped, "output") } else { wrapped };
    let exit_code = ["metadata/exit_code", "exit_code"].iter().find_map(|path| json::at(wrapped, path).as_i64());
    Part::result(content::text(text), json::owned(item, "call_id"), exit_code)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn outputs_are_unwrapped_however_they_are_wrapped() {
        let cases = [
            (json!("plain"), "plain", None),
            (json!("{\"output\": \"x\", \"metadata\": {\"exit_code\": 2}}"), "x", Some(2)),
            (json!({"output": "x", "exit_code": 0}), "x", Some(0)),
            (json!([{"type": "input_text", "text": "a"}, {"type": "input_text", "text": "b"}]), "ab", None),
            (json!("{\"output\": 1}"), "{\"output\": 1}", None),
        ];
        for (written, text, exit_code) in cases {
            let part = output(&json!({"type": "function_call_output", "call_id": "c", "output": written}));
            assert_eq!((part.text.as_str(), part.exit_code), (text, exit_code));
        }
    }

    #[test]
    fn a_turn_lasts_until_its_tools_answer() {
        let items = [
            json!({"type": "reasoning", "summary": [], "encrypted_content": "gAAA"}),
            json!({"type": "function_call", "name": "f", "arguments": "{}", "call_id": "1"}),
            json!({"type": "web_search_call", "id": "w", "action": {"query": "q"}, "status": "completed"}),
            json!({"type": "function_call_output", "call_id": "1", "output": "y"}),
            json!({"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "done"}]}),
        ];
        let mut talk = Conversation::default();
        for item in &items {
            add(&mut talk, item);
        }
        let turns = talk.finish();
        assert_eq!(turns.iter().map(|turn| turn.parts.len()).collect::<Vec<_>>(), [4, 1]);
        assert_eq!(turns[0].parts[3].name.as_deref(), Some("f"));
    }
}
