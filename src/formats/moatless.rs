//! moatless `trajectory.json` of the node generations: flat lists of nodes (0.0.4 on) and search trees.
//!
//! Each way from the root to a leaf is a trajectory. The best comes first: to the finished leaf with the highest
//! reward, else to the deepest one.
//! Shapes after files of `aorwall/moatless-tools` and `aorwall/moatless-tree-search`.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::conversation::Conversation;
use super::{Document, Format, Reading, json};
use crate::trajectory::{Part, Patch, Role, Trajectory, Turn, Usage};

pub struct Moatless;

impl Format for Moatless {
    fn name(&self) -> &'static str {
        "moatless"
    }

    fn about(&self) -> &'static str {
        "moatless trajectory.json: node lists (0.0.4 and later) and search trees, the best path and its alternatives"
    }

    fn claims(&self, document: &Document) -> bool {
        document.value().is_some_and(|value| {
            json::list(value, "nodes").first().is_some_and(|node| node.get("node_id").is_some())
                || json::has_all(json::at(value, "root"), &["node_id", "children"])
        })
    }

    fn read(&self, document: &Document) -> Reading {
        let Some(value) = document.value() else { return Reading::default() };
        let all = all_nodes(value);
        let mut paths = paths(&all).into_iter();
        let best = Trajectory { usage: usage(&all), ..trajectory(value, &paths.next().unwrap_or_default()) };
        let others = paths.map(|path| {
            let leaf = path.last().and_then(|node| json::count(node, "node_id")).unwrap_or_default();
            Trajectory { id: format!("node-{leaf}"), ..trajectory(value, &path) }
        });
        Reading { trajectories: [best].into_iter().chain(others).collect(), ..Reading::default() }
    }
}

/// One way through the tree.
fn trajectory(value: &Value, path: &[&Value]) -> Trajectory {
    let metadata = json::at(value, "metadata");
    Trajectory {
        task_id: json::owned(metadata, "instance_id").unwrap_or_default(),
        run: json::owned(metadata, "evaluation_name").unwrap_or_default(),
        model: json::first(value, &["agent/completion/model", "completion_model/model"]).map(String::from),
        turns: turns(value, path),
        patch: path.last().and_then(|node| patch(node)),
        exit_status: path.last().and_then(|node| exit_status(node)),
        reward: path.last().and_then(|node| json::number(node, "reward/value")),
        ..Trajectory::default()
    }
}

/// All nodes, parents before children.
fn all_nodes(value: &Value) -> Vec<&Value> {
    let mut nodes: Vec<&Value> = json::list(value, "nodes").iter().collect();
    if nodes.is_empty() {
        nodes.extend(value.get("root"));
    }
    let mut next = 0;
    while let Some(node) = nodes.get(next).copied() {
        nodes.extend(json::list(node, "children"));
        next += 1;
    }
    nodes
}

/// From the root to each leaf, the best leaf first, the others in the order of the file.
fn paths<'a>(nodes: &[&'a Value]) -> Vec<Vec<&'a Value>> {
    let id = |node: &Value| json::count(node, "node_id");
    let mut parents: HashMap<u64, &'a Value> = HashMap::new();
    let by_id: HashMap<u64, &'a Value> = nodes.iter().filter_map(|node| Some((id(node)?, *node))).collect();
    for node in nodes {
        for child in json::list(node, "children").iter().filter_map(id) {
            parents.insert(child, node);
        }
        if let (Some(child), Some(parent)) = (id(node), json::count(node, "parent_id").and_then(|id| by_id.get(&id))) {
            parents.insert(child, parent);
        }
    }
    let path_to = |leaf: &'a Value| {
        let above = |node: &&'a Value| id(node).and_then(|id| parents.get(&id)).copied();
        // No deeper than there are nodes, whatever the parents say.
        let mut path: Vec<&Value> = std::iter::successors(Some(leaf), above).take(nodes.len()).collect();
        path.reverse();
        path
    };
    let inner: HashSet<Option<u64>> = parents.values().map(|parent| id(parent)).collect();
    let leaves = nodes.iter().filter(|node| !inner.contains(&id(node)));
    let rank = |path: &Vec<&Value>| {
        let leaf = path.last().copied().unwrap_or(&Value::Null);
        let reward = json::number(leaf, "reward/value").unwrap_or(f64::MIN);
        (is_terminal(leaf), reward, path.len())
    };
    let better =
        |a: &Vec<&'a Value>, b: &Vec<&'a Value>| rank(a).partial_cmp(&rank(b)).unwrap_or(std::cmp::Ordering::Equal);
    let mut paths: Vec<Vec<&Value>> = leaves.map(|leaf| path_to(leaf)).collect();
    let best = (0..paths.len()).max_by(|a, b| better(&paths[*a], &paths[*b]));
    if let Some(best) = best {
        paths[..=best].rotate_right(1);
    }
    paths
}

/// One action of a node and what was observed.
struct Step<'a> {
    action: &'a Value,
    observation: &'a Value,
}

