//! Candidate patches of one task in one row: Trae's patch selection and Augment's ensembler. No turns.
//!
//! Shapes after `bytedance/trae-agent: evaluation/patch_selection` and `augmentcode/augment-swebench-agent`.

use serde_json::Value;

use super::{Document, Format, Reading, json, outcomes};
use crate::trajectory::{Outcome, Patch, Trajectory, Turn};

pub struct PatchSets;

impl Format for PatchSets {
    fn name(&self) -> &'static str {
        "patch-set"
    }

    fn about(&self) -> &'static str {
        "candidate patches per task: Trae patch selection, Augment ensembler"
    }

    fn claims(&self, document: &Document) -> bool {
        document.value().is_some_and(|row| set(row).is_some())
    }

    fn read(&self, document: &Document) -> Reading {
        let Some(row) = document.value() else { return Reading::default() };
        let Some(set) = set(row) else { return Reading::default() };
        let candidate = |(index, patch): (usize, &Value)| Trajectory {
            id: format!("candidate-{}", index + 1),
            task_id: set.task.clone(),
            attempt: Some(index as u32 + 1),
            turns: set.issue.map(Turn::user).into_iter().collect(),
            patch: Some(Patch::given(patch.as_str().unwrap_or_default())),
            outcome: set.outcomes.get(index).map_or(Outcome::Unknown, outcome),
            ..Trajectory::default()
        };
        Reading { trajectories: set.patches.iter().enumerate().map(candidate).collect(), ..Reading::default() }
    }
}

struct Set<'a> {
    task: String,
    issue: Option<&'a str>,
    patches: &'a [Value],
    outcomes: &'a [Value],
}

fn set(row: &Value) -> Option<Set<'_>> {
    let of = |task: &str, issue: &str, patches: &str, outcomes: &str| {
        let patches = json::at(row, patches).as_array()?;
        let outcomes = json::list(row, outcomes);
        let (task, issue) = (json::name(row, task)?, json::filled(row, issue));
        let texts = patches.iter().all(|patch| patch.is_string() || patch.is_null());
        texts.then_some(Set { task, issue, patches, outcomes })
    };
    of("instance_id", "issue", "patches", "success_id").or_else(|| of("id", "instruction", "diffs", "eval_outcomes"))
}

/// 0 or 1, or `{is_success}`.
fn outcome(value: &Value) -> Outcome {
    outcomes::truth(value.get("is_success").unwrap_or(value))
}
