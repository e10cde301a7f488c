//! Contracts with a real engine, from exchanges recorded with vLLM 0.32 and llama-cpp-python 0.3.36, and the numbers that
//! transformers gives for the same weights.

use std::path::PathBuf;

use rollscope::reward::Scorer;
use rollscope::trajectory::{Score, sigmoid};
use serde_json::{Value, json};

use crate::asking::{open, prompt};
use crate::server::{Reply, Seen, Server};

fn recordings() -> Option<PathBuf> {
    let named = std::env::var_os("ROLLSCOPE_REMOTE").map(PathBuf::from);
    let beside = || Some(PathBuf::from(std::env::var_os("ROLLSCOPE_CORPUS")?).join("../remote"));
    let found = named.or_else(beside).filter(|folder| folder.is_dir());
    if found.is_none() {
        eprintln!("neither ROLLSCOPE_REMOTE nor ROLLSCOPE_CORPUS leads to recorded exchanges: they are not tested");
    }
    found
}

fn recording(name: &str) -> Option<Value> {
    Some(serde_json::from_slice(&std::fs::read(recordings()?.join(name)).unwrap()).unwrap())
}

fn exchanges(recording: &Value) -> Vec<Value> {
    recording["exchanges"].as_array().unwrap().iter().filter(|one| one["response"].is_object()).cloned().collect()
}

/// The same question: what was recorded is asked word for word, `use_activation: true` being what is meant without it.
fn same(recorded: &Value, request: &Seen) -> bool {
    let mut asked = request.body.clone();
    if asked["use_activation"] == true && recorded.get("use_activation").is_none() {
        asked.as_object_mut().unwrap().shift_remove("use_activation");
    }
    *recorded == asked
}

/// Plays the engine back: only questions that were recorded are answered.
fn replay(recording: &Value, model: &str) -> Server {
    let (exchanges, model) = (exchanges(recording), model.to_owned());
    Server::start(move |_, request| {
        let fits = |one: &&Value| {
            one["request"]["path"] == request.path.as_str()
                && one["request"]["method"] == request.method.as_str()
                && (request.method == "GET" || same(&one["request"]["body"], request))
        };
        let found = exchanges.iter().find(fits);
        let found = found.map(|one| {
            Reply::Json(one["response"]["status"].as_u64().unwrap() as u16, one["response"]["body"].clone())
        });
        let models = json!({"data": [{"id": model, "owned_by": "vllm", "max_model_len": 1024}]});
        match request.path.as_str() {
            "/v1/models" => found.unwrap_or(Reply::Json(200, models)),
            _ => {
                found.unwrap_or_else(|| Reply::Json(404, json!({"detail": format!("not recorded: {}", request.body)})))
            }
        }
    })
}

const IDS: [u32; 17] = [234, 280, 218, 388, 415, 140, 65, 342, 382, 160, 24, 425, 255, 92, 76, 457, 371];

fn asked(file: &str, model: &str, route: &str, profile: &str, labels: [&[u32]; 2]) -> Option<(Score, Value)> {
    let recording = recording(file)?;
    let server = replay(&recording, model);
    let mut scorer = open(&format!("{}{route}#{model}", server.url), profile).unwrap();
    let score = scorer.score(&prompt(IDS.into(), labels[0], labels[1]), &mut |_| std::ops::ControlFlow::Continue(()));
    Some((score.unwrap_or_else(|error| panic!("{file}: {error}")), recording["reference"].clone()))
}

fn near(ours: f64, reference: &Value, tolerance: f64) {
    let reference = reference.as_f64().unwrap();
    assert!((ours - reference).abs() < tolerance, "{ours} is not {reference}");
}

#[test]
fn completions_give_the_labels_log_probabilities() {
    let Some((score, reference)) = asked("vllm-0.32.0-completions.json", "causal", "", "swe-gym", [&[10], &[20]])
    else {
        return;
    };
    near(score.logit_yes.unwrap(), &reference["logprob_of_10"], 1e-5);
    near(score.probability(), &reference["p_10_against_20"], 1e-6);
    assert_eq!(score.tokens, 17);
}

#[test]
fn an_adapter_is_asked_by_its_name_and_has_its_bases_length() {
    let Some((score, reference)) = asked("vllm-0.32.0-lora.json", "tuned", "", "swe-gym", [&[10], &[20]]) else {
        return;
    };
    near(score.probability(), &reference["p_10_against_20"], 2e-6);
    let server = replay(&recording("vllm-0.32.0-lora.json").unwrap(), "tuned");
    assert_eq!(open(&format!("{}#tuned", server.url), "swe-gym").unwrap().facts().context, 1023);
    let error = open(&server.url, "swe-gym").err().unwrap().to_string();
    assert!(error.contains("base, tuned") && error.contains("#name"), "{error}");
}

