//! From pieces to meaning. `or` binds weakest, then `and` or a mere space, then `!`.

use super::Misread;
use super::expression::{Comparison, Expression};
use super::field::{Field, Kind};
use super::matcher::{Matcher, Pattern};
use super::token::{Placed, Token, tokens};
use crate::trajectory::Outcome;

/// Deeper nesting than anybody means.
const DEEPEST: usize = 64;

pub(super) fn parse(text: &str) -> Result<Expression, Misread> {
    let end = text.trim_end().chars().count();
    let mut parser = Parser { tokens: tokens(text)?, at: 0, end, depth: 0 };
    if parser.tokens.is_empty() {
        return Ok(Expression::default());
    }
    let whole = parser.alternatives()?;
    match parser.tokens.get(parser.at) {
        None => Ok(whole),
        Some(rest) => Err(misread("this ) closes nothing", rest)),
    }
}

struct Parser {
    tokens: Vec<Placed>,
    at: usize,
    /// Characters before the end.
    end: usize,
    depth: usize,
}

fn misread(reason: impl Into<String>, at: &Placed) -> Misread {
    Misread { reason: reason.into(), column: at.column, length: at.length.max(1) }
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|placed| &placed.token)
    }

    fn next(&mut self) -> Option<Placed> {
        let next = self.tokens.get(self.at).cloned();
        self.at += usize::from(next.is_some());
        next
    }

    fn ends_early(&self, reason: &str) -> Misread {
        Misread { reason: reason.into(), column: self.end, length: 1 }
    }

    fn alternatives(&mut self) -> Result<Expression, Misread> {
        let mut parts = vec![self.conjunction()?];
        while self.peek() == Some(&Token::Or) {
            self.at += 1;
            parts.push(self.conjunction()?);
        }
        Ok(single(parts, Expression::Or))
    }

    fn conjunction(&mut self) -> Result<Expression, Misread> {
        let mut parts = vec![self.negation()?];
        loop {
            match self.peek() {
                None | Some(Token::Or | Token::Close) => return Ok(single(parts, Expression::And)),
                Some(Token::And) => self.at += 1,
                Some(_) => {}
            }
            parts.push(self.negation()?);
        }
    }

    fn negation(&mut self) -> Result<Expression, Misread> {
        if self.depth > DEEPEST {
            return Err(self
                .tokens
                .get(self.at)
                .map_or_else(|| self.ends_early("too deeply nested"), |placed| misread("too deeply nested", placed)));
        }
        self.depth += 1;
        let found = if self.peek() == Some(&Token::Not) {
            self.at += 1;
            self.negation().map(|inner| Expression::Not(Box::new(inner)))
        } else {
            self.term()
        };
        self.depth -= 1;
        found
    }

    fn term(&mut self) -> Result<Expression, Misread> {
        let Some(first) = self.next() else { return Err(self.ends_early("something must follow here")) };
        match &first.token {
            Token::Open => {
                let inner = self.alternatives()?;
                match self.next() {
                    Some(Placed { token: Token::Close, .. }) => Ok(inner),
                    _ => Err(misread("this ( is not closed", &first)),
                }
            }
            Token::Bare(word) | Token::Quoted(word) => Ok(Expression::Word(Matcher::word(word))),
            Token::Regex(source) => Ok(Expression::Word(regex(source, &first)?)),
            Token::Field(name) => self.field(name, &first),
            Token::And | Token::Or => {
                Err(misread("something must stand on both sides of this; quote it to look for the word", &first))
            }
            Token::Close => Err(misread("something must stand before this )", &first)),
            Token::Not | Token::Sign(_) => Err(misread("something is missing before this", &first)),
        }
    }

    fn field(&mut self, name: &str, placed: &Placed) -> Result<Expression, Misread> {
        let field = Field::named(name);
        if field.is_none() && name != "has" {
            let meant = Field::meant(name).map_or_else(
                || format!("; to look for the text, quote it: \"{name}…\""),
                |meant| format!("; did you mean `{meant}`?"),
            );
            return Err(misread(format!("there is no field `{name}`{meant}"), placed));
        }
        let Some(Placed { token: Token::Sign(sign), .. }) = self.next() else {
            return Err(self.ends_early("a comparison is missing here"));
        };
        let value = match self.next() {
            Some(value) if matches!(value.token, Token::Bare(_) | Token::Quoted(_) | Token::Regex(_)) => value,
            Some(other) => return Err(misread(format!("a value is missing after {name}{sign}"), &other)),
            None => return Err(self.ends_early(&format!("a value is missing after {name}{sign}"))),
        };
        let (sign, negated) = if sign == "!=" { ("=", true) } else { (sign, false) };
        let found = match field {
            None => has(sign, &value),
            Some(field) => match field.kind() {
                Kind::Number => number(field, sign, &value),
                Kind::Text => text(field, sign, &value),
                Kind::Outcome => outcome(sign, &value),
            },
        }?;
        Ok(if negated { Expression::Not(Box::new(found)) } else { found })
    }
}

