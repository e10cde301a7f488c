//! What stands beside a candidate's score: what another model says, what was said before, how it was made.

use super::{Board, Judged};
use crate::app::Made;
use crate::trajectory::{Score, TracePoint, log_odds_of, sigmoid};

/// Two models that lie this far apart disagree, wherever their thresholds are.
const APART: f64 = 0.25;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Beside {
    /// What the second model says.
    pub second: Option<Judged>,
    pub stale: Option<Stale>,
    pub made: Option<Made>,
    /// What the first model says without a part: its name, and how far that is.
    pub without: Vec<(String, Judged)>,
    pub trace: Option<Trace>,
}

/// What the first model says after each turn, where somebody has asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Trace {
    Asked,
    /// The full score last.
    Known(Vec<TracePoint>),
    Absent(String),
}

/// A score of the same model for another question: not what it would say now.
#[derive(Debug, Clone, PartialEq)]
pub struct Stale {
    pub score: Score,
    pub why: String,
}

impl Board {
    pub fn beside(&self, id: &str) -> Option<&Beside> {
        self.beside.get(id)
    }

    pub fn put_beside(&mut self, id: &str, put: impl FnOnce(&mut Beside)) {
        put(self.beside.entry(id.to_owned()).or_default());
    }

    /// The second model has spoken.
    pub fn second_says(&mut self, id: &str, judged: Judged) {
        self.put_beside(id, |beside| beside.second = Some(judged));
        self.opinions += 1;
        let second = self.second_score(id);
        if let Some(&nth) = self.by_id.get(id) {
            self.candidates[nth].second = second;
            self.sample(nth);
        }
    }

    /// Another number: the second model has said something more.
    pub fn opinions(&self) -> u64 {
        self.opinions
    }

    /// What the second model says of a trajectory, as a probability.
    pub fn second_score(&self, id: &str) -> Option<f64> {
        match self.beside(id)?.second.as_ref()? {
            Judged::Scored(score) => Some(score.probability()),
            _ => None,
        }
    }

    /// Both models have spoken, and they lie far apart or on two sides of the middle by a margin.
    pub fn models_differ(&self, id: &str) -> bool {
        self.candidate(id)
            .is_some_and(|it| it.score().zip(it.second).is_some_and(|(first, second)| differ(first.log_odds, second)))
    }
}

/// Far apart, or on two sides of the middle by a margin: log-odds of the one, a probability of the other.
pub fn differ(first: f64, second: f64) -> bool {
    let sides = (first >= 0.0) != (log_odds_of(second) >= 0.0);
    let apart = (sigmoid(first) - second).abs();
    apart >= APART || (sides && apart >= APART / 2.0)
}
