//! What a head answered -> a score. Arithmetic only.

use super::labels::Labels;
use super::profile::{Activation, Decision, Head};
use super::prompt::Prompt;
use crate::trajectory::{Score, log_odds_of};

/// Values that are probabilities themselves stay this far from 0 and 1, where log-odds end.
const EDGE: f64 = 1e-6;

/// Reads the answer. `rows`: logits of the labels (yes first, then no), the outputs of a classification head, or one row
/// per token.
///
/// `score = exp(l_yes) / (exp(l_yes) + exp(l_no)) = sigmoid(log_odds)`; of several spellings the largest logit counts.
///
/// Log-probabilities serve as well as logits: all of them are less by the same amount, and only differences count.
pub fn score<N: Copy + Into<f64>>(
    head: &Head,
    decision: &Decision,
    prompt: &Prompt,
    rows: &[Vec<N>],
) -> Result<Score, String> {
    let missing = || "the model's answer has another shape than the profile expects".to_string();
    let mut score =
        Score { log_odds: 0.0, logit_yes: None, logit_no: None, outputs: Vec::new(), tokens: prompt.token_ids.len() };
    score.log_odds = match head {
        Head::YesNo { .. } => {
            let (yes, no) = yes_and_no(&prompt.labels, rows).ok_or_else(missing)?;
            (score.logit_yes, score.logit_no) = (Some(yes), Some(no));
            yes - no
        }
        Head::SeqCls { index, activation, .. } => {
            score.outputs = widened(rows.first().ok_or_else(missing)?);
            activated(&score.outputs, *index, *activation).ok_or_else(missing)?
        }
        Head::TokenCls { activation, .. } => {
            let at = |position: &usize| rows.get(*position).and_then(|row| row.first()).map(|value| (*value).into());
            score.outputs = prompt.turn_ends.iter().map(at).collect::<Option<_>>().ok_or_else(missing)?;
            let last = score.outputs.len().checked_sub(1).ok_or_else(missing)?;
            activated(&score.outputs, last, *activation).ok_or_else(missing)?
        }
    };
    calibrate(score, decision)
}

/// A score from log-odds that were compared elsewhere.
pub fn calibrated(log_odds: f64, decision: &Decision, prompt: &Prompt) -> Result<Score, String> {
    let tokens = prompt.token_ids.len();
    calibrate(Score { log_odds, logit_yes: None, logit_no: None, outputs: Vec::new(), tokens }, decision)
}

fn calibrate(mut score: Score, decision: &Decision) -> Result<Score, String> {
    score.log_odds = decision.calibrated(score.log_odds);
    if score.log_odds.is_finite() { Ok(score) } else { Err("the model's answer is not a finite number".into()) }
}

fn yes_and_no<N: Copy + Into<f64>>(labels: &Labels, rows: &[Vec<N>]) -> Option<(f64, f64)> {
    let row = rows.first().filter(|row| row.len() == labels.yes.len() + labels.no.len())?;
    // `f64::max` would pass over what is no number.
    let larger = |a: f64, b: f64| if a.is_nan() || a > b { a } else { b };
    let largest = |logits: &[N]| logits.iter().map(|logit| (*logit).into()).reduce(larger);
    let (yes, no) = row.split_at(labels.yes.len());
    Some((largest(yes)?, largest(no)?))
}

fn widened<N: Copy + Into<f64>>(row: &[N]) -> Vec<f64> {
    row.iter().map(|value| (*value).into()).collect()
}

/// Log-odds of one output.
pub fn activated(outputs: &[f64], index: usize, activation: Activation) -> Option<f64> {
    let output = *outputs.get(index)?;
    Some(match activation {
        Activation::Sigmoid => output,
        // ln(p / (1 − p)) of a softmax is the logit less the log-sum-exp of the others.
        Activation::Softmax => {
            let others = || outputs.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, value)| *value);
            let top = others().reduce(f64::max)?;
            output - top - others().map(|value| (value - top).exp()).sum::<f64>().ln()
        }
        Activation::None => log_odds_of(output.clamp(EDGE, 1.0 - EDGE)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reward::profile::Spelling;

    fn prompt(yes: usize, no: usize, read_position: usize) -> Prompt {
        Prompt {
            profile: "p".into(),
            text: String::new(),
            token_ids: vec![0; 4],
            context: 10,
            read_position,
            turn_ends: vec![0, read_position],
            controls: Vec::new(),
            labels: Labels { yes: vec![1; yes], no: vec![2; no] },
            cut: Vec::new(),
        }
    }

    fn yes_no() -> Head {
        Head::YesNo { yes: Vec::new(), no: Vec::new(), read: Spelling::Max, first_token: false }
    }

    fn read(head: &Head, decision: &Decision, prompt: &Prompt, rows: &[Vec<f32>]) -> Score {
        score(head, decision, prompt, rows).unwrap()
    }

    #[test]
    fn the_largest_spelling_of_each_side_counts() {
        let read = read(&yes_no(), &Decision::default(), &prompt(2, 2, 3), &[vec![1.0, 3.0, 2.0, -1.0]]);
        assert_eq!((read.logit_yes, read.logit_no, read.tokens), (Some(3.0), Some(2.0), 4));
        assert!((read.probability() - 1.0 / (1.0 + (-1.0_f64).exp())).abs() < 1e-15);
    }

    #[test]
    fn calibration_divides_then_shifts() {
        let decision = Decision { temperature: 2.0, offset: -0.5, ..Default::default() };
        let read = read(&yes_no(), &decision, &prompt(1, 1, 3), &[vec![4.0, 1.0]]);
        assert!((read.log_odds - 1.0).abs() < 1e-12);
    }

    #[test]
    fn classes_go_through_the_activation_the_profile_names() {
        let head = |activation| Head::SeqCls { index: 1, outputs: Vec::new(), activation };
        let rows = [vec![0.5_f32, 2.0, -1.0]];
        let of = |activation| read(&head(activation), &Decision::default(), &prompt(0, 0, 3), &rows);
        assert!((of(Activation::Sigmoid).log_odds - 2.0).abs() < 1e-12);
        let softmax = 2.0_f64.exp() / (0.5_f64.exp() + 2.0_f64.exp() + (-1.0_f64).exp());
        assert!((of(Activation::Softmax).probability() - softmax).abs() < 1e-12);
        assert!((of(Activation::None).probability() - (1.0 - EDGE)).abs() < 1e-12);
        assert_eq!(of(Activation::Sigmoid).outputs, [0.5, 2.0, -1.0]);
    }

    #[test]
    fn values_of_tokens_are_read_where_turns_end() {
        let head = Head::TokenCls { after: String::new(), at: String::new(), activation: Activation::Sigmoid };
        let rows = [vec![1.0_f32], vec![2.0], vec![3.0]];
        let score = read(&head, &Decision::default(), &prompt(0, 0, 1), &rows);
        assert!((score.log_odds - 2.0).abs() < 1e-12);
        assert_eq!(score.outputs, [1.0, 2.0], "one for each finished turn, the last is the answer");
    }

    #[test]
    fn other_shapes_and_no_numbers_are_errors() {
        let decision = Decision::default();
        assert!(score(&yes_no(), &decision, &prompt(1, 1, 3), &[vec![1.0, 2.0, 3.0]]).is_err());
        assert!(score::<f32>(&yes_no(), &decision, &prompt(1, 1, 3), &[]).is_err());
        assert!(score(&yes_no(), &decision, &prompt(1, 1, 3), &[vec![f32::NAN, 1.0]]).is_err());
    }
}
