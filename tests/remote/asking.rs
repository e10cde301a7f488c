//! Questions: a remote scorer on our fixture's tokenizer, and prompts for it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rollscope::reward::remote::{Limits, Made, RemoteScorer};
use rollscope::reward::{ChatFiles, Labels, Profile, Prompt, ScoreError, Tokenizer};
use rollscope::trajectory::{Part, Trajectory, Turn};
use serde_json::Value;

pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reward").join(name)
}

pub fn chat_template() -> String {
    let expected: Value = serde_json::from_slice(&std::fs::read(fixture("expected.json")).unwrap()).unwrap();
    expected["chat_template"].as_str().unwrap().to_owned()
}

pub fn made(profile: &str) -> Made {
    Made {
        profile: Profile::find(profile).unwrap(),
        tokenizer: Tokenizer::from_file(&fixture("tokenizer.json")).unwrap(),
        chat: ChatFiles { template: Some(chat_template()), ..ChatFiles::default() },
        vocabulary: Some(100_000),
    }
}

/// Pauses are short; an answer has time enough on a busy machine, and only what hangs is waited for.
pub fn hasty() -> Limits {
    Limits {
        connect: Duration::from_secs(5),
        answer: Duration::from_secs(1),
        attempts: 6,
        pause: Duration::from_millis(1),
        patience: Duration::from_secs(1),
        most: 6,
    }
}

pub fn open(url: &str, profile: &str) -> Result<RemoteScorer, ScoreError> {
    RemoteScorer::open_with(
        &[url.to_owned()],
        made(profile),
        Limits { answer: Duration::from_secs(20), ..hasty() },
        None,
    )
}

pub fn prompt(token_ids: Vec<u32>, yes: &[u32], no: &[u32]) -> Prompt {
    Prompt {
        profile: "test".into(),
        text: "text".into(),
        context: 4096,
        read_position: token_ids.len() - 1,
        turn_ends: vec![1, token_ids.len() - 1],
        controls: Vec::new(),
        token_ids,
        labels: Labels { yes: yes.into(), no: no.into() },
        cut: Vec::new(),
    }
}

/// Rollouts that differ in one word.
pub fn trajectories(count: usize) -> Vec<Trajectory> {
    let one = |nth: usize| Trajectory {
        id: format!("runs/{nth}.traj"),
        task_id: format!("task-{}", nth / 4),
        turns: vec![
            Turn::user("Mend the jar."),
            Turn::assistant(vec![Part::text(format!("Looked at lid {nth}, and it is mended."))]),
        ],
        ..Trajectory::default()
    };
    (0..count).map(one).collect()
}
