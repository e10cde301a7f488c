//! The command line as a shell sees it: what goes to stdout, what to stderr, and the exit status.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_rollscope");

/// A home of its own: no cached scores, no configuration.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command.args(arguments).env("HOME", self.0.path()).env("ROLLSCOPE_DATA", self.0.path().join("data"));
        command.env_remove("XDG_CACHE_HOME").stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn rows(&self, arguments: &[&str]) -> Vec<Value> {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        lines(&output.stdout)
    }
}

fn lines(bytes: &[u8]) -> Vec<Value> {
    String::from_utf8_lossy(bytes).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn demo_rollouts() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/rollouts").display().to_string()
}

fn one_rollout() -> String {
    format!("{}/careful/tidekit__tideclock-41.traj.json", demo_rollouts())
}

#[test]
fn the_demo_is_scored_and_ranked_with_nothing_but_the_program() {
    let home = Home::new();
    let tasks = home.rows(&["demo"]);
    assert!(tasks.len() >= 5, "{} tasks", tasks.len());
    for task in &tasks {
        let candidates = task["candidates"].as_array().unwrap();
        assert!(candidates.len() >= 4, "{}: {} candidates", task["task_id"], candidates.len());
        assert_eq!(task["pick"], candidates[0]["id"]);
        let odds: Vec<f64> = candidates.iter().map(|one| one["log_odds"].as_f64().unwrap()).collect();
        assert!(odds.is_sorted_by(|a, b| a >= b), "{odds:?}");
        assert!((task["margin"].as_f64().unwrap() - (odds[0] - odds[1])).abs() < 1e-12);
        assert!(candidates.iter().all(|one| one["resolved"].is_boolean()));
    }
    let outcomes: Vec<bool> = tasks
        .iter()
        .flat_map(|task| task["candidates"].as_array().unwrap())
        .map(|one| one["resolved"] == true)
        .collect();
    assert!(outcomes.contains(&true) && outcomes.contains(&false));
}

#[test]
fn wherever_the_bundled_model_speaks_its_worth_is_said() {
    let home = Home::new();
    for command in ["demo", "score", "rank", "eval"] {
        let rollouts = demo_rollouts();
        let arguments = if command == "demo" { vec![command] } else { vec![command, rollouts.as_str()] };
        let said = String::from_utf8(home.run(&arguments).stderr).unwrap();
        assert!(said.contains("are worth: Weak"), "{command}: {said}");
    }
}

#[test]
fn scores_are_remembered_and_say_so_by_being_equal() {
    let home = Home::new();
    let first = home.rows(&["score", &demo_rollouts()]);
    let again = home.rows(&["score", &demo_rollouts()]);
    assert_eq!(first, again, "even the seconds are those of the first time");
    for row in &first {
        assert_eq!(row["state"], "scored");
        let (score, odds) = (row["score"].as_f64().unwrap(), row["log_odds"].as_f64().unwrap());
        assert!((score - 1.0 / (1.0 + (-odds).exp())).abs() < 1e-12);
        assert!(row["tokens"].as_u64().unwrap() > 0 && row["fingerprint"].as_str().unwrap().len() == 64);
    }
}

#[test]
fn a_kill_in_the_middle_of_scoring_loses_no_row_that_was_written() {
    let home = Home::new();
    let rows = home.0.path().join("rows.jsonl");
    let arguments = ["score", &demo_rollouts(), "-o", rows.to_str().unwrap()];
    let mut child = home.command(&arguments).stderr(Stdio::null()).spawn().unwrap();
    let written = || fs::read_to_string(&rows).unwrap_or_default().matches('\n').count();
    while written() < 3 && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let text = fs::read_to_string(&rows).unwrap();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let before = lines(whole.as_bytes());
    let after = home.rows(&["score", &demo_rollouts()]);
    for row in &before {
        let same = after.iter().find(|other| other["id"] == row["id"]).unwrap();
        assert_eq!(same, row, "scored again, or scored otherwise");
    }
}

