//! SWE-agent `.traj`, 0.x and 1.x: one file per task, or one per task with several `attempts` of a retrying agent.
//!
//! Shapes after `SWE-agent/SWE-agent: sweagent/types.py, sweagent/agent/agents.py (get_trajectory_data)`.

use serde_json::Value;

use super::conversation::Conversation;
use super::{Document, Format, Reading, content, inline, json};
use crate::trajectory::{Part, PartKind, Patch, Role, Trajectory, Turn, Usage};

pub struct SweAgent;

impl Format for SweAgent {
    fn name(&self) -> &'static str {
        "swe-agent"
    }

    fn about(&self) -> &'static str {
        "SWE-agent 0.x and 1.x: <instance>.traj, with the attempts of a retrying agent"
    }

    fn claims(&self, document: &Document) -> bool {
        let Some(value) = document.value() else { return false };
        let steps = json::list(value, "trajectory").first();
        let message = json::list(value, "history").first();
        match (steps, message) {
            (Some(step), _) => step.get("action").is_some() && json::has_all(step, &["observation", "response"]),
            (None, Some(message)) => message.get("role").is_some() && message.get("agent").is_some(),
            (None, None) => {
                let lists = ["trajectory", "history"].iter().all(|key| json::at(value, key).is_array());
                lists && json::at(value, "info").is_object()
            }
        }
    }

    fn read(&self, document: &Document) -> Reading {
        let Some(value) = document.value() else { return Reading::default() };
        let attempts = json::list(value, "attempts");
        let best = submitted(value, attempts);
        let submitted = Trajectory { attempt: best.map(|index| index as u32 + 1), ..trajectory(value, value) };
        let others = attempts.iter().enumerate().filter(|(index, _)| Some(*index) != best);
        let others = others.map(|(index, attempt)| Trajectory {
            id: format!("attempt-{}", index + 1),
            attempt: Some(index as u32 + 1),
            ..trajectory(attempt, value)
        });
        // Of a run that broke off before it chose, the top is an empty shell.
        let shell = submitted.turns.is_empty() && !attempts.is_empty();
        let submitted = Some(submitted).filter(|_| !shell);
        Reading { trajectories: submitted.into_iter().chain(others).collect(), ..Reading::default() }
    }

    /// Attempts are told apart by all of their steps; an answer before any question is a word of the user.
    fn lists_without_answers(&self, value: &Value) -> bool {
        let mut opening = json::list(value, "history").iter().take_while(|message| is_opening(message));
        let of_people = |message: &Value| matches!(json::text(message, "role"), Some("system" | "user"));
        json::list(value, "attempts").is_empty()
            && !json::list(value, "trajectory").is_empty()
            && opening.all(|message| is_demo(message) || of_people(message))
    }
}

/// Which attempt was copied to the top: the file says so, or it has the same steps. A run that broke off says nothing.
fn submitted(file: &Value, attempts: &[Value]) -> Option<usize> {
    let stated = json::count(file, "info/best_attempt_idx").map(|index| index as usize);
    let steps = json::at(file, "trajectory");
    stated.or_else(|| attempts.iter().position(|attempt| json::at(attempt, "trajectory") == steps))
}

/// One attempt; what belongs to the whole run is looked up in the file.
fn trajectory(attempt: &Value, file: &Value) -> Trajectory {
    let info = json::at(attempt, "info");
    Trajectory {
        task_id: json::owned(file, "instance_id").unwrap_or_default(),
        model: model(attempt).or_else(|| model(file)),
        turns: turns(attempt),
        patch: json::text(info, "submission").map(Patch::given),
        exit_status: json::owned(info, "exit_status"),
        usage: Usage {
            input_tokens: json::count(info, "model_stats/tokens_sent"),
            output_tokens: json::count(info, "model_stats/tokens_received"),
            cost_usd: json::number(info, "model_stats/instance_cost"),
        },
        ..Trajectory::default()
    }
}

