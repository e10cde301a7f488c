//! Agentless: localisation and repair rows, whose prompts and answers are their turns. Rows of patches alone are
//! predictions.
//!
//! Shapes after `OpenAutoCoder/Agentless: agentless/fl, agentless/repair`.

use serde_json::Value;

use super::{Document, Format, Reading, content, json, naming};
use crate::trajectory::{Part, Patch, Trajectory, Turn, Usage};

pub struct Agentless;

/// The stages that keep their prompts, in the order they run in.
const STAGES: [&str; 5] = ["file_traj", "filter_traj", "related_loc_traj", "edit_loc_traj", "traj"];

impl Format for Agentless {
    fn name(&self) -> &'static str {
        "agentless"
    }

    fn about(&self) -> &'static str {
        "Agentless: loc_outputs.jsonl, used_locs.jsonl, output.jsonl, output_N_processed.jsonl"
    }

    fn claims(&self, document: &Document) -> bool {
        document.value().is_some_and(|row| {
            let stage = stages(row).any(|stage| json::has_all(stage, &["prompt", "response"]));
            row.get("instance_id").is_some() && (stage || json::has_all(row, &["model_patch", "raw_model_patch"]))
        })
    }

    fn read(&self, document: &Document) -> Reading {
        let Some(row) = document.value() else { return Reading::default() };
        let sum = |path: &str| stages(row).filter_map(|stage| json::count(stage, path)).reduce(u64::saturating_add);
        let patched = row.get("model_patch").is_some();
        let trajectory = Trajectory {
            task_id: json::name(row, "instance_id").unwrap_or_default(),
            attempt: candidate(document),
            model: json::owned(row, "model_name_or_path"),
            turns: stages(row).flat_map(turns).collect(),
            patch: patched.then(|| Patch::given(json::text(row, "model_patch").unwrap_or_default())),
            usage: Usage {
                input_tokens: sum("usage/prompt_tokens"),
                output_tokens: sum("usage/completion_tokens"),
                cost_usd: None,
            },
            ..Trajectory::default()
        };
        Reading { trajectories: vec![trajectory], ..Reading::default() }
    }
}

/// A stage that samples several times keeps a list.
fn stages(row: &Value) -> impl Iterator<Item = &Value> {
    STAGES.iter().flat_map(|key| match json::at(row, key) {
        Value::Array(list) => list.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    })
}

fn turns(stage: &Value) -> Vec<Turn> {
    let prompt = json::filled(stage, "prompt").map(Turn::user);
    let answers = match json::at(stage, "response") {
        Value::Array(samples) => samples.iter().map(content::text).collect(),
        one => vec![content::text(one)],
    };
    let answers = answers.into_iter().filter(|answer| !answer.is_empty());
    prompt.into_iter().chain(answers.map(|answer| Turn::assistant(vec![Part::text(answer)]))).collect()
}

/// `output_4_processed.jsonl` holds the fifth candidate of each task.
fn candidate(document: &Document) -> Option<u32> {
    let stem = naming::stem(document.path);
    stem.strip_prefix("output_")?.split('_').next()?.parse().ok()
}