#[test]
fn a_filter_leaves_what_fits_counts_it_and_points_at_mistakes() {
    let home = Home::new();
    let all = home.rows(&["list", &demo_rollouts()]).len();
    let said = |arguments: &[&str]| String::from_utf8_lossy(&home.run(arguments).stderr).into_owned();
    let resolved = home.rows(&["list", &demo_rollouts(), "--filter", "resolved:true patch_added<1000"]);
    assert!(!resolved.is_empty() && resolved.iter().all(|row| row["resolved"] == true), "{resolved:?}");
    let heard = said(&["list", &demo_rollouts(), "--filter", "resolved:true patch_added<1000"]);
    assert!(heard.contains(&format!("{} of {all} fit", resolved.len())), "{heard}");
    let failed = home.rows(&["list", &demo_rollouts(), "--filter", "text:/traceback|error/"]);
    assert!(!failed.is_empty() && failed.len() < all, "{} of {all}", failed.len());
    let output = home.run(&["rank", &demo_rollouts(), "--filter", "turns>3 scor>0.5"]);
    let heard = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(heard.contains("did you mean `score`?\n  turns>3 scor>0.5\n          ^^^^"), "{heard}");
}

#[test]
fn a_search_finds_the_trajectories_that_hold_a_text() {
    let home = Home::new();
    let found = home.rows(&["search", "tideclock", &demo_rollouts()]);
    assert!(!found.is_empty());
    for row in &found {
        assert!(row["text"].as_str().unwrap().to_lowercase().contains("tideclock"), "{row}");
        let path = row["id"].as_str().unwrap().split('#').next().unwrap();
        assert!(fs::read_to_string(path).unwrap().to_lowercase().contains("tideclock"), "{path}");
    }
    assert_eq!(home.rows(&["search", "/no such thing \\d{40}/", &demo_rollouts()]), Vec::<Value>::new());
    assert_eq!(home.run(&["search", "/(/", &demo_rollouts()]).status.code(), Some(1));
}

#[test]
fn a_filter_changes_no_rank() {
    let home = Home::new();
    let all = home.rows(&["rank", &demo_rollouts()]);
    let seconds = home.rows(&["rank", &demo_rollouts(), "--filter", "rank:2"]);
    assert_eq!(all.len(), seconds.len());
    for (whole, narrowed) in all.iter().zip(&seconds) {
        assert_eq!((&whole["pick"], &whole["margin"]), (&narrowed["pick"], &narrowed["margin"]));
        assert_eq!(narrowed["candidates"].as_array().unwrap(), &[whole["candidates"][1].clone()]);
    }
}

