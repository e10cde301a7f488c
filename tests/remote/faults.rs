//! A server that misbehaves: no row is lost, none is scored twice, none wrongly, and every failure says where and why.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::Duration;

use rollscope::reward::remote::{Limits, RemoteScorer};
use rollscope::reward::{Judge, ScoreError, Scorer, spread};
use rollscope::store::scores::ScoreStore;
use rollscope::trajectory::Score;
use serde_json::{Value, json};

use crate::asking::{hasty, made, open, prompt, trajectories};
use crate::server::{Reply, Seen, Server, completion, truth, vllm};

const MANY: usize = 40;

type Outcomes = HashMap<String, Result<Score, ScoreError>>;

/// Scores all in lanes, and checks what holds whatever happens: one outcome each, right numbers only, and in the database
/// just those.
fn scored(scorer: RemoteScorer) -> Outcomes {
    let folder = tempfile::tempdir().unwrap();
    let store = ScoreStore::open(&folder.path().join("scores")).unwrap();
    let mut outcomes = Outcomes::new();
    let mut judge = Judge::new(Box::new(scorer), Some(store.again().unwrap()));
    let ask = |judge: &mut Judge, trajectory: &rollscope::trajectory::Trajectory| {
        let question = judge.question(trajectory)?;
        let judged = judge.answer(trajectory, &question, &mut |_| ControlFlow::Continue(()));
        judged.map(|judged| (question, judged.score))
    };
    spread(&mut judge, &trajectories(MANY), &ask, &mut |trajectory, outcome| {
        let outcome = outcome.map(|(question, score)| {
            let ids: Vec<u64> = question.prompt.token_ids.iter().map(|id| u64::from(*id)).collect();
            let label = |ids: &[u32]| u64::from(ids[0]);
            let labels = &question.prompt.labels;
            let right = truth(&ids, label(&labels.yes)) - truth(&ids, label(&labels.no));
            assert!((score.log_odds - right).abs() < 1e-9, "{}: {} is not {right}", trajectory.id, score.log_odds);
            score
        });
        assert!(outcomes.insert(trajectory.id.clone(), outcome).is_none(), "{} twice", trajectory.id);
        ControlFlow::Continue(())
    });
    assert_eq!(outcomes.len(), MANY);
    assert_eq!(store.count().unwrap(), outcomes.values().filter(|outcome| outcome.is_ok()).count());
    outcomes
}

fn against(server: &Server) -> Outcomes {
    scored(RemoteScorer::open_with(std::slice::from_ref(&server.url), made("swe-gym"), hasty(), None).unwrap())
}

fn busy(header: &'static str) -> Reply {
    Reply::Raw(429, header, "{\"error\":{\"message\":\"too many\"}}".into())
}

/// Every third or so question goes wrong once, in one way; all have a score in the end.
#[test]
fn what_passes_is_tried_again_until_all_have_a_score() {
    type Fault = fn(&Seen) -> Reply;
    let faults: [(&str, Fault); 6] = [
        ("hangs", |_| Reply::Hang),
        ("closes", |_| Reply::Close),
        ("half an answer", |request| Reply::Half(completion(&request.body))),
        ("429", |_| busy("retry-after: 0\r\n")),
        ("503 without a pause", |_| Reply::Raw(503, "", "{\"error\":{\"message\":\"queue is full\"}}".into())),
        ("JSON that stops", |_| Reply::Raw(200, "", "{\"choices\": [".into())),
    ];
    for (name, fault) in faults {
        let server = vllm(move |nth, request| (nth % 7 == 2).then(|| fault(request)));
        let outcomes = against(&server);
        let failed: Vec<_> = outcomes.values().filter_map(|outcome| outcome.as_ref().err()).collect();
        assert!(failed.is_empty(), "{name}: {failed:?}");
        assert!(server.scoring().len() > MANY, "{name}: something was asked again");
    }
}

