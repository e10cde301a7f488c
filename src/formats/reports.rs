//! Reports of test harnesses, of every generation: outcomes without trajectories.
//!
//! The rule: listed as resolved is true; listed as submitted, completed or failed in any way is false; the rest is
//! unknown. Only a report that lists nothing but the resolved speaks of the rest, with [`Label::REST`].

use std::path::Path;

use serde_json::Value;

use super::{Document, Format, Reading, json, naming, outcomes};
use crate::trajectory::{Label, Outcome};

pub struct Reports;

impl Format for Reports {
    fn name(&self) -> &'static str {
        "report"
    }

    fn about(&self) -> &'static str {
        "outcomes: SWE-bench, SWE-smith, Multi-SWE-bench, OpenHands and terminal-bench reports of every generation"
    }

    fn claims(&self, document: &Document) -> bool {
        document.value().is_some_and(|value| Shape::of(value).is_some())
    }

    fn read(&self, document: &Document) -> Reading {
        let Some(value) = document.value() else { return Reading::default() };
        let labels = Shape::of(value).map(|shape| shape.labels(value, document.path)).unwrap_or_default();
        Reading { labels, ..Reading::default() }
    }
}

#[derive(Clone, Copy)]
enum Shape {
    /// `{instance_id: {resolved, patch_exists, …}}`, one file per instance.
    Instances,
    /// The same without the id: the folder names it.
    Instance,
    /// Lists of ids, of any generation.
    Lists,
    /// `{instance_id: {resolved_submissions: [run, …]}}`
    Submissions,
    /// `{results: [{task_id, is_resolved}]}`
    Results,
}

/// Lists of ids whose runs were judged but not resolved, and why where that matters.
const FAILED: [(&str, Option<&str>); 16] = [
    ("empty_patch_ids", Some("empty patch")),
    ("no_generation", Some("empty patch")),
    ("error_ids", Some("error")),
    ("infra_failure_ids", Some("infrastructure")),
    ("test_errored", Some("error")),
    ("install_fail", Some("infrastructure")),
    ("reset_failed", Some("infrastructure")),
    ("test_timeout", Some("timeout")),
    ("no_apply", Some("patch does not apply")),
    ("unresolved_ids", None),
    ("ids_unresolved", None),
    ("completed_ids", None),
    ("submitted_ids", None),
    ("generated", None),
    ("with_logs", None),
    ("applied", None),
];

const RESOLVED: [&str; 3] = ["resolved_ids", "ids_resolved", "resolved"];

impl Shape {
    fn of(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        let every = |test: fn(&Value) -> bool| !object.is_empty() && object.values().all(test);
        let listed = |key: &&str| value.get(*key).is_some_and(Value::is_array);
        let judged = FAILED.iter().any(|(key, _)| listed(key)) || value.get("resolved_per_project").is_some();
        if every(is_verdict) {
            Some(Self::Instances)
        } else if is_verdict(value) {
            Some(Self::Instance)
        } else if every(|inner| json::at(inner, "resolved_submissions").is_array()) {
            Some(Self::Submissions)
        } else if RESOLVED.iter().any(listed) && judged {
            Some(Self::Lists)
        } else if json::list(value, "results").first().is_some_and(|row| row.get("is_resolved").is_some()) {
            Some(Self::Results)
        } else {
            None
        }
    }

    fn labels(self, value: &Value, path: &Path) -> Vec<Label> {
        let label = |task_id: &str, outcome, detail| Label {
            task_id: task_id.into(),
            run: None,
            trajectory: None,
            outcome,
            detail,
            source: path.into(),
        };
        let members = value.as_object().into_iter().flatten();
        match self {
            Self::Instances => members.map(|(id, one)| judge(label(id, truth(one), None), one, path)).collect(),
            Self::Instance => vec![judge(label(&naming::task(&unreported(path)), truth(value), None), value, path)],
            Self::Lists => listed(value, path, &label),
            Self::Submissions => submissions(value, &label),
            Self::Results => json::list(value, "results")
                .iter()
                .filter_map(|row| Some(label(json::text(row, "task_id")?, resolved(row, "is_resolved"), None)))
                .collect(),
        }
    }
}

