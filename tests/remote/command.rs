//! `rollscope score --model http://…`: the same rows as with a model on this machine, resumed after a kill.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::asking::{chat_template, fixture};
use crate::server::{Reply, vllm};

/// A tokenizer as it lies in a model's folder, without weights.
fn tokenizer(home: &TempDir) -> PathBuf {
    let folder = home.path().join("tokenizer");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(fixture("tokenizer.json"), folder.join("tokenizer.json")).unwrap();
    std::fs::write(folder.join("chat_template.jinja"), chat_template()).unwrap();
    std::fs::write(folder.join("config.json"), "{\"vocab_size\": 100000}").unwrap();
    folder
}

pub fn rollouts(home: &TempDir, count: usize) -> PathBuf {
    let path = home.path().join("rollouts.jsonl");
    let row = |nth: usize| {
        serde_json::json!({"instance_id": format!("task-{}", nth / 5), "messages": [
            {"role": "user", "content": "Mend the jar."},
            {"role": "assistant", "content": format!("Looked at lid {nth}, and it is mended.")}]})
        .to_string()
    };
    std::fs::write(&path, (0..count).map(row).collect::<Vec<_>>().join("\n")).unwrap();
    path
}

pub fn score(home: &TempDir, rollouts: &Path, url: &str) -> Command {
    score_with(home, rollouts, url, "swe-gym", &tokenizer(home))
}

pub fn score_with(home: &TempDir, rollouts: &Path, model: &str, profile: &str, tokenizer: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rollscope"));
    command.arg("score").arg(rollouts).args(["--model", model, "--profile", profile, "--tokenizer"]).arg(tokenizer);
    command.env("HOME", home.path()).env("ROLLSCOPE_DATA", home.path().join("data")).stdin(Stdio::null());
    command
}

pub fn rows(bytes: &[u8]) -> Vec<Value> {
    String::from_utf8_lossy(bytes).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_server_gives_the_same_rows_and_what_it_said_is_remembered() {
    let home = TempDir::new().unwrap();
    let rollouts = rollouts(&home, 12);
    let server = vllm(|_, _| None);
    let output = score(&home, &rollouts, &server.url).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let first = rows(&output.stdout);
    assert_eq!(first.len(), 12);
    for row in &first {
        assert_eq!((&row["state"], &row["model"]), (&"scored".into(), &"judge".into()));
        assert!(row["device"].as_str().unwrap().contains(&server.url), "{row}");
        let (yes, no) = (row["logit_yes"].as_f64().unwrap(), row["logit_no"].as_f64().unwrap());
        assert!((row["log_odds"].as_f64().unwrap() - (yes - no)).abs() < 1e-12);
    }
    let asked = server.scoring().len();
    let again = score(&home, &rollouts, &server.url).output().unwrap();
    assert_eq!(server.scoring().len(), asked, "nothing is asked twice");
    let sorted = |mut rows: Vec<Value>| {
        rows.sort_by_key(|row| row["id"].to_string());
        rows
    };
    assert_eq!(sorted(rows(&again.stdout)), sorted(first));
}

#[test]
fn a_score_that_would_not_be_given_now_is_stale_and_says_what_has_changed() {
    let home = TempDir::new().unwrap();
    let rollouts = rollouts(&home, 3);
    let server = vllm(|_, _| None);
    let before = rows(&score(&home, &rollouts, &server.url).output().unwrap().stdout);
    let text = std::fs::read_to_string("assets/profiles/swe-gym.toml").unwrap();
    let shorter = home.path().join("shorter.toml");
    std::fs::write(&shorter, text.replace("context = 32768", "context = 100")).unwrap();
    let profile = shorter.display().to_string();
    let output = score_with(&home, &rollouts, &server.url, &profile, &tokenizer(&home)).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    for row in rows(&output.stdout) {
        let then = before.iter().find(|then| then["id"] == row["id"]).unwrap();
        assert_eq!((&row["state"], &row["score"], &row["log_odds"]), (&"stale".into(), &Value::Null, &Value::Null));
        assert_eq!((&row["stale"]["score"], &then["stale"]), (&then["score"], &Value::Null));
        assert_eq!(row["stale"]["why"], "by profile swe-gym as it was then");
        assert!(row["error"].as_str().unwrap().starts_with("too long by "), "{row}");
    }
}

#[test]
fn a_run_that_is_killed_goes_on_where_it_was() {
    const MANY: usize = 200;
    let home = TempDir::new().unwrap();
    let rollouts = rollouts(&home, MANY);
    let server = vllm(|_, _| None);
    // Stands still in the middle, so that there is a middle to be killed in.
    let stuck = vllm(|nth, _| (nth >= 60).then_some(Reply::Hang));
    let mut child = score(&home, &rollouts, &stuck.url)
        .args(["--in-flight", "4"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while stuck.scoring().len() < 62 && begun.elapsed() < Duration::from_secs(60) {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let output = score(&home, &rollouts, &server.url).output().unwrap();
    let rows = rows(&output.stdout);
    let ids: std::collections::HashSet<String> = rows.iter().map(|row| row["id"].to_string()).collect();
    assert_eq!((rows.len(), ids.len()), (MANY, MANY));
    assert!(rows.iter().all(|row| row["state"] == "scored"));
    let asked = server.scoring().len();
    assert!(asked <= MANY - 55, "{asked} were asked again, though 60 had an answer, and at most 4 were in flight");
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let home = TempDir::new().unwrap();
    let output = score(&home, &rollouts(&home, 1), "http://127.0.0.1:9").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("http://127.0.0.1:9"), "{said}");
}
