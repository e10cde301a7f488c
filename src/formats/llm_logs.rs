//! Logs of single completions: a request and its response per file and a folder per task, as `OpenHands` writes them,
//! or requests and responses as lines of one file, as SWE-agent does.
//!
//! Each request repeats the chat so far. The last file of a folder holds it whole; of lines, what is new in each counts.

use serde_json::{Value, json as literal};

use super::parts::Parts;
use super::{Content, Document, Format, Reading, chat, content, json};
use crate::trajectory::{Trajectory, Usage};

pub struct LlmLogs;

impl Format for LlmLogs {
    fn name(&self) -> &'static str {
        "llm-logs"
    }

    fn about(&self) -> &'static str {
        "completion logs: OpenHands' llm_completions/<instance>/<model>-<time>.json, files and folders; SWE-agent's lines"
    }

    fn claims(&self, document: &Document) -> bool {
        match &document.content {
            Content::Value(value) => is_log(value),
            Content::Lines(lines) => {
                let head = &lines[..lines.len().min(8)];
                head.iter().filter(|line| is_exchange(line)).count() * 2 > head.len()
            }
            Content::Folder(folder) => {
                let names = folder.names();
                !names.is_empty() && names.iter().all(|name| time(name).is_some())
            }
            Content::Text(_) => false,
        }
    }

    fn read(&self, document: &Document) -> Reading {
        match &document.content {
            Content::Value(log) => Reading { trajectories: vec![trajectory(log)], ..Reading::default() },
            Content::Lines(lines) => Reading { trajectories: of_lines(lines), ..Reading::default() },
            Content::Folder(folder) => of_folder(&mut Parts::of(*folder, document.path)),
            Content::Text(_) => Reading::default(),
        }
    }
}

fn is_log(value: &Value) -> bool {
    json::at(value, "messages").is_array()
        && json::list(value, "response/choices").first().is_some_and(Value::is_object)
}

fn is_exchange(line: &Value) -> bool {
    match json::text(line, "type") {
        Some("request") => json::at(line, "messages").is_array(),
        Some("response") => json::at(line, "outputs").is_array(),
        _ => false,
    }
}

/// The chat of one agent as its requests tell it.
#[derive(Default)]
struct Session {
    /// What the last request held, with the answer to it.
    context: Vec<Value>,
    /// Every message once, those that the agent took back included.
    messages: Vec<Value>,
    responses: Vec<Value>,
}

/// Another agent asked if the requests begin differently.
fn of_lines(lines: &[Value]) -> Vec<Trajectory> {
    let mut sessions: Vec<Session> = Vec::new();
    for line in lines {
        let asked = json::list(line, "messages");
        match (json::text(line, "type"), sessions.last_mut()) {
            (Some("request"), Some(session)) if same_opening(&session.context, asked) => session.ask(asked),
            (Some("request"), _) => {
                sessions.push(Session::default());
                sessions.last_mut().into_iter().for_each(|session| session.ask(asked));
            }
            (_, Some(session)) => session.answer(line),
            (_, None) => {}
        }
    }
    // The first keeps its name when others follow it.
    let named = |(index, session): (usize, Session)| Trajectory {
        id: if index > 0 { format!("session-{}", index + 1) } else { String::new() },
        attempt: Some(index as u32 + 1),
        ..session.trajectory()
    };
    sessions.into_iter().enumerate().map(named).collect()
}

/// System prompt and task.
fn same_opening(before: &[Value], now: &[Value]) -> bool {
    !before.is_empty() && before.iter().zip(now).take(2).all(|(before, now)| before == now)
}

impl Session {
    fn ask(&mut self, asked: &[Value]) {
        let known = self.context.iter().zip(asked).take_while(|(before, now)| says_the_same(before, now)).count();
        self.messages.extend(asked.iter().skip(known).cloned());
        self.context = asked.to_vec();
    }

    fn answer(&mut self, response: &Value) {
        for output in json::list(response, "outputs") {
            let calls = json::at(output, "tool_calls");
            let message = literal!({"role": "assistant", "content": json::at(output, "message"), "tool_calls": calls});
            self.context.push(message.clone());
            self.messages.push(message);
        }
        self.responses.push(response.clone());
    }

    fn trajectory(self) -> Trajectory {
        let sum = |key| self.responses.iter().filter_map(|one| json::count(one, key)).reduce(u64::saturating_add);
        let costs = self.responses.iter().filter_map(|one| json::number(one, "cost"));
        Trajectory {
            model: self.responses.iter().find_map(|one| json::owned(one, "model")),
            turns: chat::turns(&self.messages, &Value::Null),
            usage: Usage {
                input_tokens: sum("input_tokens"),
                output_tokens: sum("output_tokens"),
                cost_usd: costs.reduce(|a, b| a + b),
            },
            ..Trajectory::default()
        }
    }
}

/// An answer comes back in the next request with other fields around it.
fn says_the_same(before: &Value, now: &Value) -> bool {
    let calls = |message: &Value| content::calls(message).map(|call| call.call_id).collect::<Vec<_>>();
    json::at(before, "role") == json::at(now, "role")
        && content::text(json::at(before, "content")).trim() == content::text(json::at(now, "content")).trim()
        && calls(before) == calls(now)
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
    let sum = |path| logs.iter().filter_map(|log| json::count(log, path)).reduce(u64::saturating_add);
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
