//! What to do with a prompt that is too long: what the profile says, nothing else, and all of it reported.

use std::ops::Range;

use regex::Regex;

use super::profile::OverLength;
use super::prompt::{Cut, Prompter};
use super::render::{Message, Step, View};
use super::scorer::ScoreError;

/// A prompt that fits.
#[derive(Debug)]
pub struct Draft {
    pub text: String,
    pub token_ids: Vec<u32>,
    /// Where control tokens stand in the text, in bytes.
    pub controls: Vec<Range<usize>>,
    pub cut: Vec<Cut>,
}

#[derive(Debug)]
pub enum Misfit {
    /// Tokens of the shortest prompt that the profile's rule could make.
    TooLong(usize),
    Failed(String),
}

impl Misfit {
    pub fn into_score(self, limit: usize) -> ScoreError {
        match self {
            Self::TooLong(tokens) => ScoreError::TooLong { tokens, limit },
            Self::Failed(reason) => ScoreError::Failed(reason),
        }
    }
}

impl From<String> for Misfit {
    fn from(reason: String) -> Self {
        Self::Failed(reason)
    }
}

/// Renders the view; if it is longer than the context, shortens it by the profile's rule.
pub fn fit(prompter: &Prompter, view: &View) -> Result<Draft, Misfit> {
    let limits = &prompter.profile().limits;
    match limits.over_length {
        OverLength::Refuse => within(prompter, whole(prompter, view)?),
        OverLength::CondenseThoughts => within(prompter, condensed(prompter, view)?),
        OverLength::Left => Ok(cut_left(prompter, whole(prompter, view)?)?),
        OverLength::DropMiddle => without_middle(prompter, view, limits.keep_first),
    }
}

fn within(prompter: &Prompter, draft: Draft) -> Result<Draft, Misfit> {
    if draft.token_ids.len() > prompter.context() {
        return Err(Misfit::TooLong(draft.token_ids.len()));
    }
    Ok(draft)
}

/// The prompt as it is, however long.
pub fn whole(prompter: &Prompter, view: &View) -> Result<Draft, String> {
    match &prompter.profile().prompt.template {
        Some(template) => {
            let (user, cut) = prompter.user_text(view, template)?;
            asked(prompter, user, cut)
        }
        None => conversation(prompter, view),
    }
}

/// The judge's system message, then the user message.
fn asked(prompter: &Prompter, user: String, cut: Vec<Cut>) -> Result<Draft, String> {
    let system = prompter.profile().prompt.system.clone().map(|content| Message { role: "system", content });
    let messages: Vec<Message> = system.into_iter().chain([Message { role: "user", content: user }]).collect();
    draft(prompter, &messages, cut)
}

fn conversation(prompter: &Prompter, view: &View) -> Result<Draft, String> {
    let guarded =
        |message: &Message| Message { role: message.role, content: prompter.tokenizer().guard(&message.content) };
    draft(prompter, &view.messages.iter().map(guarded).collect::<Vec<_>>(), Vec::new())
}

fn draft(prompter: &Prompter, messages: &[Message], cut: Vec<Cut>) -> Result<Draft, String> {
    let marked = prompter.laid_out(messages)?;
    let (token_ids, text) = prompter.tokenizer().encode(&marked)?;
    Ok(Draft { text, token_ids, controls: prompter.tokenizer().controls(&marked), cut })
}

/// Drops tokens from the front: what a tokenizer with `truncation_side = "left"` does.
fn cut_left(prompter: &Prompter, mut draft: Draft) -> Result<Draft, String> {
    let excess = draft.token_ids.len().saturating_sub(prompter.context());
    if excess > 0 {
        draft.token_ids.drain(..excess);
        let gone = draft.text.len();
        draft.text = prompter.tokenizer().decode(&draft.token_ids)?;
        // What is left is the end of what was there.
        let gone = gone.saturating_sub(draft.text.len());
        draft.controls.retain(|range| range.start >= gone);
        draft.controls.iter_mut().for_each(|range| *range = range.start - gone..range.end - gone);
        let rule = "left: tokens dropped from the front (counted in tokens)".into();
        draft.cut.push(Cut { what: "start of the prompt".into(), count: 1, characters: excess, rule });
    }
    Ok(draft)
}

const CONDENSED: &str = "<Thought condensed for saving context>";
/// What the published script keeps free.
const BUFFER: usize = 500;
/// How many tokens the two ends of a replaced piece can make or save.
const SEAMS: usize = 16;

