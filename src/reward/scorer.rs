//! The contract of everything that scores. Synchronous: one thread owns a scorer and pulls work for it. Where a server
//! takes many questions at once, there are as many scorers, each with its thread.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::identity::Identity;
use super::prompt::{Prompt, Prompter};
use super::trace::Moment;
use crate::trajectory::{Score, Trajectory};

/// Something that turns trajectories into scores.
pub trait Scorer: Send {
    fn facts(&self) -> ScorerFacts;

    /// What would be asked. Cheap beside scoring; pure.
    fn prompt(&self, trajectory: &Trajectory) -> Result<Prompt, ScoreError>;

    /// Who it is, for the keys of its scores.
    fn identity(&self) -> Identity;

    /// Key of this score: equal keys mean equal numbers.
    fn fingerprint(&self, prompt: &Prompt) -> String {
        self.identity().fingerprint(&prompt.token_ids)
    }

    /// Asks. `watch` hears how many tokens are done, and can stop the work.
    fn score(&mut self, prompt: &Prompt, watch: &mut dyn FnMut(usize) -> ControlFlow<()>) -> Result<Score, ScoreError>;

    /// The questions of a score trace: prompts that end after each turn, growing, the full one excepted.
    fn moments(&self, _trajectory: &Trajectory, _full: &Prompt) -> Result<Vec<Moment>, ScoreError> {
        Err(ScoreError::Failed("no trace: this judge makes none".into()))
    }

    /// What makes the prompts, for those who want to look at one while this is at work.
    fn prompter(&self) -> Arc<Prompter>;

    /// How many scorers of this model may work at once.
    fn lanes(&self) -> usize {
        1
    }

    /// Another scorer of the same model, for another thread; `None` where only one can work at a time.
    fn beside(&self) -> Option<Box<dyn Scorer>> {
        None
    }
}

/// Who scores, for status lines and score rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScorerFacts {
    /// Name of the model: its folder, or `default`.
    pub name: String,
    pub profile: String,
    pub device: String,
    pub dtype: String,
    pub parameters: usize,
    /// Most tokens of a prompt.
    pub context: usize,
    /// Decision threshold, as a probability.
    pub threshold: f64,
    /// How often it is right, in one sentence; empty if nobody measured.
    pub worth: String,
    /// Names of the head's outputs, where it has several.
    pub outputs: Vec<String>,
}

/// Why there is no score. Never replaced by a number.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ScoreError {
    #[error("too long by {} tokens: {tokens} of at most {limit}", tokens - limit)]
    TooLong { tokens: usize, limit: usize },
    /// The server names only its likeliest tokens, and no spelling of this label is among them. The other label's
    /// log-probability and the smallest one named bound the log-odds, but a bound is no score.
    #[error(
        "{label} is not among the {top} likeliest tokens (below a log-probability of {floor:.2}): the server says no more"
    )]
    BelowTop { label: &'static str, top: usize, floor: f64 },
    #[error("{0}")]
    Failed(String),
    /// The watcher said stop.
    #[error("stopped")]
    Stopped,
}

impl ScoreError {
    /// The word for the `state` field of score rows.
    pub fn state(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "too_long",
            Self::BelowTop { .. } => "below_top",
            Self::Failed(_) | Self::Stopped => "failed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_long_says_by_how_much() {
        let error = ScoreError::TooLong { tokens: 33_000, limit: 32_768 };
        assert_eq!(error.to_string(), "too long by 232 tokens: 33000 of at most 32768");
        assert_eq!(error.state(), "too_long");
    }
}
