use crate::unit::UNITS;
use crate::Span;
use std::fmt;

/// The text is not a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError(String);

impl fmt::Display for ParseError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "not a span: {:?}", self.0)
    }
}

impl std::error::Error for ParseError {}

/// Read a span as `human` writes it.
pub fn parse(text: &str) -> Result<Span, ParseError> {
    let error = || ParseError(text.to_string());
    let (sign, words) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let mut total: i128 = 0;
    let mut some = false;
    for word in words.split_whitespace() {
        let end = word.find(|c: char| !c.is_ascii_digit()).ok_or_else(error)?;
        let count: i64 = word[..end].parse().map_err(|_| error())?;
        let unit = UNITS.iter().find(|unit| unit.name == &word[end..]).ok_or_else(error)?;
        total += i128::from(count) * i128::from(unit.nanos);
        some = true;
    }
    if !some {
        return Err(error());
    }
    i64::try_from(sign * total).map(Span::from_nanos).map_err(|_| error())
}
