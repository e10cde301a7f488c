//! A trajectory as the templates see it: messages, steps, task, patch, facts. Labels, rewards, gold patches and the names
//! of models and runs have no field here, so no template can show them.

use serde::Serialize;

use super::action::{compact, function_text};
use super::change::Change;
use super::profile::{Calls, Conversation, Results};
use super::signs::signs;
use super::task::task_of;
use crate::trajectory::{Part, PartKind, Role, Trajectory, Turn};

#[derive(Debug, Clone, Serialize)]
pub struct View {
    /// The issue, out of the first user message.
    pub task: String,
    pub messages: Vec<Message>,
    pub steps: Vec<Step>,
    /// `null`: the source has no patch; empty: it is known to be empty.
    pub patch: Option<String>,
    /// The patch without files it creates.
    pub patch_existing: String,
    pub facts: Facts,
    /// Counted facts as words: what the bundled model reads.
    pub signs: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Message {
    pub role: &'static str,
    pub content: String,
}

/// One assistant turn and what came back.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// From 1.
    pub number: usize,
    /// What was said: thoughts and text.
    pub thought: String,
    /// The calls as the `OpenHands` text form, or in the source's own spelling.
    pub action: String,
    /// The calls, short.
    pub calls: Vec<String>,
    pub observation: String,
    /// The first exit code that is not 0.
    pub exit_code: Option<i64>,
    /// Turns left out just before this one: first and last number.
    pub gap: Option<(usize, usize)>,
}

/// Counts over the whole trajectory, whatever was cut.
#[derive(Debug, Clone, Serialize)]
pub struct Facts {
    pub turns: usize,
    pub loops: usize,
    /// Turns with an exit code that is not 0.
    pub failed: usize,
    /// Lower case, `_` for spaces.
    pub exit: String,
    pub files: usize,
    pub added: usize,
    pub removed: usize,
    /// Changed files with `test` in their path.
    pub tests: usize,
}

impl View {
    pub fn of(trajectory: &Trajectory, rules: &Conversation) -> Self {
        let patch = trajectory.patch.as_ref().map(|patch| patch.text.clone());
        let change = Change::of(patch.as_deref().unwrap_or_default());
        let task = task_of(trajectory);
        Self {
            signs: signs(trajectory, &task),
            task,
            messages: messages(&trajectory.turns, rules),
            steps: steps(&trajectory.turns),
            patch_existing: change.existing,
            facts: Facts {
                turns: trajectory.turns.iter().filter(|turn| turn.role == Role::Assistant).count(),
                loops: trajectory.loops(),
                failed: trajectory.turns.iter().filter(|turn| turn.failed()).count(),
                exit: exit_word(trajectory.exit_status.as_deref()),
                files: change.files,
                added: change.added,
                removed: change.removed,
                tests: change.tests,
            },
            patch,
        }
    }
}

/// A trajectory as a chat that any chat template takes: calls written into the assistant's text, results as user messages.
pub fn conversation(trajectory: &Trajectory) -> Vec<Message> {
    messages(&trajectory.turns, &Conversation::default())
}

fn exit_word(status: Option<&str>) -> String {
    match status.map(str::trim) {
        None | Some("") => "unknown".into(),
        Some(status) => status.to_lowercase().split_whitespace().collect::<Vec<_>>().join("_"),
    }
}

/// Turns as chat messages; each result is a message of its own.
fn messages(turns: &[Turn], rules: &Conversation) -> Vec<Message> {
    let mut messages = Vec::new();
    for turn in turns {
        match turn.role {
            Role::System => messages.push(Message { role: "system", content: said(turn) }),
            Role::Assistant => messages.push(Message { role: "assistant", content: spoken(turn, rules.calls) }),
            Role::Tool => {}
            Role::User | Role::Other => messages.extend(user_message(turn)),
        }
        messages.extend(turn.parts.iter().filter(|part| is_result(turn, part)).map(|part| result(turn, part, rules)));
    }
    if rules.merge_user { merged(messages) } else { messages }
}

fn user_message(turn: &Turn) -> Option<Message> {
    let content = said(turn);
    let only_results = content.is_empty() && turn.parts.iter().any(|part| part.kind == PartKind::ToolResult);
    (!only_results).then_some(Message { role: "user", content })
}

/// A tool turn's text is a result too: its call is not known.
fn is_result(turn: &Turn, part: &Part) -> bool {
    part.kind == PartKind::ToolResult || (turn.role == Role::Tool && part.kind == PartKind::Text)
}

