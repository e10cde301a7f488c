//! From log-odds to a decision.

use serde::Deserialize;

use crate::metrics::Scale;

/// From log-odds to a decision: `log_odds / temperature + offset`, then the steps, resolved at `threshold`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Decision {
    pub threshold: f64,
    pub temperature: f64,
    pub offset: f64,
    /// Knots (log-odds, calibrated log-odds), rising: straight lines between them, nothing where there are none.
    pub steps: Vec<(f64, f64)>,
    /// How often the judge is right, in one sentence, with where that was measured.
    pub worth: String,
}

impl Default for Decision {
    fn default() -> Self {
        Self { threshold: 0.5, temperature: 1.0, offset: 0.0, steps: Vec::new(), worth: String::new() }
    }
}

impl Decision {
    /// What a head's log-odds count as.
    pub fn calibrated(&self, log_odds: f64) -> f64 {
        let line = log_odds / self.temperature + self.offset;
        if self.steps.is_empty() { line } else { Scale::Steps(self.steps.clone()).apply(line) }
    }

    /// The first setting that cannot work: its key, and why.
    pub(super) fn sensible(&self) -> Result<(), (&'static str, String)> {
        if !(0.0..=1.0).contains(&self.threshold) {
            return Err(("threshold", format!("threshold {} is no probability", self.threshold)));
        }
        if !(self.temperature.is_finite() && self.temperature > 0.0 && self.offset.is_finite()) {
            return Err(("temperature", "temperature must be above 0, offset finite".into()));
        }
        if !self.rises() {
            return Err(("steps", "steps must be finite, and rise".into()));
        }
        Ok(())
    }

    fn rises(&self) -> bool {
        let finite = self.steps.iter().all(|(x, y)| x.is_finite() && y.is_finite());
        finite && self.steps.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1)
    }
}
