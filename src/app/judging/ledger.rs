//! What has been said, by whom, and whether it is safe on the disk. Until it is, it stays here and on the screen.

use std::collections::{HashMap, VecDeque};

use crate::app::board::Said;
use crate::trajectory::{Subject, Verdict};

/// A name for a way in which rollouts go wrong, from the user's own list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub name: String,
    pub about: String,
}

#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// Who sits here.
    pub annotator: String,
    pub taxonomy: Vec<Failure>,
    /// What stands: one verdict of each annotator about each trajectory, by the trajectory's key.
    standing: HashMap<String, Vec<Verdict>>,
    /// Blind verdicts of this annotator, and those that the reveal changed.
    reveals: (usize, usize),
    /// Given here, and not on the disk yet; the oldest first.
    unsaved: VecDeque<Verdict>,
    /// Why the last attempt failed.
    pub trouble: Option<String>,
}

/// Finds the same trajectory again when files move; where nobody knows the content, by its place.
fn key(subject: &Subject) -> &str {
    if subject.key.is_empty() { &subject.id } else { &subject.key }
}

impl Ledger {
    /// All verdicts that stand in the store.
    pub fn load(&mut self, verdicts: Vec<Verdict>) {
        self.standing.clear();
        self.reveals = (0, 0);
        for verdict in verdicts {
            self.put(verdict);
        }
    }

    fn put(&mut self, verdict: Verdict) {
        let all = self.standing.entry(key(&verdict.subject).to_owned()).or_default();
        let before = all.iter().position(|other| other.annotator == verdict.annotator).map(|at| all.remove(at));
        let reveal = |verdict: &Verdict| {
            let blind = verdict.blind && verdict.annotator == self.annotator;
            (usize::from(blind), usize::from(blind && verdict.changed_mind == Some(true)))
        };
        let (was, is) = (before.as_ref().map(reveal).unwrap_or_default(), reveal(&verdict));
        self.reveals = (self.reveals.0 + is.0 - was.0, self.reveals.1 + is.1 - was.1);
        if !verdict.is_empty() {
            all.push(verdict);
        }
    }

    /// Everything that something was said about.
    pub fn subjects(&self) -> Vec<Subject> {
        self.standing.values().filter_map(|all| all.first()).map(|verdict| verdict.subject.clone()).collect()
    }

    pub fn all(&self, subject: &Subject) -> &[Verdict] {
        self.about(key(subject))
    }

    fn about(&self, key: &str) -> &[Verdict] {
        self.standing.get(key).map_or(&[], Vec::as_slice)
    }

    /// What the board has to know about a trajectory with this key and id; with `corrected`, the truth too.
    pub fn said(&self, key: &str, id: &str, corrected: bool) -> Said {
        let all = self.about(if key.is_empty() { id } else { key });
        let mine = all.iter().find(|verdict| verdict.annotator == self.annotator);
        Said {
            ruling: mine.and_then(|verdict| verdict.ruling),
            blind: mine.is_some_and(|verdict| verdict.blind),
            skip: mine.is_some_and(|verdict| verdict.skip),
            disputed: disputed(all),
            truth: if corrected { truth(all) } else { None },
        }
    }

    pub fn mine(&self, subject: &Subject) -> Option<&Verdict> {
        self.all(subject).iter().find(|verdict| verdict.annotator == self.annotator)
    }

    /// Blind verdicts of this annotator, and those that the reveal changed.
    pub fn reveals(&self) -> (usize, usize) {
        self.reveals
    }

    /// Keeps a verdict on the screen; what is to be written next, if nothing is being written.
    pub fn give(&mut self, verdict: Verdict) -> Option<Verdict> {
        self.put(verdict.clone());
        self.unsaved.push_back(verdict);
        (self.unsaved.len() == 1 || self.trouble.is_some()).then(|| self.unsaved.front().cloned()).flatten()
    }

    /// The oldest one is on the disk; what is to be written next.
    pub fn saved(&mut self, verdict: &Verdict) -> Option<Verdict> {
        self.trouble = None;
        if self.unsaved.front().is_some_and(|first| first.subject == verdict.subject) {
            self.unsaved.pop_front();
        }
        self.unsaved.front().cloned()
    }

    pub fn next_unsaved(&self) -> Option<Verdict> {
        self.unsaved.front().cloned()
    }

    pub fn unsaved(&self) -> usize {
        self.unsaved.len()
    }

