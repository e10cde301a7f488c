//! What `rollscope export` and `rollscope verdicts` write: shapes that others' tools take, and nothing lost on the way.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use arrow_json::writer::{JsonArray, WriterBuilder};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rollscope::store::verdicts::VerdictStore;
use rollscope::trajectory::{Ruling, Shown, Subject, Verdict};
use serde_json::Value;
use tempfile::TempDir;

struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rollscope"));
        command.args(arguments).env("HOME", self.0.path()).env("ROLLSCOPE_DATA", self.path("data"));
        let output = command.stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code().is_some_and(|code| code == 0 || code == 3), "{arguments:?}: {said}");
        output
    }

    fn rows(&self, arguments: &[&str]) -> Vec<Value> {
        let output = self.run(arguments);
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn store(&self) -> VerdictStore {
        VerdictStore::open(&self.path("data/verdicts.sqlite")).unwrap()
    }
}

fn demo() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/rollouts").display().to_string()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A Parquet file's rows as JSON.
fn parquet(path: &Path) -> Vec<Value> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(fs::File::open(path).unwrap()).unwrap().build().unwrap();
    let mut writer = WriterBuilder::new().with_explicit_nulls(true).build::<_, JsonArray>(Vec::new());
    reader.for_each(|batch| writer.write(&batch.unwrap()).unwrap());
    writer.finish().unwrap();
    serde_json::from_slice(&writer.into_inner()).unwrap()
}

