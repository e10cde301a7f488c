//! The fixture row as a trajectory, and prompters on the fixture tokenizer.

use std::fs;
use std::path::{Path, PathBuf};

use rollscope::reward::{ChatFiles, Profile, Prompter, Tokenizer};
use rollscope::store;
use rollscope::trajectory::Trajectory;
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

/// `row.json`, read as a chat row.
pub fn trajectory() -> Trajectory {
    store::load(&file("row.json").display().to_string()).unwrap()
}

/// The same rollout as mini-swe-agent writes it.
pub fn as_mini() -> Trajectory {
    let row = json("row.json");
    let info = serde_json::json!({"exit_status": "Submitted", "submission": row["patch"], "mini_version": "2.2.7"});
    let file = serde_json::json!({
        "trajectory_format": "mini-swe-agent-1.1", "instance_id": row["instance_id"], "info": info, "messages": row["messages"]
    });
    read_back("larder.traj.json", &file, "mini-swe-agent")
}

/// The same turns as items of OpenAI's Responses; there is no place for a patch.
pub fn as_responses() -> Trajectory {
    let row = json("row.json");
    let items = row["messages"].as_array().unwrap().iter().flat_map(items);
    let file = serde_json::json!({"instance_id": row["instance_id"], "input": items.collect::<Vec<_>>(), "output": []});
    read_back("larder.json", &file, "responses")
}

fn items(message: &Value) -> Vec<Value> {
    if message["role"] == "tool" {
        let (id, output) = (&message["tool_call_id"], &message["content"]);
        return vec![serde_json::json!({"type": "function_call_output", "call_id": id, "output": output})];
    }
    let said = message["content"].as_str();
    let said = said.map(|text| serde_json::json!({"type": "message", "role": message["role"], "content": text}));
    let calls = message["tool_calls"].as_array().into_iter().flatten().map(|call| {
        let (name, arguments) = (&call["function"]["name"], &call["function"]["arguments"]);
        serde_json::json!({"type": "function_call", "call_id": call["id"], "name": name, "arguments": arguments})
    });
    said.into_iter().chain(calls).collect()
}

fn read_back(name: &str, file: &Value, format: &str) -> Trajectory {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, file.to_string()).unwrap();
    let trajectory = store::load(&path.display().to_string()).unwrap();
    assert_eq!(trajectory.format, format);
    trajectory
}