    pub fn is_saved(&self, subject: &Subject) -> bool {
        self.unsaved.iter().all(|verdict| verdict.subject != *subject)
    }

    /// What this annotator says about a trajectory after an undo or a redo.
    pub fn stands(&mut self, subject: Subject, now: Option<Verdict>) {
        let nothing = Verdict { annotator: self.annotator.clone(), subject, ..Verdict::default() };
        self.put(now.unwrap_or(nothing));
    }
}

/// Annotators say different things.
fn disputed(all: &[Verdict]) -> bool {
    let mut rulings = all.iter().filter_map(|verdict| verdict.ruling);
    rulings.next().is_some_and(|first| rulings.any(|other| other != first))
}

/// The outcome that the verdicts hold true, if those who have an opinion agree.
fn truth(all: &[Verdict]) -> Option<bool> {
    let mut truths = all.iter().filter_map(Verdict::truth);
    let first = truths.next()?;
    truths.all(|other| other == first).then_some(first)
}

/// Reads `[failures]`: a name and a sentence each.
pub fn taxonomy(text: &str) -> Result<Vec<Failure>, String> {
    let table: toml::Table = text.parse().map_err(|error| format!("failures: {error}"))?;
    let failures = table.get("failures").and_then(toml::Value::as_table).ok_or("failures: no table [failures]")?;
    let failure = |(name, about): (&String, &toml::Value)| {
        let about = about.as_str().ok_or_else(|| format!("failures: `{name}` is no sentence"))?;
        Ok(Failure { name: name.clone(), about: about.to_owned() })
    };
    failures.iter().map(failure).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trajectory::{Ruling, Shown};

    fn verdict(annotator: &str, id: &str, ruling: Ruling) -> Verdict {
        let subject = Subject { id: id.into(), ..Subject::default() };
        let shown = Shown { resolved: Some(false), ..Shown::default() };
        Verdict { annotator: annotator.into(), subject, ruling: Some(ruling), shown, ..Verdict::default() }
    }

    #[test]
    fn what_is_not_saved_is_written_in_its_order() {
        let mut ledger = Ledger { annotator: "ann".into(), ..Ledger::default() };
        let (a, b) = (verdict("ann", "a", Ruling::BothRight), verdict("ann", "b", Ruling::Unclear));
        assert_eq!(ledger.give(a.clone()), Some(a.clone()));
        assert_eq!(ledger.give(b.clone()), None, "one after the other");
        assert!(!ledger.is_saved(&a.subject));
        assert_eq!(ledger.saved(&a), Some(b.clone()));
        assert_eq!((ledger.saved(&b), ledger.unsaved()), (None, 0));
        assert_eq!(ledger.mine(&b.subject), Some(&b));
    }

    #[test]
    fn a_disk_that_fails_is_tried_again_with_the_next_verdict() {
        let mut ledger = Ledger { annotator: "ann".into(), ..Ledger::default() };
        let (a, b) = (verdict("ann", "a", Ruling::BothRight), verdict("ann", "b", Ruling::Unclear));
        ledger.give(a.clone());
        ledger.trouble = Some("full".into());
        assert_eq!(ledger.give(b), Some(a), "the older one first");
        assert_eq!(ledger.unsaved(), 2);
    }

    #[test]
    fn annotators_agree_differ_and_correct() {
        let mut ledger = Ledger { annotator: "ann".into(), ..Ledger::default() };
        ledger.load(vec![verdict("ann", "a", Ruling::TestsWrong), verdict("ben", "a", Ruling::TestsWrong)]);
        let subject = Subject { id: "a".into(), ..Subject::default() };
        let said = |ledger: &Ledger| {
            let said = ledger.said("", "a", true);
            (said.disputed, said.truth)
        };
        assert_eq!(said(&ledger), (false, Some(true)));
        ledger.load(vec![verdict("ann", "a", Ruling::TestsWrong), verdict("ben", "a", Ruling::JudgeWrong)]);
        assert_eq!(said(&ledger), (true, None));
        ledger.stands(subject.clone(), None);
        assert_eq!((ledger.mine(&subject), ledger.all(&subject).len()), (None, 1));
    }

    #[test]
    fn the_default_taxonomy_can_be_read_and_faults_are_named() {
        assert!(taxonomy(include_str!("../../../assets/failures.toml")).unwrap().len() > 4);
        assert!(taxonomy("[failures]\na = 3").unwrap_err().contains("`a`"));
    }
}
