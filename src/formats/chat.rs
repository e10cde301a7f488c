//! Chats: rows of `messages`, `trajectory` or `conversations`, and bare lists of messages.
//!
//! Understood are the messages of `OpenAI` (calls as structure), Anthropic (typed blocks), `ShareGPT` (`from`, `value`)
//! and nebius (`ai`, `text`, `system_prompt`), and calls written into the text.

use std::borrow::Cow;

use serde_json::Value;

use super::conversation::Conversation;
use super::inline::Dialect;
use super::mini_swe_agent::return_code;
use super::{Document, Format, Reading, content, json, outcomes};
use crate::trajectory::{Outcome, Part, PartKind, Patch, Role, Trajectory, Turn, Usage};

pub struct Chat;

/// Where rows keep their messages.
const MESSAGES: [&str; 4] = ["messages", "trajectory", "conversations", "conversation"];
const TASK: [&str; 8] =
    ["instance_id", "task_id", "problem_id", "instance/instance_id", "question_id", "id", "traj_id", "trajectory_id"];
const RUN: [&str; 6] = ["run_id", "run", "run_name", "model", "model_name", "model_name_or_path"];
const PATCH: [&str; 5] = ["model_patch", "generated_patch", "git_patch", "test_result/git_patch", "output_patch"];

impl Format for Chat {
    fn name(&self) -> &'static str {
        "chat"
    }

    fn about(&self) -> &'static str {
        "chat rows and files: messages of OpenAI, Anthropic, ShareGPT or nebius spelling"
    }

    fn claims(&self, document: &Document) -> bool {
        document.value().and_then(messages).is_some()
    }

    fn read(&self, document: &Document) -> Reading {
        let Some(row) = document.value() else { return Reading::default() };
        let Some(messages) = messages(row) else { return Reading::default() };
        let trajectory = Trajectory {
            task_id: TASK.iter().find_map(|path| json::name(row, path)).unwrap_or_default(),
            run: RUN.iter().find_map(|path| json::name(row, path)).unwrap_or_default(),
            attempt: ["attempt", "trial"].iter().find_map(|path| json::count(row, path)).map(|n| n as u32),
            model: json::first(row, &RUN[3..]).map(String::from),
            turns: turns(&messages, json::at(row, "system")),
            patch: patch(row),
            exit_status: json::first(row, &["exit_status", "finish_reason", "exit_reason"]).map(String::from),
            outcome: outcome(row),
            reward: outcomes::reward(row),
            usage: usage(&messages),
            ..Trajectory::default()
        };
        Reading { trajectories: vec![trajectory], ..Reading::default() }
    }

    fn lists_without_answers(&self, _row: &Value) -> bool {
        true
    }
}

/// The messages of a row or a bare list; some writers store them as a string of JSON.
fn messages(value: &Value) -> Option<Cow<'_, [Value]>> {
    if let Value::Array(list) = value {
        return is_chat(list).then_some(Cow::Borrowed(list));
    }
    MESSAGES.iter().find_map(|key| match json::at(value, key) {
        Value::Array(list) => is_chat(list).then_some(Cow::Borrowed(list.as_slice())),
        quoted @ Value::String(_) => match json::unquoted(quoted)? {
            Value::Array(list) => is_chat(&list).then_some(Cow::Owned(list)),
            _ => None,
        },
        _ => None,
    })
}

fn is_chat(messages: &[Value]) -> bool {
    messages.first().is_some_and(|message| {
        let spoken = ["content", "value", "text", "tool_calls"].iter().any(|key| message.get(key).is_some());
        json::first(message, &["role", "from"]).is_some() && spoken
    })
}

/// The agent's patch. A row that also holds the tests holds the gold patch under the plain name.
fn patch(row: &Value) -> Option<Patch> {
    let plain = Some("patch").filter(|_| row.get("test_patch").is_none());
    PATCH.into_iter().chain(plain).find_map(|path| json::text(row, path)).map(Patch::given)
}

/// Rows of `CoderForge` say it by their reward alone: the tests passed, or not.
fn outcome(row: &Value) -> Outcome {
    let tested = json::has_all(row, &["trajectory_id", "image", "reward"]);
    match outcomes::outcome(row) {
        Outcome::Unknown if tested => outcomes::truth(json::at(row, "reward")),
        stated => stated,
    }
}

