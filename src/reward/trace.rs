//! Where a score came from: the same question asked as if the rollout had ended after each turn. The prompts grow, so that
//! each shares all but its last words with the next, and only those are read twice.

use super::head;
use super::profile::{Head, Profile};
use super::prompt::{Prompt, Prompter};
use super::scorer::ScoreError;
use crate::trajectory::{Role, Score, TracePoint, Trajectory};

/// What all questions but the last may add to the tokens of the full prompt, in percent. Their time is about twice that: they
/// look back on a long prompt, and cut it into smaller pieces.
pub const SHARE: usize = 4;

/// A prompt that ends after a turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Moment {
    /// Index of the last turn it shows.
    pub turn: usize,
    pub prompt: Prompt,
}

/// The prompts up to each turn of the agent with its results, the full one excepted. Where there are so many that they
/// would cost more than a tenth of the score itself, an even choice of them.
pub fn moments(prompter: &Prompter, trajectory: &Trajectory, full: &Prompt) -> Result<Vec<Moment>, ScoreError> {
    traceable(prompter.profile()).map_err(ScoreError::Failed)?;
    if !full.cut.is_empty() {
        return Err(ScoreError::Failed(
            "no trace: the prompt was shortened, and its beginnings are other prompts".into(),
        ));
    }
    let mut all = Vec::new();
    for turn in boundaries(trajectory) {
        let start = Trajectory { turns: trajectory.turns[..=turn].to_vec(), patch: None, ..trajectory.clone() };
        // A start with nothing to judge yet has no score.
        if let Ok(prompt) = prompter.prompt(&start) {
            all.push(Moment { turn, prompt });
        }
    }
    Ok(thinned(all, full))
}

/// The trace of a judge that gives a value at the end of every turn, its score among them: nothing is asked for it. `None` for
/// other judges.
pub fn by_turns(profile: &Profile, trajectory: &Trajectory, score: &Score) -> Option<Vec<TracePoint>> {
    let Head::TokenCls { activation, .. } = &profile.head else { return None };
    let spoken = (0..trajectory.turns.len()).filter(|turn| trajectory.turns[*turn].role == Role::Assistant);
    let odds = |nth: usize| Some(profile.decision.calibrated(head::activated(&score.outputs, nth, *activation)?));
    let point = |(nth, turn): (usize, usize)| Some(TracePoint { turn, log_odds: odds(nth)? });
    spoken.enumerate().map(point).collect()
}

/// Whether [`by_turns`] gives one.
pub fn is_by_turns(profile: &Profile) -> bool {
    matches!(profile.head, Head::TokenCls { .. })
}

/// A judge that reads the patch or counted facts behind the turns would know the end of the story from the start.
fn traceable(profile: &Profile) -> Result<(), String> {
    let template = profile.prompt.template.as_deref().unwrap_or_default();
    match ["patch", "signs", "facts"].iter().find(|word| template.contains(*word)) {
        Some(word) => {
            Err(format!("no trace: profile {} shows {word} behind the turns, which only the end knows", profile.name))
        }
        None => Ok(()),
    }
}

/// The last turn before each turn of the agent, its first one excepted.
fn boundaries(trajectory: &Trajectory) -> Vec<usize> {
    let spoken = |turn: &usize| trajectory.turns[*turn].role == Role::Assistant;
    (0..trajectory.turns.len()).filter(spoken).skip(1).map(|turn| turn - 1).collect()
}

fn thinned(all: Vec<Moment>, full: &Prompt) -> Vec<Moment> {
    let extra: usize = all.iter().map(|moment| apart(&moment.prompt, full)).sum();
    let allowed = full.token_ids.len() * SHARE / 100;
    let step = extra.div_ceil(allowed.max(1)).max(1);
    // Counted from the end: the last steps decide.
    let count = all.len();
    all.into_iter().enumerate().filter(|(index, _)| (count - index).is_multiple_of(step)).map(|(_, one)| one).collect()
}

/// Tokens that are read for this prompt alone.
fn apart(prompt: &Prompt, full: &Prompt) -> usize {
    let common = prompt.token_ids.iter().zip(&full.token_ids).take_while(|(a, b)| a == b).count();
    prompt.token_ids.len() - common
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trajectory::{Turn, log_odds_of};

    #[test]
    fn a_judge_of_turns_has_said_its_trace_with_its_score() {
        let critic = Profile::find("openhands-critic-32b").unwrap();
        let spoken = || Turn { role: Role::Assistant, ..Turn::default() };
        let turns = vec![Turn::user("fix it"), spoken(), Turn::user("and the tests"), spoken()];
        let trajectory = Trajectory { turns, ..Trajectory::default() };
        let outputs = vec![0.25, 0.75];
        let score = Score { log_odds: log_odds_of(0.75), logit_yes: None, logit_no: None, outputs, tokens: 9 };
        let point = |turn, value| TracePoint { turn, log_odds: log_odds_of(value) };
        assert_eq!(by_turns(&critic, &trajectory, &score), Some(vec![point(1, 0.25), point(3, 0.75)]));
        assert_eq!(by_turns(&Profile::find("swe-gym").unwrap(), &trajectory, &score), None);
        let more = Score { outputs: vec![0.75], ..score };
        assert_eq!(by_turns(&critic, &trajectory, &more), None, "a turn without a value: no trace");
    }
}