/// Replaces thoughts, longest first, until the user message fits its share.
///
/// A thought is what stands between `[ASSISTANT]` and the next `<function`; with fewer than two of them nothing is
/// condensed. The share is the budget, less the tokens of system message and target (joined by a space), less 500.
/// Source: `deepswe_condense_thoughts` and `traj2verifier_data` in R2E-Gym's
/// `src/r2egym/agenthub/verifiers/prepare_ef_verifier_input.py` at 353348a.
fn condensed(prompter: &Prompter, view: &View) -> Result<Draft, String> {
    let profile = prompter.profile();
    let Some(template) = &profile.prompt.template else { return conversation(prompter, view) };
    let (mut user, mut cut) = prompter.user_text(view, template)?;
    let budget = profile.limits.condense_above.unwrap_or(prompter.context()).min(prompter.context());
    let target = format!("{} <judgement>YES</judgement>", profile.prompt.system.as_deref().unwrap_or_default());
    let share = budget.saturating_sub(prompter.tokenizer().count(&target)? + BUFFER);
    let thought = Regex::new(r"(?s)\[ASSISTANT\](.*?)<function").map_err(|error| error.to_string())?;
    let placeholder = prompter.tokenizer().count(CONDENSED)?;
    let (mut count, mut characters) = (0, 0);
    // Tokens of the message: exact, or an estimate that is off by at most `doubt`, since counting all is slow.
    let (mut tokens, mut doubt) = (prompter.tokenizer().count(&user)?, 0);
    loop {
        if tokens <= share + doubt && doubt > 0 {
            (tokens, doubt) = (prompter.tokenizer().count(&user)?, 0);
        }
        let Some(longest) = longest_thought(&thought, &user).filter(|_| tokens > share) else { break };
        let condensed = &user[longest.clone()];
        tokens = (tokens + placeholder).saturating_sub(prompter.tokenizer().count(condensed)?);
        doubt += SEAMS;
        count += 1;
        characters += condensed.chars().count();
        user.replace_range(longest, CONDENSED);
    }
    if count > 0 {
        cut.push(Cut { what: "thoughts".into(), count, characters, rule: "condense_thoughts: longest first".into() });
    }
    asked(prompter, user, cut)
}

/// The first among equals, as Python's stable sort leaves them.
fn longest_thought(thought: &Regex, user: &str) -> Option<std::ops::Range<usize>> {
    let all: Vec<_> = thought.captures_iter(user).filter_map(|found| found.get(1)).map(|found| found.range()).collect();
    if all.len() < 2 {
        return None;
    }
    let open = all.into_iter().filter(|range| user[range.clone()].trim() != CONDENSED);
    open.rev().max_by_key(|range| user[range.clone()].chars().count())
}

/// Keeps the first turns and as many of the last as fit; at least one of the last.
fn without_middle(prompter: &Prompter, view: &View, keep_first: usize) -> Result<Draft, Misfit> {
    let full = whole(prompter, view)?;
    if full.token_ids.len() <= prompter.context() {
        return Ok(full);
    }
    let first = keep_first.min(view.steps.len().saturating_sub(2));
    let fewest = dropped(prompter, view, first, 1)?;
    let (mut best, mut low, mut high) = (within(prompter, fewest)?, 1, view.steps.len() - first);
    // `low` turns fit, `high` do not.
    while high - low > 1 {
        let middle = usize::midpoint(low, high);
        match within(prompter, dropped(prompter, view, first, middle)?) {
            Ok(fits) => (best, low) = (fits, middle),
            Err(_) => high = middle,
        }
    }
    Ok(best)
}

/// The prompt with the first `first` and the last `last` turns.
fn dropped(prompter: &Prompter, view: &View, first: usize, last: usize) -> Result<Draft, String> {
    let resume = view.steps.len().saturating_sub(last).max(first);
    let gone = &view.steps[first..resume];
    let mut short = view.clone();
    short.steps = view.steps[..first].iter().chain(&view.steps[resume..]).cloned().collect();
    let (Some(from), Some(to)) = (gone.first(), gone.last()) else { return whole(prompter, view) };
    if let Some(step) = short.steps.get_mut(first) {
        step.gap = Some((from.number, to.number));
    }
    let mut draft = whole(prompter, &short)?;
    let characters = gone.iter().map(length).sum();
    let rule = format!("drop_middle: whole turns, to fit {} tokens", prompter.context());
    let what = format!("turns {} to {}", from.number, to.number);
    draft.cut.push(Cut { what, count: gone.len(), characters, rule });
    Ok(draft)
}

fn length(step: &Step) -> usize {
    [&step.thought, &step.action, &step.observation].iter().map(|text| text.chars().count()).sum()
}
