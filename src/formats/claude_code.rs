//! Claude Code: session files and print-mode streams, an event per line.
//!
//! One message of the API is written as several lines, each with the same usage: lines are joined by the message's id.
//! What sub-agents did (side chains), and what came of prompts that were taken back (branches), becomes a trajectory of
//! its own.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::conversation::Conversation;
use super::{Content, Document, Format, Reading, chat, claude_code_edits, content, json, rebuilt};
use crate::trajectory::{Part, Role, Trajectory, Turn, Usage};

pub struct ClaudeCode;

impl Format for ClaudeCode {
    fn name(&self) -> &'static str {
        "claude-code"
    }

    fn about(&self) -> &'static str {
        "Claude Code sessions (~/.claude/projects/*/*.jsonl) and --output-format stream-json"
    }

    fn claims(&self, document: &Document) -> bool {
        events(document).is_some_and(|events| {
            let head = || events.iter().take(8);
            head().any(is_message) || (!events.is_empty() && head().all(|event| event.get("leafUuid").is_some()))
        })
    }

    fn read(&self, document: &Document) -> Reading {
        let Some(events) = events(document) else { return Reading::default() };
        let threads = threads(events);
        let trajectories = threads.into_iter().map(|(name, events)| trajectory(name, &events)).collect();
        Reading { trajectories, ..Reading::default() }
    }
}

/// The lines of a file, or the list that print mode writes at its end.
fn events<'a>(document: &Document<'a>) -> Option<&'a [Value]> {
    match document.content {
        Content::Lines(lines) => Some(lines),
        Content::Value(Value::Array(list)) => Some(list),
        _ => None,
    }
}

fn is_message(event: &Value) -> bool {
    matches!(json::text(event, "type"), Some("user" | "assistant")) && !json::at(event, "message/content").is_null()
}

/// The main thread and those of sub-agents. A file with one thread has no main thread but that.
fn threads(events: &[Value]) -> Vec<(String, Vec<&Value>)> {
    let left = left_prompts(events);
    let mut of_event: HashMap<&str, String> = HashMap::new();
    let mut threads: Vec<(String, Vec<&Value>)> = vec![(String::new(), Vec::new())];
    for event in events {
        let name = thread(event, &of_event, &left);
        if let Some(uuid) = json::text(event, "uuid") {
            of_event.insert(uuid, name.clone());
        }
        match threads.iter_mut().find(|(known, _)| *known == name) {
            Some((_, members)) => members.push(event),
            None => threads.push((name, vec![event])),
        }
    }
    threads.retain(|(_, members)| members.iter().any(|event| is_message(event)));
    if let [(only, _)] = threads.as_mut_slice() {
        only.clear();
    }
    threads
}

/// Prompts that were taken back: another prompt follows the same message. What came of them is a branch.
fn left_prompts(events: &[Value]) -> HashSet<&str> {
    let mut latest: HashMap<&str, &str> = HashMap::new();
    let prompts = events.iter().filter(|event| is_prompt(event));
    let placed = prompts.filter_map(|event| Some((json::filled(event, "parentUuid")?, json::filled(event, "uuid")?)));
    placed.filter_map(|(parent, uuid)| latest.insert(parent, uuid)).collect()
}

fn is_prompt(event: &Value) -> bool {
    let marked = ["isSidechain", "isMeta"].iter().any(|key| json::at(event, key).as_bool() == Some(true));
    let blocks = json::list(event, "message/content");
    kind(event) == "user" && !marked && blocks.iter().all(|block| json::text(block, "type") != Some("tool_result"))
}

fn thread(event: &Value, of_event: &HashMap<&str, String>, left: &HashSet<&str>) -> String {
    let parent = json::text(event, "parentUuid").and_then(|uuid| of_event.get(uuid)).filter(|name| !name.is_empty());
    if let Some(uuid) = json::text(event, "uuid").filter(|uuid| left.contains(uuid)) {
        return format!("branch-{uuid}");
    }
    if let Some(branch) = parent.filter(|name| name.starts_with("branch-")) {
        return branch.clone();
    }
    let caller = json::filled(event, "parent_tool_use_id");
    if json::at(event, "isSidechain").as_bool() != Some(true) && caller.is_none() {
        return String::new();
    }
    let own = || json::first(event, &["agentId", "parent_tool_use_id", "uuid"]).unwrap_or("unknown");
    match (json::filled(event, "agentId"), parent) {
        (None, Some(parent)) => parent.clone(),
        _ => format!("sidechain-{}", own()),
    }
}