/// 1.x keeps its configuration as a string of JSON.
fn model(attempt: &Value) -> Option<String> {
    let config = json::at(attempt, "replay_config");
    let config = json::unquoted(config).unwrap_or_else(|| config.clone());
    json::first(&config, &["agent/model/name", "agent/model/model_name"]).map(String::from)
}

/// Thoughts, actions and observations stand in `trajectory`; the prompts and the ids of the calls in `history`.
fn turns(attempt: &Value) -> Vec<Turn> {
    let history = json::list(attempt, "history");
    let steps = json::list(attempt, "trajectory");
    let mut talk = Conversation::default();
    let opening = history.iter().take_while(|message| steps.is_empty() || is_opening(message));
    let mut shown = false;
    for message in opening {
        let demonstration = is_demo(message);
        if demonstration {
            add_demonstration(&mut talk, message, shown);
        } else {
            add_message(&mut talk, message);
        }
        shown = demonstration;
    }
    let mut answers = history.iter().filter(|message| is_assistant(message) && !is_demo(message));
    for step in steps {
        add_step(&mut talk, step, answers.next().unwrap_or(&Value::Null));
    }
    talk.finish()
}

/// How another agent solved another task: in front of the agent's eyes, but none of its own doing. Told in one turn.
fn add_demonstration(talk: &mut Conversation, message: &Value, more: bool) {
    let told = Part::note(content::text(json::at(message, "content")));
    if more {
        talk.extend(vec![told]);
    } else {
        talk.push(Turn::new(Role::Other, vec![Part::note("demonstration"), told]));
    }
}

/// Told to the agent before it says anything.
fn is_opening(message: &Value) -> bool {
    is_demo(message) || !is_assistant(message)
}

fn is_demo(message: &Value) -> bool {
    json::at(message, "is_demo").as_bool() == Some(true)
}

fn is_assistant(message: &Value) -> bool {
    json::text(message, "role") == Some("assistant")
}

fn add_message(talk: &mut Conversation, message: &Value) {
    let spoken = json::at(message, "content");
    match json::text(message, "role") {
        Some("system") => talk.push(Turn::new(Role::System, content::parts(spoken))),
        Some("assistant") => add_answer(talk, message, message, &content::text(spoken)),
        _ if talk.last().is_some_and(|turn| turn.role == Role::Assistant) => {
            talk.result(Part::result(content::text(spoken), json::owned(message, "tool_call_ids/0"), None));
        }
        _ => talk.push(Turn::new(Role::User, content::parts(spoken))),
    }
}

fn add_step(talk: &mut Conversation, step: &Value, answer: &Value) {
    add_answer(talk, step, answer, json::text(step, "response").unwrap_or_default());
    if let Some(observation) = json::text(step, "observation") {
        let call_id = talk.last().and_then(|turn| turn.parts.iter().find_map(|part| part.call_id.clone()));
        talk.result(Part::result(observation, call_id, None));
    }
}

/// `said` holds thought and action, `answer` is the same message in the history: it may hold the calls as structure.
fn add_answer(talk: &mut Conversation, said: &Value, answer: &Value, response: &str) {
    let thinking = json::list(answer, "thinking_blocks").iter().flat_map(content::parts);
    let mut parts: Vec<Part> = thinking.collect();
    let calls: Vec<Part> = content::calls(answer).collect();
    let action = json::filled(said, "action").filter(|action| !action.trim().is_empty());
    match action {
        _ if !calls.is_empty() => {
            parts.extend(Some(response).filter(|text| !text.is_empty()).map(Part::thought));
            parts.extend(calls);
        }
        Some(action) => parts.extend(inline::around(response, action, command(action)).into_iter().map(as_thought)),
        None => parts.extend(Some(response).filter(|text| !text.is_empty()).map(Part::text)),
    }
    talk.push(Turn::assistant(parts));
}

/// What an agent of this family says around its action is what the format calls its thought.
fn as_thought(part: Part) -> Part {
    if part.kind == PartKind::Text { Part { kind: PartKind::Thought, ..part } } else { part }
}

fn command(action: &str) -> Part {
    inline::command_call(action.trim_end_matches('\n'))
}
