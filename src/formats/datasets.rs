//! Data sets of tasks: the gold patch and the issue of SWE-bench, SWE-smith and Multi-SWE-bench rows. No trajectories.

use std::borrow::Cow;

use serde_json::Value;

use super::{Document, Format, Reading, json, predictions};
use crate::diff;
use crate::trajectory::{Patch, PatchOrigin, TaskFacts};

pub struct Datasets;

/// What only a row about a task has beside its patch.
const ABOUT_TASKS: [&str; 8] = [
    "test_patch",
    "base_commit",
    "problem_statement",
    "FAIL_TO_PASS",
    "PASS_TO_PASS",
    "resolved_issues",
    "image_name",
    "hints_text",
];
/// What makes a row an attempt at a task.
const ATTEMPT: [&str; 9] = [
    "messages",
    "trajectory",
    "trajectory_steps",
    "conversations",
    "history",
    "nodes",
    "transitions",
    "response",
    "model_patch",
];
/// Where rollouts keep the row of their task.
const BESIDE: [&str; 4] = ["instance", "task_info", "ds", "responses_create_params/metadata/instance_dict"];

impl Format for Datasets {
    fn name(&self) -> &'static str {
        "tasks"
    }

    fn about(&self) -> &'static str {
        "gold patches and issues: task rows of SWE-bench, SWE-smith, SWE-Gym and Multi-SWE-bench"
    }

    fn claims(&self, document: &Document) -> bool {
        document.value().is_some_and(|row| ATTEMPT.iter().all(|key| row.get(key).is_none()) && task_row(row).is_some())
    }

    fn read(&self, document: &Document) -> Reading {
        let facts = document.value().and_then(task_row).and_then(|row| facts(&row));
        Reading { tasks: facts.into_iter().collect(), ..Reading::default() }
    }
}

/// What the row of a rollout holds about its task.
pub fn beside(row: &Value) -> Option<TaskFacts> {
    BESIDE.iter().find_map(|path| row_of_task(json::at(row, path)).and_then(|row| facts(&row)))
}

/// The row itself, or the one in its `task_info`.
fn task_row(row: &Value) -> Option<Cow<'_, Value>> {
    row_of_task(row).or_else(|| row_of_task(json::at(row, "task_info")))
}

fn row_of_task(value: &Value) -> Option<Cow<'_, Value>> {
    let row = match value {
        Value::String(_) => Cow::Owned(json::unquoted(value)?),
        _ => Cow::Borrowed(value),
    };
    let named = row.get("instance_id").is_some() || json::has_all(&row, &["org", "repo", "number"]);
    let about = ABOUT_TASKS.iter().any(|key| row.get(key).is_some());
    let says = ["patch", "fix_patch", "problem_statement"].iter().any(|key| json::filled(&row, key).is_some());
    (named && about && says).then_some(row)
}

fn facts(row: &Value) -> Option<TaskFacts> {
    let task_id = json::name(row, "instance_id").unwrap_or_else(|| predictions::multi_swe_id(row));
    let (gold, issue) = (gold(row), issue(row));
    (gold.is_some() || issue.is_some()).then(|| TaskFacts { task_id, id: String::new(), gold, issue })
}

/// SWE-smith plants bugs: its patch makes the bug, and the reverse is the fix.
fn gold(row: &Value) -> Option<Patch> {
    let patch = json::first(row, &["patch", "fix_patch"])?;
    let planted = row.get("image_name").is_some() && row.get("test_patch").is_none();
    Some(if planted { Patch { text: diff::reverse(patch), origin: PatchOrigin::Rebuilt } } else { Patch::given(patch) })
}

fn issue(row: &Value) -> Option<String> {
    json::owned(row, "problem_statement").or_else(|| {
        let issues = json::list(row, "resolved_issues").iter();
        let texts: Vec<String> = issues
            .map(|issue| {
                ["title", "body"].iter().filter_map(|key| json::filled(issue, key)).collect::<Vec<_>>().join("\n\n")
            })
            .filter(|text| !text.is_empty())
            .collect();
        (!texts.is_empty()).then(|| texts.join("\n\n"))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_of_each_family_give_gold_and_issue() {
        let cases = [
            (
                json!({"instance_id": "a__b-1", "patch": "P", "test_patch": "T", "problem_statement": "I"}),
                "a__b-1",
                "P",
                "I",
            ),
            (
                json!({"org": "a", "repo": "b", "number": 7, "fix_patch": "P", "test_patch": "T",
                       "resolved_issues": [{"title": "t", "body": "u"}]}),
                "a__b-7",
                "P",
                "t\n\nu",
            ),
            (json!({"task_info": {"instance_id": "a__b-1", "patch": "P", "base_commit": "c"}}), "a__b-1", "P", ""),
        ];
        for (row, task_id, gold, issue) in cases {
            let facts = task_row(&row).and_then(|row| facts(&row)).unwrap();
            assert_eq!(facts.task_id, task_id);
            assert_eq!(facts.gold, Some(Patch::given(gold)));
            assert_eq!(facts.issue.unwrap_or_default(), issue);
        }
    }

    #[test]
    fn a_planted_bug_is_turned_round() {
        let bug = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-good\n+bad\n";
        let facts = facts(&json!({"instance_id": "a__b.c.d", "patch": bug, "image_name": "i"})).unwrap();
        let fix = Patch { text: "--- b/x\n+++ a/x\n@@ -1 +1 @@\n-bad\n+good\n".into(), origin: PatchOrigin::Rebuilt };
        assert_eq!(facts.gold, Some(fix));
    }

    #[test]
    fn rollouts_and_predictions_are_no_task_rows() {
        let claims = |row: &Value| {
            let content = super::super::Content::Value(row);
            Datasets.claims(&Document { path: std::path::Path::new("x"), record: None, content })
        };
        assert!(claims(&json!({"instance_id": "a", "patch": "P", "base_commit": "c"})));
        for key in ATTEMPT {
            assert!(!claims(&json!({"instance_id": "a", "patch": "P", "base_commit": "c", key: []})), "{key}");
        }
        assert!(!claims(&json!({"instance_id": "a", "patch": "P"})));
    }

    #[test]
    fn the_row_inside_a_rollout_is_found() {
        let quoted = json!({"instance_id": "a__b-1", "patch": "P", "test_patch": "T"}).to_string();
        let row = json!({"responses_create_params": {"metadata": {"instance_dict": quoted}}});
        assert_eq!(beside(&row).and_then(|facts| facts.gold), Some(Patch::given("P")));
        assert_eq!(beside(&json!({"messages": []})), None);
    }
}
