//! Labels find the trajectories they speak of: by file, by task and run, or by lying beside them.
//!
//! A label that could mean several runs is joined to none of them: a wrong outcome is worse than an unknown one.

mod fit;
mod names;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

pub use names::names_agree;

use super::Summary;
use crate::trajectory::{Label, Note, Outcome};
use fit::{Fit, Index};
use names::scope;

/// How much a statement counts against another about the same trajectory; the depth of its folder decides a tie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    /// Not listed by a report that lists the resolved.
    Implied(usize),
    Near(usize),
    ByFile,
    Stated,
    Given,
}

/// One statement that was found to fit one trajectory.
struct Statement<'a> {
    strength: Strength,
    outcome: Outcome,
    detail: Option<&'static str>,
    source: &'a Path,
}

/// What became of the labels of one source.
#[derive(Default)]
struct Tally {
    labels: usize,
    matched: usize,
    unmatched: usize,
    ambiguous: usize,
    given: bool,
    /// It tells several runs apart: asked about the few that are here, it need not fit them all.
    strict: bool,
}

/// Joins all labels, found beside the data and given by the user, and says what did not fit.
pub fn labels(summaries: &mut [Summary], found: &[Label], given: &[Label]) -> Vec<Note> {
    let index = Index::of(summaries);
    let mut statements: Vec<Vec<Statement>> = summaries.iter().map(|_| Vec::new()).collect();
    let mut tallies: BTreeMap<&Path, Tally> = BTreeMap::new();
    let several = sources_of_several_runs(found.iter().chain(given));
    let all = found.iter().map(|label| (label, false)).chain(given.iter().map(|label| (label, true)));
    for (label, given) in all.filter(|(label, _)| label.outcome != Outcome::Unknown) {
        let tally = tallies.entry(&label.source).or_default();
        let strict = several.contains(label.source.as_path());
        (tally.labels, tally.given, tally.strict) = (tally.labels + 1, given, strict);
        let scope = if given { PathBuf::new() } else { scope(label) };
        let depth = scope.components().count();
        let fit = index.fit(summaries, label, &scope, strict);
        let strength = match (given, label.task_id.as_str(), &label.trajectory) {
            (_, Label::REST, _) => Strength::Implied(depth),
            (true, ..) => Strength::Given,
            (_, _, Some(_)) => Strength::ByFile,
            _ => Strength::Near(depth),
        };
        match fit {
            Fit::To(targets) => {
                tally.matched += 1;
                let Label { outcome, detail, source, .. } = label;
                for at in targets {
                    statements[at].push(Statement { strength, outcome: *outcome, detail: *detail, source });
                }
            }
            Fit::Ambiguous => tally.ambiguous += 1,
            Fit::Nothing => tally.unmatched += 1,
        }
    }
    for (summary, statements) in summaries.iter_mut().zip(&statements) {
        decide(summary, statements);
    }
    tallies.into_iter().flat_map(|(source, tally)| tally.notes(source)).collect()
}

/// Where a source tells runs apart by name, its names must be met; a single name may just be spelled differently.
fn sources_of_several_runs<'a>(labels: impl Iterator<Item = &'a Label>) -> HashSet<&'a Path> {
    let mut first: HashMap<&Path, &str> = HashMap::new();
    let mut several = HashSet::new();
    for label in labels {
        let Some(run) = label.run.as_deref() else { continue };
        if *first.entry(&label.source).or_insert(run) != run {
            several.insert(label.source.as_path());
        }
    }
    several
}

/// How a note about labels that contradict each other begins.
pub const DISAGREE: &str = "outcomes disagree";

/// The strongest statement wins; others that contradict it are named.
fn decide(summary: &mut Summary, statements: &[Statement]) {
    let own = summary.path.clone();
    let stated = Statement { strength: Strength::Stated, outcome: summary.stated, detail: None, source: &own };
    let stated = Some(&stated).filter(|statement| statement.outcome != Outcome::Unknown);
    let Some(best) = stated.into_iter().chain(statements).reduce(|a, b| if b.strength > a.strength { b } else { a })
    else {
        return;
    };
    summary.resolved = best.outcome.resolved();
    summary.notes.extend(best.detail.filter(|_| best.outcome == Outcome::Unresolved).map(String::from));
    let implied = |statement: &Statement| matches!(statement.strength, Strength::Implied(_));
    let against: HashSet<&Path> = stated
        .into_iter()
        .chain(statements)
        .filter(|statement| statement.outcome != best.outcome && !implied(statement))
        .map(|statement| statement.source)
        .collect();
    for source in against {
        let word = if best.outcome == Outcome::Resolved { "unresolved" } else { "resolved" };
        summary.notes.push(format!("{DISAGREE}: {} says {word}", source.display()));
    }
}

