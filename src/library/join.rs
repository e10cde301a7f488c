//! Labels find the trajectories they speak of: by file, by task and run, or by lying beside them.
//!
//! A label that could mean several runs is joined to none of them: a wrong outcome is worse than an unknown one.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::Summary;
use crate::trajectory::{Label, Note, Outcome, join_key};

/// Folders that sort what belongs to the folder above them.
const SORTING: [&str; 13] = [
    "logs",
    "run_evaluation",
    "results",
    "result",
    "evaluation",
    "evaluations",
    "eval",
    "evals",
    "reports",
    "eval_results",
    "new_eval_results",
    "old_eval_results",
    "eval_outputs",
];

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
        summary.notes.push(format!("outcomes disagree: {} says {word}", source.display()));
    }
}

enum Fit {
    To(Vec<usize>),
    Ambiguous,
    Nothing,
}

/// Trajectories by task, by file and by the name of their file.
struct Index {
    tasks: HashMap<String, Vec<usize>>,
    paths: HashMap<PathBuf, Vec<usize>>,
    names: HashMap<std::ffi::OsString, Vec<usize>>,
}

impl Index {
    fn of(summaries: &[Summary]) -> Self {
        let mut index = Self { tasks: HashMap::new(), paths: HashMap::new(), names: HashMap::new() };
        for (at, summary) in summaries.iter().enumerate() {
            index.tasks.entry(join_key(&summary.task_id).into()).or_default().push(at);
            index.paths.entry(plain(&summary.path)).or_default().push(at);
            index.names.entry(summary.path.file_name().unwrap_or_default().into()).or_default().push(at);
        }
        index
    }

    fn fit(&self, summaries: &[Summary], label: &Label, scope: &Path, strict: bool) -> Fit {
        if label.task_id == Label::REST {
            let below = (0..summaries.len()).filter(|at| summaries[*at].path.starts_with(scope)).collect();
            return one_run(summaries, label, below, strict);
        }
        if let Some(path) = &label.trajectory {
            return match self.at_path(summaries, label, path) {
                found if found.is_empty() => Fit::Nothing,
                found => Fit::To(found),
            };
        }
        let same = self.tasks.get(join_key(&label.task_id)).map_or(&[][..], Vec::as_slice);
        let near: Vec<usize> = same.iter().copied().filter(|at| summaries[*at].path.starts_with(scope)).collect();
        let exact = keep(&near, |at| summaries[at].task_id == label.task_id);
        one_run(summaries, label, if exact.is_empty() { near } else { exact }, strict)
    }

    /// The trajectories of a file, and of a task if the label names one. A table that was moved is still understood:
    /// the path it holds may be the end of the real one.
    fn at_path(&self, summaries: &[Summary], label: &Label, path: &Path) -> Vec<usize> {
        let of_task =
            |at: usize| label.task_id.is_empty() || join_key(&summaries[at].task_id) == join_key(&label.task_id);
        let direct = self.paths.get(&plain(path)).map(|found| keep(found, of_task)).unwrap_or_default();
        if !direct.is_empty() {
            return direct;
        }
        let written = label.source.parent().and_then(|folder| path.strip_prefix(folder).ok()).unwrap_or(path);
        let named = path.file_name().and_then(|name| self.names.get(name)).map_or(&[][..], Vec::as_slice);
        keep(named, |at| summaries[at].path.ends_with(written) && of_task(at))
    }
}

/// Narrows candidates to those of one run: the run that the label names, or (unless names are strict) the only one.
fn one_run(summaries: &[Summary], label: &Label, candidates: Vec<usize>, strict: bool) -> Fit {
    if candidates.is_empty() {
        return Fit::Nothing;
    }
    let named = label.run.as_deref().map(|run| {
        let by_run = keep(&candidates, |at| names_agree(&summaries[at].run, run) || folder_named(&summaries[at], run));
        let by_model = || keep(&candidates, |at| summaries[at].model.as_deref().is_some_and(|m| names_agree(m, run)));
        // Many runs share a model: it is no name where names are strict.
        if by_run.is_empty() && !strict { by_model() } else { by_run }
    });
    let fitting = match named {
        Some(found) if !found.is_empty() => found,
        Some(_) if strict => return Fit::Nothing,
        _ => candidates,
    };
    let runs: HashSet<&str> = fitting.iter().map(|at| summaries[*at].run.as_str()).collect();
    if runs.len() > 1 {
        return Fit::Ambiguous;
    }
    if label.task_id == Label::REST {
        return Fit::To(fitting);
    }
    match submitted(summaries, &fitting) {
        Some(at) => Fit::To(vec![at]),
        None => Fit::Ambiguous,
    }
}

