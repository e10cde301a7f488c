//! Items of the `OpenAI` Responses interface: messages, reasoning, calls and their outputs, one after another.

use serde_json::Value;

use super::conversation::Conversation;
use super::{content, json};
use crate::trajectory::{Part, Role, Turn};

/// Adds items to a conversation. What the model says until its next output is answered is one turn.
pub fn add_all(talk: &mut Conversation, items: &[Value]) {
    for item in items {
        match json::text(item, "type").unwrap_or("message") {
            "message" => message(talk, item),
            "reasoning" => speak(talk, thoughts(item)),
            "function_call" | "custom_tool_call" => speak(talk, vec![call(item)]),
            "local_shell_call" => speak(talk, vec![shell_call(item)]),
            "function_call_output" | "custom_tool_call_output" | "local_shell_call_output" => {
                talk.result(output(item));
            }
            kind => talk.push(Turn::new(Role::Other, vec![Part::note(kind)])),
        }
    }
}

fn message(talk: &mut Conversation, item: &Value) {
    let parts = content::parts(json::at(item, "content"));
    match json::text(item, "role").unwrap_or_default() {
        "assistant" => speak(talk, parts),
        "system" | "developer" => talk.push(Turn::new(Role::System, parts)),
        "user" => talk.push(Turn::new(Role::User, parts)),
        "tool" => talk.result(Part::result(content::text(json::at(item, "content")), None, None)),
        _ => talk.push(Turn::new(Role::Other, parts)),
    }
}

/// Continues the assistant's turn as long as nothing has answered it.
fn speak(talk: &mut Conversation, parts: Vec<Part>) {
    if talk.is_speaking() { talk.extend(parts) } else { talk.push(Turn::assistant(parts)) }
}

fn thoughts(item: &Value) -> Vec<Part> {
    let blocks = json::list(item, "summary").iter().chain(json::list(item, "content"));
    blocks.filter_map(|block| json::filled(block, "text")).map(Part::thought).collect()
}

fn call(item: &Value) -> Part {
    let written = if item.get("arguments").is_some() { json::at(item, "arguments") } else { json::at(item, "input") };
    Part::call(json::text(item, "name").unwrap_or_default(), content::arguments(written), id(item))
}

fn shell_call(item: &Value) -> Part {
    Part::call("local_shell", json::at(item, "action").clone(), id(item))
}

fn id(item: &Value) -> Option<String> {
    json::first(item, &["call_id", "id"]).map(String::from)
}

/// The output is text, or JSON that holds the text beside an exit code.
fn output(item: &Value) -> Part {
    let raw = json::at(item, "output");
    let inner = json::unquoted(raw).filter(|value| value.get("output").is_some_and(Value::is_string));
    let exit_code = inner.as_ref().and_then(|value| json::at(value, "metadata/exit_code").as_i64());
    let text = inner.as_ref().map_or_else(|| content::text(raw), |value| content::text(json::at(value, "output")));
    Part::result(text, id(item), exit_code)
}