/// What will not pass: those rows have a reason with the address, the others their score.
#[test]
fn what_stays_wrong_fails_its_own_rows_with_address_and_reason() {
    // Rows that lie apart: of many in a row that fail, the server counts as dead, which is another test.
    let lid_7 = |request: &Seen| {
        let ids = request.body["prompt"].as_array().unwrap().iter();
        ids.filter_map(Value::as_u64).sum::<u64>().is_multiple_of(4)
    };
    let wrong: [(&str, Reply, &str); 7] = [
        ("500", Reply::Json(500, json!({"error": {"message": "EngineCore encountered an issue."}})), "EngineCore"),
        ("not JSON", Reply::Raw(200, "", "<html>gateway</html>".into()), "not JSON"),
        (
            "NaN",
            Reply::Raw(200, "", "{\"choices\":[{\"logprobs\":{\"top_logprobs\":[{\"token_id:1\": NaN}]}}]}".into()),
            "not JSON",
        ),
        ("another model", Reply::Json(200, json!({"model": "other", "choices": []})), "other answered"),
        ("a cut prompt", Reply::Json(200, json!({"model": "judge", "usage": {"prompt_tokens": 3}})), "cut"),
        ("a long pause", busy("retry-after: 3600\r\n"), "3600 s"),
        ("a redirect", Reply::Raw(302, "location: http://elsewhere/\r\n", String::new()), "302"),
    ];
    for (name, reply, reason) in wrong {
        let server = vllm(move |_, request| lid_7(request).then(|| reply.clone()));
        let outcomes = against(&server);
        let failed: Vec<String> =
            outcomes.values().filter_map(|outcome| Some(outcome.as_ref().err()?.to_string())).collect();
        assert!(!failed.is_empty() && failed.len() < MANY, "{name}: {} failed", failed.len());
        assert!(failed.iter().all(|why| why.contains(reason) && why.contains(&server.url)), "{name}: {failed:?}");
    }
}

#[test]
fn a_server_that_dies_leaves_reasons_and_a_second_run_the_rest() {
    let dying = vllm(|nth, _| (nth >= 10).then_some(Reply::Close));
    let outcomes = against(&dying);
    let failed = outcomes.values().filter(|outcome| outcome.is_err()).count();
    assert_eq!(failed, MANY - 10);
    for outcome in outcomes.values().filter_map(|outcome| outcome.as_ref().err()) {
        let said = outcome.to_string();
        assert!(said.contains(&dying.url) && (said.contains("asked 6 times") || said.contains("stopped")), "{said}");
    }
}

#[test]
fn a_replica_that_refuses_is_passed_over() {
    let (good, bad) = (vllm(|_, _| None), vllm(|_, _| Some(Reply::Raw(503, "", "{}".into()))));
    let urls = [bad.url.clone(), good.url.clone()];
    let outcomes = scored(RemoteScorer::open_with(&urls, made("swe-gym"), hasty(), None).unwrap());
    assert!(outcomes.values().all(Result::is_ok));
    assert!(good.scoring().len() == MANY && !bad.scoring().is_empty());
}

#[test]
fn nobody_there_is_said_at_once() {
    let gone = vllm(|_, _| None).url.clone();
    let error = open(&gone, "swe-gym").err().unwrap().to_string();
    assert!(error.contains(&gone) && error.to_lowercase().contains("refused"), "{error}");
}

#[test]
fn an_old_server_names_its_likeliest_tokens_and_below_them_is_no_number() {
    let server = vllm(|_, request| {
        let prompt = crate::server::ids(&request.body["prompt"]);
        let named = match prompt.len() {
            2 => json!({"token_id:10": -0.5, "token_id:20": -2.5, "token_id:3": -7.0}),
            3 => json!({"token_id:10": -0.5, "token_id:3": -7.25}),
            _ => json!({"token_id:9": -0.5, "token_id:30": -3.0, "token_id:3": -7.0}),
        };
        let body = json!({"model": "judge", "choices": [{"logprobs": {"top_logprobs": [named]}}], "usage": {"prompt_tokens": prompt.len()}});
        Some(Reply::Json(200, body))
    });
    let mut scorer = open(&server.url, "swe-gym").unwrap();
    let mut score =
        |ids: Vec<u32>, yes: &[u32]| scorer.score(&prompt(ids, yes, &[20, 30]), &mut |_| ControlFlow::Continue(()));
    assert_eq!(score(vec![1, 2], &[10]).unwrap().log_odds.to_bits(), 2.0_f64.to_bits());
    let below = score(vec![1, 2, 3], &[10]).unwrap_err();
    assert_eq!(below, ScoreError::BelowTop { label: "no", top: 2, floor: -7.25 });
    assert_eq!(below.state(), "below_top");
    let known = score(vec![1, 2, 3, 4], &[9, 10]).unwrap();
    assert_eq!(known.log_odds.to_bits(), 2.5_f64.to_bits(), "of several spellings the likeliest is enough");
    assert_eq!(server.scoring().last().unwrap().body["logprobs"], 20);
}

