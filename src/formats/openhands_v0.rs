//! Events of OpenHands V0: actions and observations, tied together by the ids of events or of tool calls.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::conversation::Conversation;
use super::{content, json};
use crate::trajectory::{Part, Role, Turn};

/// Told by their keys: an action has arguments, an observation has content.
pub fn is_event(event: &Value) -> bool {
    let is = |key: &str| json::at(event, key).is_string();
    let told = ["args", "content", "extras", "source", "message"].iter().any(|key| event.get(*key).is_some());
    (is("action") || is("observation")) && told
}

pub fn turns(events: &[Value]) -> Vec<Turn> {
    let mut reader = Reader::default();
    for event in events {
        match event {
            Value::Array(pair) => pair.iter().for_each(|event| reader.add(event)),
            event => reader.add(event),
        }
    }
    reader.talk.finish()
}

#[derive(Default)]
struct Reader {
    talk: Conversation,
    /// The model's response that the last turn came from: parallel calls are several events of one response.
    response: Option<String>,
}

impl Reader {
    fn add(&mut self, event: &Value) {
        let event = &with_arguments(event);
        match (json::filled(event, "action"), json::filled(event, "observation")) {
            (Some(action), _) => self.action(event, action),
            (None, Some(observation)) => self.observation(event, observation),
            (None, None) => {}
        }
    }

    fn action(&mut self, event: &Value, action: &str) {
        match action {
            "system" => self.push(event, Role::System, spoken(event)),
            "message" => self.push(event, speaker(event), spoken(event)),
            // Bookkeeping of the harness, without words of anyone.
            "initialize" | "change_agent_state" | "recall" | "null" | "start" | "stop" | "pause" => {}
            "condensation" | "condensation_request" => {
                let summary = json::filled(event, "args/summary").unwrap_or("the history was condensed");
                self.push(event, Role::Other, vec![Part::note(summary)]);
            }
            _ => self.call(event, action),
        }
    }

    fn call(&mut self, event: &Value, action: &str) {
        let response = json::at(event, "tool_call_metadata/model_response");
        let response_id = json::owned(response, "id");
        let again = response_id.is_some() && response_id == self.response;
        let call = call_part(event, action);
        let thought = json::filled(response, "choices/0/message/content").or(json::filled(event, "args/thought"));
        let thought = thought.filter(|thought| !again && !argues(&call, thought)).map(Part::thought);
        let parts = thought.into_iter().chain([call]).collect();
        if again {
            self.talk.extend(parts);
        } else {
            self.push(event, speaker(event), parts);
            if let Some(turn) = self.talk.last_mut() {
                turn.tokens = json::count(response, "usage/completion_tokens");
            }
        }
        self.response = response_id;
    }

    fn observation(&mut self, event: &Value, observation: &str) {
        let text = json::text(event, "content").or(json::text(event, "message")).unwrap_or_default();
        match observation {
            "null" | "agent_state_changed" | "system" | "user_rejected" if text.is_empty() => {}
            "null" => {}
            "recall" => self.push(event, Role::Other, recalled(event, text)),
            "agent_state_changed" | "condense" => self.push(event, Role::Other, vec![Part::note(text)]),
            _ => self.talk.result(result(event, text)),
        }
    }

    fn push(&mut self, event: &Value, role: Role, parts: Vec<Part>) {
        let timestamp = json::name(event, "timestamp");
        self.talk.push(Turn { timestamp, ..Turn::new(role, parts) });
        self.response = None;
    }
}

/// Rows that were forced into one table keep the arguments of an action under `extras`.
fn with_arguments(event: &Value) -> Cow<'_, Value> {
    let lacking = json::at(event, "action").is_string() && json::at(event, "args").is_null();
    match event.get("extras").filter(|extras| lacking && extras.is_object()) {
        Some(extras) => {
            let mut event = event.clone();
            event["args"] = extras.clone();
            Cow::Owned(event)
        }
        None => Cow::Borrowed(event),
    }
}

/// The call says it itself: a thought that is the argument of `think`.
fn argues(call: &Part, thought: &str) -> bool {
    let arguments = call.arguments.as_ref().and_then(Value::as_object);
    arguments.is_some_and(|all| all.values().any(|value| value.as_str().map(str::trim) == Some(thought.trim())))
}

/// What was put into the prompt: knowledge and instructions.
fn recalled(event: &Value, text: &str) -> Vec<Part> {
    let told = ["repo_instructions", "additional_agent_instructions", "conversation_instructions"];
    let told = told.into_iter().filter_map(|key| json::filled(json::at(event, "extras"), key));
    let known = json::list(event, "extras/microagent_knowledge").iter().filter_map(|one| json::filled(one, "content"));
    [text].into_iter().chain(told).chain(known).map(Part::note).collect()
}

fn speaker(event: &Value) -> Role {
    match json::text(event, "source") {
        Some("user") => Role::User,
        Some("environment") => Role::Other,
        _ => Role::Assistant,
    }
}

fn spoken(event: &Value) -> Vec<Part> {
    let said = json::at(event, "args/content");
    content::parts(if said.is_null() { json::at(event, "message") } else { said })
}

fn call_part(event: &Value, action: &str) -> Part {
    let id = call_id(event).or_else(|| json::name(event, "id"));
    let name = json::filled(event, "tool_call_metadata/function_name").unwrap_or(action);
    Part::call(name, arguments(event, action), id)
}

/// What the model wrote, where its response is kept; else the event's own arguments.
fn arguments(event: &Value, action: &str) -> Value {
    let id = json::text(event, "tool_call_metadata/tool_call_id");
    let calls = json::list(event, "tool_call_metadata/model_response/choices/0/message/tool_calls");
    let written = calls.iter().find(|call| id.is_some() && json::text(call, "id") == id);
    if let Some(call) = written {
        return content::arguments(json::at(call, "function/arguments"));
    }
    // A thought is shown before the call, but it is all that `think` does.
    let thought = |key: &str| key == "thought" && action != "think";
    let own = json::at(event, "args").as_object().into_iter().flatten();
    let own = own.filter(|(key, value)| !thought(key) && !value.is_null());
    Value::Object(own.map(|(key, value)| (key.clone(), value.clone())).collect::<Map<_, _>>())
}

fn result(event: &Value, text: &str) -> Part {
    let id = call_id(event).or_else(|| json::name(event, "cause"));
    let exit_code =
        ["extras/metadata/exit_code", "extras/exit_code"].iter().find_map(|path| json::at(event, path).as_i64());
    Part::result(text, id, exit_code)
}

fn call_id(event: &Value) -> Option<String> {
    json::owned(event, "tool_call_metadata/tool_call_id")
}
