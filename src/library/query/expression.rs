//! What a query means, as a tree.

use super::field::Field;
use super::matcher::Matcher;
use crate::trajectory::Outcome;

#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// In the id, task, run, model or exit status.
    Word(Matcher),
    /// A text field; of those with several texts, any.
    Is(Field, Matcher),
    Compare(Field, Comparison, f64),
    Outcome(Outcome),
    /// The field has a value.
    Has(Field),
    Not(Box<Expression>),
    And(Vec<Expression>),
    Or(Vec<Expression>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Less,
    LessOrEqual,
    Equal,
    MoreOrEqual,
    More,
}

impl Default for Expression {
    /// Everything fits.
    fn default() -> Self {
        Self::And(Vec::new())
    }
}

impl Comparison {
    pub fn holds(self, value: f64, bound: f64) -> bool {
        match self {
            Self::Less => value < bound,
            Self::LessOrEqual => value <= bound,
            Self::Equal => (value - bound).abs() < f64::EPSILON,
            Self::MoreOrEqual => value >= bound,
            Self::More => value > bound,
        }
    }

    pub fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Equal => ":",
            Self::MoreOrEqual => ">=",
            Self::More => ">",
        }
    }
}

impl Expression {
    pub fn mentions(&self, wanted: Field) -> bool {
        match self {
            Self::Word(_) => false,
            Self::Outcome(_) => wanted == Field::Resolved,
            Self::Is(field, _) | Self::Compare(field, ..) | Self::Has(field) => *field == wanted,
            Self::Not(inner) => inner.mentions(wanted),
            Self::And(parts) | Self::Or(parts) => parts.iter().any(|part| part.mentions(wanted)),
        }
    }

    /// What is left when nothing asks for a field; nothing where that is all.
    pub fn without(&self, unwanted: Field) -> Option<Self> {
        let rest = |parts: &[Self]| parts.iter().map(|part| part.without(unwanted)).collect::<Vec<_>>();
        match self {
            Self::Not(inner) => Some(Self::Not(Box::new(inner.without(unwanted)?))),
            Self::And(parts) => Some(Self::And(rest(parts).into_iter().flatten().collect())),
            // One side that says nothing lets everything through.
            Self::Or(parts) => rest(parts).into_iter().collect::<Option<Vec<_>>>().map(Self::Or),
            other => (!other.mentions(unwanted)).then(|| other.clone()),
        }
    }

    pub fn texts(&self) -> Vec<&Matcher> {
        match self {
            Self::Is(Field::Text, matcher) => vec![matcher],
            Self::Not(inner) => inner.texts(),
            Self::And(parts) | Self::Or(parts) => parts.iter().flat_map(Self::texts).collect(),
            _ => Vec::new(),
        }
    }
}
