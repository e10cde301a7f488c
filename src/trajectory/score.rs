//! A score: a probability, kept and ranked as log-odds so that 0.9991 and 0.9999 do not tie.

#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// `l_yes − l_no` in f32 precision, after the profile's calibration.
    pub log_odds: f64,
    pub logit_yes: Option<f64>,
    pub logit_no: Option<f64>,
    /// All outputs of the head, where it has several.
    pub outputs: Vec<f64>,
    pub tokens: usize,
}

impl Score {
    /// Probability in [0, 1].
    pub fn probability(&self) -> f64 {
        sigmoid(self.log_odds)
    }
}

/// What the score would be if the rollout had ended after a turn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TracePoint {
    /// Index of the last turn that was seen.
    pub turn: usize,
    pub log_odds: f64,
}

/// exp(x) / (1 + exp(x)), without overflow on either side.
pub fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        let e = x.exp();
        e / (1.0 + e)
    }
}

/// The inverse of [`sigmoid`]; probabilities of exactly 0 or 1 give infinities.
pub fn log_odds_of(probability: f64) -> f64 {
    (probability / (1.0 - probability)).ln()
}