#[test]
fn what_would_break_a_server_is_not_sent() {
    let server = vllm(|_, _| None);
    let mut scorer = open(&server.url, "swe-gym").unwrap();
    let error = scorer.score(&prompt(vec![5, 100_000], &[1], &[2]), &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(error.to_string().contains("vocabulary"), "{error}");
    let long = prompt(vec![1; 4097], &[1], &[2]);
    let error = scorer.score(&long, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert_eq!(error, ScoreError::TooLong { tokens: 4097, limit: 4096 });
    assert!(server.scoring().is_empty());

    let blind = rollscope::reward::remote::Made { vocabulary: None, ..made("swe-gym") };
    let error =
        RemoteScorer::open_with(std::slice::from_ref(&server.url), blind, hasty(), None).err().unwrap().to_string();
    assert!(error.contains("config.json") && error.contains("vocabulary"), "{error}");
}

#[test]
fn another_tokenizer_is_noticed_before_anything_is_scored() {
    let server = Server::start(|_, request| match request.path.as_str() {
        "/tokenize" => Reply::Json(200, json!({"tokens": [1, 2, 3], "count": 3})),
        _ => crate::server::service(request).unwrap(),
    });
    let error = open(&server.url, "swe-gym").err().unwrap().to_string();
    assert!(error.contains("other tokens") && error.contains("--tokenizer"), "{error}");
}

#[test]
fn stopping_closes_the_connection() {
    let server = vllm(|_, _| Some(Reply::Hang));
    let limits = Limits { answer: Duration::from_secs(600), ..hasty() };
    let mut scorer = RemoteScorer::open_with(std::slice::from_ref(&server.url), made("swe-gym"), limits, None).unwrap();
    let mut glances = 0;
    let stopped = scorer.score(&prompt(vec![1, 2], &[1], &[2]), &mut |_| {
        glances += 1;
        if glances > 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(stopped, Err(ScoreError::Stopped));
}

#[test]
fn the_key_is_sent_and_never_shown() {
    let server = vllm(|_, _| Some(Reply::Json(401, json!({"error": "Unauthorized"}))));
    let key = Some("sesame-opens".to_owned());
    let mut scorer = RemoteScorer::open_with(std::slice::from_ref(&server.url), made("swe-gym"), hasty(), key).unwrap();
    let error = scorer.score(&prompt(vec![1, 2], &[1], &[2]), &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert_eq!(server.scoring()[0].authorization.as_deref(), Some("Bearer sesame-opens"));
    let shown = format!("{error} {:?}", scorer.facts());
    assert!(shown.contains("ROLLSCOPE_API_KEY") && !shown.contains("sesame"), "{shown}");
}

/// By its documentation.
#[test]
fn sglang_is_recognised_and_asked_in_its_own_words() {
    let server = Server::start(|_, request| match request.path.as_str() {
        "/v1/models" => {
            Reply::Json(200, json!({"data": [{"id": "judge", "owned_by": "sglang", "max_model_len": 100}]}))
        }
        "/generate" => {
            let prompt = crate::server::ids(&request.body["input_ids"]);
            let labels = crate::server::ids(&request.body["token_ids_logprob"]);
            let named: Vec<_> = labels.iter().map(|label| json!([truth(&prompt, *label), label, null])).collect();
            Reply::Json(
                200,
                json!({"text": "x", "meta_info": {"prompt_tokens": prompt.len(), "output_token_ids_logprobs": [named]}}),
            )
        }
        "/classify" => Reply::Json(200, json!({"embedding": vec![0.75; 27], "meta_info": {"prompt_tokens": 3}})),
        "/v1/score" => {
            Reply::Json(200, json!({"scores": [[0.8, 0.2]], "model": "judge", "usage": {"prompt_tokens": 3}}))
        }
        _ => Reply::Json(404, json!({"detail": "Not Found"})),
    });
    let ask = |url: &str| {
        let mut scorer = open(url, "swe-gym").unwrap();
        assert!(scorer.facts().device.starts_with("SGLang"), "{:?}", scorer.facts());
        scorer.score(&prompt(vec![1, 2, 3], &[10], &[20]), &mut |_| ControlFlow::Continue(())).unwrap().log_odds
    };
    assert!((ask(&server.url) - (truth(&[1, 2, 3], 10) - truth(&[1, 2, 3], 20))).abs() < 1e-9);
    assert!((ask(&format!("{}/v1/score", server.url)) - 4.0_f64.ln()).abs() < 1e-9);
    let mut critic = open(&server.url, "openhands-critic-4b").unwrap();
    let score = critic.score(&prompt(vec![1, 2, 3], &[], &[]), &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!((score.outputs.len(), score.log_odds.to_bits()), (27, 0.75_f64.to_bits()));
    assert_eq!(server.scoring().last().unwrap().body["input_ids"], json!([1, 2, 3]));
}