/// The actions of a node: its own, or several `action_steps`. A single step keeps its arguments in the node's action.
fn steps(node: &Value) -> Vec<Step<'_>> {
    let own = json::at(node, "action");
    match json::list(node, "action_steps") {
        [] if own.is_object() => vec![Step { action: own, observation: json::at(node, "observation") }],
        [step] if own.is_object() => vec![Step { action: own, observation: json::at(step, "observation") }],
        listed => {
            let step = |step| Step { action: json::at(step, "action"), observation: json::at(step, "observation") };
            listed.iter().map(step).collect()
        }
    }
}

fn is_terminal(node: &Value) -> bool {
    steps(node).iter().any(|step| json::at(step.observation, "terminal").as_bool() == Some(true))
}

fn exit_status(node: &Value) -> Option<String> {
    let last = steps(node).pop().filter(|_| is_terminal(node))?;
    Some(action_name(last.action).to_lowercase())
}

fn turns(value: &Value, path: &[&Value]) -> Vec<Turn> {
    let mut talk = Conversation::default();
    if let Some(prompt) = json::filled(value, "agent/system_prompt") {
        talk.push(Turn::system(prompt));
    }
    for node in path {
        if let Some(message) = json::first(node, &["message", "user_message"]) {
            talk.push(Turn::user(message));
        }
        add_steps(&mut talk, node);
    }
    talk.finish()
}

fn add_steps(talk: &mut Conversation, node: &Value) {
    let said = spoken(node);
    let steps = steps(node);
    if said.is_empty() && steps.is_empty() {
        return;
    }
    let thoughts = |action: &Value| json::first(action, &["scratch_pad", "thoughts"]).map(Part::thought);
    let mut parts = said;
    for Step { action, .. } in &steps {
        let told = |thought: &Part| parts.iter().any(|part| part.text.contains(thought.text.trim()));
        let thought = thoughts(action).filter(|thought| !told(thought));
        parts.extend(thought);
        parts.push(Part::call(action_name(action), arguments(action), None));
    }
    let spent = Spent::of(node);
    let turn = Turn { tokens: spent.output, cost_usd: spent.cost, ..Turn::new(Role::Assistant, parts) };
    talk.push(turn);
    for step in steps {
        if let Some(message) = json::first(step.observation, &["message", "summary"]) {
            talk.result(Part::result(message, None, None));
        }
    }
}

/// The message of the assistant: whole in the completion that chose the node's action, or what the node kept of it.
fn spoken(node: &Value) -> Vec<Part> {
    let message = json::filled(node, "assistant_message");
    let blocks = json::list(node, "completions/build_action/response/content").iter();
    let written: Vec<&str> = blocks.filter_map(|block| json::filled(block, "text")).collect();
    let whole = message.is_none_or(|message| written.iter().any(|text| text.contains(message.trim())));
    if whole { written.into_iter().map(Part::text).collect() } else { message.map(Part::text).into_iter().collect() }
}

/// `moatless.actions.semantic_search.SemanticSearchArgs` -> `SemanticSearch`
fn action_name(action: &Value) -> &str {
    let class = json::first(action, &["action_args_class", "action_name", "name"]).unwrap_or("action");
    let name = class.rsplit('.').next().unwrap_or(class);
    name.strip_suffix("Args").unwrap_or(name)
}

pub fn arguments(action: &Value) -> Value {
    let own = action.as_object().into_iter().flatten();
    let own = own.filter(|(key, _)| !["scratch_pad", "thoughts", "action_args_class"].contains(&key.as_str()));
    Value::Object(own.map(|(key, value)| (key.clone(), value.clone())).collect::<Map<_, _>>())
}

/// The node's file context holds one diff per file.
fn patch(node: &Value) -> Option<Patch> {
    let files = json::at(node, "file_context/files").as_array()?;
    let patches = files.iter().filter_map(|file| json::filled(file, "patch"));
    let ended = patches.map(|patch| if patch.ends_with('\n') { patch.to_string() } else { format!("{patch}\n") });
    Some(Patch::given(ended.collect::<String>()))
}

/// What the completions of one node used: each holds the whole chat as input, which is not counted twice here.
#[derive(Default)]
struct Spent {
    input: Option<u64>,
    output: Option<u64>,
    cost: Option<f64>,
}

impl Spent {
    fn of(node: &Value) -> Self {
        let mut spent = Self::default();
        for completion in json::at(node, "completions").as_object().into_iter().flatten().map(|(_, one)| one) {
            let usage = json::at(completion, "usage");
            spent.add(&Self {
                input: json::count(usage, "prompt_tokens"),
                output: json::count(usage, "completion_tokens"),
                cost: json::number(usage, "completion_cost"),
            });
        }
        spent
    }

    fn add(&mut self, other: &Self) {
        self.input = other.input.map(|n| n + self.input.unwrap_or(0)).or(self.input);
        self.output = other.output.map(|n| n + self.output.unwrap_or(0)).or(self.output);
        self.cost = other.cost.map(|cost| cost + self.cost.unwrap_or(0.0)).or(self.cost);
    }
}

/// Of the whole search, branches that led nowhere included.
fn usage(nodes: &[&Value]) -> Usage {
    let mut total = Spent::default();
    for node in nodes {
        total.add(&Spent::of(node));
    }
    Usage { input_tokens: total.input, output_tokens: total.output, cost_usd: total.cost }
}
