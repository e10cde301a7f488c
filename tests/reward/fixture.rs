//! The fixture row as a trajectory, and prompters on the fixture tokenizer.

use std::fs;
use std::path::{Path, PathBuf};

use rollscope::reward::{ChatFiles, Profile, Prompter, Tokenizer};
use rollscope::trajectory::{Part, Patch, Trajectory, Turn};
use serde_json::Value;

pub fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reward").join(name)
}

pub fn json(name: &str) -> Value {
    serde_json::from_slice(&fs::read(file(name)).unwrap()).unwrap()
}

pub fn tokenizer() -> Tokenizer {
    Tokenizer::from_file(&file("tokenizer.json")).unwrap()
}

pub fn prompter(profile: &str) -> Prompter {
    with(Profile::find(profile).unwrap())
}

pub fn with(profile: Profile) -> Prompter {
    let template = json("expected.json")["chat_template"].as_str().map(String::from);
    Prompter::new(profile, tokenizer(), ChatFiles { template, ..Default::default() }, None).unwrap()
}

/// `row.json` the way the loaders hand rows over: results lie in the turn of their call.
pub fn trajectory() -> Trajectory {
    let row = json("row.json");
    let mut turns: Vec<Turn> = Vec::new();
    for message in row["messages"].as_array().unwrap() {
        let text = message["content"].as_str().unwrap_or_default();
        let id = message["tool_call_id"].as_str().map(String::from);
        match message["role"].as_str().unwrap() {
            "system" => turns.push(Turn::system(text)),
            "user" => turns.push(Turn::user(text)),
            "tool" => turns.last_mut().unwrap().parts.push(Part::result(text, id, None)),
            _ => turns.push(Turn::assistant(said(text).into_iter().chain(calls(message)).collect())),
        }
    }
    let patch = row["patch"].as_str().map(Patch::given);
    Trajectory { id: "row.json".into(), task_id: "pantry__larder-12".into(), turns, patch, ..Default::default() }
}

fn said(text: &str) -> Option<Part> {
    (!text.is_empty()).then(|| Part::text(text))
}

fn calls(message: &Value) -> Vec<Part> {
    let part = |call: &Value| {
        let function = &call["function"];
        let arguments = serde_json::from_str(function["arguments"].as_str().unwrap()).unwrap();
        Part::call(function["name"].as_str().unwrap(), arguments, call["id"].as_str().map(String::from))
    };
    message["tool_calls"].as_array().map(|calls| calls.iter().map(part).collect()).unwrap_or_default()
}
