//! A query held against one trajectory.
//!
//! A comparison with a value that is missing is neither true nor false, and neither is its opposite: `!score>0.8` leaves
//! out what has no score. A text that is missing holds no word, so `!model:gpt` keeps it.

use super::expression::Expression;
use super::field::Field;
use super::matcher::Matcher;
use crate::library::Summary;
use crate::trajectory::Outcome;

/// Answers whether a body holds something.
pub type Body<'a> = dyn Fn(&Matcher) -> Option<bool> + 'a;

/// All that is known of one trajectory.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    pub summary: &'a Summary,
    /// Our score, a probability.
    pub score: Option<f64>,
    /// From 1, among the candidates of its task.
    pub rank: Option<usize>,
    /// How many candidates of its task have a score and an outcome, where somebody has counted them.
    pub judged: Option<usize>,
    /// What a person said.
    pub verdict: Option<&'a str>,
    /// Whether its body holds this; `None` while nobody has looked.
    pub body: Option<&'a Body<'a>>,
}

impl<'a> From<&'a Summary> for Row<'a> {
    fn from(summary: &'a Summary) -> Self {
        Self { summary, score: summary.score, rank: None, judged: None, verdict: None, body: None }
    }
}

impl Expression {
    pub(super) fn judge(&self, row: &Row) -> Option<bool> {
        match self {
            Self::Word(matcher) => Some(row.holds(matcher)),
            Self::Is(Field::Text, matcher) => row.body.and_then(|body| body(matcher)),
            Self::Is(field, matcher) => Some(row.any(*field, &mut |text| matcher.fits(text))),
            Self::Compare(field, comparison, bound) => row.number(*field).map(|value| comparison.holds(value, *bound)),
            Self::Outcome(outcome) => Some(Outcome::from(row.summary.resolved) == *outcome),
            Self::Has(field) => Some(row.has(*field)),
            Self::Not(inner) => inner.judge(row).map(|fits| !fits),
            Self::And(parts) => all(parts, row, true),
            Self::Or(parts) => all(parts, row, false),
        }
    }
}

/// All parts are `wanted`; one that is its opposite decides, whatever is unknown beside it.
fn all(parts: &[Expression], row: &Row, wanted: bool) -> Option<bool> {
    let mut judged = Some(wanted);
    for part in parts {
        match part.judge(row) {
            Some(fits) if fits == wanted => {}
            Some(fits) => return Some(fits),
            None => judged = None,
        }
    }
    judged
}

impl Row<'_> {
    fn holds(&self, word: &Matcher) -> bool {
        let it = self.summary;
        let optional = [it.model.as_deref(), it.exit_status.as_deref()].into_iter().flatten();
        [it.task_id.as_str(), &it.run, &it.id].into_iter().chain(optional).any(|text| word.fits(text))
    }

    /// Its number, if the field is one and it has it.
    pub fn number(&self, field: Field) -> Option<f64> {
        let it = self.summary;
        let count = |count: usize| Some(count as f64);
        match field {
            Field::Attempt => it.attempt.map(f64::from),
            Field::Turns => count(it.turns),
            Field::ToolCalls => count(it.tool_calls),
            Field::Reward => it.reward,
            Field::Score => self.score,
            Field::Rank => self.rank.and_then(count),
            Field::Judged => self.judged.and_then(count),
            Field::PatchFiles => it.patch_files.and_then(count),
            Field::PatchAdded => it.patch_added.and_then(count),
            Field::PatchRemoved => it.patch_removed.and_then(count),
            Field::InputTokens => it.input_tokens.map(|tokens| tokens as f64),
            Field::OutputTokens => it.output_tokens.map(|tokens| tokens as f64),
            Field::CostUsd => it.cost_usd,
            Field::Loops => count(it.loops),
            Field::Bytes => Some(it.bytes as f64),
            _ => None,
        }
    }

    fn any(&self, field: Field, fits: &mut dyn FnMut(&str) -> bool) -> bool {
        let it = self.summary;
        match field {
            Field::Id => fits(&it.id),
            Field::Path => fits(&it.path.to_string_lossy()),
            Field::Format => fits(it.format),
            Field::TaskId => fits(&it.task_id),
            Field::Run => fits(&it.run),
            Field::Model => it.model.as_deref().is_some_and(fits),
            Field::ExitStatus => it.exit_status.as_deref().is_some_and(fits),
            Field::Verdict => self.verdict.is_some_and(fits),
            Field::Notes => it.notes.iter().any(|note| fits(note)),
            Field::File => it.touched.iter().any(|file| fits(file)),
            _ => false,
        }
    }

    /// Its text, of several the first.
    pub fn first_text(&self, field: Field) -> Option<String> {
        let mut first = None;
        self.any(field, &mut |text| {
            first = Some(text.to_owned());
            true
        });
        first
    }

    fn has(&self, field: Field) -> bool {
        match field {
            Field::Resolved => self.summary.resolved.is_some(),
            Field::Text => self.summary.turns > 0,
            _ => self.number(field).is_some() || self.any(field, &mut |text| !text.is_empty()),
        }
    }
}
