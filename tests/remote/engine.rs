//! A real engine on this machine, where one is installed: the same weights must give the same scores as ours to 1e-3.
//!
//! `ROLLSCOPE_ENGINE` names a command that serves the model folder `$MODEL` on `127.0.0.1:$PORT`; for example
//! `python -m vllm.entrypoints.openai.api_server --model $MODEL --port $PORT --dtype float32`.

use std::fs;
use std::net::TcpListener;
use std::ops::ControlFlow;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use rollscope::engine::Options;
use rollscope::reward::remote::{Limits, RemoteScorer};
use rollscope::reward::{LocalScorer, Profile, Scorer};

use crate::asking::{chat_template, fixture, made, trajectories};

struct Engine(Child);

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
#[ignore = "starts the engine that ROLLSCOPE_ENGINE names; minutes"]
fn a_real_engine_gives_our_scores() {
    let Ok(command) = std::env::var("ROLLSCOPE_ENGINE") else {
        eprintln!("ROLLSCOPE_ENGINE is not set: no real engine is tested");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    for name in ["config.json", "model.safetensors"] {
        fs::copy(fixture("model").join(name), folder.path().join(name)).unwrap();
    }
    fs::copy(fixture("tokenizer.json"), folder.path().join("tokenizer.json")).unwrap();
    fs::write(folder.path().join("chat_template.jinja"), chat_template()).unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut start = Command::new("sh");
    start.args(["-c", &format!("exec {command}")]);
    let engine = start.env("MODEL", folder.path()).env("PORT", port.to_string()).spawn();
    let mut engine = Engine(engine.unwrap());
    let url = format!("http://127.0.0.1:{port}");
    let begun = Instant::now();
    let mut remote = loop {
        match RemoteScorer::open(std::slice::from_ref(&url), made("swe-gym:bare"), Limits::default()) {
            Ok(scorer) => break scorer,
            Err(error) => assert!(begun.elapsed() < Duration::from_secs(600), "{error}"),
        }
        assert_eq!(engine.0.try_wait().unwrap(), None, "the engine ended");
    };
    let options = Options { device: "cpu".into(), dtype: Some("f32".into()), ..Options::default() };
    let mut local = LocalScorer::load(folder.path(), Profile::find("swe-gym:bare").unwrap(), &options).unwrap();
    for trajectory in trajectories(20) {
        let prompt = local.prompt(&trajectory).unwrap();
        assert_eq!(remote.prompt(&trajectory).unwrap().token_ids, prompt.token_ids);
        let mut go_on = |_: usize| ControlFlow::Continue(());
        let (ours, theirs) = (local.score(&prompt, &mut go_on).unwrap(), remote.score(&prompt, &mut go_on).unwrap());
        assert!((ours.probability() - theirs.probability()).abs() < 1e-3, "{ours:?} {theirs:?}");
    }
}
