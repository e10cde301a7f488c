//! The metrics against scikit-learn (`make_reference.py`) and against counting by hand.

use std::path::Path;

use proptest::prelude::*;
mod agreement;
mod fit;
mod reports;

use rollscope::metrics::{
    Binning, Confusion, Judged, auc, average_precision, best_at_k, brier, calibration_bins, confusion, curves,
    expected_calibration_error, interval, log_loss, mixed_tasks, pass_at_k, per_task_auc, points, wilson,
    within_run_auc, within_run_auc_by_size,
};
use serde_json::Value;

fn close(ours: Option<f64>, theirs: &Value, what: &str) {
    let (ours, theirs) = (ours.unwrap(), theirs.as_f64().unwrap());
    assert!((ours - theirs).abs() < 1e-9, "{what}: {ours} here, {theirs} there");
}

fn judged(case: &Value) -> Vec<Judged> {
    let list = |key: &str| case[key].as_array().unwrap().clone();
    let number = |value: &Value| value.as_u64().unwrap() as usize;
    let columns = list("task").into_iter().zip(list("run")).zip(list("log_odds").into_iter().zip(list("resolved")));
    let one = |((task, run), (log_odds, resolved)): ((Value, Value), (Value, Value))| Judged {
        task: number(&task),
        run: number(&run),
        log_odds: log_odds.as_f64().unwrap(),
        resolved: resolved.as_bool().unwrap(),
    };
    columns.map(one).collect()
}

#[test]
fn agrees_with_scikit_learn() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/metrics/reference.json");
    let cases: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    for case in cases.as_array().unwrap() {
        let data = judged(case);
        close(auc(&data), &case["pooled"], "pooled AUC");
        close(per_task_auc(&data), &case["per_task"], "AUC per task");
        close(within_run_auc(&data), &case["within_run"], "AUC within run");
        close(within_run_auc_by_size(&data), &case["within_run_by_size"], "AUC within run, by size");
        close(average_precision(&data), &case["average_precision"], "average precision");
        curves_agree(&data, case);
        close(brier(&data), &case["brier"], "Brier");
        close(log_loss(&data), &case["log_loss"], "log loss");
        let counts = confusion(&data, 0.6);
        close(counts.accuracy(), &case["accuracy"], "accuracy");
        close(counts.precision(), &case["precision"], "precision");
        close(counts.recall(), &case["recall"], "recall");
        let Confusion { tp, fp, tn, fn_ } = counts;
        assert_eq!(serde_json::json!([tp, fp, tn, fn_]), case["confusion"]);
        assert_eq!(mixed_tasks(&data) as u64, case["mixed_tasks"].as_u64().unwrap());
        close(expected_calibration_error(&data, Binning::EqualWidth), &case["ece_equal_width"], "ECE, equal width");
        if !case["ece_equal_mass"].is_null() {
            close(expected_calibration_error(&data, Binning::EqualMass), &case["ece_equal_mass"], "ECE, equal mass");
        }
    }
}

/// `roc_curve` and `precision_recall_curve` also hold the point where nothing is taken; the latter comes lowest score first.
fn curves_agree(data: &[Judged], case: &Value) {
    let points = points(data);
    let list = |key: &str| case[key].as_array().unwrap().clone();
    assert_eq!(points.len() + 1, list("fpr").len());
    for (point, (fpr, tpr)) in points.iter().zip(list("fpr").iter().zip(&list("tpr")).skip(1)) {
        close(point.counts.false_positive_rate(), fpr, "ROC, x");
        close(point.counts.recall(), tpr, "ROC, y");
    }
    for (point, (precision, recall)) in points.iter().rev().zip(list("pr_precision").iter().zip(&list("pr_recall"))) {
        close(point.counts.precision(), precision, "PR, y");
        close(point.counts.recall(), recall, "PR, x");
    }
}

#[test]
fn nothing_has_no_numbers() {
    assert_eq!((auc(&[]), brier(&[]), log_loss(&[]), per_task_auc(&[])), (None, None, None, None));
    assert_eq!(expected_calibration_error(&[], Binning::EqualMass), None);
    assert!(curves(&[]).is_empty());
    assert!(interval(&[], 10, 1, auc).is_none());
    assert_eq!(auc(&[one(0, 1.0, true), one(0, 2.0, true)]), None);
}

#[test]
fn wilson_is_as_published() {
    // 1 of 10: the values of R's prop.test(1, 10, correct = FALSE).
    let (low, high) = wilson(1, 10);
    assert!((low - 0.017_876_21).abs() < 1e-7 && (high - 0.404_150_0).abs() < 1e-7, "{low} {high}");
    assert_eq!(wilson(0, 0), (0.0, 1.0));
}

#[test]
fn certain_and_wrong_is_finite_and_clipped_at_what_is_said() {
    let loss = log_loss(&[one(0, f64::NEG_INFINITY, true)]).unwrap();
    assert!((loss + 1e-7_f64.ln()).abs() < 1e-9);
}

