//! From a trajectory to a number on this machine, against transformers.

use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;

use rollscope::engine::Options;
use rollscope::reward::{LocalScorer, Profile, ScoreError, Scorer, prompter};

use crate::fixture::{file, json, trajectory};

/// A folder as people have it: weights, tokenizer, chat template.
fn checkpoint(folder: &tempfile::TempDir) -> PathBuf {
    for name in ["config.json", "model.safetensors"] {
        fs::copy(file("model").join(name), folder.path().join(name)).unwrap();
    }
    fs::copy(file("tokenizer.json"), folder.path().join("tokenizer.json")).unwrap();
    let template = json("expected.json")["chat_template"].as_str().unwrap().to_string();
    fs::write(folder.path().join("chat_template.jinja"), template).unwrap();
    folder.path().to_path_buf()
}

fn scorer(profile: &str, chunk: usize) -> Result<LocalScorer, ScoreError> {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { device: "cpu".into(), dtype: Some("f32".into()), chunk, ..Options::default() };
    LocalScorer::load(&checkpoint(&folder), Profile::find(profile).unwrap(), &options)
}

#[test]
fn the_score_is_what_transformers_says() {
    let logits = &json("expected.json")["prompts"]["swe-gym"]["logits"];
    for (profile, yes, no) in [("swe-gym", " YES", " NO"), ("swe-gym:bare", "YES", "NO")] {
        let mut scorer = scorer(profile, 100).unwrap();
        let prompt = scorer.prompt(&trajectory()).unwrap();
        let mut heard = Vec::new();
        let score = scorer.score(&prompt, &mut |done| {
            heard.push(done);
            ControlFlow::Continue(())
        });
        let score = score.unwrap();
        let (yes, no) = (logits[yes].as_f64().unwrap(), logits[no].as_f64().unwrap());
        assert!((score.logit_yes.unwrap() - yes).abs() < 1e-3, "{score:?} {yes} {no}");
        assert!((score.log_odds - (yes - no)).abs() < 1e-3, "{score:?} {yes} {no}");
        assert_eq!(heard.last(), Some(&prompt.token_ids.len()));
    }
}

#[test]
fn a_watcher_that_says_stop_is_obeyed() {
    let mut scorer = scorer("swe-gym", 100).unwrap();
    let prompt = scorer.prompt(&trajectory()).unwrap();
    let stopped = scorer.score(&prompt, &mut |_| ControlFlow::Break(()));
    assert_eq!(stopped, Err(ScoreError::Stopped));
    assert!(scorer.score(&prompt, &mut |_| ControlFlow::Continue(())).is_ok(), "and the next try is not spoilt");
}

#[test]
fn fingerprints_tell_variants_apart_and_are_stable() {
    let of = |profile| {
        let scorer = scorer(profile, 64).unwrap();
        scorer.fingerprint(&scorer.prompt(&trajectory()).unwrap())
    };
    assert_eq!(of("swe-gym"), of("swe-gym"));
    assert_ne!(of("swe-gym"), of("swe-gym:bare"));
}

#[test]
fn a_profile_for_another_head_is_refused() {
    let error = scorer("openhands-critic-4b", 64).err().unwrap().to_string();
    assert!(error.contains("causal") && error.contains("classification"), "{error}");
}

#[test]
fn a_folder_without_tokenizer_says_so() {
    let error = LocalScorer::load(&file("model"), Profile::find("swe-gym").unwrap(), &Options::default());
    let error = error.err().unwrap().to_string();
    assert!(error.contains("tokenizer.json") && error.contains("needs"), "{error}");
}

#[test]
fn prompts_need_no_weights_and_know_of_forced_scaling() {
    let folder = tempfile::tempdir().unwrap();
    let path = checkpoint(&folder);
    fs::remove_file(path.join("model.safetensors")).unwrap();
    let context = |profile| prompter(&path, Profile::find(profile).unwrap()).unwrap().context();
    assert_eq!(context("swe-gym"), 4096);
    assert_eq!(context("swe-lego"), 4 * 4096, "the published script forces YaRN with factor 4");
}

#[test]
fn the_models_own_context_counts_where_it_is_smaller() {
    assert_eq!(scorer("swe-gym", 64).unwrap().facts().context, 4096);
}
