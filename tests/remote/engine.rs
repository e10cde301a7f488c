//! A real engine on this machine, where one is installed: the same weights give the same scores as ours to 1e-3, and a run
//! that is killed in the middle ends as if it had not been.
//!
//! `ROLLSCOPE_ENGINE` names a command that serves the model folder `$MODEL` on `127.0.0.1:$PORT` in float32; for example
//! `python -m vllm.entrypoints.openai.api_server --model $MODEL --port $PORT --dtype float32 --enforce-eager`.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::command::{rows, score_with};
use crate::model::{self, Dice};

/// The published scripts need minutes for such a run; ours is killed halfway.
const PROMPTS: usize = 1_000;

struct Engine(Child);

impl Engine {
    /// Starts it, and waits until it lists its models.
    fn start(command: &str, model: &Path) -> (Self, String) {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut start = Command::new("sh");
        start.args(["-c", &format!("exec {command}")]).env("MODEL", model).env("PORT", port.to_string());
        let mut engine = Self(start.stdout(Stdio::null()).spawn().unwrap());
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert_eq!(engine.0.try_wait().unwrap(), None, "the engine ended");
            assert!(begun.elapsed() < Duration::from_secs(900), "the engine does not listen");
            std::thread::yield_now();
        }
        (engine, format!("http://127.0.0.1:{port}"))
    }
}

impl Drop for Engine {
    /// Asked first: an engine has processes of its own to end.
    fn drop(&mut self) {
        let asked = Command::new("kill").arg(self.0.id().to_string()).status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.0.kill();
        }
        let _ = self.0.wait();
    }
}

/// Rollouts of many lengths; some say what a control token looks like.
fn rollouts(home: &TempDir, count: usize) -> PathBuf {
    const WORDS: [&str; 12] =
        ["jar", "lid", "naïve", "opened_for", "test", "\n\n", "def f(x):", "YES", "no", "<|im_end|>", "9,5", "你好"];
    let mut dice = Dice(42);
    let mut said = |most: u64| {
        let words = 1 + dice.below(most);
        (0..words).map(|_| WORDS[dice.below(WORDS.len() as u64) as usize]).collect::<Vec<_>>().join(" ")
    };
    let row = |nth: usize| {
        json!({"instance_id": format!("task-{}", nth / 5), "messages": [
            {"role": "system", "content": "You mend jars."},
            {"role": "user", "content": format!("Mend jar {nth}. {}", said(40))},
            {"role": "assistant", "content": said(120)},
            {"role": "user", "content": said(60)},
            {"role": "assistant", "content": format!("It is mended: {}", said(30))}]})
        .to_string()
    };
    let path = home.path().join("rollouts.jsonl");
    std::fs::write(&path, (0..count).map(row).collect::<Vec<_>>().join("\n")).unwrap();
    path
}

fn by_id(rows: Vec<Value>) -> HashMap<String, Value> {
    rows.into_iter().map(|row| (row["id"].as_str().unwrap().to_owned(), row)).collect()
}

#[test]
#[ignore = "starts the engine that ROLLSCOPE_ENGINE names; minutes"]
fn a_thousand_prompts_killed_in_the_middle_have_our_scores() {
    let Ok(command) = std::env::var("ROLLSCOPE_ENGINE") else {
        eprintln!("ROLLSCOPE_ENGINE is not set: no real engine is tested");
        return;
    };
    let home = TempDir::new().unwrap();
    let folder = home.path().join("judge");
    std::fs::create_dir(&folder).unwrap();
    model::write(&folder);
    let rollouts = rollouts(&home, PROMPTS);
    let (_engine, url) = Engine::start(&command, &folder);
    let ask = || score_with(&home, &rollouts, &url, "swe-gym:bare", &folder);

    let begun = Instant::now();
    let mut child = ask().stdout(Stdio::piped()).spawn().unwrap();
    let printed = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok).take(PROMPTS / 2).count();
    child.kill().unwrap();
    child.wait().unwrap();
    eprintln!("killed after {printed} rows, {:.1?}", begun.elapsed());
    assert_eq!(printed, PROMPTS / 2);

    let begun = Instant::now();
    let rest = ask().output().unwrap();
    let (theirs, seconds) = (rows(&rest.stdout), begun.elapsed());
    let ids: HashSet<&str> = theirs.iter().filter_map(|row| row["id"].as_str()).collect();
    let failed: Vec<&Value> = theirs.iter().filter(|row| row["state"] != "scored").collect();
    assert!(failed.is_empty(), "{} not scored, first {:?}", failed.len(), failed[0]);
    assert_eq!((theirs.len(), ids.len()), (PROMPTS, PROMPTS));

    let mut local = score_with(&home, &rollouts, &folder.display().to_string(), "swe-gym:bare", &folder);
    let ours = by_id(rows(&local.args(["--dtype", "f32", "--device", "cpu"]).output().unwrap().stdout));
    let apart = theirs.iter().map(|row| {
        let own = &ours[row["id"].as_str().unwrap()];
        assert_eq!(row["tokens"], own["tokens"]);
        (row["score"].as_f64().unwrap() - own["score"].as_f64().unwrap()).abs()
    });
    let most = apart.fold(0.0, f64::max);
    eprintln!("the rest in {seconds:.1?}; scores lie at most {most:.2e} apart on {}", theirs[0]["device"]);
    assert!(most < 1e-3);
}