fn trajectory(name: String, events: &[&Value]) -> Trajectory {
    let result = events.iter().rev().find(|event| kind(event) == "result").copied().unwrap_or(&Value::Null);
    let result = if result.get("subtype").is_some() { result } else { json::at(result, "message") };
    let models = events.iter().filter_map(|event| json::filled(event, "message/model"));
    let counted = usage(events);
    let total = |key| json::count(result, key);
    let turns = turns(events);
    let folder = events.iter().find_map(|event| json::first(event, &["cwd", "message/cwd"])).unwrap_or_default();
    Trajectory {
        id: name,
        model: models.into_iter().find(|model| *model != "<synthetic>").map(String::from),
        // The session keeps the files it edits; the stream of print mode has only the calls.
        patch: claude_code_edits::patch(events).or_else(|| rebuilt::patch(&turns, folder)),
        turns,
        exit_status: json::owned(result, "subtype"),
        usage: Usage {
            input_tokens: counted.input_tokens.or_else(|| total("usage/input_tokens")),
            output_tokens: total("usage/output_tokens").or(counted.output_tokens),
            cost_usd: json::number(result, "total_cost_usd"),
        },
        ..Trajectory::default()
    }
}

fn kind(event: &Value) -> &str {
    json::text(event, "type").unwrap_or_default()
}

/// The usage of each message once: its last line knows it best.
fn usage(events: &[&Value]) -> Usage {
    let mut by_message: HashMap<String, &Value> = HashMap::new();
    for (index, event) in events.iter().enumerate().filter(|(_, event)| kind(event) == "assistant") {
        let usage = json::at(event, "message/usage");
        if usage.is_object() {
            by_message.insert(json::owned(event, "message/id").unwrap_or_else(|| index.to_string()), usage);
        }
    }
    let sum = |keys: &[&str]| {
        let counts = by_message.values().flat_map(|usage| keys.iter().filter_map(|key| json::count(usage, key)));
        counts.reduce(u64::saturating_add)
    };
    Usage {
        input_tokens: sum(&["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"]),
        output_tokens: sum(&["output_tokens"]),
        cost_usd: None,
    }
}

fn turns(events: &[&Value]) -> Vec<Turn> {
    let mut talk = Conversation::default();
    let mut speaking: Option<&str> = None;
    for event in events {
        match kind(event) {
            "assistant" => {
                let id = json::filled(event, "message/id");
                add_answer(&mut talk, event, id.is_some() && id == speaking);
                speaking = id;
            }
            "user" => {
                let before = talk.last().map(|turn| turn.role);
                chat::add_user(&mut talk, content::parts(json::at(event, "message/content")));
                // Results come between the lines of one message.
                if before != talk.last().map(|turn| turn.role) {
                    speaking = None;
                }
            }
            other => {
                talk.push(Turn::new(Role::Other, vec![Part::note(beside(event, other))]));
                speaking = None;
            }
        }
        if let Some(turn) = talk.last_mut() {
            turn.timestamp = turn.timestamp.take().or_else(|| json::name(event, "timestamp"));
        }
    }
    talk.finish()
}

fn add_answer(talk: &mut Conversation, event: &Value, continues: bool) {
    let parts = content::parts(json::at(event, "message/content"));
    let tokens = json::count(event, "message/usage/output_tokens");
    if continues {
        talk.extend(parts);
    } else {
        talk.push(Turn::assistant(parts));
    }
    if let Some(turn) = talk.last_mut() {
        turn.tokens = tokens.or(turn.tokens);
    }
}

/// Events beside the conversation, in the words they bring along.
fn beside(event: &Value, kind: &str) -> String {
    let subtype = json::first(event, &["subtype", "message/subtype", "operation"]);
    let said = json::first(event, &["summary", "content", "result", "error", "message/result", "data/type"]);
    let head = subtype.map_or_else(|| kind.to_string(), |subtype| format!("{kind} {subtype}"));
    said.map_or_else(|| head.clone(), |said| format!("{head}: {said}"))
}
