//! Inspect AI logs: `.eval` archives and `.json`. A sample of an epoch is a trajectory.
//!
//! Shape after `UKGovernmentBEIS/inspect_ai: src/inspect_ai/log/_log.py`. `target` is for the scorer and not read;
//! `events` repeat the messages.

use std::borrow::Cow;

use serde_json::Value;

use super::parts::Parts;
use super::{Content, Document, Format, Reading, chat, content, json, naming, outcomes};
use crate::trajectory::{Outcome, PartKind, Patch, Trajectory, Turn, Usage};

pub struct Inspect;

impl Format for Inspect {
    fn name(&self) -> &'static str {
        "inspect"
    }

    fn about(&self) -> &'static str {
        "Inspect AI logs: .eval archives and .json"
    }

    fn claims(&self, document: &Document) -> bool {
        match &document.content {
            Content::Value(value) => json::has_all(value, &["version", "status", "eval"]),
            Content::Folder(folder) => {
                let names = folder.names();
                let has = |wanted: &str| names.iter().any(|name| name == wanted);
                has("_journal/start.json")
                    || (has("header.json") && names.iter().any(|name| name.starts_with("samples/")))
            }
            _ => false,
        }
    }

    fn read(&self, document: &Document) -> Reading {
        match &document.content {
            Content::Value(log) => {
                let samples = json::list(log, "samples").iter();
                let trajectories = samples.map(|sample| trajectory(log, sample, document)).collect();
                Reading { trajectories, ..Reading::default() }
            }
            Content::Folder(folder) => of_archive(&mut Parts::of(*folder, document.path), document),
            _ => Reading::default(),
        }
    }
}

/// An archive without a header is of a run that did not finish: its journal knows how it began.
fn of_archive(parts: &mut Parts, document: &Document) -> Reading {
    let log = parts.value("header.json").or_else(|| parts.value("_journal/start.json")).unwrap_or(Value::Null);
    let samples: Vec<&str> = parts.names().filter(|name| name.starts_with("samples/")).collect();
    let read = samples.into_iter().filter_map(|name| Some(trajectory(&log, &parts.value(name)?, document)));
    let trajectories = read.collect();
    Reading { trajectories, notes: std::mem::take(&mut parts.notes), ..Reading::default() }
}

fn trajectory(log: &Value, sample: &Value, document: &Document) -> Trajectory {
    let task_id = json::name(sample, "id").unwrap_or_default();
    let epoch = json::count(sample, "epoch").unwrap_or(1);
    let scores = || json::at(sample, "scores").as_object().into_iter().flatten().map(|(_, score)| score);
    let sum = |key| {
        let used = json::at(sample, "model_usage").as_object().into_iter().flatten();
        used.filter_map(|(_, usage)| json::count(usage, key)).reduce(u64::saturating_add)
    };
    Trajectory {
        id: format!("{task_id}-epoch-{epoch}"),
        task_id,
        run: naming::stem(document.path),
        attempt: Some(epoch as u32),
        model: json::first(log, &["eval/model"]).map(String::from),
        turns: turns(sample),
        patch: scores().find_map(|score| json::text(score, "metadata/model_patch")).map(Patch::given),
        exit_status: json::first(sample, &["error/message", "limit/type", "output/choices/0/stop_reason"])
            .map(String::from),
        outcome: scores().map(|score| outcome(json::at(score, "value"))).next().unwrap_or_default(),
        reward: scores().find_map(|score| json::number(score, "value")),
        usage: Usage { input_tokens: sum("input_tokens"), output_tokens: sum("output_tokens"), cost_usd: None },
        ..Trajectory::default()
    }
}

/// Correct, incorrect, and no answer; what is partly right is neither.
fn outcome(value: &Value) -> Outcome {
    match value.as_str() {
        Some("C") => Outcome::Resolved,
        Some("I" | "N") => Outcome::Unresolved,
        _ => outcomes::truth(value),
    }
}

fn turns(sample: &Value) -> Vec<Turn> {
    let attachments = json::at(sample, "attachments");
    let input = json::at(sample, "input");
    let given = match json::list(sample, "messages") {
        [] => input.as_array().cloned().unwrap_or_else(|| vec![serde_json::json!({"role": "user", "content": input})]),
        messages => messages.to_vec(),
    };
    let attached: Vec<Value> = given.into_iter().map(|message| failing(attach(message, attachments))).collect();
    let mut turns = chat::turns(&attached, &Value::Null);
    let failed: Vec<&str> = attached
        .iter()
        .filter(|message| !json::at(message, "error").is_null())
        .filter_map(|message| json::text(message, "tool_call_id"))
        .collect();
    let results = turns.iter_mut().flat_map(|turn| &mut turn.parts).filter(|part| part.kind == PartKind::ToolResult);
    for part in results.filter(|part| part.call_id.as_deref().is_some_and(|id| failed.contains(&id))) {
        part.exit_code = Some(1);
    }
    turns
}

/// A tool that failed says so in its error, which may stand beside what it put out before.
fn failing(mut message: Value) -> Value {
    let Some(error) = json::owned(&message, "error/message") else { return message };
    let said = content::text(json::at(&message, "content"));
    if !said.contains(&error) {
        message["content"] = if said.is_empty() { error } else { format!("{said}\n\n{error}") }.into();
    }
    message
}

/// Long texts are kept once, beside the messages that hold them.
fn attach(value: Value, attachments: &Value) -> Value {
    match value {
        Value::String(text) => {
            match text.strip_prefix("attachment://").and_then(|hash| json::text(attachments, hash)) {
                Some(attached) => Cow::<str>::Borrowed(attached).into(),
                None => Value::String(text),
            }
        }
        Value::Array(items) => items.into_iter().map(|item| attach(item, attachments)).collect(),
        Value::Object(fields) => fields.into_iter().map(|(key, field)| (key, attach(field, attachments))).collect(),
        other => other,
    }
}
