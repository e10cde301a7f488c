//! Do annotators agree, beyond what chance would give? Nominal categories; what somebody did not say is missing.

use std::collections::BTreeMap;

/// Cohen's kappa of two annotators over the items that both judged: (pₒ − pₑ) / (1 − pₑ), pₒ the share they agree on, pₑ
/// the share that two people with their habits would agree on by chance (Cohen 1960). `None` where nothing is shared, or where
/// both always say the same one thing. Equal to `sklearn.metrics.cohen_kappa_score`.
pub fn cohen_kappa<C: Ord>(pairs: &[(C, C)]) -> Option<f64> {
    let n = pairs.len() as f64;
    let mut habits: BTreeMap<&C, (f64, f64)> = BTreeMap::new();
    for (a, b) in pairs {
        habits.entry(a).or_default().0 += 1.0;
        habits.entry(b).or_default().1 += 1.0;
    }
    let agreed = pairs.iter().filter(|(a, b)| a == b).count() as f64 / n;
    let chance: f64 = habits.values().map(|(a, b)| a * b / (n * n)).sum();
    (!pairs.is_empty() && chance < 1.0).then(|| (agreed - chance) / (1.0 - chance))
}

/// Krippendorff's alpha for nominal data and any number of annotators: 1 − Dₒ / Dₑ over the pairable values.
///
/// `units`: per item, what each annotator who spoke said. Items with fewer than two values do not count. With o(c, k) the
/// coincidences Σᵤ (pairs of c and k in u) / (mᵤ − 1), n(c) their row sums and n their total:
/// α = 1 − (n − 1) Σ_{c≠k} o(c, k) / Σ_{c≠k} n(c) n(k) (Krippendorff 2011, Computing Krippendorff's Alpha-Reliability). `None` where
/// nothing can be paired or only one category was ever used.
pub fn krippendorff_alpha<C: Ord>(units: &[Vec<C>]) -> Option<f64> {
    let mut totals: BTreeMap<&C, f64> = BTreeMap::new();
    let mut observed = 0.0;
    for unit in units.iter().filter(|unit| unit.len() > 1) {
        let mut counts: BTreeMap<&C, f64> = BTreeMap::new();
        for value in unit {
            *counts.entry(value).or_default() += 1.0;
        }
        let size = unit.len() as f64;
        let unequal = counts.values().map(|count| count * (size - count)).sum::<f64>();
        observed += unequal / (size - 1.0);
        for (value, count) in counts {
            *totals.entry(value).or_default() += count;
        }
    }
    let n: f64 = totals.values().sum();
    let expected: f64 = totals.values().map(|count| count * (n - count)).sum();
    (expected > 0.0).then(|| 1.0 - (n - 1.0) * observed / expected)
}
