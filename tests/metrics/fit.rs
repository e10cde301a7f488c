//! Calibration that is learned: against scikit-learn, and for what it promises.

use rollscope::metrics::{Draws, FitError, Judged, Method, Scale, auc};
use serde_json::Value;

const DRAWS: Draws = Draws { count: 40, seed: 3 };

fn reference() -> Vec<Value> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/metrics/fit.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn judged(case: &Value) -> Vec<Judged> {
    let columns = case["log_odds"].as_array().unwrap().iter().zip(case["resolved"].as_array().unwrap());
    let one = |(task, (odds, resolved)): (usize, (&Value, &Value))| Judged {
        task,
        run: 0,
        log_odds: odds.as_f64().unwrap(),
        resolved: resolved.as_bool().unwrap(),
    };
    columns.enumerate().map(one).collect()
}

#[test]
fn scales_are_those_of_scikit_learn() {
    for case in reference() {
        let data = judged(&case);
        let line = |method: Method| match method.fit(&data, DRAWS).unwrap().scale {
            Scale::Line { temperature, offset } => (1.0 / temperature, offset),
            Scale::Steps(_) => panic!("{} is a line", method.name()),
        };
        let close =
            |ours: f64, theirs: &Value| assert!((ours - theirs.as_f64().unwrap()).abs() < 1e-5, "{ours} {theirs}");
        let (slope, offset) = line(Method::Platt);
        close(slope, &case["platt"][0]);
        close(offset, &case["platt"][1]);
        let (slope, offset) = line(Method::Temperature);
        close(slope, &case["temperature"]);
        assert!(offset.abs() < 1e-15);
        let isotonic = Method::Isotonic.fit(&data, DRAWS).unwrap().scale;
        for pair in case["isotonic"].as_array().unwrap() {
            let p = rollscope::trajectory::sigmoid(isotonic.apply(pair[0].as_f64().unwrap()));
            let edge = 0.5 / data.len() as f64;
            let theirs = pair[1].as_f64().unwrap().clamp(edge, 1.0 - edge);
            assert!((p - theirs).abs() < 1e-9, "at {}: {p} here, {theirs} there", pair[0]);
        }
    }
}

/// Overconfident by a factor of three, and too high by one.
fn overconfident(n: usize) -> Vec<Judged> {
    let uniform = |seed: usize| {
        let z = (seed as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    };
    let one = |i: usize| {
        let truth = 4.0 * uniform(3 * i) - 2.0;
        let resolved = uniform(3 * i + 1) < rollscope::trajectory::sigmoid(truth);
        Judged { task: i / 3, run: i % 2, log_odds: 3.0 * (truth + 1.0), resolved }
    };
    (0..n).map(one).collect()
}

#[test]
fn an_overconfident_judge_gains_on_tasks_the_fit_did_not_see() {
    let data = overconfident(600);
    for method in Method::ALL {
        let fitted = method.fit(&data, DRAWS).unwrap();
        for gain in fitted.gains.iter().filter(|gain| ["brier", "log_loss"].contains(&gain.key)) {
            let interval = gain.gain.unwrap();
            assert!(gain.after < gain.before && interval.low > 0.0, "{}: {gain:?}", method.name());
            assert!(interval.low <= gain.before - gain.after && gain.before - gain.after <= interval.high, "{gain:?}");
        }
    }
}

#[test]
fn too_few_labels_and_inverse_scores_are_refused() {
    for method in Method::ALL {
        let few = overconfident(30);
        let error = method.fit(&few, DRAWS).unwrap_err();
        assert!(matches!(error, FitError::TooFew { .. }), "{error}");
        assert!(error.to_string().contains("too few labels") && error.to_string().contains("10 tasks"), "{error}");
    }
    let inverse: Vec<Judged> =
        overconfident(900).iter().map(|one| Judged { log_odds: -one.log_odds, ..*one }).collect();
    for method in [Method::Temperature, Method::Platt] {
        assert_eq!(method.fit(&inverse, DRAWS), Err(FitError::Inverse));
    }
}

#[test]
fn the_same_seed_gives_the_same_fit() {
    let data = overconfident(600);
    for method in Method::ALL {
        assert_eq!(method.fit(&data, DRAWS), method.fit(&data, DRAWS));
    }
}

/// A line keeps the order of scores, steps never turn it round.
#[test]
fn calibration_never_turns_an_order_round() {
    let data = overconfident(600);
    for method in Method::ALL {
        let scale = method.fit(&data, Draws { count: 1, seed: 0 }).unwrap().scale;
        let line: Vec<f64> = (-400..400).map(|at| scale.apply(f64::from(at) / 10.0)).collect();
        assert!(line.iter().all(|one| one.is_finite()) && line.is_sorted(), "{}", method.name());
    }
}

#[test]
fn a_line_changes_no_ranking() {
    let data = overconfident(600);
    let scale = Method::Platt.fit(&data, DRAWS).unwrap().scale;
    let scaled: Vec<Judged> = data.iter().map(|one| Judged { log_odds: scale.apply(one.log_odds), ..*one }).collect();
    assert_eq!(auc(&data), auc(&scaled));
}
