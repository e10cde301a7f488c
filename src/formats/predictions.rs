//! Predictions of SWE-bench and Multi-SWE-bench: a patch per task and no turns.

use serde_json::Value;

use super::{Document, Format, Reading, json};
use crate::trajectory::{Patch, Trajectory};

pub struct Predictions;

pub const NAME: &str = "predictions";

impl Format for Predictions {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "SWE-bench predictions: all_preds.jsonl, preds.json, <instance>.pred; Multi-SWE-bench patch.jsonl"
    }

    fn claims(&self, document: &Document) -> bool {
        let Some(row) = document.value() else { return false };
        let turns = ["messages", "trajectory", "history", "nodes", "transitions", "response"];
        let patched = json::has_all(row, &["instance_id", "model_patch"])
            || json::has_all(row, &["org", "repo", "number", "fix_patch"]);
        patched && turns.iter().all(|key| row.get(key).is_none())
    }

    fn read(&self, document: &Document) -> Reading {
        let Some(row) = document.value() else { return Reading::default() };
        let trajectory = Trajectory {
            task_id: json::name(row, "instance_id").unwrap_or_else(|| multi_swe_id(row)),
            model: json::owned(row, "model_name_or_path"),
            // A null patch is a prediction too: an empty one.
            patch: Some(Patch::given(json::first(row, &["model_patch", "fix_patch"]).unwrap_or_default())),
            ..Trajectory::default()
        };
        Reading { trajectories: vec![trajectory], ..Reading::default() }
    }
}

pub fn multi_swe_id(row: &Value) -> String {
    let field = |key| json::name(row, key).unwrap_or_default();
    format!("{}__{}-{}", field("org"), field("repo"), field("number"))
}
