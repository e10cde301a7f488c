//! From a trajectory to a number on this machine, against transformers.

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use candle_core::quantized::gguf_file::{self, Value as Entry};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, safetensors};
use rollscope::engine::Options;
use rollscope::reward::{LocalScorer, Profile, ScoreError, Scorer, prompter};
use serde_json::Value;

use crate::fixture::{file, json, trajectory};
use crate::gguf_names::spelled;

/// A folder as people have it: weights, tokenizer, chat template.
pub fn checkpoint(folder: &tempfile::TempDir) -> PathBuf {
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
    let options = Options { device: "cpu".into(), dtype: Some("f32".into()), chunk: Some(chunk), ..Options::default() };
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

/// The checkpoint as llama.cpp's converter writes it, in f32, with its tokenizer and chat template inside.
fn gguf(folder: &Path, edit: impl Fn(&mut BTreeMap<&str, Entry>)) -> PathBuf {
    let tokenizer = json("tokenizer.json");
    let vocabulary = tokenizer["model"]["vocab"].as_object().unwrap();
    let mut tokens = vec![(String::new(), 5); 600];
    vocabulary.iter().for_each(|(token, id)| tokens[id.as_u64().unwrap() as usize] = (token.clone(), 1));
    for token in tokenizer["added_tokens"].as_array().unwrap() {
        let kind = if token["special"] == true { 3 } else { 4 };
        tokens[token["id"].as_u64().unwrap() as usize] = (token["content"].as_str().unwrap().into(), kind);
    }
    let merges = tokenizer["model"]["merges"].as_array().unwrap().iter();
    let merge = |pair: &Value| match pair {
        Value::Array(pair) => format!("{} {}", pair[0].as_str().unwrap(), pair[1].as_str().unwrap()),
        text => text.as_str().unwrap().to_owned(),
    };
    let text = |text: &str| Entry::String(text.into());
    let config: Value = serde_json::from_slice(&fs::read(file("model/config.json")).unwrap()).unwrap();
    let size = |key: &str| Entry::U32(config[key].as_u64().unwrap() as u32);
    let template = json("expected.json")["chat_template"].as_str().unwrap().to_owned();
    let mut entries = BTreeMap::from([
        ("general.architecture", text("qwen3")),
        ("qwen3.embedding_length", size("hidden_size")),
        ("qwen3.block_count", size("num_hidden_layers")),
        ("qwen3.feed_forward_length", size("intermediate_size")),
        ("qwen3.attention.head_count", size("num_attention_heads")),
        ("qwen3.attention.head_count_kv", size("num_key_value_heads")),
        ("qwen3.attention.key_length", size("head_dim")),
        ("qwen3.attention.layer_norm_rms_epsilon", Entry::F32(config["rms_norm_eps"].as_f64().unwrap() as f32)),
        ("qwen3.context_length", size("max_position_embeddings")),
        ("qwen3.rope.freq_base", Entry::F32(config["rope_parameters"]["rope_theta"].as_f64().unwrap() as f32)),
        ("tokenizer.ggml.model", text("gpt2")),
        ("tokenizer.ggml.pre", text("qwen2")),
        ("tokenizer.ggml.tokens", Entry::Array(tokens.iter().map(|(token, _)| text(token)).collect())),
        ("tokenizer.ggml.token_type", Entry::Array(tokens.iter().map(|(_, kind)| Entry::I32(*kind)).collect())),
        ("tokenizer.ggml.merges", Entry::Array(merges.map(|pair| Entry::String(merge(pair))).collect())),
        ("tokenizer.chat_template", Entry::String(template)),
    ]);
    edit(&mut entries);
    let tensors = safetensors::load(file("model/model.safetensors"), &Device::Cpu).unwrap();
    let packed: Vec<(String, QTensor)> = tensors
        .iter()
        .map(|(name, tensor)| (spelled(name), QTensor::quantize(tensor, GgmlDType::F32).unwrap()))
        .collect();
    let entries: Vec<(&str, &Entry)> = entries.iter().map(|(key, value)| (*key, value)).collect();
    let tensors: Vec<(&str, &QTensor)> = packed.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    let path = folder.join("model.gguf");
    gguf_file::write(&mut fs::File::create(&path).unwrap(), &entries, &tensors).unwrap();
    path
}

#[test]
fn a_gguf_file_asks_the_same_and_scores_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { device: "cpu".into(), ..Options::default() };
    let load = |path: &Path| LocalScorer::load(path, Profile::find("swe-gym").unwrap(), &options);
    let path = gguf(folder.path(), |_| {});
    let (mut packed, mut plain) = (load(&path).unwrap(), scorer("swe-gym", 512).unwrap());
    let prompt = packed.prompt(&trajectory()).unwrap();
    assert_eq!(prompt, plain.prompt(&trajectory()).unwrap());
    assert_eq!(prompt, prompter(&path, Profile::find("swe-gym").unwrap()).unwrap().prompt(&trajectory()).unwrap());
    let score = |scorer: &mut LocalScorer| scorer.score(&prompt, &mut |_| ControlFlow::Continue(())).unwrap();
    assert!((score(&mut packed).log_odds - score(&mut plain).log_odds).abs() < 1e-4);
}

#[test]
fn a_gguf_tokenizer_that_we_do_not_know_is_named_unless_tokenizer_json_lies_beside() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { device: "cpu".into(), ..Options::default() };
    let load = |path: &Path| LocalScorer::load(path, Profile::find("swe-gym").unwrap(), &options);
    let path =
        gguf(folder.path(), |entries| drop(entries.insert("tokenizer.ggml.pre", Entry::String("tekken".into()))));
    let error = load(&path).err().unwrap().to_string();
    assert!(["model.gguf", "tekken", "tokenizer.json"].iter().all(|word| error.contains(word)), "{error}");
    fs::copy(file("tokenizer.json"), folder.path().join("tokenizer.json")).unwrap();
    assert_eq!(load(&path).unwrap().prompt(&trajectory()), scorer("swe-gym", 512).unwrap().prompt(&trajectory()));
}

#[test]
fn a_tokenizer_larger_than_the_embedding_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = checkpoint(&folder);
    let mut tokenizer = json("tokenizer.json");
    let added = serde_json::json!({"id": 5000, "content": "<|more|>", "special": true, "normalized": false,
        "single_word": false, "lstrip": false, "rstrip": false});
    tokenizer["added_tokens"].as_array_mut().unwrap().push(added);
    let rows =
        serde_json::from_slice::<Value>(&fs::read(path.join("config.json")).unwrap()).unwrap()["vocab_size"].as_u64();
    let vocabulary = tokenizer["model"]["vocab"].as_object_mut().unwrap();
    (vocabulary.len() as u64..=rows.unwrap()).for_each(|id| drop(vocabulary.insert(format!("more{id}"), id.into())));
    fs::write(path.join("tokenizer.json"), tokenizer.to_string()).unwrap();
    let error =
        LocalScorer::load(&path, Profile::find("swe-gym").unwrap(), &Options::default()).err().unwrap().to_string();
    assert!(
        error.contains("tokenizer") && error.contains("embedding") && error.contains(&rows.unwrap().to_string()),
        "{error}"
    );
}
