//! What stands beside a candidate's score: what another model says, what was said before, how it was made.

use super::{Board, Judged};
use crate::app::Made;
use crate::trajectory::{Score, log_odds_of};

/// Two models that lie this far apart disagree, wherever their thresholds are.
const APART: f64 = 0.25;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Beside {
    /// What the second model says.
    pub second: Option<Judged>,
    pub stale: Option<Stale>,
    pub made: Option<Made>,
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

    /// What the second model says of a trajectory, as a probability.
    pub fn second_score(&self, id: &str) -> Option<f64> {
        match self.beside(id)?.second.as_ref()? {
            Judged::Scored(score) => Some(score.probability()),
            _ => None,
        }
    }

    /// Both models have spoken, and they lie far apart or on two sides of the middle by a margin.
    pub fn models_differ(&self, id: &str) -> bool {
        let (Some(first), Some(second)) = (self.candidate(id).and_then(|it| it.score()), self.second_score(id)) else {
            return false;
        };
        let sides = (first.log_odds >= 0.0) != (log_odds_of(second) >= 0.0);
        let apart = (first.probability() - second).abs();
        apart >= APART || (sides && apart >= APART / 2.0)
    }
}
