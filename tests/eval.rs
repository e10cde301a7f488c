//! `rollscope eval` against numbers made elsewhere: scikit-learn's on labelled rollouts with imported scores, and those of the
//! default judge's card. What needs rollouts of others is told so on stderr, and passes, where they are not there.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

fn eval(home: &Path, arguments: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rollscope"));
    command.arg("eval").args(arguments).args(["--format", "json"]);
    command.env("HOME", home).env("ROLLSCOPE_DATA", home.join("data")).stdin(Stdio::null());
    let output = command.output().unwrap();
    assert!(
        output.status.code().is_some_and(|code| code == 0 || code == 3),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The labelled rollouts, unpacked, and their table of labels.
fn labelled() -> Option<(PathBuf, PathBuf)> {
    let folder = std::env::var_os("ROLLSCOPE_LABELLED").map(PathBuf::from);
    let beside = || Some(PathBuf::from(std::env::var_os("ROLLSCOPE_CORPUS")?).with_file_name("labelled/LABELS.csv"));
    let table = folder.as_ref().map(|folder| folder.join("LABELS.csv")).filter(|path| path.is_file()).or_else(beside);
    let both = folder.zip(table).filter(|(folder, table)| folder.is_dir() && table.is_file());
    if both.is_none() {
        eprintln!("not tested: ROLLSCOPE_LABELLED does not name the unpacked labelled rollouts with their LABELS.csv");
    }
    both
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn json(path: &str) -> Value {
    serde_json::from_slice(&fs::read(root().join(path)).unwrap()).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Every number of `theirs` is in `ours`, that close.
fn near(ours: &Value, theirs: &Value, tolerance: f64, place: &str) {
    match theirs {
        Value::Object(map) => {
            for (key, value) in map {
                near(&ours[key], value, tolerance, &format!("{place}.{key}"));
            }
        }
        Value::Array(list) => {
            assert_eq!(ours.as_array().map(Vec::len), Some(list.len()), "{place}");
            for (at, value) in list.iter().enumerate() {
                near(&ours[at], value, tolerance, &format!("{place}[{at}]"));
            }
        }
        theirs => {
            let (ours, theirs) = (ours.as_f64().unwrap_or(f64::NAN), theirs.as_f64().unwrap());
            assert!((ours - theirs).abs() <= tolerance, "{place}: {ours} here, {theirs} there");
        }
    }
}

/// The rule of `metrics/labelled.py`.
fn score(path: &str, resolved: bool) -> f64 {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = path.bytes().fold(0xcbf2_9ce4_8422_2325, mix);
    (hash % 801 + if resolved { 200 } else { 1 }) as f64 / 1002.0
}

/// (path, whole row) of a table of labels.
fn rows(table: &Path) -> Vec<(String, csv::StringRecord)> {
    let mut reader = csv::Reader::from_path(table).unwrap();
    reader.records().map(|row| row.map(|row| (row[0].to_owned(), row)).unwrap()).collect()
}

#[test]
fn labelled_rollouts_with_imported_scores_have_the_numbers_of_scikit_learn() {
    let Some((folder, table)) = labelled() else { return };
    let home = TempDir::new().unwrap();
    let scores = home.path().join("scores.csv");
    let line = |(path, row): (String, csv::StringRecord)| format!("{path},{}\n", score(&path, &row[4] == "1"));
    let lines: String = rows(&table).into_iter().map(line).collect();
    fs::write(&scores, format!("path,score\n{lines}")).unwrap();
    let found =
        eval(home.path(), &[text(&folder), "--labels", text(&table), "--scores", text(&scores), "--draws", "20"]);
    near(&found, &json("tests/metrics/labelled.json"), 1e-9, "");
}

/// What `numbers.json` calls a measure, and what `eval` does.
const CARD: [(&str, &str); 6] = [
    ("within_run", "/auc/within_run"),
    ("within_run_by_size", "/auc/within_run_by_size"),
    ("pooled", "/auc/pooled"),
    ("per_task", "/auc/per_task"),
    ("ece", "/ece/equal_width"),
    ("brier", "/brier"),
];

fn as_on_the_card(found: &Value, card: &Value, place: &str) {
    assert_eq!(found["judged"], card["rollouts"], "{place}");
    assert_eq!(found["resolved"], card["resolved"], "{place}");
    for (theirs, ours) in CARD {
        let (theirs, ours) = (&card["model"][theirs][0], found.pointer(ours).unwrap());
        near(ours, theirs, 0.002, place);
    }
}

#[test]
fn held_out_rollouts_have_the_numbers_of_the_card() {
    let Some((folder, table)) = labelled() else { return };
    let home = TempDir::new().unwrap();
    let held_out = fs::read_to_string(root().join("recipe/held-out.txt")).unwrap();
    let held_out: HashSet<&str> = held_out.lines().collect();
    let sources = [
        "mini2-deepseek-dev",
        "mini2-deepseek-lite",
        "moatless-old-lite",
        "moatless04-sonnet-lite",
        "sweagent0-sonnet35-verified",
    ];
    let wanted = |row: &csv::StringRecord| held_out.contains(&row[1]) && sources.contains(&&row[5]);
    let paths: Vec<PathBuf> =
        rows(&table).iter().filter(|(_, row)| wanted(row)).map(|(path, _)| folder.join(path)).collect();
    let mut arguments: Vec<&str> = paths.iter().map(|path| text(path)).collect();
    arguments.extend(["--labels", text(&table), "--draws", "20"]);
    let found = eval(home.path(), &arguments);
    let card = &json("assets/reward-model/numbers.json")["held-out"];
    as_on_the_card(&found, &card["all"], "held out");
    let with_patch = found["slices"].as_array().unwrap().iter().find(|slice| slice["kind"] == "patch").unwrap();
    as_on_the_card(with_patch, &card["non-empty patch"], "held out, non-empty patches");
}

/// The rows of the card's table of demo rollouts: measure, value.
fn demo_card() -> Vec<(String, f64)> {
    let card = fs::read_to_string(root().join("assets/reward-model/CARD.md")).unwrap();
    let table = card.split("**The demo rollouts").nth(1).unwrap();
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let rows = table.lines().map(cells).filter(|cells| cells.len() == 4);
    rows.filter_map(|cells| Some((cells[1].clone(), cells[2].split(' ').next()?.parse().ok()?))).collect()
}

#[test]
fn the_demo_rollouts_have_the_numbers_of_the_card() {
    let home = TempDir::new().unwrap();
    let found = eval(home.path(), &[text(&root().join("assets/demo/rollouts"))]);
    let card = demo_card();
    assert!(card.len() >= 6, "{card:?}");
    for (name, value) in card {
        let ours = found.pointer(&format!("/{}", name.replace('.', "/"))).unwrap_or(&Value::Null).as_f64();
        assert!(ours.is_some_and(|ours| (ours - value).abs() <= 0.002), "{name}: {ours:?} here, {value} on the card");
    }
}