#[test]
fn a_row_of_list_has_every_field_in_order() {
    let home = Home::new();
    let output = home.run(&["list", &one_rollout(), "--format", "csv"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        text.lines().next().unwrap(),
        "id,path,format,task_id,run,attempt,model,turns,tool_calls,exit_status,resolved,reward,score,patch_files,\
         patch_added,patch_removed,input_tokens,output_tokens,cost_usd,loops,notes,bytes"
    );
    let row = &home.rows(&["list", &one_rollout()])[0];
    assert_eq!((&row["task_id"], &row["run"]), (&"tidekit__tideclock-41".into(), &"careful".into()));
}

#[test]
fn show_prints_the_whole_trajectory_as_json() {
    let home = Home::new();
    let output = home.run(&["show", &one_rollout(), "--format", "json"]);
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    let turns = shown["turns"].as_array().unwrap();
    assert_eq!(turns[0]["role"], "system");
    let source: Value = serde_json::from_str(&fs::read_to_string(one_rollout()).unwrap()).unwrap();
    assert_eq!(shown["patch"], source["info"]["submission"]);
    let results = source["messages"].as_array().unwrap().iter().filter(|message| message["role"] == "tool").count();
    let parts = turns.iter().flat_map(|turn| turn["parts"].as_array().unwrap());
    assert_eq!(parts.filter(|part| part["kind"] == "tool_result").count(), results);
}

#[test]
fn the_prompt_is_the_text_of_its_token_ids_and_names_no_run() {
    let home = Home::new();
    let output = home.run(&["prompt", &one_rollout(), "--format", "json"]);
    let prompt: Value = serde_json::from_slice(&output.stdout).unwrap();
    let ids = prompt["token_ids"].as_array().unwrap();
    assert_eq!(prompt["tokens"], ids.len());
    assert_eq!(prompt["read_position"], ids.len() - 1);
    let text = prompt["text"].as_str().unwrap();
    assert!(!text.contains("careful") && !text.contains("recorded-by-hand"), "{text}");
    assert!(prompt["labels"]["yes"][0] != prompt["labels"]["no"][0]);
}

#[test]
fn damage_is_said_with_its_place_and_the_rest_works() {
    let home = Home::new();
    let folder = home.0.path().join("runs");
    fs::create_dir(&folder).unwrap();
    fs::copy(one_rollout(), folder.join("tidekit__tideclock-41.traj.json")).unwrap();
    let half = fs::read_to_string(one_rollout()).unwrap();
    fs::write(folder.join("half.traj.json"), &half[..half.len() / 2]).unwrap();
    let output = home.run(&["list", folder.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("half.traj.json") && said.contains("line"), "{said}");
    let rows = lines(&output.stdout);
    assert!(rows.iter().any(|row| row["task_id"] == "tidekit__tideclock-41"), "{rows:?}");
    let strict = home.run(&["list", folder.to_str().unwrap(), "--strict"]);
    assert_eq!(strict.status.code(), Some(1));
}

#[test]
fn a_label_file_speaks_for_the_runs_it_names() {
    let home = Home::new();
    let labels = home.0.path().join("labels.csv");
    fs::write(&labels, "instance_id,run,resolved\ntidekit__tideclock-41,careful,0\nnobody__nothing-1,careful,1\n")
        .unwrap();
    let alone = home.0.path().join("careful");
    fs::create_dir(&alone).unwrap();
    fs::copy(one_rollout(), alone.join("tidekit__tideclock-41.traj.json")).unwrap();
    let output = home.run(&["list", alone.to_str().unwrap(), "--labels", labels.to_str().unwrap()]);
    assert_eq!(lines(&output.stdout)[0]["resolved"], false);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("labels.csv") && said.contains("no trajectory"), "{said}");
}

#[test]
fn broken_models_are_refused_by_name_and_reason() {
    let home = Home::new();
    let cases: [(&str, Damage, &str); 3] = [
        ("no tokenizer", |folder| fs::remove_file(folder.join("tokenizer.json")).unwrap(), "tokenizer.json"),
        ("half the weights", |folder| truncate(&folder.join("model.safetensors")), "model.safetensors"),
        ("another shape", |folder| widen(&folder.join("config.json")), "shape"),
    ];
    for (name, damage, reason) in cases {
        let folder = home.0.path().join(name);
        copy_model(&folder);
        damage(&folder);
        let output = home.run(&["score", &one_rollout(), "--model", folder.to_str().unwrap()]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{name}: {said}");
        assert!(said.contains(reason), "{name}: {said}");
        assert!(!said.contains("panicked"), "{name}: {said}");
    }
    let missing = home.run(&["score", &one_rollout(), "--model", "no/such/folder"]);
    assert_eq!(missing.status.code(), Some(1));
}

type Damage = fn(&Path);

fn copy_model(folder: &PathBuf) {
    fs::create_dir(folder).unwrap();
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/reward-model");
    for name in ["config.json", "tokenizer.json", "model.safetensors", "profile.toml"] {
        fs::copy(assets.join(name), folder.join(name)).unwrap();
    }
}

fn truncate(path: &Path) {
    let bytes = fs::read(path).unwrap();
    fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
}

fn widen(path: &Path) {
    let mut config: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let width = config["intermediate_size"].as_u64().unwrap();
    config["intermediate_size"] = (width + 8).into();
    fs::write(path, config.to_string()).unwrap();
}

#[test]
fn help_completions_manual_and_doctor_answer() {
    let home = Home::new();
    for arguments in [&["--help"][..], &["completions", "bash"], &["man"], &["doctor"], &["--version"]] {
        let output = home.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(String::from_utf8_lossy(&output.stdout).contains("rollscope"), "{arguments:?}");
    }
    assert_eq!(home.run(&["no-such-command", "--nor-option"]).status.code(), Some(2));
    assert_eq!(home.run(&[]).status.code(), Some(2));
}

#[test]
fn imported_scores_rank_without_a_model_and_stand_beside_a_computed_one() {
    let home = Home::new();
    let rollouts = demo_rollouts();
    let table = home.0.path().join("critic.csv");
    let ids: Vec<String> =
        home.rows(&["list", &rollouts]).iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
    let rows: Vec<String> = ids.iter().enumerate().map(|(nth, id)| format!("{id},0.{:02}", nth + 10)).collect();
    fs::write(&table, format!("id,score\n{}\nnobody,0.5\n{},nan\n", rows.join("\n"), ids[0])).unwrap();
    let table = table.display().to_string();

    let output = home.run(&["rank", &rollouts, "--scores", &table]);
    assert_eq!(output.status.code(), Some(3), "what was refused is said, and counts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("no number") && said.contains("match no trajectory"), "{said}");
    let task = &lines(&output.stdout)[0];
    let scores: Vec<f64> =
        task["candidates"].as_array().unwrap().iter().map(|one| one["score"].as_f64().unwrap()).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");

    let both = home.run(&["score", &rollouts, "--model", "/no/such/folder", "--scores", &table]);
    assert_eq!(both.status.code(), Some(1), "a model that was asked for is needed");
    let rows = lines(&home.run(&["score", &rollouts, "--scores", &table]).stdout);
    assert!(rows.len() == ids.len() && rows.iter().all(|row| row["state"] == "imported" && row["model"] == "critic"));
    let listed = lines(&home.run(&["list", &rollouts, "--scores", &table]).stdout);
    assert!(listed.iter().all(|row| row["score"].is_number()));
}

#[test]
fn rows_go_into_a_file_in_the_form_asked_for() {
    let home = Home::new();
    let file = |name: &str| home.0.path().join(name);
    let path = file("rows.out").display().to_string();
    for (format, first) in [("csv", "id,path,"), ("json", "[\n"), ("jsonl", "{\"id\":"), ("table", "id ")] {
        let output = home.run(&["score", &one_rollout(), "-o", &path, "--format", format]);
        assert!(output.status.success() && output.stdout.is_empty());
        assert!(fs::read_to_string(&path).unwrap().starts_with(first), "{format}");
    }
    let csv = file("rows.csv");
    home.run(&["score", &one_rollout(), "-o", &csv.display().to_string()]);
    assert!(fs::read_to_string(csv).unwrap().starts_with("id,path,"), "the name of the file says it too");
}

/// A search tree is a trajectory (the path it took) and holds others (those it left).
#[test]
fn every_id_that_list_prints_opens_just_that_trajectory() {
    let home = Home::new();
    for folder in ["moatless-tree", "atif-chain", "chat-openai"] {
        let folder = format!("{}/tests/formats/{folder}", env!("CARGO_MANIFEST_DIR"));
        for row in home.rows(&["list", &folder, "--format", "jsonl"]) {
            let shown = home.run(&["show", row["id"].as_str().unwrap(), "--format", "json"]).stdout;
            assert_eq!(serde_json::from_slice::<Value>(&shown).unwrap()["id"], row["id"]);
        }
    }
}
