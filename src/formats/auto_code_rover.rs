//! `AutoCodeRover` folders, one per attempt at a task: rounds of a conversation, the patch drawn from it, its cost.
//!
//! Shape after `nus-apr/auto-code-rover: results/acr-run-*`. `meta.json` and `developer_patch.diff` hold the gold patch:
//! only the id is read from the one, the other is never opened.

use serde_json::Value;

use super::parts::Parts;
use super::{Content, Document, Format, Reading, chat, json};
use crate::trajectory::{Patch, Trajectory, Usage};

pub struct AutoCodeRover;

/// Folders that sort the attempts of a run by how they ended.
const STATUS: [&str; 6] = [
    "applicable_patch",
    "matched_but_empty_diff",
    "matched_but_empty_origin",
    "raw_patch_but_unmatched",
    "raw_patch_but_unparsed",
    "no_patch",
];

impl Format for AutoCodeRover {
    fn name(&self) -> &'static str {
        "auto-code-rover"
    }

    fn about(&self) -> &'static str {
        "AutoCodeRover folders: <instance>_<time>/ with conversation_round_N.json"
    }

    fn claims(&self, document: &Document) -> bool {
        let Content::Folder(folder) = &document.content else { return false };
        let names = folder.names();
        names.iter().any(|name| name == "meta.json") && names.iter().any(|name| number(name, ROUND).is_some())
    }

    fn read(&self, document: &Document) -> Reading {
        let Content::Folder(folder) = &document.content else { return Reading::default() };
        let mut parts = Parts::of(*folder, document.path);
        let meta = parts.value("meta.json").unwrap_or(Value::Null);
        let cost = parts.value("cost.json").unwrap_or(Value::Null);
        let status = parts.value("extract_status.json").unwrap_or(Value::Null);
        let messages = conversation(&mut parts);
        let patch = numbered(&parts, "extracted_patch_", ".diff").pop();
        let trajectory = Trajectory {
            task_id: json::owned(&meta, "task_id").unwrap_or_default(),
            run: run(document),
            model: json::owned(&cost, "model"),
            turns: chat::turns(&messages, &Value::Null),
            patch: patch.and_then(|name| parts.text(name)).map(Patch::given),
            exit_status: json::list(&status, "extract_status").last().and_then(Value::as_str).map(String::from),
            usage: Usage {
                input_tokens: json::count(&cost, "total_input_tokens"),
                output_tokens: json::count(&cost, "total_output_tokens"),
                cost_usd: json::number(&cost, "total_cost"),
            },
            ..Trajectory::default()
        };
        Reading { trajectories: vec![trajectory], notes: parts.notes, ..Reading::default() }
    }
}

const ROUND: (&str, &str) = ("conversation_round_", ".json");

fn number(name: &str, (before, after): (&str, &str)) -> Option<u64> {
    name.strip_prefix(before)?.strip_suffix(after)?.parse().ok()
}

fn numbered<'a>(parts: &Parts<'a>, before: &str, after: &str) -> Vec<&'a str> {
    let mut found: Vec<(u64, &str)> =
        parts.names().filter_map(|name| Some((number(name, (before, after))?, name))).collect();
    found.sort_unstable();
    found.into_iter().map(|(_, name)| name).collect()
}

/// Each round repeats those before it, and so does the agent that writes the patch: what is new in each is added.
fn conversation(parts: &mut Parts) -> Vec<Value> {
    let last_round = numbered(parts, ROUND.0, ROUND.1).pop();
    let writers = numbered(parts, "debug_agent_write_patch_", ".json");
    let mut messages: Vec<Value> = Vec::new();
    for name in last_round.into_iter().chain(writers) {
        let Some(Value::Array(thread)) = parts.value(name) else { continue };
        // The two agents have different system prompts for the same conversation.
        let same = |(index, (old, new)): &(usize, (&Value, &Value))| *index == 0 || old == new;
        let common = messages.iter().zip(&thread).enumerate().take_while(same).count();
        messages.extend(thread.into_iter().skip(common));
    }
    messages
}

/// The nearest folder above that names neither the attempt nor its status.
fn run(document: &Document) -> String {
    let above =
        document.path.ancestors().skip(1).filter_map(|path| path.file_name()).map(|name| name.to_string_lossy());
    above.into_iter().find(|name| !STATUS.contains(&name.as_ref())).unwrap_or_default().into()
}
