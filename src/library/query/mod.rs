//! The filter language: one way to say which trajectories, on the board, on the command line and in evaluation.
//!
//! Words, `field:value`, comparisons, `/regex/`, `!`, `and`, `or`, parentheses. Knows no screen and opens no file: what
//! only a body can answer (`text:`) is asked of the row.

mod body;
mod evaluate;
mod expression;
mod field;
mod matcher;
mod parse;
mod print;
mod token;

use std::fmt;

pub use body::holds;
pub use evaluate::Row;
pub use expression::{Comparison, Expression};
pub use field::{FIELDS, Field, Kind};
pub use matcher::{Matcher, Pattern};

/// A filter as it was typed, and what it means. Empty, it leaves everything.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Query {
    pub text: String,
    pub expression: Expression,
}

/// Why a query cannot be read, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Misread {
    pub reason: String,
    /// Characters before the place.
    pub column: usize,
    /// Characters it is long, at least one.
    pub length: usize,
}

impl Query {
    pub fn parse(text: &str) -> Result<Self, Misread> {
        Ok(Self { text: text.to_owned(), expression: parse::parse(text)? })
    }

    pub fn is_empty(&self) -> bool {
        self.expression == Expression::default()
    }

    /// Whether a row is wanted. What cannot be known of it (a comparison with a missing value) does not fit.
    pub fn fits(&self, row: &Row) -> bool {
        self.judge(row) == Some(true)
    }

    /// `None`: what the row lacks would decide.
    pub fn judge(&self, row: &Row) -> Option<bool> {
        self.expression.judge(row)
    }

    pub fn mentions(&self, field: Field) -> bool {
        self.expression.mentions(field)
    }

    /// The same without all that asks for this field.
    #[must_use]
    pub fn without(&self, field: Field) -> Self {
        let expression = self.expression.without(field).unwrap_or_default();
        Self { text: expression.to_string(), expression }
    }

    /// Whether a score, or what follows from it, can decide: then it is asked after scoring.
    pub fn needs_scores(&self) -> bool {
        self.mentions(Field::Score) || self.mentions(Field::Rank)
    }

    /// What bodies are searched for.
    pub fn texts(&self) -> Vec<&Matcher> {
        self.expression.texts()
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expression.fmt(f)
    }
}

impl Misread {
    /// The reason, the query, and a mark under the place.
    pub fn pointed(&self, text: &str) -> String {
        format!("{}\n  {text}\n  {}{}", self.reason, " ".repeat(self.column), "^".repeat(self.length))
    }
}

#[cfg(test)]
mod tests;
