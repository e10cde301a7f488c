//! Agreement of annotators, against published worked examples and scikit-learn.

use proptest::prelude::*;
use rollscope::metrics::{cohen_kappa, krippendorff_alpha};
use serde_json::Value;

/// One row per annotator, `.` where nothing was said; turned into what was said about each item.
fn units(rows: &[&str]) -> Vec<Vec<char>> {
    let rows: Vec<Vec<char>> = rows.iter().map(|row| row.chars().filter(|c| *c != ' ').collect()).collect();
    (0..rows[0].len()).map(|at| rows.iter().map(|row| row[at]).filter(|c| *c != '.').collect()).collect()
}

#[test]
fn alpha_is_as_krippendorff_worked_it_out() {
    // Krippendorff (2011), Computing Krippendorff's Alpha-Reliability: examples A (two observers, binary),
    // B (two observers, five categories) and C (four observers, data missing).
    let cases: [(&[&str], f64); 3] = [
        (&["0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0"], 0.095),
        (&["a a b b d c c c e d d a", "b a b b b c c c e d d d"], 0.692),
        (
            &[
                "1 2 3 3 2 1 4 1 2 . . .",
                "1 2 3 3 2 2 4 1 2 5 . 3",
                ". 3 3 3 2 3 4 2 2 5 1 .",
                "1 2 3 3 2 4 4 1 2 5 1 .",
            ],
            0.743,
        ),
    ];
    for (rows, published) in cases {
        let alpha = krippendorff_alpha(&units(rows)).unwrap();
        assert!((alpha - published).abs() < 5e-4, "{alpha} here, {published} published");
    }
}

#[test]
fn kappa_is_as_scikit_learn_has_it() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/metrics/kappa.json");
    let cases: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    for case in cases.as_array().unwrap() {
        let list =
            |key: &str| case[key].as_array().unwrap().iter().map(|one| one.as_u64().unwrap()).collect::<Vec<_>>();
        let pairs: Vec<(u64, u64)> = list("a").into_iter().zip(list("b")).collect();
        let kappa = cohen_kappa(&pairs).unwrap();
        assert!((kappa - case["kappa"].as_f64().unwrap()).abs() < 1e-12, "{kappa}, {}", case["kappa"]);
    }
}

#[test]
fn agreement_of_nobody_or_on_one_thing_is_not_a_number() {
    assert_eq!(cohen_kappa::<u8>(&[]), None);
    assert_eq!(cohen_kappa(&[(1, 1), (1, 1)]), None);
    assert_eq!(krippendorff_alpha(&[vec![1], vec![2]]), None);
    assert_eq!(krippendorff_alpha(&[vec![1, 1], vec![1, 1]]), None);
}

proptest! {
    /// Dₒ and Dₑ over all pairs, as they are defined.
    #[test]
    fn alpha_counts_pairs(units in prop::collection::vec(prop::collection::vec(0..3_u8, 0..5), 1..12)) {
        let pairable: Vec<&Vec<u8>> = units.iter().filter(|unit| unit.len() > 1).collect();
        let values: Vec<u8> = pairable.iter().flat_map(|unit| unit.iter().copied()).collect();
        let n = values.len() as f64;
        let unequal = |list: &[u8]| {
            let pairs = list.iter().enumerate().flat_map(|(i, a)| list.iter().enumerate().filter(move |(j, _)| i != *j).map(move |(_, b)| (a, b)));
            pairs.filter(|(a, b)| a != b).count() as f64
        };
        let observed: f64 = pairable.iter().map(|unit| unequal(unit) / (unit.len() as f64 - 1.0)).sum::<f64>() / n;
        let expected = unequal(&values) / (n * (n - 1.0));
        match krippendorff_alpha(&units) {
            None => prop_assert!(values.windows(2).all(|pair| pair[0] == pair[1])),
            Some(alpha) => prop_assert!((alpha - (1.0 - observed / expected)).abs() < 1e-12),
        }
    }

    #[test]
    fn full_agreement_is_one(values in prop::collection::vec(0..3_u8, 2..20)) {
        let pairs: Vec<(u8, u8)> = values.iter().map(|value| (*value, *value)).collect();
        let units: Vec<Vec<u8>> = values.iter().map(|value| vec![*value; 3]).collect();
        if values.iter().any(|value| *value != values[0]) {
            prop_assert!((cohen_kappa(&pairs).unwrap() - 1.0).abs() < 1e-12);
            prop_assert!((krippendorff_alpha(&units).unwrap() - 1.0).abs() < 1e-12);
        }
    }
}
