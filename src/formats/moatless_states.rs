//! moatless of the state machine generations: `transitions` (0.0.2, mid-2024) and `steps` (0.0.1, June 2024).

use serde_json::Value;

use super::conversation::Conversation;
use super::moatless::arguments;
use super::{Document, Format, Reading, json};
use crate::trajectory::{Part, Patch, Role, Trajectory, Turn, Usage};

pub struct MoatlessStates;

impl Format for MoatlessStates {
    fn name(&self) -> &'static str {
        "moatless-states"
    }

    fn about(&self) -> &'static str {
        "moatless trajectory.json of mid-2024: transitions of a state machine, or steps"
    }

    fn claims(&self, document: &Document) -> bool {
        document.value().is_some_and(|value| {
            let steps = json::list(value, "steps").first();
            (value.get("transitions").is_some_and(Value::is_array) && value.get("transition_rules").is_some())
                || (steps.is_some_and(|step| json::has_all(step, &["name", "actions"])) && value.get("info").is_some())
        })
    }

    fn read(&self, document: &Document) -> Reading {
        let Some(value) = document.value() else { return Reading::default() };
        let info = json::at(value, "info");
        let turns = turns(value);
        let trajectory = Trajectory {
            task_id: json::owned(info, "instance_id").unwrap_or_default(),
            run: json::owned(info, "evaluation_name").unwrap_or_default(),
            model: json::owned(value, "transition_rules/global_params/model"),
            patch: json::text(info, "submission").map(Patch::given),
            exit_status: json::owned(info, "status"),
            usage: Usage {
                input_tokens: None,
                output_tokens: turns.iter().filter_map(|turn| turn.tokens).reduce(|a, b| a + b),
                cost_usd: json::number(info, "total_cost"),
            },
            turns,
            ..Trajectory::default()
        };
        Reading { trajectories: vec![trajectory], ..Reading::default() }
    }
}

fn turns(value: &Value) -> Vec<Turn> {
    let mut talk = Conversation::default();
    if let Some(message) = json::first(value, &["initial_message", "input/problem_statement"]) {
        talk.push(Turn::user(message));
    }
    for state in json::list(value, "transitions").iter().chain(json::list(value, "steps")) {
        let actions = json::list(state, "actions");
        for action in actions {
            add_action(&mut talk, state, action);
        }
        let name = json::filled(state, "name").filter(|name| actions.is_empty() && *name != "Pending");
        talk_note(&mut talk, name);
    }
    talk_note(&mut talk, json::first(value, &["output/message", "info/error"]));
    talk.finish()
}

/// A state that does something on its own, and how it all ended.
fn talk_note(talk: &mut Conversation, words: Option<&str>) {
    if let Some(words) = words {
        talk.push(Turn::new(Role::Other, vec![Part::note(words)]));
    }
}

fn add_action(talk: &mut Conversation, state: &Value, action: &Value) {
    let request = if action.get("request").is_some() { json::at(action, "request") } else { json::at(action, "input") };
    let response =
        if action.get("response").is_some() { json::at(action, "response") } else { json::at(action, "output") };
    let name = json::first(action, &["name"]).or(json::filled(state, "name")).unwrap_or_default();
    let thought = json::first(request, &["scratch_pad", "thoughts"]).map(Part::thought);
    let parts = thought.into_iter().chain([Part::call(name, arguments(request), None)]).collect();
    let tokens = ["usage/completion_tokens", "completion/usage/completion_tokens"];
    talk.push(Turn {
        timestamp: json::owned(state, "timestamp"),
        tokens: tokens.iter().find_map(|path| json::count(action, path)),
        cost_usd: json::number(action, "usage/completion_cost").or_else(|| json::number(state, "completion_cost")),
        ..Turn::assistant(parts)
    });
    if !response.is_null() {
        talk.result(Part::result(answer(response), None, None));
    }
}

/// What the state answered: its words if it has nothing else, else all of it.
fn answer(response: &Value) -> String {
    let only = response.as_object().filter(|fields| fields.len() == 1).and_then(|fields| fields.values().next());
    match only.unwrap_or(response) {
        Value::String(words) => words.clone(),
        _ => response.to_string(),
    }
}
