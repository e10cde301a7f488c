use crate::unit::{rounded, UNITS};
use crate::Span;

/// A span with at most so many parts, such as `1h 30m`.
pub fn human(span: Span, parts: usize) -> String {
    let mut rest = span.nanos().abs();
    let first = UNITS.iter().position(|unit| rest >= unit.nanos);
    let Some(first) = first else {
        return "0s".to_string();
    };
    let last = (first + parts.max(1) - 1).min(UNITS.len() - 1);
    let mut words = Vec::new();
    for (index, unit) in UNITS.iter().enumerate().take(last + 1).skip(first) {
        let count = if index == last {
            rounded(rest, unit.nanos)
        } else {
            rest / unit.nanos
        };
        rest %= unit.nanos;
        if count > 0 {
            words.push(format!("{count}{}", unit.name));
        }
    }
    let sign = if span.nanos() < 0 { "-" } else { "" };
    format!("{sign}{}", words.join(" "))
}
