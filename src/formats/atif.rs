//! ATIF, the Agent Trajectory Interchange Format, 1.0 to 1.7, and its variant of a header line and a step per line.
//!
//! Shape after RFC 0001 of `laude-institute/harbor`. A step is a whole turn: what was said, called and observed.

use serde_json::Value;

use super::conversation::Conversation;
use super::parts::Parts;
use super::{Content, Document, Folder, Format, Reading, content, json};
use crate::trajectory::{Note, Part, Role, Trajectory, Turn, Usage};

pub struct Atif;

impl Format for Atif {
    fn name(&self) -> &'static str {
        "atif"
    }

    fn about(&self) -> &'static str {
        "ATIF 1.0 to 1.7: trajectory.json with its continuations and sub-agents, JSONL with a header line"
    }

    fn claims(&self, document: &Document) -> bool {
        match &document.content {
            Content::Value(value) => is_root(value),
            Content::Lines(lines) => {
                lines.first().is_some_and(|line| is_root(line) && line.get("__header__").is_some())
            }
            Content::Folder(folder) => is_chain(*folder),
            Content::Text(_) => false,
        }
    }

    fn read(&self, document: &Document) -> Reading {
        match &document.content {
            Content::Value(root) => of_root(root, document),
            Content::Lines([header, steps @ ..]) => {
                Reading { trajectories: vec![trajectory(header, steps)], ..Reading::default() }
            }
            Content::Folder(folder) => {
                let mut parts = Parts::of(*folder, document.path);
                let trajectories = chain(&mut parts, "");
                Reading { trajectories, notes: parts.notes, ..Reading::default() }
            }
            _ => Reading::default(),
        }
    }
}

fn is_root(value: &Value) -> bool {
    json::text(value, "schema_version").is_some_and(|version| version.starts_with("ATIF"))
}

/// `trajectory.json`, its continuations, and what sub-agents wrote beside it.
fn is_chain(folder: &dyn Folder) -> bool {
    let names = folder.names();
    names.iter().any(|name| name == FIRST) && names.iter().any(|name| name.starts_with("trajectory.cont-"))
}

const FIRST: &str = "trajectory.json";

/// The trajectory that begins in `folder` with all its continuations joined, then those of sub-agents.
pub fn chain(parts: &mut Parts, folder: &str) -> Vec<Trajectory> {
    let mut left: Vec<String> = parts.names().filter(|name| is_part(name, folder)).map(String::from).collect();
    let mut next = Some(format!("{folder}{FIRST}"));
    let (mut joined, mut others): (Option<Trajectory>, Vec<Trajectory>) = (None, Vec::new());
    while let Some(at) = next.take().and_then(|name| left.iter().position(|one| *one == name)) {
        let name = left.remove(at);
        let mut read = parts.read(&name).trajectories.into_iter();
        match (&mut joined, read.next()) {
            (Some(whole), Some(more)) => whole.turns.extend(more.turns),
            (whole, more) => *whole = more,
        }
        others.extend(read);
        let root = parts.value(&name).unwrap_or(Value::Null);
        let path = json::filled(&root, "continued_trajectory_ref").map(|path| path.rsplit('/').next().unwrap_or(path));
        next = path.map(|file| format!("{folder}{file}"));
    }
    others.extend(left.iter().flat_map(|name| parts.read(name).trajectories));
    let named = |(index, sub): (usize, Trajectory)| Trajectory { id: format!("agent-{}", index + 1), ..sub };
    let whole = joined.map(|whole| Trajectory { id: String::new(), task_id: String::new(), ..whole });
    whole.into_iter().chain(others.into_iter().enumerate().map(named)).collect()
}

fn is_part(name: &str, folder: &str) -> bool {
    let file = name.strip_prefix(folder).filter(|file| !file.contains('/'));
    file.is_some_and(|file| file.starts_with("trajectory.") && file.strip_suffix(".json").is_some())
}

