//! The real files of the corpus, where `ROLLSCOPE_CORPUS` names it: everything listed, with the task, patch and outcome
//! that the files give.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use rollscope::library::{Library, Summary};
use rollscope::store::Progress;
use rollscope::trajectory::{PartKind, Trajectory};
use serde::Deserialize;

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

/// The table of `tests/corpus/counts.toml`: what an independent script counted in the files.
#[derive(Deserialize)]
struct Table {
    folder: Vec<Folder>,
}

#[derive(Deserialize)]
struct Folder {
    name: String,
    trajectories: usize,
    tasks: usize,
    runs: usize,
    turns: Option<usize>,
    calls: Option<usize>,
    results: Option<usize>,
    patches: usize,
    resolved: usize,
    unresolved: usize,
    unknown: usize,
    #[serde(default)]
    spot: Vec<Spot>,
}

/// One trajectory, as its source gives it. `patch` is its length in bytes, -1 where no field holds one.
#[derive(Debug, Deserialize)]
struct Spot {
    id: String,
    task: String,
    run: String,
    turns: Option<usize>,
    patch: Option<i64>,
    resolved: Option<bool>,
}

fn table() -> Table {
    toml::from_str(include_str!("corpus/counts.toml")).unwrap()
}

fn results(library: &Library) -> usize {
    let open = |one: &Summary| library.load(&one.id).unwrap_or_else(|note| panic!("{note}"));
    let of = |trajectory: &Trajectory| trajectory.parts().filter(|part| part.kind == PartKind::ToolResult).count();
    library.summaries().iter().filter(|one| one.turns > 0).map(|one| of(&open(one))).sum()
}

/// What differs between the table and what is listed.
fn differences(folder: &Folder, library: &Library) -> Vec<String> {
    let all = library.summaries();
    let distinct = |key: fn(&Summary) -> &String| all.iter().map(key).collect::<BTreeSet<_>>().len();
    let labelled = |outcome: Option<bool>| all.iter().filter(|one| one.resolved == outcome).count();
    let counted = [
        ("trajectories", Some(folder.trajectories), all.len()),
        ("tasks", Some(folder.tasks), distinct(|one| &one.task_id)),
        ("runs", Some(folder.runs), distinct(|one| &one.run)),
        ("turns", folder.turns, all.iter().map(|one| one.turns).sum()),
        ("calls", folder.calls, all.iter().map(|one| one.tool_calls).sum()),
        ("results", folder.results, folder.results.map_or(0, |_| results(library))),
        ("patches", Some(folder.patches), all.iter().filter(|one| one.patch_files.is_some()).count()),
        ("resolved", Some(folder.resolved), labelled(Some(true))),
        ("unresolved", Some(folder.unresolved), labelled(Some(false))),
        ("unknown", Some(folder.unknown), labelled(None)),
    ];
    let wrong = counted.into_iter().filter(|(_, expected, found)| expected.is_some_and(|expected| expected != *found));
    wrong.map(|(what, expected, found)| format!("{}: {found} {what}, counted {expected:?}", folder.name)).collect()
}

/// What differs between one trajectory and its source.
fn astray(spot: &Spot, corpus: &Path, library: &Library) -> Option<String> {
    let id = corpus.join(&spot.id).display().to_string();
    let Some(found) = library.get(&id) else { return Some(format!("{id} is not listed")) };
    let names = found.task_id == spot.task && found.run == spot.run;
    let turns = spot.turns.is_none_or(|turns| turns == found.turns);
    let patch = library.load(&id).unwrap().patch.map_or(-1, |patch| patch.text.len() as i64);
    let same = names && turns && spot.patch.is_none_or(|expected| expected == patch) && found.resolved == spot.resolved;
    let found = (&found.task_id, &found.run, found.turns, patch, found.resolved);
    (!same).then(|| format!("{found:?} instead of {spot:?}"))
}

#[test]
fn every_folder_lists_completely() {
    let Some(corpus) = corpus() else { return };
    let mut wrong = Vec::new();
    for folder in table().folder {
        let library = read(corpus.join(&folder.name));
        wrong.extend(differences(&folder, &library));
        wrong.extend(folder.spot.iter().filter_map(|spot| astray(spot, &corpus, &library)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_folder_of_the_corpus_is_left_out() {
    let Some(corpus) = corpus() else { return };
    let folders = fs::read_dir(&corpus).unwrap().map(|entry| entry.unwrap()).filter(|entry| entry.path().is_dir());
    let names: BTreeSet<String> = folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(names, table().folder.into_iter().map(|folder| folder.name).collect());
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
    for folder in labels.keys().map(|path| top(&corpus, path)).collect::<BTreeSet<_>>() {
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
