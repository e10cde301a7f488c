//! Logs of single completions as `OpenHands` writes them: a request and its response per file, a folder per task.
//!
//! Each file repeats the chat so far: the last one of a folder holds it whole.

use serde_json::Value;

use super::parts::Parts;
use super::{Content, Document, Format, Reading, chat, json};
use crate::trajectory::{Trajectory, Usage};

pub struct LlmLogs;

impl Format for LlmLogs {
    fn name(&self) -> &'static str {
        "llm-logs"
    }

    fn about(&self) -> &'static str {
        "completion logs of OpenHands: llm_completions/<instance>/<model>-<time>.json, single files and folders"
    }

    fn claims(&self, document: &Document) -> bool {
        match &document.content {
            Content::Value(value) => is_log(value),
            Content::Folder(folder) => {
                let names = folder.names();
                !names.is_empty() && names.iter().all(|name| time(name).is_some())
            }
            _ => false,
        }
    }

    fn read(&self, document: &Document) -> Reading {
        match &document.content {
            Content::Value(log) => Reading { trajectories: vec![trajectory(log)], ..Reading::default() },
            Content::Folder(folder) => of_folder(&mut Parts::of(*folder, document.path)),
            _ => Reading::default(),
        }
    }
}

fn is_log(value: &Value) -> bool {
    json::at(value, "messages").is_array()
        && json::list(value, "response/choices").first().is_some_and(Value::is_object)
}

/// `litellm_proxy__model-1757015029.090.json` was written 1757015029.090 seconds after 1970.
fn time(name: &str) -> Option<f64> {
    let (_, seconds) = name.strip_suffix(".json").filter(|name| !name.contains('/'))?.rsplit_once('-')?;
    seconds.parse().ok().filter(|seconds| *seconds > 1e9)
}

fn of_folder(parts: &mut Parts) -> Reading {
    let mut names: Vec<(f64, &str)> = parts.names().filter_map(|name| Some((time(name)?, name))).collect();
    names.sort_by(|a, b| a.0.total_cmp(&b.0));
    let logs: Vec<Value> = names.into_iter().filter_map(|(_, name)| parts.value(name)).filter(is_log).collect();
    let sum = |path| logs.iter().filter_map(|log| json::count(log, path)).reduce(|a, b| a + b);
    let usage = Usage {
        input_tokens: sum("response/usage/prompt_tokens"),
        output_tokens: sum("response/usage/completion_tokens"),
        cost_usd: logs.iter().filter_map(|log| json::number(log, "cost")).reduce(|a, b| a + b),
    };
    let trajectories = logs.last().map(|log| Trajectory { usage, ..trajectory(log) }).into_iter().collect();
    Reading { trajectories, notes: std::mem::take(&mut parts.notes), ..Reading::default() }
}

/// Where calls are written into texts for the model's sake, the structured chat stands beside.
fn trajectory(log: &Value) -> Trajectory {
    let structured =
        ["fncall_messages", "raw_messages"].iter().map(|key| json::list(log, key)).find(|list| !list.is_empty());
    let answers = ["fncall_response/choices/0/message", "raw_response/choices/0/message", "response/choices/0/message"];
    let answer = answers.iter().map(|path| json::at(log, path)).find(|message| message.is_object());
    let messages = structured.unwrap_or_else(|| json::list(log, "messages")).iter().chain(answer).cloned();
    Trajectory {
        model: json::first(log, &["response/model", "args/model", "kwargs/model"]).map(String::from),
        turns: chat::turns(&messages.collect::<Vec<_>>(), &Value::Null),
        exit_status: json::owned(log, "response/choices/0/finish_reason"),
        usage: Usage {
            input_tokens: json::count(log, "response/usage/prompt_tokens"),
            output_tokens: json::count(log, "response/usage/completion_tokens"),
            cost_usd: json::number(log, "cost"),
        },
        ..Trajectory::default()
    }
}