#[test]
fn generative_scoring_gives_the_same_share() {
    let file = "vllm-0.32.0-generative-scoring.json";
    let Some((score, reference)) = asked(file, "causal", "/generative_scoring", "swe-gym", [&[10], &[20]]) else {
        return;
    };
    near(score.probability(), &reference["p_10_against_20"], 1e-6);
    assert_eq!(score.logit_yes, None);
}

#[test]
fn raw_outputs_of_a_classifier_are_asked_for_and_all_kept() {
    let file = "vllm-0.32.0-classify.json";
    let Some((score, reference)) = asked(file, "seqcls", "", "openhands-critic-4b", [&[], &[]]) else { return };
    assert_eq!(score.outputs.len(), 27);
    for (ours, theirs) in score.outputs.iter().zip(reference["logits"].as_array().unwrap()) {
        near(*ours, theirs, 1e-5);
    }
    near(score.log_odds, &reference["logits"][0], 1e-5);
}

#[test]
fn a_yes_no_model_served_as_a_classifier_gives_the_difference_of_its_logits() {
    let file = "vllm-0.32.0-two-way-classify.json";
    let Some((score, reference)) = asked(file, "twoway", "", "swe-gym", [&[293], &[292]]) else { return };
    near(score.log_odds, &reference["logit_293_minus_292"], 1e-5);
    assert!((sigmoid(score.log_odds) - 0.564_189).abs() < 1e-5);
}

#[test]
fn a_value_per_token_is_read_where_turns_end() {
    let file = "vllm-0.32.0-pooling-tokens.json";
    let Some((score, reference)) = asked(file, "tokcls", "", "openhands-critic-32b", [&[], &[]]) else { return };
    let rows = &reference["logits_per_token"];
    near(score.outputs[0], &rows[1][0], 1e-5);
    near(score.outputs[1], &rows[16][0], 1e-5);
}

/// Errors as the engine words them: no score, the address, and the engine's reason.
#[test]
fn every_recorded_refusal_becomes_a_reason_with_its_address() {
    let files = ["vllm-0.32.0-errors.json", "vllm-0.32.0-out-of-vocabulary.json", "vllm-0.32.0-no-tokenizer.json"];
    let mut refusals = 0;
    for recording in files.into_iter().filter_map(recording) {
        let refused = |one: &Value| one["response"]["status"].as_u64().is_some_and(|status| status >= 400);
        for one in exchanges(&recording).into_iter().filter(|one| refused(one) && one["request"]["method"] == "POST") {
            let (status, body) = (one["response"]["status"].as_u64().unwrap() as u16, one["response"]["body"].clone());
            let server = crate::server::vllm(move |_, _| Some(Reply::Json(status, body.clone())));
            let scorer = open(&server.url, "swe-gym").map(|mut scorer| {
                scorer.score(&prompt(IDS.into(), &[10], &[20]), &mut |_| std::ops::ControlFlow::Continue(()))
            });
            let error = scorer.unwrap().err().unwrap_or_else(|| panic!("{} became a score", one["name"])).to_string();
            assert!(error.contains(&server.url), "{}: {error}", one["name"]);
            refusals += 1;
        }
    }
    assert!(recordings().is_none() || refusals > 10, "{refusals} refusals");
}

/// llama.cpp's Python server takes no token ids and names tokens by their text.
#[test]
fn a_server_that_takes_text_only_is_asked_in_text_and_its_count_must_be_ours() {
    let Some(recording) = recording("llama-cpp-python-0.3.36.json") else { return };
    let exchanges = exchanges(&recording);
    let find = |name: &str| exchanges.iter().find(|one| one["name"] == name).unwrap()["response"].clone();
    let (models, refused, answer) =
        (find("models"), find("prompt as token ids: refused with status 500"), find("text prompt, logprobs 5"));
    let server = Server::start(move |_, request| match (request.path.as_str(), &request.body["prompt"]) {
        ("/v1/models", _) => Reply::Json(200, models["body"].clone()),
        ("/v1/completions", Value::String(_)) => Reply::Json(200, answer["body"].clone()),
        ("/v1/completions", _) => Reply::Json(500, refused["body"].clone()),
        _ => Reply::Json(404, json!({"detail": "Not Found"})),
    });
    let mut scorer = open(&server.url, "swe-gym").unwrap();
    let mut score =
        |ids: Vec<u32>| scorer.score(&prompt(ids, &[10], &[20]), &mut |_| std::ops::ControlFlow::Continue(()));
    let error = score(vec![1, 2, 3]).unwrap_err().to_string();
    assert!(error.contains("read 5 tokens of 3"), "{error}");
    let error = score(vec![1, 2, 3, 4, 5]).unwrap_err();
    assert_eq!(error.state(), "below_top", "{error}");
}
