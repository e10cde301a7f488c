//! OpenHands: rows of `output.jsonl` (V0 and V1), bare lists of events, and folders with one event per file.
//!
//! Shapes after `All-Hands-AI/OpenHands: evaluation/utils/shared.py, openhands/events/` and
//! `OpenHands/software-agent-sdk: openhands-sdk/openhands/sdk/event`.

use serde_json::Value;

use super::parts::Parts;
use super::{Content, Document, Folder, Format, Reading, json, naming, openhands_v0, openhands_v1, outcomes};
use crate::trajectory::{Outcome, Patch, Role, Trajectory, Turn, Usage};

pub struct OpenHands;

impl Format for OpenHands {
    fn name(&self) -> &'static str {
        "openhands"
    }

    fn about(&self) -> &'static str {
        "OpenHands V0 and V1: output.jsonl, lists and lines of events, sessions/<id>/events/ folders"
    }

    fn claims(&self, document: &Document) -> bool {
        match &document.content {
            Content::Value(Value::Array(events)) => are_events(events),
            Content::Value(row) => EVENTS.iter().any(|key| are_events(json::list(row, key))) || is_row(row),
            Content::Lines(lines) => are_event_lines(lines),
            Content::Folder(folder) => is_event_store(*folder),
            Content::Text(_) => false,
        }
    }

    fn read(&self, document: &Document) -> Reading {
        match &document.content {
            Content::Value(Value::Array(events)) => single(of_events(events)),
            Content::Value(row) => single(of_row(row, document)),
            Content::Lines(events) => single(of_events(events)),
            Content::Folder(folder) => of_folder(&mut Parts::of(*folder, document.path)),
            Content::Text(_) => Reading::default(),
        }
    }
}

/// Where rows keep their events.
const EVENTS: [&str; 2] = ["history", "trajectory"];

fn single(trajectory: Trajectory) -> Reading {
    Reading { trajectories: vec![trajectory], ..Reading::default() }
}

/// A run that broke before its first event leaves a row without history.
fn is_row(row: &Value) -> bool {
    let no_events = |key: &str| json::at(row, key).is_null() || json::list(row, key).is_empty();
    json::has_all(row, &["instance_id", "test_result", "metadata"]) && EVENTS.iter().all(|key| no_events(key))
}

/// Events, or the pairs of action and observation of 2024. Headers and gaps may stand among them.
fn are_events(events: &[Value]) -> bool {
    let of_pair = |event: &Value| event.as_array().is_some_and(|pair| pair.iter().any(openhands_v0::is_event));
    events.iter().take(8).any(|event| openhands_v0::is_event(event) || openhands_v1::is_event(event) || of_pair(event))
}

/// A line is an event: an action or an observation, and never both.
fn are_event_lines(lines: &[Value]) -> bool {
    let either = |event: &&Value| event.get("action").is_none() || event.get("observation").is_none();
    let events = lines.iter().take(8).filter(|line| openhands_v0::is_event(line) || openhands_v1::is_event(line));
    events.filter(either).count() * 2 > lines.len().min(8)
}

fn turns(events: &[Value]) -> Vec<Turn> {
    if events.iter().any(openhands_v1::is_event) { openhands_v1::turns(events) } else { openhands_v0::turns(events) }
}

fn of_events(events: &[Value]) -> Trajectory {
    let metrics = events.iter().rev().map(|event| json::at(event, "llm_metrics")).find(|metrics| metrics.is_object());
    let stats = events.iter().rev().map(|event| json::at(event, "value/usage_to_metrics")).find(|all| all.is_object());
    Trajectory {
        model: stats.and_then(|all| all.as_object()?.values().find_map(|one| json::owned(one, "model_name"))),
        turns: turns(events),
        usage: metrics.map_or_else(|| total(stats), usage),
        ..Trajectory::default()
    }
}

fn of_row(row: &Value, document: &Document) -> Trajectory {
    let events = EVENTS.iter().map(|key| json::list(row, key)).find(|events| !events.is_empty()).unwrap_or_default();
    let metadata = json::at(row, "metadata");
    let task = ["instance_id", "instance/instance_id", "id", "question_id"];
    Trajectory {
        task_id: task.iter().find_map(|path| json::name(row, path)).unwrap_or_default(),
        run: run(metadata).unwrap_or_default(),
        attempt: json::count(row, "attempt").map(|n| n as u32).or_else(|| attempt(document)),
        model: json::first(metadata, &["llm_config/model", "llm/model", "model_name"]).map(String::from),
        patch: ["test_result/git_patch", "git_patch"].iter().find_map(|path| json::text(row, path)).map(Patch::given),
        exit_status: json::owned(row, "error"),
        outcome: outcome(row),
        reward: score(row),
        usage: usage(json::at(row, "metrics")),
        turns: instructed(turns(events), row),
        ..Trajectory::default()
    }
}

