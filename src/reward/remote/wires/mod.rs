//! The dialects, one file each: what is sent, what is read, and what must be in the answer before it is believed.

mod classify;
mod completions;
mod generative_scoring;
mod pooling;
mod sglang_classify;
mod sglang_generate;
mod sglang_score;
mod top_text;
mod top_tokens;

use serde_json::Value;

use super::kind::Kind;
use crate::reward::profile::Head;
use crate::reward::{Prompt, Prompter, ScoreError};

/// A way of asking a server.
pub trait Wire: Send + Sync {
    /// The path after the address.
    fn route(&self) -> &'static str;

    /// Whether a server of this kind may be asked so for a head like this.
    fn serves(&self, kind: Kind, head: &Head) -> bool;

    fn body(&self, asked: &Asked) -> Value;

    fn read(&self, answer: &Value, asked: &Asked) -> Result<Answer, Misread>;

    /// Tokens that the server needs for an answer of its own.
    fn spare(&self) -> usize {
        0
    }

    /// The same question with the outputs activated, where raw ones may come back activated unasked.
    fn activated(&self, _: &Asked) -> Option<Value> {
        None
    }

    /// Whether a refusal may mean that the dialect is not understood, and another is worth trying.
    fn may_be_refused(&self, _why: &str, _kind: Kind, _: &Asked) -> bool {
        false
    }
}

/// In the order in which they are tried.
pub static WIRES: &[&dyn Wire] = &[
    &completions::Completions,
    &top_tokens::TopTokens { top: 20 },
    &top_tokens::TopTokens { top: 5 },
    &sglang_generate::Generate,
    &classify::Classify,
    &pooling::Pooling,
    &sglang_classify::SglangClassify,
    &top_text::TopText { top: 1000 },
    &top_text::TopText { top: 20 },
    &generative_scoring::GenerativeScoring,
    &sglang_score::Score,
];

pub fn fitting(kind: Kind, head: &Head, wanted: Option<&'static dyn Wire>) -> Vec<&'static dyn Wire> {
    let routed = |wire: &&&'static dyn Wire| wanted.is_none_or(|wanted| wanted.route() == wire.route());
    WIRES.iter().filter(routed).copied().filter(|wire| wire.serves(kind, head)).collect()
}

/// A question, and who asks it.
pub struct Asked<'a> {
    /// The name under which the model is served.
    pub model: &'a str,
    pub prompt: &'a Prompt,
    pub prompter: &'a Prompter,
}

impl Asked<'_> {
    /// Label tokens, yes first.
    pub fn labels(&self) -> Vec<u32> {
        self.prompt.labels.yes.iter().chain(&self.prompt.labels.no).copied().collect()
    }

    /// The text of a label token.
    pub fn text(&self, id: u32) -> String {
        self.prompter.tokenizer().decode(&[id]).unwrap_or_default()
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// As a head gives them: log-probabilities of the labels (their differences are those of the logits), outputs, or a
    /// row for each token.
    Rows(Vec<Vec<f64>>),
    /// The server has compared the labels itself.
    Odds(f64),
}

impl Answer {
    /// All values lie between 0 and 1, as probabilities do.
    pub fn looks_activated(&self) -> bool {
        matches!(self, Self::Rows(rows) if rows.iter().flatten().all(|value| (0.0..=1.0).contains(value)))
    }
}

/// Why an answer is none.
#[derive(Debug, PartialEq)]
pub enum Misread {
    Wrong(String),
    /// Another dialect may be understood.
    NotUnderstood(String),
    /// The server names only its likeliest tokens, and a label is not among them.
    Below(ScoreError),
    Stopped,
}

/// Who answered, and whether the whole prompt was read: a server that cuts silently says so only here.
pub fn checked(answer: &Value, asked: &Asked) -> Result<(), String> {
    if let Some(model) = answer["model"].as_str().filter(|model| *model != asked.model) {
        return Err(format!("it was asked for {}, and {model} answered", asked.model));
    }
    let usage = [&answer["usage"]["prompt_tokens"], &answer["meta_info"]["prompt_tokens"]];
    let (read, sent) = (usage.into_iter().find_map(Value::as_u64), asked.prompt.token_ids.len());
    match read {
        Some(read) if read as usize != sent => {
            Err(format!("it read {read} tokens of {sent}: the prompt was cut or changed"))
        }
        _ => Ok(()),
    }
}

/// A number that is one: JSON has no NaN, so it comes as null or a text.
fn number(value: &Value, what: &str) -> Result<f64, Misread> {
    let found = value.as_f64().filter(|number| number.is_finite());
    found.ok_or_else(|| Misread::Wrong(format!("{what} is {value}, no number")))
}

fn numbers(value: &Value, what: &str) -> Result<Vec<f64>, Misread> {
    let list = value.as_array().ok_or_else(|| Misread::Wrong(format!("the answer has no list of {what}")))?;
    list.iter().map(|value| number(value, what)).collect()
}

/// The log-probabilities that `/v1/completions` names for the first token of its answer, by the name of the token.
fn first_token(answer: &Value) -> Result<&serde_json::Map<String, Value>, Misread> {
    let choice = &answer["choices"][0];
    let named = choice["logprobs"]["top_logprobs"][0].as_object();
    named.ok_or_else(|| Misread::NotUnderstood("the answer names no log-probabilities".into()))
}

/// Labels out of a list of the likeliest tokens. Of each side only the largest counts, so it is enough that one spelling
/// of it is named; where none is, there is no score.
fn among(named: &[(u32, f64)], floor: f64, top: usize, asked: &Asked) -> Result<Answer, Misread> {
    let largest =
        |ids: &[u32]| named.iter().filter(|(id, _)| ids.contains(id)).map(|(_, value)| *value).reduce(f64::max);
    let side = |label: &'static str, ids: &[u32]| {
        largest(ids).ok_or(Misread::Below(ScoreError::BelowTop { label, top, floor }))
    };
    let labels = &asked.prompt.labels;
    let (yes, no) = (side("yes", &labels.yes)?, side("no", &labels.no)?);
    let row = labels.yes.iter().map(|_| yes).chain(labels.no.iter().map(|_| no)).collect();
    Ok(Answer::Rows(vec![row]))
}
