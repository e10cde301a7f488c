//! mini-swe-agent `.traj.json`: bare lists of messages (0.x), `mini-swe-agent-1` and `mini-swe-agent-1.1` (2.x).
//!
//! Shapes after `SWE-agent/mini-swe-agent: src/minisweagent/agents/default.py (serialize)`.

use serde_json::Value;

use super::conversation::Conversation;
use super::inline::{self, Dialect};
use super::{Document, Format, Reading, content, json};
use crate::trajectory::{Part, Patch, Role, Trajectory, Turn, Usage};

pub struct MiniSweAgent;

impl Format for MiniSweAgent {
    fn name(&self) -> &'static str {
        "mini-swe-agent"
    }

    fn about(&self) -> &'static str {
        "mini-swe-agent 0.x, 1.x and 2.x: <instance>.traj.json"
    }

    fn claims(&self, document: &Document) -> bool {
        document.value().is_some_and(|value| match value {
            Value::Array(messages) => is_bare_chat(messages),
            _ => json::text(value, "trajectory_format").is_some_and(|format| format.starts_with("mini-swe-agent")),
        })
    }

    fn read(&self, document: &Document) -> Reading {
        let Some(value) = document.value() else { return Reading::default() };
        let messages = messages(value);
        let info = json::at(value, "info");
        let trajectory = Trajectory {
            task_id: json::owned(value, "instance_id").unwrap_or_default(),
            model: json::owned(info, "config/model/model_name"),
            turns: turns(messages),
            patch: json::text(info, "submission").map(Patch::given),
            exit_status: json::owned(info, "exit_status"),
            usage: usage(messages, info),
            ..Trajectory::default()
        };
        Reading { trajectories: vec![trajectory], ..Reading::default() }
    }

    /// A voice that is not known is shown as a note.
    fn lists_without_answers(&self, value: &Value) -> bool {
        let known = ["system", "user", "assistant", "tool", "exit"];
        messages(value).iter().all(|message| known.contains(&json::text(message, "role").unwrap_or_default()))
    }
}

fn messages(value: &Value) -> &[Value] {
    value.as_array().map_or_else(|| json::list(value, "messages"), Vec::as_slice)
}

/// Before 1.0 the file was the list of messages itself: told from other chats by one shell command per answer.
fn is_bare_chat(messages: &[Value]) -> bool {
    let answers = messages.iter().filter(|message| json::text(message, "role") == Some("assistant"));
    let said: Vec<&str> = answers.filter_map(|message| json::text(message, "content")).collect();
    json::text(messages.first().unwrap_or(&Value::Null), "role") == Some("system")
        && Dialect::of(&said) == Dialect::OneShellFence
}

fn usage(messages: &[Value], info: &Value) -> Usage {
    let sum = |path: &str| {
        let counts = messages.iter().filter_map(|message| json::count(message, path));
        counts.reduce(u64::saturating_add)
    };
    Usage {
        input_tokens: sum("extra/response/usage/prompt_tokens"),
        output_tokens: sum("extra/response/usage/completion_tokens"),
        cost_usd: json::number(info, "model_stats/instance_cost"),
    }
}

fn turns(messages: &[Value]) -> Vec<Turn> {
    let mut talk = Conversation::default();
    for message in messages {
        let spoken = json::at(message, "content");
        match json::text(message, "role").unwrap_or_default() {
            "system" => talk.push(Turn::new(Role::System, content::parts(spoken))),
            "assistant" => talk.push(answer(message)),
            "tool" => talk.result(observation(message)),
            "user" if talk.awaits_text() => talk.result(observation(message)),
            "user" => talk.push(Turn::new(Role::User, content::parts(spoken))),
            // `exit`: the harness says how it ended.
            _ => talk.push(Turn::new(Role::Other, vec![Part::note(content::text(spoken))])),
        }
    }
    talk.finish()
}

fn answer(message: &Value) -> Turn {
    let mut parts: Vec<Part> = content::reasoning(message).into_iter().collect();
    let calls: Vec<Part> = content::calls(message).collect();
    let text = content::text(json::at(message, "content"));
    match json::text(message, "extra/actions/0/command") {
        _ if !calls.is_empty() => {
            parts.extend(content::parts(json::at(message, "content")));
            parts.extend(calls);
        }
        Some(command) => parts.extend(inline::around(&text, command, inline::command_call(command))),
        None => parts.extend(Dialect::OneShellFence.parts(&text)),
    }
    Turn {
        timestamp: json::name(message, "extra/timestamp"),
        tokens: json::count(message, "extra/response/usage/completion_tokens"),
        cost_usd: json::number(message, "extra/cost"),
        ..Turn::assistant(parts)
    }
}

fn observation(message: &Value) -> Part {
    let text = content::text(json::at(message, "content"));
    let exit_code = json::at(message, "extra/returncode").as_i64().or_else(|| return_code(&text));
    Part::result(text, json::owned(message, "tool_call_id"), exit_code)
}

/// `<returncode>0</returncode>` at the head of an observation.
pub fn return_code(text: &str) -> Option<i64> {
    text.trim_start().strip_prefix("<returncode>")?.split_once('<')?.0.trim().parse().ok()
}
