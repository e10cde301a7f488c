//! Spans of time as text, and back. The README has the rules.

mod clock;
mod human;
mod parse;
mod unit;

pub use clock::clock;
pub use human::human;
pub use parse::{parse, ParseError};

/// A span of time in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(i64);

impl Span {
    pub fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    pub fn nanos(self) -> i64 {
        self.0
    }
}
