use crate::unit::SECOND;
use crate::Span;

/// A span as a clock shows it, such as `01:30:00.25`.
pub fn clock(span: Span, decimals: usize) -> String {
    let decimals = decimals.min(9);
    let sign = if span.nanos() < 0 { "-" } else { "" };
    let nanos = span.nanos().abs();
    let hours = nanos / (3_600 * SECOND);
    let minutes = nanos / (60 * SECOND) % 60;
    let seconds = (nanos % (60 * SECOND)) as f64 / SECOND as f64;
    let width = if decimals == 0 { 2 } else { decimals + 3 };
    format!("{sign}{hours:02}:{minutes:02}:{seconds:0width$.decimals$}")
}
