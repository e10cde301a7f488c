//! What is known of bodies: which trajectories hold a text. A worker looks; `text:` of the filter asks here.

use std::collections::HashMap;

use super::{Board, Candidate};
use crate::library::Summary;
use crate::library::query::{Matcher, Query, Row as Asked};

/// Answers to this many questions are kept.
const KEPT: usize = 32;

/// What a worker found in a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    pub id: String,
    /// Of the trajectory, when it was looked at: one that has grown since is another.
    pub bytes: u64,
    /// In the order of what was looked for.
    pub holds: Vec<bool>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Bodies {
    /// The latest question last.
    known: Vec<(Matcher, Answers)>,
}

/// By id, how large the body was and whether it holds it.
type Answers = HashMap<String, (u64, bool)>;

impl Bodies {
    /// `None`: nobody has looked.
    pub fn hold(&self, summary: &Summary, matcher: &Matcher) -> Option<bool> {
        let (_, answers) = self.known.iter().rev().find(|(known, _)| known == matcher)?;
        answers.get(&summary.id).filter(|(bytes, _)| *bytes == summary.bytes).map(|(_, holds)| *holds)
    }

    pub fn learn(&mut self, matchers: &[Matcher], looked: &[Looked]) {
        for (nth, matcher) in matchers.iter().enumerate() {
            let answers = self.of(matcher);
            answers.extend(looked.iter().filter_map(|one| Some((one.id.clone(), (one.bytes, *one.holds.get(nth)?)))));
        }
    }

    fn of(&mut self, matcher: &Matcher) -> &mut Answers {
        let at = self.known.iter().position(|(known, _)| known == matcher).unwrap_or_else(|| {
            if self.known.len() == KEPT {
                self.known.remove(0);
            }
            self.known.push((matcher.clone(), HashMap::new()));
            self.known.len() - 1
        });
        &mut self.known[at].1
    }
}

impl Board {
    /// The filter asks what only bodies can tell: whose, and what; told once.
    pub fn unread(&mut self) -> Option<(Vec<String>, Vec<Matcher>)> {
        if self.laying.is_some() {
            return None;
        }
        let mut unread = std::mem::take(&mut self.unread);
        unread.sort_unstable();
        unread.dedup();
        let still = unread.into_iter().map(|nth| &self.candidates[nth]).filter(|it| self.is_unread(it));
        let ids: Vec<String> = still.map(|it| it.summary.id.clone()).collect();
        let matchers: Vec<Matcher> = self.filter.texts().into_iter().cloned().collect();
        (!ids.is_empty()).then_some((ids, matchers))
    }

    /// What was found in bodies, and with it what the filter leaves.
    pub fn learn(&mut self, matchers: &[Matcher], looked: &[Looked]) {
        self.bodies.learn(matchers, looked);
        if !self.filter.texts().is_empty() {
            self.moved(looked.iter().filter_map(|one| self.nth(&one.id)).collect());
        }
    }

    /// Whether the filter leaves a candidate. One that only its body can decide on waits until somebody has looked.
    pub(super) fn leaves(&mut self, nth: usize) -> bool {
        let candidate = &self.candidates[nth];
        let judged = if self.filter.is_empty() { Some(true) } else { self.judge_by(&self.filter, candidate) };
        if judged.is_none() && self.is_unread(candidate) {
            self.unread.push(nth);
        }
        judged == Some(true)
    }

    /// `None`: what is not known of it would decide.
    pub(super) fn judge_by(&self, query: &Query, candidate: &Candidate) -> Option<bool> {
        let body = |matcher: &Matcher| self.bodies.hold(&candidate.summary, matcher);
        query.judge(&Asked { body: Some(&body), ..candidate.asked() })
    }

    fn is_unread(&self, candidate: &Candidate) -> bool {
        self.filter.texts().into_iter().any(|matcher| self.bodies.hold(&candidate.summary, matcher).is_none())
    }
}
