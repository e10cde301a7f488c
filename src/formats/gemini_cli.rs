//! Gemini CLI: recorded chats (`session-*.json`, `.jsonl`) and the contents lists of the Gemini API.
//!
//! Shape after `google-gemini/gemini-cli: packages/core/src/services/chatRecordingTypes.ts`.

use std::borrow::Cow;

use serde_json::Value;

use super::conversation::Conversation;
use super::{Content, Document, Format, Reading, content, json};
use crate::trajectory::{Part, Role, Trajectory, Turn, Usage};

pub struct GeminiCli;

impl Format for GeminiCli {
    fn name(&self) -> &'static str {
        "gemini-cli"
    }

    fn about(&self) -> &'static str {
        "Gemini CLI chats: session-*.json, session-*.jsonl, contents lists of role and parts"
    }

    fn claims(&self, document: &Document) -> bool {
        match &document.content {
            Content::Value(Value::Array(list)) => are_contents(list),
            Content::Value(value) => {
                is_session(value) && json::at(value, "messages").is_array()
                    || are_contents(json::list(value, "contents"))
            }
            Content::Lines(lines) => {
                lines.first().is_some_and(|head| is_session(head) && head.get("messages").is_none())
            }
            _ => false,
        }
    }

    fn read(&self, document: &Document) -> Reading {
        let trajectory = match &document.content {
            Content::Value(Value::Array(list)) => of_contents(list),
            Content::Value(value) if is_session(value) => of_session(json::list(value, "messages")),
            Content::Value(value) => of_contents(json::list(value, "contents")),
            Content::Lines(lines) => of_session(&rewound(lines)),
            _ => return Reading::default(),
        };
        Reading { trajectories: vec![trajectory], ..Reading::default() }
    }
}

fn is_session(value: &Value) -> bool {
    json::has_all(value, &["sessionId", "projectHash"])
}

fn are_contents(list: &[Value]) -> bool {
    list.first().is_some_and(|one| json::at(one, "role").is_string() && json::at(one, "parts").is_array())
}

/// `$rewindTo` takes back a message and all behind it. A message that comes again is its newer version.
fn rewound(lines: &[Value]) -> Vec<Value> {
    let mut messages: Vec<Value> = Vec::new();
    let place = |messages: &[Value], id: &Value| messages.iter().position(|message| json::at(message, "id") == id);
    for line in lines {
        if let Some(target) = line.get("$rewindTo") {
            let end = place(&messages, target).unwrap_or(messages.len());
            messages.truncate(end);
        } else if line.get("type").is_some() {
            match place(&messages, json::at(line, "id")).filter(|_| line.get("id").is_some()) {
                Some(index) => messages[index] = line.clone(),
                None => messages.push(line.clone()),
            }
        } else {
            messages.extend(json::list(line, "$set/messages").iter().cloned());
        }
    }
    messages
}

fn of_session(messages: &[Value]) -> Trajectory {
    let sum = |path| messages.iter().filter_map(|message| json::count(message, path)).reduce(u64::saturating_add);
    let mut talk = Conversation::default();
    for message in messages {
        add(&mut talk, message);
    }
    Trajectory {
        model: messages.iter().find_map(|message| json::owned(message, "model")),
        turns: talk.finish(),
        usage: Usage { input_tokens: sum("tokens/input"), output_tokens: sum("tokens/output"), cost_usd: None },
        ..Trajectory::default()
    }
}

fn add(talk: &mut Conversation, message: &Value) {
    let said = spoken(json::at(message, "content"));
    let turn = match json::text(message, "type").unwrap_or_default() {
        "user" => Turn::new(Role::User, said),
        "gemini" => {
            let thoughts = json::list(message, "thoughts").iter().map(thought);
            Turn::assistant(thoughts.chain(said).chain(json::list(message, "toolCalls").iter().map(call)).collect())
        }
        kind => {
            let text: String = said.into_iter().map(|part| part.text).collect();
            Turn::new(Role::Other, vec![Part::note(format!("{kind}: {text}"))])
        }
    };
    let (timestamp, tokens) = (json::name(message, "timestamp"), json::count(message, "tokens/output"));
    talk.push(Turn { timestamp, tokens, ..turn });
    for part in json::list(message, "toolCalls").iter().filter_map(result) {
        talk.result(part);
    }
}

/// A string, a part, or parts.
fn spoken(value: &Value) -> Vec<Part> {
    match value {
        Value::Array(parts) => parts.iter().filter_map(part).collect(),
        Value::Object(_) => part(value).into_iter().collect(),
        other => content::parts(other),
    }
}

fn thought(thought: &Value) -> Part {
    let (subject, description) = (json::filled(thought, "subject"), json::filled(thought, "description"));
    Part::thought(subject.into_iter().chain(description).collect::<Vec<_>>().join("\n"))
}

fn call(call: &Value) -> Part {
    let name = json::text(call, "name").unwrap_or_default();
    Part::call(name, json::at(call, "args").clone(), json::owned(call, "id"))
}

fn result(call: &Value) -> Option<Part> {
    let given = Some(json::at(call, "result")).filter(|result| !result.is_null());
    let shown = || Some(json::at(call, "resultDisplay")).filter(|shown| shown.is_string());
    let text = match given.or_else(shown)? {
        Value::Array(parts) => parts.iter().map(answered).collect(),
        one => answered(one),
    };
    let failed = matches!(json::text(call, "status"), Some("error" | "cancelled"));
    Some(Part::result(text, json::owned(call, "id"), failed.then_some(1)))
}

/// What a tool said: the output of its response where there is one, else the response as it is.
fn answered(part: &Value) -> String {
    let response = json::at(part, "functionResponse/response");
    match json::first(response, &["output", "error", "content"]) {
        Some(text) => text.into(),
        None if response.is_null() => json::text(part, "text").map_or_else(|| content::text(part), String::from),
        None => response.to_string(),
    }
}

fn of_contents(list: &[Value]) -> Trajectory {
    let mut talk = Conversation::default();
    for message in list {
        let blocks = json::list(message, "parts");
        let (answers, said): (Vec<_>, Vec<_>) =
            blocks.iter().partition(|block| block.get("functionResponse").is_some());
        let own: Vec<Part> = said.into_iter().filter_map(part).collect();
        let only_answers = !answers.is_empty() && own.is_empty();
        for answer in answers {
            let id = json::owned(answer, "functionResponse/id");
            let part = Part::result(answered(answer), id, None);
            talk.result(Part { name: json::owned(answer, "functionResponse/name"), ..part });
        }
        match json::text(message, "role") {
            _ if only_answers => {}
            Some("model") => talk.push(Turn::assistant(own)),
            Some("system") => talk.push(Turn::new(Role::System, own)),
            _ => talk.push(Turn::new(Role::User, own)),
        }
    }
    Trajectory { turns: talk.finish(), ..Trajectory::default() }
}

fn part(block: &Value) -> Option<Part> {
    let function = json::at(block, "functionCall");
    if function.is_object() {
        let name = json::text(function, "name").unwrap_or_default();
        return Some(Part::call(name, json::at(function, "args").clone(), json::owned(function, "id")));
    }
    let text: Cow<str> = match block {
        Value::String(text) => text.into(),
        _ => json::text(block, "text")?.into(),
    };
    if text.is_empty() {
        return None;
    }
    let thought = json::at(block, "thought").as_bool() == Some(true);
    Some(if thought { Part::thought(text) } else { Part::text(text) })
}