fn keys(row: &Value) -> Vec<&str> {
    row.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn predictions_are_the_picks_as_the_harness_takes_them() {
    let home = Home::new();
    let picks: HashMap<String, String> = home
        .rows(&["rank", &demo()])
        .iter()
        .map(|task| (task["task_id"].as_str().unwrap().to_owned(), task["pick"].as_str().unwrap().to_owned()))
        .collect();
    let rows = home.rows(&["export", "preds", &demo()]);
    assert_eq!(rows.len(), picks.len());
    for row in &rows {
        assert_eq!(keys(row), ["instance_id", "model_name_or_path", "model_patch"]);
        let name = row["model_name_or_path"].as_str().unwrap();
        assert!(!name.is_empty() && !name.contains('/'), "{name}");
        let pick = &picks[row["instance_id"].as_str().unwrap()];
        let shown: Value = serde_json::from_slice(&home.run(&["show", pick, "--format", "json"]).stdout).unwrap();
        let (ours, theirs) = (row["model_patch"].as_str().unwrap(), shown["patch"].as_str().unwrap());
        assert_eq!(ours.trim_end(), theirs.trim_end());
        assert!(ours.ends_with('\n'), "a patch without its last line break does not apply");
    }
    // The harness also takes one JSON list; it tells by the name.
    let list = home.path("preds.json");
    home.run(&["export", "preds", &demo(), "-o", text(&list)]);
    assert_eq!(serde_json::from_slice::<Vec<Value>>(&fs::read(&list).unwrap()).unwrap(), rows);
}

#[test]
fn training_rows_are_resolved_capped_and_short_first() {
    let home = Home::new();
    let all = home.rows(&["list", &demo()]);
    for cap in [1, 2] {
        let rows = home.rows(&["export", "sft", &demo(), "--cap", &cap.to_string()]);
        let mut per_task: HashMap<&str, Vec<&Value>> = HashMap::new();
        for row in &rows {
            per_task.entry(row["instance_id"].as_str().unwrap()).or_default().push(row);
            assert_eq!(row["resolved"], true);
            let messages = row["messages"].as_array().unwrap();
            let roles: Vec<&str> = messages.iter().map(|one| one["role"].as_str().unwrap()).collect();
            assert!(
                roles.contains(&"assistant")
                    && roles.iter().all(|role| ["system", "user", "assistant", "tool"].contains(role))
            );
            assert!(messages.iter().all(|one| one["content"].is_string()));
        }
        for (task, rows) in per_task {
            let mut turns: Vec<u64> = all
                .iter()
                .filter(|one| one["task_id"] == task && one["resolved"] == true)
                .map(|one| one["turns"].as_u64().unwrap())
                .collect();
            turns.sort_unstable();
            turns.truncate(cap);
            assert_eq!(rows.iter().map(|row| row["turns"].as_u64().unwrap()).collect::<Vec<_>>(), turns, "{task}");
        }
    }
}

#[test]
fn pairs_are_of_one_task_with_the_hardest_first() {
    let home = Home::new();
    let outcome: HashMap<String, bool> = home
        .rows(&["list", &demo()])
        .iter()
        .map(|one| (one["id"].as_str().unwrap().to_owned(), one["resolved"] == true))
        .collect();
    let rows = home.rows(&["export", "pairs", &demo(), "--cap", "3"]);
    assert!(!rows.is_empty());
    for pair in rows.windows(2).filter(|pair| pair[0]["instance_id"] == pair[1]["instance_id"]) {
        assert!(pair[0]["margin"].as_f64() <= pair[1]["margin"].as_f64());
    }
    for row in &rows {
        let side = |name: &str| row[name].as_str().unwrap();
        assert!(outcome[side("chosen_id")] && !outcome[side("rejected_id")]);
        let odds = |name: &str| row[name].as_f64().map(|p| (p / (1.0 - p)).ln()).unwrap();
        let margin = odds("chosen_score") - odds("rejected_score");
        assert!((row["margin"].as_f64().unwrap() - margin).abs() < 1e-9);
        assert!(row["chosen"].as_array().unwrap().len() > 1 && row["rejected"].as_array().unwrap().len() > 1);
    }
    let wide = home.rows(&["export", "pairs", &demo(), "--min-margin", "0.1"]);
    assert!(wide.iter().all(|row| row["margin"].as_f64().unwrap() >= 0.1));
}

#[test]
fn tables_say_the_same_in_every_form() {
    let home = Home::new();
    for what in ["scores", "labels", "preds", "sft"] {
        let rows = home.rows(&["export", what, &demo()]);
        let (csv, parquet_file) = (home.path(&format!("{what}.csv")), home.path(&format!("{what}.parquet")));
        home.run(&["export", what, &demo(), "-o", text(&csv)]);
        home.run(&["export", what, &demo(), "-o", text(&parquet_file)]);
        assert_eq!(csv::Reader::from_path(&csv).unwrap().into_records().count(), rows.len(), "{what}");
        let kept = parquet(&parquet_file);
        assert_eq!(kept.len(), rows.len(), "{what}");
        assert_eq!(keys(&kept[0]), keys(&rows[0]), "{what}");
        for (row, kept) in rows.iter().zip(&kept) {
            for (name, value) in row.as_object().unwrap() {
                assert_eq!(&kept[name], value, "{what}, {name}");
            }
        }
    }
}

#[test]
fn exported_labels_are_labels_and_exported_scores_are_scores() {
    let home = Home::new();
    let (labels, scores) = (home.path("labels.csv"), home.path("scores.jsonl"));
    home.run(&["export", "labels", &demo(), "-o", text(&labels)]);
    home.run(&["export", "scores", &demo(), "-o", text(&scores)]);
    let direct = home.rows(&["eval", &demo(), "--draws", "10"]);
    let again = home.rows(&["eval", &demo(), "--draws", "10", "--labels", text(&labels), "--scores", text(&scores)]);
    for field in ["judged", "auc", "ece", "brier", "best_at_k", "confusion"] {
        assert_eq!(direct[0][field], again[0][field], "{field}");
    }
}

fn verdict(row: &Value, annotator: &str, ruling: Ruling) -> Verdict {
    let of = |name: &str| row[name].as_str().unwrap().to_owned();
    let shown = Shown { resolved: row["resolved"].as_bool(), ..Shown::default() };
    Verdict {
        annotator: annotator.into(),
        subject: Subject { id: of("id"), task_id: of("task_id"), ..Subject::default() },
        ruling: Some(ruling),
        shown,
        note: "<b>\"why\"</b>\u{202e}".into(),
        ..Verdict::default()
    }
}

#[test]
fn verdicts_travel_from_store_to_store_and_correct_outcomes_on_request() {
    let home = Home::new();
    let all = home.rows(&["list", &demo()]);
    let unresolved: Vec<&Value> = all.iter().filter(|row| row["resolved"] == false).collect();
    let mut store = home.store();
    for row in &unresolved[..3] {
        store.record(&verdict(row, "ann", Ruling::TestsWrong)).unwrap();
    }
    store.record(&verdict(unresolved[0], "bob", Ruling::JudgeWrong)).unwrap();
    store.record(&verdict(unresolved[1], "bob", Ruling::TestsWrong)).unwrap();
    let orphan = Verdict {
        subject: Subject { id: "gone".into(), ..Subject::default() },
        ..verdict(unresolved[0], "ann", Ruling::Unclear)
    };
    store.record(&orphan).unwrap();

    let exported = home.path("verdicts.jsonl");
    home.run(&["export", "verdicts", "--history", "-o", text(&exported)]);
    let other = Home::new();
    other.run(&["verdicts", "import", text(&exported)]);
    let list = |home: &Home| home.rows(&["export", "verdicts"]);
    assert_eq!(list(&home).len(), 6);
    assert_eq!(list(&home), list(&other));

    let agreement = &other.rows(&["verdicts", "agreement"])[0];
    assert_eq!((&agreement["shared"], agreement["disagreements"].as_array().unwrap().len()), (&Value::from(2), 1));

    let output = other.run(&["eval", &demo(), "--draws", "10", "--corrected", "--format", "json"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("1 verdicts are about trajectories that are not here"), "{said}");
    let numbers: Value = serde_json::from_slice(&output.stdout).unwrap();
    let corrected = &numbers["corrected"];
    assert_eq!(
        (&corrected["reviewed"], &corrected["turned"], &corrected["contested"]),
        (&3.into(), &2.into(), &1.into())
    );
    assert_eq!(corrected["resolved"].as_u64().unwrap(), numbers["resolved"].as_u64().unwrap() + 2);
}

#[test]
fn the_report_stands_alone_is_safe_and_the_same_every_time() {
    let home = Home::new();
    let all = home.rows(&["list", &demo()]);
    let bad = all.iter().find(|row| row["resolved"] == false).unwrap();
    home.store().record(&verdict(bad, "<script>ann</script>", Ruling::TestsWrong)).unwrap();
    let write = |name: &str| {
        let path = home.path(name);
        home.run(&["export", "report", &demo(), "--draws", "50", "--corrected", "-o", text(&path)]);
        fs::read_to_string(path).unwrap()
    };
    let page = write("one.html");
    assert_eq!(page, write("two.html"));
    assert!(!page.contains("<script") && !page.contains("<b>") && !page.contains('\u{202e}'));
    assert!(!page.contains("http://") && !page.contains("https://"), "nothing comes from elsewhere");
    assert_eq!(page.matches("<svg").count(), 5);
    for words in [
        "prefers-color-scheme: dark",
        "AUC within run",
        "Wilson",
        "corrected by verdicts",
        "Scored as unresolved, tests say resolved",
        "&lt;script&gt;",
    ] {
        assert!(page.contains(words), "{words}");
    }
    let link = page.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(Path::new(link).exists(), "{link}");
}