fn usage(messages: &[Value]) -> Usage {
    let counted: Vec<&Value> = messages.iter().filter_map(|message| message.get("usage")).collect();
    let sum = |keys: [&str; 2]| {
        let of = |usage: &&Value| keys.iter().find_map(|key| json::count(usage, key));
        counted.iter().filter_map(of).reduce(|a, b| a + b)
    };
    Usage {
        input_tokens: sum(["prompt_tokens", "input_tokens"]),
        output_tokens: sum(["completion_tokens", "output_tokens"]),
        cost_usd: None,
    }
}

/// The turns of a chat. `system` is a system prompt that stands beside the messages.
pub fn turns(messages: &[Value], system: &Value) -> Vec<Turn> {
    let dialect = dialect(messages);
    let mut talk = Conversation::default();
    let prompt = content::parts(system);
    if !prompt.is_empty() {
        talk.push(Turn::new(Role::System, prompt));
    }
    for message in messages {
        add(&mut talk, message, dialect);
    }
    talk.finish()
}

fn dialect(messages: &[Value]) -> Dialect {
    let shell_prompts = messages.iter().any(|message| spoken(message).as_str().is_some_and(|s| s.ends_with("bash-$")));
    if shell_prompts {
        return Dialect::LastFence;
    }
    let answers = messages.iter().filter(|message| role(message) == Role::Assistant);
    Dialect::of(&answers.filter_map(|message| spoken(message).as_str()).collect::<Vec<_>>())
}

fn role(message: &Value) -> Role {
    match json::first(message, &["role", "from"]).unwrap_or_default() {
        "system" | "developer" => Role::System,
        "user" | "human" => Role::User,
        "assistant" | "ai" | "gpt" | "model" | "bot" | "function_call" => Role::Assistant,
        "tool" | "function" | "observation" | "function_response" | "environment" | "ipython" => Role::Tool,
        _ => Role::Other,
    }
}

fn spoken(message: &Value) -> &Value {
    let keys = ["content", "value", "text", "system_prompt"];
    let found = keys.iter().map(|key| json::at(message, key)).find(|value| !value.is_null());
    found.unwrap_or(&Value::Null)
}

fn add(talk: &mut Conversation, message: &Value, dialect: Dialect) {
    let before = talk.last().map(|turn| turn.role);
    match role(message) {
        Role::Assistant => talk.push(Turn::assistant(answer(message, dialect))),
        Role::Tool => talk.result(result(message)),
        Role::User if talk.awaits_text() => talk.result(result(message)),
        Role::User if before.is_some() => add_user(talk, content::parts(spoken(message))),
        role => talk.push(Turn::new(role, content::parts(spoken(message)))),
    }
    stamp(talk, message);
}

/// Anthropic puts results into messages of the user; what else such a message holds is the user's own.
pub fn add_user(talk: &mut Conversation, parts: Vec<Part>) {
    let (results, own): (Vec<_>, Vec<_>) = parts.into_iter().partition(|part| part.kind == PartKind::ToolResult);
    let only_results = !results.is_empty() && own.is_empty();
    for part in results {
        talk.result(part);
    }
    if !only_results {
        talk.push(Turn::new(Role::User, own));
    }
}

fn answer(message: &Value, dialect: Dialect) -> Vec<Part> {
    if json::text(message, "from") == Some("function_call") {
        return vec![quoted_call(spoken(message))];
    }
    let spread = |part: Part| match part.kind {
        PartKind::Text => dialect.parts(&part.text),
        _ => vec![part],
    };
    let said = content::parts(spoken(message)).into_iter().flat_map(spread);
    content::reasoning(message).into_iter().chain(said).chain(content::calls(message)).collect()
}

/// `ShareGPT` writes a call as JSON text: `{"name": …, "arguments": …}`.
fn quoted_call(value: &Value) -> Part {
    let call = json::unquoted(value).unwrap_or(Value::Null);
    let arguments = content::arguments(json::at(&call, "arguments"));
    let name = json::text(&call, "name").unwrap_or_default();
    Part { text: content::text(value), ..Part::call(name, arguments, None) }
}

fn result(message: &Value) -> Part {
    let text = content::text(spoken(message));
    let exit_code = return_code(&text);
    let part = Part::result(text, json::owned(message, "tool_call_id"), exit_code);
    Part { name: json::owned(message, "name"), ..part }
}

fn stamp(talk: &mut Conversation, message: &Value) {
    let Some(turn) = talk.last_mut() else { return };
    turn.timestamp = turn.timestamp.take().or_else(|| json::name(message, "timestamp"));
    if role(message) == Role::Assistant {
        turn.tokens = json::count(message, "usage/completion_tokens").or(turn.tokens);
    }
}
