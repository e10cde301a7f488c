//! Harbor trials: the `result.json` of one attempt, alone or in its folder beside what the agent wrote.
//!
//! Shapes after `benchflow-ai/skillsbench-trajectories` and `laude-institute/harbor`.

use serde_json::Value;

use super::parts::Parts;
use super::{Content, Document, Format, Reading, atif, json, outcomes};
use crate::trajectory::{Part, Trajectory, Turn, Usage};

pub struct Harbor;

impl Format for Harbor {
    fn name(&self) -> &'static str {
        "harbor"
    }

    fn about(&self) -> &'static str {
        "Harbor trials: result.json, or the folder with agent/ and verifier/"
    }

    fn claims(&self, document: &Document) -> bool {
        match &document.content {
            Content::Value(value) => json::has_all(value, &["task_name", "trial_name", "verifier_result"]),
            // The folder of a whole job has a result.json, too, but no agent of its own.
            Content::Folder(folder) => {
                let names = folder.names();
                let below = |part: &str| names.iter().any(|name| name.starts_with(part));
                names.iter().any(|name| name == "result.json") && (below("agent/") || below("verifier/"))
            }
            _ => false,
        }
    }

    fn read(&self, document: &Document) -> Reading {
        match &document.content {
            Content::Value(value) => Reading { trajectories: vec![of_result(value)], ..Reading::default() },
            Content::Folder(folder) => of_folder(&mut Parts::of(*folder, document.path)),
            _ => Reading::default(),
        }
    }
}

fn of_result(result: &Value) -> Trajectory {
    let rewards = json::at(result, "verifier_result/rewards");
    let reward = json::number(rewards, "reward");
    let usage = json::at(result, "agent_result");
    Trajectory {
        task_id: json::owned(result, "task_name").unwrap_or_default(),
        run: json::first(result, &["config/job_name", "config/trials_dir"]).map(last_segment).unwrap_or_default(),
        model: json::first(result, &["config/agent/model_name", "agent_info/model_info/name"]).map(String::from),
        exit_status: json::first(result, &["exception_info/exception_type", "exception_info"]).map(String::from),
        outcome: outcomes::truth(json::at(rewards, "reward")),
        reward,
        usage: Usage {
            input_tokens: json::count(usage, "n_input_tokens"),
            output_tokens: json::count(usage, "n_output_tokens"),
            cost_usd: json::number(usage, "cost_usd"),
        },
        ..Trajectory::default()
    }
}

fn last_segment(path: &str) -> String {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path).into()
}

fn of_folder(parts: &mut Parts) -> Reading {
    let result = parts.value("result.json").unwrap_or(Value::Null);
    let mut trial = of_result(&result);
    if trial.reward.is_none() {
        let written = parts.text("verifier/reward.txt").and_then(|text| text.trim().parse::<f64>().ok());
        trial.reward = written.or_else(|| json::number(&parts.value("verifier/reward.json")?, "reward"));
        trial.outcome = outcomes::truth(&trial.reward.into());
    }
    let mut inner = agent(parts);
    if inner.is_empty() {
        trial.turns = episodes(parts);
    } else {
        let main = inner.remove(0);
        trial.turns = main.turns;
        trial.patch = main.patch;
        trial.model = trial.model.or(main.model);
        trial.usage.cost_usd = trial.usage.cost_usd.or(main.usage.cost_usd);
    }
    trial.notes.append(&mut parts.notes);
    let named = |(index, sub): (usize, Trajectory)| Trajectory {
        id: format!("agent-{}", index + 1),
        task_id: trial.task_id.clone(),
        ..sub
    };
    let others: Vec<_> = inner.into_iter().enumerate().map(named).collect();
    Reading { trajectories: [trial].into_iter().chain(others).collect(), ..Reading::default() }
}

/// What the agent wrote: ATIF with its continuations and sub-agents, else the sessions of its own format.
fn agent(parts: &mut Parts) -> Vec<Trajectory> {
    let mut found = atif::chain(parts, "agent/");
    if found.is_empty() {
        let sessions =
            parts.names().filter(|name| name.strip_suffix(".jsonl").is_some_and(|stem| stem.starts_with("agent/")));
        let read = sessions.collect::<Vec<_>>().into_iter().flat_map(|name| parts.read(name).trajectories);
        found = read.filter(|trajectory| !trajectory.turns.is_empty()).collect();
    }
    found
}

/// Agents without sessions keep what each episode asked and answered.
fn episodes(parts: &mut Parts) -> Vec<Turn> {
    let number = |name: &str| name.strip_prefix("agent/episode-")?.split('/').next()?.parse::<u64>().ok();
    let mut numbers: Vec<u64> = parts.names().filter_map(number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let mut turns = Vec::new();
    for number in numbers {
        let mut open = |file: &str| parts.text(&format!("agent/episode-{number}/{file}"));
        turns.extend(open("prompt.txt").map(Turn::user));
        turns.extend(open("response.txt").map(|text| Turn::assistant(vec![Part::text(text)])));
    }
    turns
}