fn of_root(root: &Value, document: &Document) -> Reading {
    let mut whole = trajectory(root, json::list(root, "steps"));
    if let Some(next) = json::filled(root, "continued_trajectory_ref") {
        whole.notes.push(Note::remark(document.path, format!("is continued in {next}")));
    }
    let embedded = json::list(root, "subagent_trajectories");
    let sub_agents = embedded.iter().enumerate().map(|(index, root)| {
        let name = json::first(root, &["trajectory_id", "session_id"]).map(String::from);
        let id = format!("subagent-{}", name.unwrap_or_else(|| (index + 1).to_string()));
        Trajectory { id, ..trajectory(root, json::list(root, "steps")) }
    });
    Reading { trajectories: [whole].into_iter().chain(sub_agents).collect(), ..Reading::default() }
}

fn trajectory(root: &Value, steps: &[Value]) -> Trajectory {
    let task = ["extra/instance_id", "extra/task_id", "extra/task_name"];
    Trajectory {
        task_id: task.iter().find_map(|path| json::name(root, path)).unwrap_or_default(),
        model: json::owned(root, "agent/model_name"),
        turns: turns(steps),
        usage: usage(root, steps),
        ..Trajectory::default()
    }
}

fn usage(root: &Value, steps: &[Value]) -> Usage {
    let total = json::at(root, "final_metrics");
    let sum = |path| steps.iter().filter_map(|step| json::count(step, path)).reduce(u64::saturating_add);
    let costs = steps.iter().filter_map(|step| json::number(step, "metrics/cost_usd"));
    Usage {
        input_tokens: json::count(total, "total_prompt_tokens").or_else(|| sum("metrics/prompt_tokens")),
        output_tokens: json::count(total, "total_completion_tokens").or_else(|| sum("metrics/completion_tokens")),
        cost_usd: json::number(total, "total_cost_usd").or_else(|| costs.reduce(|a, b| a + b)),
    }
}

/// Steps copied from the trajectory that this one continues are not its own.
pub fn turns(steps: &[Value]) -> Vec<Turn> {
    let mut talk = Conversation::default();
    let own = steps.iter().filter(|step| json::at(step, "is_copied_context").as_bool() != Some(true));
    own.for_each(|step| add_step(&mut talk, step));
    talk.finish()
}

fn add_step(talk: &mut Conversation, step: &Value) {
    let role = match json::text(step, "source") {
        Some("agent") => Role::Assistant,
        Some("user") => Role::User,
        Some("system") => Role::System,
        _ => Role::Other,
    };
    let said = content::parts(json::at(step, "message"));
    let parts = content::reasoning(step).into_iter().chain(said).chain(json::list(step, "tool_calls").iter().map(call));
    talk.push(Turn {
        timestamp: json::name(step, "timestamp"),
        tokens: json::count(step, "metrics/completion_tokens"),
        cost_usd: json::number(step, "metrics/cost_usd"),
        ..Turn::new(role, parts.collect())
    });
    for result in json::list(step, "observation/results") {
        add_result(talk, result, role);
    }
}

fn call(call: &Value) -> Part {
    let name = json::text(call, "function_name").unwrap_or_default();
    Part::call(name, content::arguments(json::at(call, "arguments")), json::owned(call, "tool_call_id"))
}

/// A text, parts, or (against the letter of the format) an object with what was run and what it put out.
fn observed(given: &Value, call_id: Option<String>) -> Part {
    let text = json::text(given, "output").map_or_else(|| content::text(given), String::from);
    let passed = json::at(given, "passed").as_bool().map(|passed| i64::from(!passed));
    Part::result(text, call_id, json::at(given, "exit_code").as_i64().or(passed))
}

fn add_result(talk: &mut Conversation, result: &Value, role: Role) {
    let references = json::list(result, "subagent_trajectory_ref").iter();
    let references = references.filter_map(|one| json::first(one, &["trajectory_path", "trajectory_id", "session_id"]));
    talk.extend(references.map(|name| Part::note(format!("sub-agent: {name}"))).collect());
    let given = json::at(result, "content");
    if given.is_null() {
        return;
    }
    let part = Part { name: json::owned(given, "command"), ..observed(given, json::owned(result, "source_call_id")) };
    // What a system step observed belongs to it; only calls of the agent are looked up.
    if role == Role::Assistant { talk.result(part) } else { talk.extend(vec![part]) }
}