fn is_verdict(value: &Value) -> bool {
    let judged = ["patch_exists", "patch_is_None", "patch_successfully_applied", "tests_status"];
    json::at(value, "resolved").is_boolean() && judged.iter().any(|key| value.get(key).is_some())
}

fn truth(verdict: &Value) -> Outcome {
    resolved(verdict, "resolved")
}

fn resolved(value: &Value, key: &str) -> Outcome {
    outcomes::truth(json::at(value, key))
}

/// `logs/<instance>/report.json` speaks of its folder, whatever it is called itself.
fn unreported(path: &Path) -> std::path::PathBuf {
    path.with_file_name("trajectory.json")
}

/// Fills in why, and which run, from the verdict and from its place under `run_evaluation/<run>/<model>/`.
fn judge(label: Label, verdict: &Value, path: &Path) -> Label {
    let is = |key| json::at(verdict, key).as_bool() == Some(true);
    let detail = if is("patch_is_None") || json::at(verdict, "patch_exists").as_bool() == Some(false) {
        Some("empty patch")
    } else if is("infra_failure") {
        Some("infrastructure")
    } else {
        None
    };
    let run = json::owned(verdict, "model_name_or_path").or_else(|| evaluated_run(path));
    Label { run, detail, ..label }
}

/// `…/run_evaluation/<run_id>/<model>/<instance>/report.json` -> `<model>.<run_id>`, as the run reports are called.
fn evaluated_run(path: &Path) -> Option<String> {
    let folders: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    let at = folders.iter().rposition(|folder| folder == "run_evaluation")?;
    match &folders[at + 1..] {
        [run_id, model, _, _] => Some(format!("{model}.{run_id}")),
        [run_id, _, _] => Some(run_id.to_string()),
        _ => None,
    }
}

fn listed(value: &Value, path: &Path, label: &impl Fn(&str, Outcome, Option<&'static str>) -> Label) -> Vec<Label> {
    let ids = |key: &str| json::list(value, key).iter().filter_map(Value::as_str);
    let mut seen = std::collections::HashSet::new();
    let mut labels = Vec::new();
    for id in RESOLVED.iter().flat_map(|key| ids(key)) {
        if seen.insert(id) {
            labels.push(label(id, Outcome::Resolved, None));
        }
    }
    for (key, detail) in FAILED {
        for id in ids(key).filter(|id| seen.insert(id)) {
            labels.push(label(id, Outcome::Unresolved, detail));
        }
    }
    if value.get("resolved_per_project").is_some() && !FAILED.iter().any(|(key, _)| value.get(key).is_some()) {
        labels.push(label(Label::REST, Outcome::Unresolved, None));
    }
    let run = Some(naming::stem(path)).filter(|stem| !is_report_name(stem));
    labels.into_iter().map(|label| Label { run: run.clone(), ..label }).collect()
}

fn is_report_name(stem: &str) -> bool {
    ["report", "final_report", "results", "result", "summary", "eval"].contains(&stem)
}

/// Who resolved what among all submissions to a benchmark: a submission that occurs at all, but not here, failed here.
fn submissions(value: &Value, label: &impl Fn(&str, Outcome, Option<&'static str>) -> Label) -> Vec<Label> {
    let names = |one: &'_ Value| -> Vec<String> {
        json::list(one, "resolved_submissions").iter().filter_map(|name| Some(name.as_str()?.to_string())).collect()
    };
    let members = || value.as_object().into_iter().flatten();
    let everyone: std::collections::BTreeSet<String> = members().flat_map(|(_, one)| names(one)).collect();
    let mut labels = Vec::new();
    for (id, one) in members() {
        let winners: std::collections::HashSet<String> = names(one).into_iter().collect();
        for run in &everyone {
            let outcome = Outcome::from(winners.contains(run));
            labels.push(Label { run: Some(run.clone()), ..label(id, outcome, None) });
        }
    }
    labels
}
