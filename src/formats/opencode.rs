//! opencode: the storage folder of sessions, messages and parts, and `opencode export`.
//!
//! A message lies in one file and each of its parts in another; ids sort by time.

use serde_json::{Value, json as literal};

use super::conversation::Conversation;
use super::parts::Parts;
use super::{Content, Document, Format, Reading, json};
use crate::trajectory::{Part, Role, Trajectory, Turn, Usage};

pub struct OpenCode;

impl Format for OpenCode {
    fn name(&self) -> &'static str {
        "opencode"
    }

    fn about(&self) -> &'static str {
        "opencode: storage/ with session/, message/ and part/; opencode export"
    }

    fn claims(&self, document: &Document) -> bool {
        match &document.content {
            Content::Folder(folder) => {
                let has = |part: &str| folder.names().iter().any(|name| name.starts_with(part));
                has("message/") && has("part/")
            }
            Content::Value(value) => {
                let message = json::at(value, "messages/0");
                value.get("info").is_some() && message.get("info").is_some() && json::at(message, "parts").is_array()
            }
            _ => false,
        }
    }

    fn read(&self, document: &Document) -> Reading {
        match &document.content {
            Content::Value(value) => {
                let trajectory = session(json::at(value, "info"), json::list(value, "messages"));
                Reading { trajectories: vec![trajectory], ..Reading::default() }
            }
            Content::Folder(folder) => of_folder(&mut Parts::of(*folder, document.path)),
            _ => Reading::default(),
        }
    }
}

/// One trajectory per session, those of sub-agents included.
fn of_folder(parts: &mut Parts) -> Reading {
    let mut sessions: Vec<&str> =
        parts.names().filter_map(|name| name.strip_prefix("message/")?.split('/').next()).collect();
    sessions.dedup();
    let trajectories = sessions.into_iter().map(|id| {
        let info = parts.names().find(|name| name.starts_with("session/") && name.ends_with(&format!("/{id}.json")));
        let info = info.and_then(|name| parts.value(name)).unwrap_or(Value::Null);
        let messages = files(parts, &format!("message/{id}/"));
        let messages = messages.into_iter().map(|message| {
            let inside = format!("part/{}/", json::text(&message, "id").unwrap_or_default());
            literal!({"parts": files(parts, &inside), "info": message})
        });
        let messages: Vec<Value> = messages.collect();
        Trajectory { id: id.into(), task_id: id.into(), ..session(&info, &messages) }
    });
    let trajectories = trajectories.collect();
    Reading { trajectories, notes: std::mem::take(&mut parts.notes), ..Reading::default() }
}

fn files(parts: &mut Parts, below: &str) -> Vec<Value> {
    let names: Vec<&str> = parts.names().filter(|name| name.starts_with(below)).collect();
    names.into_iter().filter_map(|name| parts.value(name)).collect()
}

fn session(info: &Value, messages: &[Value]) -> Trajectory {
    let sum = |path: &str| messages.iter().filter_map(|message| json::count(message, path)).reduce(u64::saturating_add);
    let inputs = ["input", "cache/read", "cache/write"].map(|key| sum(&format!("info/tokens/{key}")));
    let costs = messages.iter().filter_map(|message| json::number(message, "info/cost"));
    let mut talk = Conversation::default();
    if let Some(title) = json::filled(info, "title") {
        talk.push(Turn::new(Role::Other, vec![Part::note(title)]));
    }
    for message in messages {
        add(&mut talk, message);
    }
    Trajectory {
        model: messages.iter().find_map(|message| json::owned(message, "info/modelID")),
        turns: talk.finish(),
        exit_status: messages
            .last()
            .and_then(|last| json::first(last, &["info/error/name", "info/finish"]))
            .map(String::from),
        usage: Usage {
            input_tokens: inputs.into_iter().flatten().reduce(u64::saturating_add),
            output_tokens: sum("info/tokens/output"),
            cost_usd: costs.reduce(|a, b| a + b),
        },
        ..Trajectory::default()
    }
}

fn add(talk: &mut Conversation, message: &Value) {
    let info = json::at(message, "info");
    let role = if json::text(info, "role") == Some("assistant") { Role::Assistant } else { Role::User };
    let blocks = json::list(message, "parts");
    talk.push(Turn {
        timestamp: json::name(info, "time/created"),
        tokens: json::count(info, "tokens/output"),
        cost_usd: json::number(info, "cost"),
        ..Turn::new(role, blocks.iter().flat_map(|block| part(block).into_iter().chain(result(block))).collect())
    });
    if let Some(error) = json::first(info, &["error/data/message", "error/name"]) {
        talk.extend(vec![Part::note(error)]);
    }
}

fn part(block: &Value) -> Option<Part> {
    let said = json::filled(block, "text");
    match json::text(block, "type").unwrap_or_default() {
        "text" => said.map(Part::text),
        "reasoning" => said.map(Part::thought),
        "tool" => {
            let name = json::text(block, "tool").unwrap_or_default();
            Some(Part::call(name, json::at(block, "state/input").clone(), json::owned(block, "callID")))
        }
        // Bookkeeping between the parts: their numbers stand in the message.
        "step-start" | "step-finish" | "snapshot" => None,
        kind => {
            let what = json::first(block, &["filename", "url", "name", "description", "prompt", "hash"]);
            Some(Part::note(what.map_or_else(|| kind.to_string(), |what| format!("{kind}: {what}"))))
        }
    }
}

fn result(block: &Value) -> Option<Part> {
    let state = json::at(block, "state");
    let text = json::text(state, "output").or_else(|| json::text(state, "error"))?;
    let failed = json::text(state, "status") == Some("error");
    let exit_code = json::at(state, "metadata/exit").as_i64().or(failed.then_some(1));
    let part = Part::result(text, json::owned(block, "callID"), exit_code);
    Some(Part { name: json::owned(block, "tool"), ..part })
}
