//! Chats: rows of `messages`, `trajectory` or `conversations`, and bare lists of messages.
//!
//! Understood are the messages of `OpenAI` (calls as structure), Anthropic (typed blocks), `ShareGPT` (`from`, `value`)
//! and nebius (`ai`, `text`, `system_prompt`), and calls written into the text.

use std::borrow::Cow;

use serde_json::Value;

use super::conversation::Conversation;
use super::inline::Dialect;
use super::mini_swe_agent::return_code;
use super::ordinary::{Message, Talk};
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
        let Some((_, messages)) = messages(row) else { return Reading::default() };
        let talk = messages.iter().map(Message::from).collect();
        Reading { trajectories: vec![trajectory(row, talk)], ..Reading::default() }
    }

    fn lists_without_answers(&self, _row: &Value) -> bool {
        true
    }

    fn list(&self, document: &Document, talk: Talk) -> Option<Reading> {
        let row = document.value()?;
        let (key, first) = messages(row)?;
        let rest = Some(talk.rest).filter(|_| key == talk.key).unwrap_or_default();
        let talk = first.iter().map(Message::from).chain(rest).collect();
        Some(Reading { trajectories: vec![trajectory(row, talk)], ..Reading::default() })
    }
}

fn trajectory(row: &Value, talk: Vec<Message>) -> Trajectory {
    Trajectory {
        task_id: TASK.iter().find_map(|path| json::name(row, path)).unwrap_or_default(),
        run: RUN.iter().find_map(|path| json::name(row, path)).unwrap_or_default(),
        attempt: ["attempt", "trial"].iter().find_map(|path| json::count(row, path)).map(|n| n as u32),
        model: json::first(row, &RUN[3..]).map(String::from),
        usage: usage(&talk),
        turns: turns_of(talk, json::at(row, "system")),
        patch: patch(row),
        exit_status: json::first(row, &["exit_status", "finish_reason", "exit_reason"]).map(String::from),
        outcome: outcome(row),
        reward: outcomes::reward(row),
        ..Trajectory::default()
    }
}

/// The messages of a row, and the key where they stand, or those of a bare list; some writers store them as a string
/// of JSON.
fn messages(value: &Value) -> Option<(&'static str, Cow<'_, [Value]>)> {
    if let Value::Array(list) = value {
        return is_chat(list).then_some(("", Cow::Borrowed(list)));
    }
    MESSAGES.iter().find_map(|key| match json::at(value, key) {
        Value::Array(list) => is_chat(list).then_some((*key, Cow::Borrowed(list.as_slice()))),
        quoted @ Value::String(_) => match json::unquoted(quoted)? {
            Value::Array(list) => is_chat(&list).then_some((*key, Cow::Owned(list))),
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

fn usage(messages: &[Message]) -> Usage {
    let counted: Vec<&Value> = messages.iter().filter_map(|message| message.whole()?.get("usage")).collect();
    let sum = |keys: [&str; 2]| {
        let of = |usage: &&Value| keys.iter().find_map(|key| json::count(usage, key));
        counted.iter().filter_map(of).reduce(u64::saturating_add)
    };
    Usage {
        input_tokens: sum(["prompt_tokens", "input_tokens"]),
        output_tokens: sum(["completion_tokens", "output_tokens"]),
        cost_usd: None,
    }
}

/// The turns of a chat. `system` is a system prompt that stands beside the messages.
pub fn turns(messages: &[Value], system: &Value) -> Vec<Turn> {
    turns_of(messages.iter().map(Message::from).collect(), system)
}

fn turns_of(messages: Vec<Message>, system: &Value) -> Vec<Turn> {
    let dialect = dialect(&messages);
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

fn dialect(messages: &[Message]) -> Dialect {
    let shell_prompts = messages.iter().any(|message| words(message).is_some_and(|words| words.ends_with("bash-$")));
    if shell_prompts {
        return Dialect::LastFence;
    }
    let answers = messages.iter().filter(|message| role(message) == Role::Assistant);
    Dialect::of(&answers.filter_map(words).collect::<Vec<_>>())
}

fn role(message: &Message) -> Role {
    let name = match message {
        Message::Plain(plain) => plain.role.as_ref(),
        Message::Whole(value) => json::first(value, &["role", "from"]).unwrap_or_default(),
    };
    match name {
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

/// What is said, where that is one text.
fn words<'m>(message: &'m Message) -> Option<&'m str> {
    match message {
        Message::Plain(plain) => plain.content.as_deref(),
        Message::Whole(value) => spoken(value).as_str(),
    }
}

fn add(talk: &mut Conversation, message: Message, dialect: Dialect) {
    let (role, beginning) = (role(&message), talk.last().is_none());
    let (timestamp, tokens) = stamps(&message);
    match role {
        Role::Assistant => talk.push(Turn::assistant(answer(message, dialect))),
        Role::Tool => talk.result(result(message)),
        Role::User if talk.awaits_text() => talk.result(result(message)),
        Role::User if !beginning => add_user(talk, parts(message)),
        role => talk.push(Turn::new(role, parts(message))),
    }
    let Some(turn) = talk.last_mut() else { return };
    turn.timestamp = turn.timestamp.take().or(timestamp);
    if role == Role::Assistant {
        turn.tokens = tokens.or(turn.tokens);
    }
}

fn stamps(message: &Message) -> (Option<String>, Option<u64>) {
    let Some(value) = message.whole() else { return (None, None) };
    (json::name(value, "timestamp"), json::count(value, "usage/completion_tokens"))
}

fn parts(message: Message) -> Vec<Part> {
    match message {
        Message::Plain(plain) => plain.content.filter(|text| !text.is_empty()).map(Part::text).into_iter().collect(),
        Message::Whole(value) => content::parts(spoken(&value)),
    }
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

fn answer(mut message: Message, dialect: Dialect) -> Vec<Part> {
    let (thought, calls) = match &mut message {
        Message::Plain(plain) => {
            let thought = plain.thought.take().filter(|thought| !thought.is_empty());
            (thought.map(Part::thought), std::mem::take(&mut plain.calls))
        }
        Message::Whole(value) if json::text(value, "from") == Some("function_call") => {
            return vec![quoted_call(spoken(value))];
        }
        Message::Whole(value) => (content::reasoning(value), content::calls(value).collect()),
    };
    let spread = |part: Part| match part.kind {
        PartKind::Text if dialect != Dialect::None => dialect.parts(&part.text),
        _ => vec![part],
    };
    thought.into_iter().chain(parts(message).into_iter().flat_map(spread)).chain(calls).collect()
}

/// `ShareGPT` writes a call as JSON text: `{"name": …, "arguments": …}`.
fn quoted_call(value: &Value) -> Part {
    let call = json::unquoted(value).unwrap_or(Value::Null);
    let arguments = content::arguments(json::at(&call, "arguments"));
    let name = json::text(&call, "name").unwrap_or_default();
    Part { text: content::text(value), ..Part::call(name, arguments, None) }
}

fn result(message: Message) -> Part {
    let (text, call_id, name) = match message {
        Message::Plain(plain) => (plain.content.unwrap_or_default().into_owned(), plain.call_id, plain.name),
        Message::Whole(value) => {
            (content::text(spoken(&value)), json::owned(&value, "tool_call_id"), json::owned(&value, "name"))
        }
    };
    let exit_code = return_code(&text);
    Part { name, ..Part::result(text, call_id, exit_code) }
}
