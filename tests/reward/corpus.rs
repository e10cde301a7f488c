//! Real rows of SWE-Gym, laid out a second time straight from their JSON. Needs `ROLLSCOPE_CORPUS`.

use std::path::PathBuf;

use rollscope::reward::Profile;
use rollscope::store;
use serde_json::Value;

use crate::fixture::{prompter, with};

fn corpus() -> Option<PathBuf> {
    let found = std::env::var_os("ROLLSCOPE_CORPUS").map(PathBuf::from).filter(|path| path.is_dir());
    if found.is_none() {
        eprintln!("ROLLSCOPE_CORPUS is not set: real trajectories are not tested");
    }
    found
}

/// The published layout, message by message: see `make_reference.py` for the same on our own row.
fn log_of(messages: &[Value]) -> String {
    let mut turns: Vec<(String, String)> = Vec::new();
    let mut system = None;
    for (index, message) in messages.iter().enumerate() {
        let mut content = message["content"].as_str().unwrap_or_default().to_string();
        let mut role = message["role"].as_str().unwrap();
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            content = format!("{content}\n\n{}", call_text(&call["function"])).trim_start().to_string();
        }
        if role == "tool" {
            content = format!("EXECUTION RESULT of [{}]:\n{content}", message["name"].as_str().unwrap());
            role = "user";
        }
        match turns.last_mut() {
            _ if index == 0 && role == "system" => system = Some(content),
            Some((before, text)) if before == "user" && role == "user" => *text = format!("{text}\n{content}"),
            _ => turns.push((role.into(), content)),
        }
    }
    let dashes = "-".repeat(100);
    let head = system.map(|text| format!("*** System Message that describes the assistant's behavior ***\n{text}\n"));
    let turn = |(index, (role, text)): (usize, &(String, String))| {
        format!("{dashes}\n*** Turn {} - {} ***\n{text}\n", index / 2 + 1, role.to_uppercase())
    };
    format!("{}{}{dashes}\n", head.unwrap_or_default(), turns.iter().enumerate().map(turn).collect::<String>())
}

fn call_text(function: &Value) -> String {
    let arguments: Value = serde_json::from_str(function["arguments"].as_str().unwrap()).unwrap();
    let lines = arguments.as_object().unwrap().iter().map(|(key, value)| match value.as_str() {
        Some(text) if text.contains('\n') => format!("<parameter={key}>\n{text}\n</parameter>\n"),
        Some(text) => format!("<parameter={key}>{text}</parameter>\n"),
        None => format!("<parameter={key}>{}</parameter>\n", value.to_string().replace(',', ", ")),
    });
    format!("<function={}>\n{}</function>", function["name"].as_str().unwrap(), lines.collect::<String>())
}

#[test]
fn swe_gym_rows_read_line_by_line_as_published() {
    let Some(corpus) = corpus() else { return };
    let path = corpus.join("hf-sample-rows/swegym.jsonl");
    let mut profile = Profile::find("swe-gym").unwrap();
    profile.limits.context = usize::MAX;
    let prompter = with(profile);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut rows = 0;
    for (line, text) in text.lines().enumerate() {
        let row: Value = serde_json::from_str(text).unwrap();
        let trajectory = store::load(&format!("{}#{}", path.display(), line + 1)).unwrap();
        let prompt = prompter.prompt(&trajectory).unwrap().text;
        let log = prompt.split_once("=== INTERACTION LOG ===\n").unwrap().1;
        let log = log.rsplit_once("\n=== END INTERACTION ===").unwrap().0;
        let expected = log_of(row["messages"].as_array().unwrap());
        for (number, (ours, theirs)) in log.lines().zip(expected.lines()).enumerate() {
            assert_eq!(ours, theirs, "row {}, line {}", line + 1, number + 1);
        }
        assert_eq!(log, expected, "row {}", line + 1);
        rows += 1;
    }
    assert!(rows >= 5, "{rows} rows");
}

#[test]
fn every_real_trajectory_gets_a_prompt_or_a_reason() {
    let Some(corpus) = corpus() else { return };
    let names = ["swe-gym", "r2e-gym", "swe-lego", "openhands-critic-4b:calls"];
    let prompters = names.map(prompter);
    let found = std::sync::Mutex::new(Vec::new());
    let roots: Vec<PathBuf> =
        ["sweagent1-swesmith", "mini2-misc", "hf-sample-rows"].map(|name| corpus.join(name)).into();
    store::scan(&roots, &store::Progress::default(), &|reading| {
        found.lock().unwrap().extend(reading.trajectories);
    });
    let trajectories = found.into_inner().unwrap();
    assert!(trajectories.len() > 20, "{}", trajectories.len());
    for trajectory in &trajectories {
        for prompter in &prompters {
            match prompter.prompt(trajectory) {
                Ok(prompt) => assert!(prompt.token_ids.len() <= prompt.context, "{}", trajectory.id),
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
    }
}
