//! Codex CLI: rollout files (wrapped lines, and the bare items of older versions) and the stream of `codex exec --json`.
//!
//! Events beside the items (`event_msg`) repeat them: only tokens and what has no item are taken from there.

use std::collections::HashSet;

use serde_json::Value;

use super::conversation::Conversation;
use super::{Content, Document, Format, Reading, content, json, rebuilt, responses};
use crate::trajectory::{Part, Role, Trajectory, Turn, Usage};

pub struct Codex;

impl Format for Codex {
    fn name(&self) -> &'static str {
        "codex"
    }

    fn about(&self) -> &'static str {
        "Codex CLI: rollout-*.jsonl, old and new, and codex exec --json"
    }

    fn claims(&self, document: &Document) -> bool {
        let Content::Lines(lines) = document.content else { return false };
        lines.iter().any(is_wrapped) || is_old(lines) || lines.iter().any(is_streamed)
    }

    fn read(&self, document: &Document) -> Reading {
        let Content::Lines(lines) = document.content else { return Reading::default() };
        let model = lines.iter().filter(|line| kind(line) == "turn_context");
        let provider = ["payload/model_provider", "model_provider"];
        let turns = turns(lines);
        let trajectory = Trajectory {
            model: model
                .filter_map(|line| json::owned(line, "payload/model"))
                .next_back()
                .or_else(|| lines.iter().find_map(|line| json::first(line, &provider)).map(String::from)),
            patch: rebuilt::patch(
                &turns,
                lines.iter().find_map(|line| json::filled(line, "payload/cwd")).unwrap_or_default(),
            ),
            turns,
            exit_status: lines.iter().rev().find_map(exit_status),
            usage: usage(lines),
            ..Trajectory::default()
        };
        Reading { trajectories: vec![trajectory], ..Reading::default() }
    }
}

fn kind(line: &Value) -> &str {
    json::text(line, "type").unwrap_or_default()
}

fn is_wrapped(line: &Value) -> bool {
    let known = ["session_meta", "turn_context", "response_item", "event_msg", "compacted"];
    line.get("payload").is_some() && known.contains(&kind(line))
}

/// A bare head, and bare items below.
fn is_old(lines: &[Value]) -> bool {
    let head =
        lines.first().is_some_and(|head| json::has_all(head, &["id", "timestamp"]) && head.get("type").is_none());
    let rest = lines.get(1..).unwrap_or_default();
    head && (responses::are_items(rest) || rest.iter().any(|line| line.get("record_type").is_some()))
}

fn is_streamed(line: &Value) -> bool {
    kind(line) == "thread.started" || (kind(line).starts_with("item.") && line.get("item").is_some())
}

fn turns(lines: &[Value]) -> Vec<Turn> {
    let mut talk = Conversation::default();
    for line in lines {
        let wrapped = is_wrapped(line);
        match kind(line) {
            "response_item" if wrapped => responses::add(&mut talk, json::at(line, "payload")),
            "event_msg" if wrapped => add_event(&mut talk, json::at(line, "payload")),
            "compacted" if wrapped => add_note(&mut talk, "compacted", json::at(line, "payload/message")),
            "session_meta" if wrapped => add_instructions(&mut talk, json::at(line, "payload")),
            _ if wrapped => {}
            "item.completed" => add_streamed(&mut talk, json::at(line, "item")),
            "error" | "turn.failed" => add_note(&mut talk, "error", line),
            _ if json::has_all(line, &["id", "timestamp"]) && line.get("type").is_none() => {
                add_instructions(&mut talk, line);
            }
            _ if line.get("record_type").is_some() || is_streamed(line) || kind(line).contains('.') => {}
            _ => responses::add(&mut talk, line),
        }
        if let Some(turn) = talk.last_mut() {
            turn.timestamp = turn.timestamp.take().or_else(|| json::name(line, "timestamp"));
        }
    }
    unfinished(lines).for_each(|item| add_streamed(&mut talk, item));
    talk.finish()
}

/// What the stream began and, broken off, never completed.
fn unfinished(lines: &[Value]) -> impl Iterator<Item = &Value> {
    let of =
        |wanted: &'static str| lines.iter().filter(move |line| kind(line) == wanted).map(|line| json::at(line, "item"));
    let completed: HashSet<&str> = of("item.completed").filter_map(|item| json::text(item, "id")).collect();
    of("item.started").filter(move |item| json::text(item, "id").is_some_and(|id| !completed.contains(id)))
}

fn add_instructions(talk: &mut Conversation, meta: &Value) {
    let given = json::first(meta, &["base_instructions/text", "base_instructions", "instructions"]);
    if let Some(text) = given {
        talk.push(Turn::system(text));
    }
}

fn add_event(talk: &mut Conversation, event: &Value) {
    let beside = ["turn_aborted", "error", "stream_error", "context_compacted", "thread_rolled_back", "warning"];
    if beside.contains(&kind(event)) {
        add_note(talk, kind(event), event);
    }
}

fn add_note(talk: &mut Conversation, what: &str, event: &Value) {
    let said = event.as_str().or_else(|| json::first(event, &["message", "error/message", "reason"]));
    let text = said.map_or_else(|| what.to_string(), |said| format!("{what}: {said}"));
    talk.push(Turn::new(Role::Other, vec![Part::note(text)]));
}

/// The stream names calls and their outcome at once.
fn add_streamed(talk: &mut Conversation, item: &Value) {
    let said = json::first(item, &["text", "message"]).unwrap_or_default();
    match json::first(item, &["type", "item_type"]).unwrap_or_default() {
        "reasoning" => talk.push(Turn::assistant(vec![Part::thought(said)])),
        "agent_message" | "assistant_message" => talk.push(Turn::assistant(vec![Part::text(said)])),
        "error" => add_note(talk, "error", item),
        kind => {
            let mut arguments = item.clone();
            let output =
                ["aggregated_output", "result"].iter().map(|key| json::at(item, key)).find(|value| !value.is_null());
            if let Some(object) = arguments.as_object_mut() {
                object.retain(|key, _| {
                    !["id", "type", "item_type", "aggregated_output", "result", "exit_code", "status"]
                        .contains(&key.as_str())
                });
            }
            let id = json::owned(item, "id");
            talk.push(Turn::assistant(vec![Part::call(kind, arguments, id.clone())]));
            let exit_code = json::at(item, "exit_code").as_i64();
            if let Some(output) = output {
                talk.result(Part::result(content::text(output), id, exit_code));
            }
        }
    }
}

fn exit_status(line: &Value) -> Option<String> {
    let event = if is_wrapped(line) { json::at(line, "payload") } else { line };
    ["task_complete", "turn_aborted", "turn.completed", "turn.failed"]
        .contains(&kind(event))
        .then(|| kind(event).into())
}

/// The last count holds the whole session; the stream counts each turn.
fn usage(lines: &[Value]) -> Usage {
    let total =
        lines.iter().rev().map(|line| json::at(line, "payload/info/total_token_usage")).find(|usage| usage.is_object());
    if let Some(total) = total {
        return responses::usage(total);
    }
    let turns = lines
        .iter()
        .filter(|line| kind(line) == "turn.completed")
        .map(|line| responses::usage(json::at(line, "usage")));
    let add = |a: Option<u64>, b: Option<u64>| a.map(|a| a.saturating_add(b.unwrap_or(0))).or(b);
    turns.fold(Usage::default(), |sum, turn| Usage {
        input_tokens: add(sum.input_tokens, turn.input_tokens),
        output_tokens: add(sum.output_tokens, turn.output_tokens),
        cost_usd: None,
    })
}
