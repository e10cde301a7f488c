//! `rollscope whatif` and `rollscope calibrate` as a shell sees them.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

fn run(home: &TempDir, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rollscope"));
    command.args(arguments).env("HOME", home.path()).env("ROLLSCOPE_DATA", home.path().join("data"));
    command.stdin(Stdio::null()).output().unwrap()
}

fn demo() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/rollouts").display().to_string()
}

fn rows(output: &Output) -> Vec<Value> {
    String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_cost_is_named_first_and_the_drop_stands_beside_the_score() {
    let home = TempDir::new().unwrap();
    let cost = run(&home, &["whatif", &demo(), "--without", "thoughts", "--cost"]);
    assert!(cost.stdout.is_empty());
    let said = String::from_utf8_lossy(&cost.stderr).into_owned();
    assert!(said.contains("48 prompts of") && said.contains("0 are known already"), "{said}");

    let found = run(&home, &["whatif", &demo(), "--without", "thoughts", "--without", "file:no/such.file"]);
    let rows = rows(&found);
    assert_eq!(rows.len(), 48);
    for row in &rows {
        match row["without"].as_str().unwrap() {
            "thoughts" => {
                let number = |name: &str| row[name].as_f64().unwrap();
                assert_eq!(row["state"], "scored");
                assert!((number("score") - number("score_without") - number("drop")).abs() < 1e-12);
            }
            _ => assert_eq!((&row["state"], &row["score_without"]), (&"nothing to take out".into(), &Value::Null)),
        }
    }
    assert!(rows.iter().any(|row| row["drop"].as_f64().is_some_and(|drop| drop != 0.0)));
    let again = run(&home, &["whatif", &demo(), "--without", "thoughts", "--cost"]);
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(said.contains("0 prompts of 0 tokens in all are to be read; 48 are known already"), "{said}");
}

#[test]
fn too_few_labels_are_refused_and_nothing_is_saved() {
    let home = TempDir::new().unwrap();
    let file = home.path().join("calibrated.toml");
    let output = run(&home, &["calibrate", &demo(), "--save", file.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("too few labels: 16 resolved and 8 unresolved in 6 tasks"), "{said}");
    assert!(!file.exists());
}

#[test]
fn the_bundled_model_takes_another_calibration_and_no_other_prompt() {
    let home = TempDir::new().unwrap();
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/reward-model/profile.toml");
    let text = std::fs::read_to_string(own).unwrap();
    let line = text.lines().find(|line| line.starts_with("offset = ")).unwrap();
    let offset: f64 = line["offset = ".len()..].parse().unwrap();
    let text = text.replace(line, &format!("offset = {}", offset + 1.0));
    let file = home.path().join("calibrated.toml");
    std::fs::write(&file, text).unwrap();
    let odds = |profile: &[&str]| -> Vec<f64> {
        let output = run(&home, &[&["score", &demo()], profile].concat());
        rows(&output).iter().map(|row| row["log_odds"].as_f64().unwrap()).collect()
    };
    let (own, shifted) = (odds(&[]), odds(&["--profile", file.to_str().unwrap()]));
    assert_eq!(own.len(), 24);
    assert!(own.iter().zip(&shifted).all(|(own, shifted)| (shifted - own - 1.0).abs() < 1e-9), "{own:?} {shifted:?}");
    let refused = run(&home, &["score", &demo(), "--profile", "compact"]);
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("--profile needs --model"));
}