fn single(mut parts: Vec<Expression>, many: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            many(parts)
        }
    }
}

fn regex(source: &str, placed: &Placed) -> Result<Matcher, Misread> {
    Pattern::new(source).map(Matcher::Regex).map_err(|error| misread(format!("regular expression: {error}"), placed))
}

/// The value as it was typed, without quotation marks.
fn typed(value: &Placed) -> &str {
    match &value.token {
        Token::Bare(text) | Token::Quoted(text) | Token::Regex(text) => text,
        _ => "",
    }
}

fn number(field: Field, sign: &str, value: &Placed) -> Result<Expression, Misread> {
    let comparison = match sign {
        "<" => Comparison::Less,
        "<=" => Comparison::LessOrEqual,
        ">=" => Comparison::MoreOrEqual,
        ">" => Comparison::More,
        _ => Comparison::Equal,
    };
    let bound = amount(typed(value)).filter(|_| matches!(value.token, Token::Bare(_)));
    let Some(bound) = bound else {
        let reason = format!("`{}` is a number, and this is none; has:{0} asks whether there is one", field.name());
        return Err(misread(reason, value));
    };
    Ok(Expression::Compare(field, comparison, bound))
}

/// `0.8`, `20`, `100k`, `1.5M`, `2G`.
fn amount(text: &str) -> Option<f64> {
    let (digits, factor) = match text.chars().last()? {
        'k' | 'K' => (&text[..text.len() - 1], 1e3),
        'm' | 'M' => (&text[..text.len() - 1], 1e6),
        'g' | 'G' => (&text[..text.len() - 1], 1e9),
        _ => (text, 1.0),
    };
    let number: f64 = digits.parse().ok()?;
    (number.is_finite() && !digits.contains(['n', 'i'])).then_some(number * factor)
}

fn text(field: Field, sign: &str, value: &Placed) -> Result<Expression, Misread> {
    let matcher = match (&value.token, sign) {
        (_, "<" | "<=" | ">" | ">=") => {
            let reason = format!("`{}` is text: `:` looks for a part of it, `=` for the whole", field.name());
            return Err(misread(reason, value));
        }
        (Token::Regex(source), _) => regex(source, value)?,
        (_, "=") if field != Field::Text => Matcher::Whole(typed(value).to_owned()),
        _ => Matcher::word(typed(value)),
    };
    Ok(Expression::Is(field, matcher))
}

fn outcome(sign: &str, value: &Placed) -> Result<Expression, Misread> {
    let outcome = match (sign, typed(value)) {
        (":" | "=", "true") => Outcome::Resolved,
        (":" | "=", "false") => Outcome::Unresolved,
        (":" | "=", "unknown") => Outcome::Unknown,
        _ => return Err(misread("`resolved:` is true, false or unknown", value)),
    };
    Ok(Expression::Outcome(outcome))
}

fn has(sign: &str, value: &Placed) -> Result<Expression, Misread> {
    match Field::named(typed(value)).filter(|_| matches!(sign, ":" | "=")) {
        Some(field) => Ok(Expression::Has(field)),
        None => Err(misread("`has:` wants the name of a field, such as has:score", value)),
    }
}
