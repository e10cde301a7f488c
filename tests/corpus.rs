//! The real files of the corpus, where `ROLLSCOPE_CORPUS` names it: everything listed, with the task, patch and outcome
//! that the files give.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use rollscope::library::{Library, Summary};
use rollscope::store::Progress;

fn corpus() -> Option<PathBuf> {
    let folder = env::var_os("ROLLSCOPE_CORPUS").map(PathBuf::from).filter(|folder| folder.is_dir());
    if folder.is_none() {
        eprintln!("skipped: ROLLSCOPE_CORPUS does not name the corpus folder");
    }
    folder
}

fn read(root: PathBuf) -> Library {
    Library::read(&[root], &[], &Progress::default())
}

/// Per folder and format: trajectories, those with a patch that is known, resolved, unresolved. Confirmed by counting
/// the fields in the files themselves with a separate script; outcomes of SWE-agent, mini and moatless by LABELS.csv.
const EXPECTED: &[(&str, &str, [usize; 4])] = &[
    ("sweagent0-gpt4-lite", "swe-agent", [92, 83, 13, 79]),
    ("mini2-deepseek-lite", "mini-swe-agent", [12, 12, 12, 0]),
    ("mini2-deepseek-lite", "predictions", [88, 88, 0, 0]),
    ("openhands-v0", "openhands", [25, 3, 19, 1]),
    ("openhands-v0", "predictions", [30, 30, 0, 0]),
    ("openhands-v1", "openhands", [14, 0, 4, 7]),
    ("hf-sample-rows", "chat", [31, 18, 14, 4]),
    ("hf-sample-rows", "openhands", [3, 0, 0, 0]),
    ("sweagent0-sonnet35-verified", "swe-agent", [26, 26, 15, 11]),
    ("moatless04-sonnet-lite", "moatless", [6, 6, 6, 0]),
    ("moatless-old", "moatless-states", [3, 3, 0, 0]),
    ("nemo-gym", "nemo-gym", [40, 24, 23, 17]),
];

fn counts<'a>(summaries: impl Iterator<Item = &'a Summary>) -> [usize; 4] {
    let mut counts = [0; 4];
    for summary in summaries {
        counts[0] += 1;
        counts[1] += usize::from(summary.patch_files.is_some());
        counts[2] += usize::from(summary.resolved == Some(true));
        counts[3] += usize::from(summary.resolved == Some(false));
    }
    counts
}

#[test]
fn every_folder_lists_completely() {
    let Some(corpus) = corpus() else { return };
    let mut wrong = Vec::new();
    for (folder, format, expected) in EXPECTED {
        let library = read(corpus.join(folder));
        let found = counts(library.summaries().iter().filter(|summary| summary.format == *format));
        if found != *expected {
            wrong.push(format!("{folder}, {format}: {found:?} instead of {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What LABELS.csv says about one file.
struct Row {
    task_id: String,
    resolved: bool,
}

fn labels(corpus: &Path) -> BTreeMap<PathBuf, Row> {
    let table = fs::read_to_string(corpus.join("LABELS.csv")).unwrap();
    let rows = table.lines().skip(1).map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        (corpus.join(cells[0]), Row { task_id: cells[1].into(), resolved: cells[3] == "1" })
    });
    rows.collect()
}

/// Each folder read alone, so that outcomes come from the reports beside the trajectories and not from the table.
#[test]
fn reports_give_the_outcomes_of_the_table() {
    let Some(corpus) = corpus() else { return };
    let labels = labels(&corpus);
    let mut wrong = Vec::new();
    for folder in labels.keys().map(|path| top(&corpus, path)).collect::<std::collections::BTreeSet<_>>() {
        let library = read(folder.clone());
        for (path, row) in labels.iter().filter(|(path, _)| path.starts_with(&folder)) {
            let found: Vec<&Summary> = library.summaries().iter().filter(|summary| summary.path == *path).collect();
            match found[..] {
                [one] if one.task_id == row.task_id && one.resolved == Some(row.resolved) => {}
                _ => wrong.push(format!(
                    "{}: {:?}",
                    path.display(),
                    found.iter().map(|one| one.resolved).collect::<Vec<_>>()
                )),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn top(corpus: &Path, path: &Path) -> PathBuf {
    let first = path.strip_prefix(corpus).ok().and_then(|inside| inside.iter().next());
    corpus.join(first.unwrap_or_default())
}

#[test]
fn every_listed_trajectory_opens_and_agrees_with_its_row() {
    let Some(corpus) = corpus() else { return };
    for folder in ["sweagent0-gpt4-lite", "mini2-deepseek-lite", "openhands-v0", "hf-sample-rows"] {
        let library = read(corpus.join(folder));
        for summary in library.summaries().iter().step_by(7) {
            let trajectory = library.load(&summary.id).unwrap_or_else(|note| panic!("{note}"));
            assert_eq!(trajectory.turns.len(), summary.turns, "{}", summary.id);
            assert_eq!(trajectory.patch.is_some(), summary.patch_files.is_some(), "{}", summary.id);
        }
    }
}
