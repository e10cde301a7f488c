//! A query written down again, so that it reads back as the same.

use std::fmt::{self, Display};

use super::expression::Expression;
use super::matcher::Matcher;
use crate::trajectory::Outcome;

impl Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(matcher) => write_matcher(f, matcher),
            Self::Is(field, matcher) => {
                let sign = if matches!(matcher, Matcher::Whole(_)) { "=" } else { ":" };
                write!(f, "{}{sign}", field.name())?;
                write_matcher(f, matcher)
            }
            Self::Compare(field, comparison, bound) => write!(f, "{}{}{bound}", field.name(), comparison.sign()),
            Self::Outcome(outcome) => f.write_str(match outcome {
                Outcome::Resolved => "resolved:true",
                Outcome::Unresolved => "resolved:false",
                Outcome::Unknown => "resolved:unknown",
            }),
            Self::Has(field) => write!(f, "has:{}", field.name()),
            Self::Not(inner) => {
                f.write_str("!")?;
                write_inner(f, inner)
            }
            Self::And(parts) => write_joined(f, parts, " and "),
            Self::Or(parts) => write_joined(f, parts, " or "),
        }
    }
}

fn write_joined(f: &mut fmt::Formatter<'_>, parts: &[Expression], between: &str) -> fmt::Result {
    for (nth, part) in parts.iter().enumerate() {
        if nth > 0 {
            f.write_str(between)?;
        }
        write_inner(f, part)?;
    }
    Ok(())
}

fn write_inner(f: &mut fmt::Formatter<'_>, part: &Expression) -> fmt::Result {
    match part {
        Expression::And(_) | Expression::Or(_) => write!(f, "({part})"),
        part => part.fmt(f),
    }
}

fn write_matcher(f: &mut fmt::Formatter<'_>, matcher: &Matcher) -> fmt::Result {
    match matcher {
        Matcher::Regex(pattern) => write!(f, "/{}/", pattern.source.replace('/', "\\/")),
        Matcher::Word(text) | Matcher::Whole(text) if is_plain(text) => f.write_str(text),
        Matcher::Word(text) | Matcher::Whole(text) => {
            write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
        }
    }
}

/// Nothing in it means anything else.
fn is_plain(text: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "_-.#@+".contains(c) || (c == '/' && !text.starts_with('/'));
    !text.is_empty() && text.chars().all(plain) && !["and", "or", "not"].contains(&text.to_lowercase().as_str())
}