#[test]
fn curves_say_how_many_tasks_they_stand_on() {
    let data = [one(0, 2.0, true), one(0, 1.0, false), one(1, 0.5, false)];
    let curve = curves(&data);
    assert_eq!(curve.iter().map(|at| (at.k, at.tasks)).collect::<Vec<_>>(), [(1, 2), (2, 1)]);
    assert!((curve[0].best - 0.25).abs() < 1e-12 && (curve[0].random - 0.25).abs() < 1e-12);
    assert!((curve[1].best - 1.0).abs() < 1e-12 && (curve[1].pass - 1.0).abs() < 1e-12);
}

#[test]
fn intervals_are_the_same_for_the_same_seed_and_hold_the_number() {
    let data: Vec<Judged> =
        (0..60).map(|i| one(i / 3, f64::from(i as u32 * 37 % 61), i * 37 % 61 > 20 || i % 7 == 0)).collect();
    let found = interval(&data, 300, 7, auc).unwrap();
    assert_eq!(Some(found), interval(&data, 300, 7, auc));
    assert_ne!(Some(found), interval(&data, 300, 8, auc));
    let whole = auc(&data).unwrap();
    assert!(found.low <= whole && whole <= found.high && found.draws > 290, "{found:?} {whole}");
}

fn one(task: usize, log_odds: f64, resolved: bool) -> Judged {
    Judged { task, run: 0, log_odds, resolved }
}

/// Few distinct scores, so that ties are the rule.
fn candidates(most: usize) -> impl Strategy<Value = Vec<Judged>> {
    prop::collection::vec((0..4_i32, any::<bool>()), 1..=most)
        .prop_map(|list| list.into_iter().map(|(score, resolved)| one(0, f64::from(score), resolved)).collect())
}

fn subsets(n: usize, k: usize) -> impl Iterator<Item = Vec<usize>> {
    let members = move |bits: u32| (0..n).filter(move |i| bits >> i & 1 == 1).collect::<Vec<_>>();
    (0..1_u32 << n).filter(move |bits| bits.count_ones() as usize == k).map(members)
}

proptest! {
    #[test]
    fn auc_counts_pairs(data in candidates(12)) {
        let pairs = data.iter().filter(|a| a.resolved).flat_map(|a| data.iter().filter(|b| !b.resolved).map(move |b| (a, b)));
        let wins: Vec<f64> = pairs
            .map(|(a, b)| if a.log_odds > b.log_odds { 1.0 } else if a.log_odds < b.log_odds { 0.0 } else { 0.5 })
            .collect();
        match auc(&data) {
            None => prop_assert!(wins.is_empty()),
            Some(value) => prop_assert!((value - wins.iter().sum::<f64>() / wins.len() as f64).abs() < 1e-12),
        }
    }

    #[test]
    fn best_at_k_enumerates_subsets(data in candidates(8), k in 1_usize..=8) {
        prop_assume!(k <= data.len());
        let (mut sum, mut count, mut passed) = (0.0, 0.0, 0.0);
        for subset in subsets(data.len(), k) {
            let top = subset.iter().map(|i| data[*i].log_odds).fold(f64::MIN, f64::max);
            let tied: Vec<bool> = subset.iter().map(|i| data[*i]).filter(|one| one.log_odds >= top).map(|one| one.resolved).collect();
            sum += tied.iter().filter(|resolved| **resolved).count() as f64 / tied.len() as f64;
            passed += f64::from(u8::from(subset.iter().any(|i| data[*i].resolved)));
            count += 1.0;
        }
        prop_assert!((best_at_k(&data, k).unwrap() - sum / count).abs() < 1e-12);
        let resolved = data.iter().filter(|one| one.resolved).count();
        prop_assert!((pass_at_k(data.len(), resolved, k).unwrap() - passed / count).abs() < 1e-12);
    }

    #[test]
    fn order_of_input_changes_nothing(data in candidates(30), seed in any::<u64>()) {
        let mut shuffled = data.clone();
        shuffled.sort_by_key(|one| (seed ^ one.log_odds.to_bits()).wrapping_mul(u64::from(one.resolved) + 3));
        for binning in [Binning::EqualWidth, Binning::EqualMass] {
            let (a, b) = (expected_calibration_error(&data, binning), expected_calibration_error(&shuffled, binning));
            prop_assert!((a.unwrap() - b.unwrap()).abs() < 1e-12);
            let bins = calibration_bins(&data, binning);
            prop_assert_eq!(bins.iter().map(|bin| bin.count).sum::<usize>(), data.len());
            prop_assert!(bins.iter().all(|bin| bin.low <= bin.resolved + 1e-12 && bin.resolved <= bin.high + 1e-12));
        }
    }
}