/// Of several attempts of one run the harness judged the one that was submitted: the file itself, not a record in it.
fn submitted(summaries: &[Summary], candidates: &[usize]) -> Option<usize> {
    if let [only] = candidates {
        return Some(*only);
    }
    let whole = keep(candidates, |at| summaries[at].id == summaries[at].path.to_string_lossy());
    if let [only] = whole[..] { Some(only) } else { None }
}

fn keep(candidates: &[usize], test: impl Fn(usize) -> bool) -> Vec<usize> {
    candidates.iter().copied().filter(|at| test(*at)).collect()
}

fn folder_named(summary: &Summary, run: &str) -> bool {
    let run = run.rsplit('/').next().unwrap_or(run);
    summary.path.ancestors().skip(1).any(|folder| folder.file_name().is_some_and(|name| name == run))
}

/// The folder that a label found beside the data speaks of: that of its file, or what stands above the folders that
/// harnesses make (`logs/run_evaluation/<run>/<model>/<instance>`).
fn scope(label: &Label) -> PathBuf {
    let mut folder = label.source.parent().unwrap_or(Path::new(""));
    let is_named = |folder: &Path, name: &str| folder.file_name().is_some_and(|found| found == name);
    if let Some(harness) = folder.ancestors().find(|above| is_named(above, "run_evaluation")) {
        folder = harness;
    } else if is_named(folder, &label.task_id) {
        folder = folder.parent().unwrap_or(folder);
    }
    while let Some(above) = folder.parent() {
        if !SORTING.iter().any(|name| is_named(folder, name)) {
            break;
        }
        folder = above;
    }
    folder.into()
}

/// Whether two names of runs mean the same: equal but for punctuation and case, or one within the other. A long name
/// may also leave out words of a longer one that starts alike.
pub fn names_agree(a: &str, b: &str) -> bool {
    let words = |name: &str| -> Vec<String> {
        let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        words.map(str::to_ascii_lowercase).collect()
    };
    let (a, b) = (words(a), words(b));
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let letters: usize = short.iter().map(String::len).sum();
    let within = letters > 2 && long.windows(short.len().max(1)).any(|window| window == short);
    within || (short.len() > 3 && short[0] == long[0] && in_order(&short, &long))
}

fn in_order(short: &[String], long: &[String]) -> bool {
    let mut rest = long.iter();
    short.iter().all(|word| rest.any(|found| found == word))
}

/// Without `.` in it: `./a` and `a` are the same file.
fn plain(path: &Path) -> PathBuf {
    path.components().filter(|part| !matches!(part, std::path::Component::CurDir)).collect()
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

    #[test]
    fn names_agree_within_word_borders() {
        assert!(names_agree("20241117_moatless_claude_3_5_sonnet", "20241117_moatless_claude-3.5-sonnet"));
        assert!(names_agree("sweagent0-gpt4/cost_2_1", "cost_2_1"));
        assert!(names_agree("deepseek/deepseek-chat", "deepseek__deepseek-chat.bench"));
        assert!(names_agree("baseline", "claude.validation-baseline-eval"));
        assert!(names_agree("20241117_moatless_tools_0_4_claude_3_5", "20241117_moatless_claude-3.5"));
        assert!(!names_agree("cost_2_1", "cost_2_10"));
        assert!(!names_agree("20240623_moatless_claude_3_5", "20241117_moatless_claude_3_5"));
        assert!(!names_agree("", "anything"));
    }
}
