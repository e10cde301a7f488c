use durafmt::{clock, human, parse, Span};

const SECOND: i64 = 1_000_000_000;

fn seconds(count: i64) -> Span {
    Span::from_nanos(count * SECOND)
}

#[test]
fn human_parts() {
    let span = Span::from_nanos(5_400_250_000_000);
    assert_eq!(human(span, 1), "2h");
    assert_eq!(human(span, 2), "1h 30m");
    assert_eq!(human(span, 3), "1h 30m");
    assert_eq!(human(span, 4), "1h 30m 250ms");
    assert_eq!(human(seconds(0), 2), "0s");
    assert_eq!(human(seconds(-90), 2), "-1m 30s");
}

#[test]
fn clock_decimals() {
    assert_eq!(clock(Span::from_nanos(5_400_250_000_000), 2), "01:30:00.25");
    assert_eq!(clock(seconds(3_599), 0), "00:59:59");
    assert_eq!(clock(seconds(-360_000), 1), "-100:00:00.0");
}

#[test]
fn parse_reads_what_human_writes() {
    for text in ["1d 2h", "-1m 30s", "7ms 1ns", "0s"] {
        assert_eq!(human(parse(text).unwrap(), 9), text);
    }
    for text in ["", "-", "1", "h", "1x", "1h-2m", "9999999d"] {
        assert!(parse(text).is_err(), "{text}");
    }
}