/// `EXECUTION RESULT of [NAME]:` is what `OpenHands` puts before a result when functions are not called natively; a result
/// without a known name is of `function` (`openhands/llm/fn_call_converter.py`).
///
/// An agent that speaks plain text got its results as plain user messages, and gets no such heading.
fn result(turn: &Turn, part: &Part, rules: &Conversation) -> Message {
    let written_out = turn.role == Role::Assistant && turn.parts.iter().any(spelled_out);
    match rules.results {
        _ if written_out => Message { role: "user", content: part.text.clone() },
        Results::Tool => Message { role: "tool", content: part.text.clone() },
        Results::User => {
            let name = part.name.as_deref().or_else(|| called(turn, part)).unwrap_or("function");
            Message { role: "user", content: format!("EXECUTION RESULT of [{name}]:\n{}", part.text) }
        }
    }
}

/// Name of the call that this result answers: by id, or the only one of its turn.
fn called<'a>(turn: &'a Turn, result: &Part) -> Option<&'a str> {
    let mut calls = turn.parts.iter().filter(|part| part.kind == PartKind::ToolCall);
    let by_id = calls.clone().find(|call| call.call_id.is_some() && call.call_id == result.call_id);
    by_id.or_else(|| calls.next().filter(|_| calls.next().is_none()))?.name.as_deref()
}

fn merged(messages: Vec<Message>) -> Vec<Message> {
    let mut kept: Vec<Message> = Vec::new();
    for message in messages {
        match kept.last_mut() {
            Some(last) if last.role == "user" && message.role == "user" => {
                last.content.push('\n');
                last.content.push_str(&message.content);
            }
            _ => kept.push(message),
        }
    }
    kept
}

fn spelled_out(part: &Part) -> bool {
    part.kind == PartKind::ToolCall && !part.text.is_empty()
}

/// Texts and thoughts of a turn, a line break between them.
fn said(turn: &Turn) -> String {
    let texts = turn.parts.iter().filter(|part| matches!(part.kind, PartKind::Text | PartKind::Thought));
    texts.map(|part| part.text.as_str()).collect::<Vec<_>>().join("\n")
}

/// An assistant's message with its calls. Calls spelled out in the text stand where they stood; structured ones follow
/// after an empty line, as the converter of `OpenHands` has it.
fn spoken(turn: &Turn, calls: Calls) -> String {
    let plain = turn.parts.iter().any(spelled_out);
    let mut message = String::new();
    let mut last = None;
    for part in &turn.parts {
        let piece = match part.kind {
            PartKind::Text | PartKind::Thought => part.text.clone(),
            PartKind::ToolCall if spelled_out(part) => part.text.clone(),
            PartKind::ToolCall if calls == Calls::Function => function_text(part),
            _ => continue,
        };
        message.push_str(between(&message, last, part, plain));
        message.push_str(&piece);
        last = Some(part.kind);
    }
    if plain { message } else { message.trim_start().to_string() }
}

/// In a plain message texts and calls lie side by side; only a thought kept in a field of its own lost its line break.
fn between(message: &str, last: Option<PartKind>, part: &Part, plain: bool) -> &'static str {
    match last {
        None => "",
        Some(_) if part.kind == PartKind::ToolCall && !spelled_out(part) => "\n\n",
        Some(PartKind::Thought) if plain && !message.ends_with('\n') => "\n",
        Some(_) if plain => "",
        Some(_) => "\n",
    }
}

fn steps(turns: &[Turn]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for turn in turns {
        if turn.role == Role::Assistant {
            steps.push(step(turn, steps.len() + 1));
        } else if let (Some(step), true) = (steps.last_mut(), turn.role != Role::System) {
            observe(step, turn, |_| true);
        }
    }
    steps
}

fn step(turn: &Turn, number: usize) -> Step {
    let calls = || turn.parts.iter().filter(|part| part.kind == PartKind::ToolCall);
    let spelled = |part: &Part| if spelled_out(part) { part.text.clone() } else { function_text(part) };
    let mut step = Step {
        number,
        thought: said(turn),
        action: calls().map(spelled).collect::<Vec<_>>().join("\n\n"),
        calls: calls().map(compact).collect(),
        observation: String::new(),
        exit_code: None,
        gap: None,
    };
    observe(&mut step, turn, |part| part.kind == PartKind::ToolResult);
    step
}

fn observe(step: &mut Step, turn: &Turn, seen: impl Fn(&Part) -> bool) {
    for part in turn.parts.iter().filter(|part| seen(part)) {
        if !step.observation.is_empty() && !part.text.is_empty() {
            step.observation.push('\n');
        }
        step.observation.push_str(&part.text);
        step.exit_code = step.exit_code.or(part.exit_code.filter(|code| *code != 0));
    }
}