/// What the agent was told stands in the row where no event holds it.
fn instructed(mut turns: Vec<Turn>, row: &Value) -> Vec<Turn> {
    let told = json::filled(row, "instruction").filter(|_| turns.iter().all(|turn| turn.role != Role::User));
    if let Some(instruction) = told {
        let place = turns.iter().take_while(|turn| turn.role == Role::System).count();
        turns.insert(place, Turn::user(instruction));
    }
    turns
}

/// The folder that the run wrote to names model, limits and version.
fn run(metadata: &Value) -> Option<String> {
    let folder = json::filled(metadata, "eval_output_dir")?.trim_end_matches('/');
    Some(folder.rsplit('/').next().unwrap_or(folder).into())
}

/// `output.critic_attempt_2.jsonl`
fn attempt(document: &Document) -> Option<u32> {
    naming::stem(document.path).rsplit_once("attempt_")?.1.parse().ok()
}

fn outcome(row: &Value) -> Outcome {
    let stated = ["test_result/report/resolved", "report/resolved", "resolved", "correct"];
    let found = stated.iter().map(|path| outcomes::truth(json::at(row, path))).find(|one| *one != Outcome::Unknown);
    found.unwrap_or_else(|| score(row).map(|score| score >= 1.0).into())
}

/// Benchmarks with checkpoints count points.
fn score(row: &Value) -> Option<f64> {
    let total = json::number(row, "test_result/final_score/total").filter(|total| *total > 0.0)?;
    Some(json::number(row, "test_result/final_score/result")? / total)
}

/// V1 counts per use of a model: the agent, the one that condenses, and so on.
fn total(stats: Option<&Value>) -> Usage {
    let each: Vec<Usage> =
        stats.and_then(Value::as_object).into_iter().flatten().map(|(_, metrics)| usage(metrics)).collect();
    Usage {
        input_tokens: each.iter().filter_map(|one| one.input_tokens).reduce(u64::saturating_add),
        output_tokens: each.iter().filter_map(|one| one.output_tokens).reduce(u64::saturating_add),
        cost_usd: each.iter().filter_map(|one| one.cost_usd).reduce(|a, b| a + b),
    }
}

fn usage(metrics: &Value) -> Usage {
    Usage {
        input_tokens: json::count(metrics, "accumulated_token_usage/prompt_tokens"),
        output_tokens: json::count(metrics, "accumulated_token_usage/completion_tokens"),
        cost_usd: json::number(metrics, "accumulated_cost"),
    }
}

/// `events/<n>.json`, or `events/event-<n>-<uuid>.json`, with nothing but files beside them.
fn is_event_store(folder: &dyn Folder) -> bool {
    let names = folder.names();
    names.iter().any(|name| event_number(name).is_some())
        && names.iter().all(|name| name.starts_with("events/") || !name.contains('/'))
}

fn event_number(name: &str) -> Option<u64> {
    let stem = name.strip_prefix("events/")?.strip_suffix(".json")?;
    let digits = stem.strip_prefix("event-").unwrap_or(stem);
    digits.split('-').next()?.parse().ok()
}

fn of_folder(parts: &mut Parts) -> Reading {
    let mut names: Vec<(u64, &str)> = parts.names().filter_map(|name| Some((event_number(name)?, name))).collect();
    names.sort_unstable();
    let events: Vec<Value> = names.into_iter().filter_map(|(_, name)| parts.value(name)).collect();
    let about = ["metadata.json", "base_state.json"].into_iter().find(|name| parts.has(name));
    let about = about.and_then(|name| parts.value(name)).unwrap_or(Value::Null);
    let notes = std::mem::take(&mut parts.notes);
    let counted = of_events(&events);
    let trajectory = Trajectory {
        model: json::first(&about, &["llm_model", "agent/llm/model"]).map(String::from),
        usage: Usage {
            input_tokens: json::count(&about, "prompt_tokens").or(counted.usage.input_tokens),
            output_tokens: json::count(&about, "completion_tokens").or(counted.usage.output_tokens),
            cost_usd: json::number(&about, "accumulated_cost").or(counted.usage.cost_usd),
        },
        notes: notes.clone(),
        ..counted
    };
    Reading { trajectories: vec![trajectory], notes, ..Reading::default() }
}
