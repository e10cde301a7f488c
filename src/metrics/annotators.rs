//! What several annotators said, side by side: how far they agree, and where they do not.

use std::collections::BTreeMap;

use super::{cohen_kappa, krippendorff_alpha};
use crate::trajectory::{Ruling, Subject, Verdict};

/// Agreement on rulings; flags, notes and skips are nobody's disagreement.
#[derive(Debug, Clone, PartialEq)]
pub struct Agreement {
    pub annotators: Vec<String>,
    /// Trajectories that somebody ruled on, and that two or more did.
    pub judged: usize,
    pub shared: usize,
    /// Of all annotators together; `None` where nothing can be paired.
    pub alpha: Option<f64>,
    pub pairs: Vec<Pair>,
    pub disagreements: Vec<Disagreement>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    pub a: String,
    pub b: String,
    pub shared: usize,
    /// On how many of those they say the same.
    pub agreed: usize,
    pub kappa: Option<f64>,
}

/// A trajectory on which rulings differ, with what each annotator says.
#[derive(Debug, Clone, PartialEq)]
pub struct Disagreement {
    pub subject: Subject,
    pub rulings: BTreeMap<String, Ruling>,
}

impl Agreement {
    /// Of verdicts that stand: one per annotator and trajectory.
    pub fn of(verdicts: &[Verdict]) -> Self {
        let mut units: BTreeMap<&str, Disagreement> = BTreeMap::new();
        for verdict in verdicts {
            let Some(ruling) = verdict.ruling else { continue };
            let new = || Disagreement { subject: verdict.subject.clone(), rulings: BTreeMap::new() };
            units.entry(verdict.about().1).or_insert_with(new).rulings.insert(verdict.annotator.clone(), ruling);
        }
        let units: Vec<Disagreement> = units.into_values().collect();
        let mut annotators: Vec<String> = units.iter().flat_map(|unit| unit.rulings.keys().cloned()).collect();
        annotators.sort();
        annotators.dedup();
        let values: Vec<Vec<Ruling>> = units.iter().map(|unit| unit.rulings.values().copied().collect()).collect();
        Self {
            judged: units.len(),
            shared: units.iter().filter(|unit| unit.rulings.len() > 1).count(),
            alpha: krippendorff_alpha(&values),
            pairs: pairs(&annotators, &units),
            disagreements: units.into_iter().filter(Disagreement::differs).collect(),
            annotators,
        }
    }
}

impl Disagreement {
    fn differs(&self) -> bool {
        let mut rulings = self.rulings.values();
        let first = rulings.next();
        rulings.any(|ruling| Some(ruling) != first)
    }
}

/// Every two annotators who share something.
fn pairs(annotators: &[String], units: &[Disagreement]) -> Vec<Pair> {
    let every_two = annotators.iter().enumerate().flat_map(|(at, a)| annotators[at + 1..].iter().map(move |b| (a, b)));
    let pair = |(a, b): (&String, &String)| {
        let both = |unit: &Disagreement| Some((*unit.rulings.get(a)?, *unit.rulings.get(b)?));
        let said: Vec<(Ruling, Ruling)> = units.iter().filter_map(both).collect();
        let agreed = said.iter().filter(|(a, b)| a == b).count();
        let kappa = cohen_kappa(&said);
        (!said.is_empty()).then(|| Pair { a: a.clone(), b: b.clone(), shared: said.len(), agreed, kappa })
    };
    every_two.filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Ruling::{BothRight, JudgeWrong, TestsWrong};

    #[test]
    fn annotators_are_compared_where_both_spoke() {
        let said = [
            ("ann", "a", JudgeWrong),
            ("bob", "a", JudgeWrong),
            ("ann", "b", JudgeWrong),
            ("bob", "b", TestsWrong),
            ("cleo", "b", TestsWrong),
            ("ann", "c", BothRight),
            ("bob", "c", BothRight),
            ("cleo", "d", BothRight),
        ];
        let verdict = |(annotator, key, ruling): (&str, &str, Ruling)| {
            let subject = Subject { key: key.into(), ..Subject::default() };
            Verdict { annotator: annotator.into(), subject, ruling: Some(ruling), ..Verdict::default() }
        };
        let noted = Verdict { flag: true, ruling: None, ..verdict(("ann", "d", JudgeWrong)) };
        let verdicts: Vec<Verdict> = said.into_iter().map(verdict).chain([noted]).collect();
        let agreement = Agreement::of(&verdicts);
        assert_eq!((agreement.judged, agreement.shared, agreement.annotators.len()), (4, 3, 3));
        let pairs: Vec<_> = agreement.pairs.iter().map(|pair| (&*pair.a, &*pair.b, pair.shared, pair.agreed)).collect();
        assert_eq!(pairs, [("ann", "bob", 3, 2), ("ann", "cleo", 1, 0), ("bob", "cleo", 1, 1)]);
        let differing: Vec<_> = agreement.disagreements.iter().map(|one| one.subject.key.as_str()).collect();
        assert_eq!(differing, ["b"]);
        // pₒ = 2/3; pₑ = (2·1 + 0·1 + 1·1) / 9.
        let kappa = agreement.pairs[0].kappa.unwrap();
        assert!((kappa - (2.0 / 3.0 - 1.0 / 3.0) / (2.0 / 3.0)).abs() < 1e-12, "{kappa}");
    }
}