impl Tally {
    fn notes(self, source: &Path) -> Vec<Note> {
        let note = |reason: String, hint: &str| {
            let note = if self.given { Note::problem(source, reason) } else { Note::remark(source, reason) };
            note.hint(hint)
        };
        let Self { labels, matched, unmatched, ambiguous, .. } = self;
        let mut notes = Vec::new();
        if unmatched > 0 && !(self.strict && matched > 0) {
            notes.push(note(format!("{unmatched} of {labels} ids match no trajectory"), "is it of another run?"));
        }
        if ambiguous > 0 {
            let reason = format!("{ambiguous} of {labels} labels fit several runs and were joined to none");
            notes.push(note(reason, "a CSV with path or run tells them apart: --labels"));
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(id: &str, task_id: &str, run: &str) -> Summary {
        let path = id.split('#').next().unwrap_or(id).into();
        Summary { id: id.into(), path, task_id: task_id.into(), run: run.into(), ..Summary::default() }
    }

    fn label(source: &str, task_id: &str, run: Option<&str>, resolved: bool) -> Label {
        let (run, outcome) = (run.map(String::from), Outcome::from(resolved));
        Label { task_id: task_id.into(), run, trajectory: None, outcome, detail: None, source: source.into() }
    }

    fn resolved(summaries: &mut [Summary], found: &[Label]) -> Vec<Option<bool>> {
        labels(summaries, found, &[]);
        summaries.iter().map(|summary| summary.resolved).collect()
    }

    #[test]
    fn a_report_speaks_of_the_run_it_lies_beside() {
        let harness = "x/logs/run_evaluation/e1/gpt/a__b-1/report.json";
        let mut one = [summary("x/run/a__b-1.traj", "a__b-1", "run"), summary("y/a__b-1.traj", "a__b-1", "y")];
        assert_eq!(resolved(&mut one, &[label(harness, "a__b-1", Some("gpt.e1"), true)]), [Some(true), None]);
        let mut two = [summary("x/r1/a__b-1.traj", "a__b-1", "r1"), summary("x/r2/a__b-1.traj", "a__b-1", "r2")];
        assert_eq!(resolved(&mut two, &[label(harness, "a__b-1", Some("gpt.e1"), true)]), [None, None]);
        two[1].model = Some("gpt".into());
        assert_eq!(resolved(&mut two, &[label(harness, "a__b-1", Some("gpt.e1"), true)]), [None, Some(true)]);
    }

    #[test]
    fn the_nearest_report_wins_and_the_other_is_named() {
        let mut all = [summary("x/run/a__b-1.traj", "a__b-1", "run")];
        let found = [label("x/report.json", "a__b-1", None, false), label("x/run/report.json", "a__b-1", None, true)];
        assert_eq!(resolved(&mut all, &found), [Some(true)]);
        assert_eq!(all[0].notes, ["outcomes disagree: x/report.json says unresolved"]);
    }

    #[test]
    fn a_list_of_the_resolved_fails_the_rest_of_its_run_only() {
        let mut all = [
            summary("x/r1/a__b-1.traj", "a__b-1", "r1"),
            summary("x/r1/a__b-2.traj", "a__b-2", "r1"),
            summary("x/r2/a__b-1.traj", "a__b-1", "r2"),
        ];
        let source = "x/r1/final_report.json";
        let found = [label(source, "a__b-2", None, true), label(source, Label::REST, None, false)];
        assert_eq!(resolved(&mut all, &found), [Some(false), Some(true), None]);
        assert!(all[1].notes.is_empty());
    }

    #[test]
    fn of_several_attempts_the_submitted_one_is_labelled() {
        let mut attempts = [summary("x/t.traj", "t", "x"), summary("x/t.traj#attempt-1", "t", "x")];
        assert_eq!(resolved(&mut attempts, &[label("x/report.json", "t", None, true)]), [Some(true), None]);
        let mut rows = [summary("x/o.jsonl#1", "t", "x"), summary("x/o.jsonl#2", "t", "x")];
        assert_eq!(resolved(&mut rows, &[label("x/report.json", "t", None, true)]), [None, None]);
    }

    #[test]
    fn tables_name_files_even_when_moved_and_say_what_is_unknown() {
        let mut all = [summary("data/r/t.traj", "t", "r")];
        let named = |path: &str| Label { trajectory: Some(path.into()), ..label("elsewhere/l.csv", "t", None, true) };
        let notes = labels(&mut all, &[], &[named("elsewhere/r/t.traj"), named("elsewhere/r/u.traj")]);
        assert_eq!(all[0].resolved, Some(true));
        assert_eq!(notes[0].reason, "1 of 2 ids match no trajectory");
    }
}
