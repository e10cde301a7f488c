use durafmt::{clock, human, parse, Span};

const SECOND: i64 = 1_000_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

fn human_of(nanos: i64, parts: usize) -> String {
    human(Span::from_nanos(nanos), parts)
}

fn clock_of(nanos: i64, decimals: usize) -> String {
    clock(Span::from_nanos(nanos), decimals)
}

#[test]
fn human_issue() {
    assert_eq!(human_of(7_199_700_000_000, 3), "2h");
    assert_eq!(human_of(7_199_700_000_000, 2), "2h");
    assert_eq!(human_of(7_199_700_000_000, 1), "2h");
    assert_eq!(human_of(7_199_700_000_000, 4), "1h 59m 59s 700ms");
}

#[test]
fn human_carries_into_larger_units() {
    assert_eq!(human_of(HOUR - 1, 2), "1h");
    assert_eq!(human_of(DAY - 1, 1), "1d");
    assert_eq!(human_of(DAY - 1, 3), "1d");
    assert_eq!(human_of(DAY - 1, 6), "23h 59m 59s 999ms 999us 999ns");
    assert_eq!(human_of(SECOND - 1, 1), "1s");
    assert_eq!(human_of(SECOND - 1, 2), "1s");
    assert_eq!(human_of(999_999, 1), "1ms");
    assert_eq!(human_of(DAY + 23 * HOUR + 59 * MINUTE + 59 * SECOND + 500_000_000, 4), "2d");
}

#[test]
fn human_carries_only_as_far_as_necessary() {
    assert_eq!(human_of(HOUR + 58 * MINUTE + 59 * SECOND + 600_000_000, 3), "1h 59m");
    assert_eq!(human_of(DAY + 59 * MINUTE + 59 * SECOND, 3), "1d 1h");
    assert_eq!(human_of(DAY + 5 * HOUR + 29 * MINUTE, 2), "1d 5h");
    assert_eq!(human_of(HOUR + 29 * SECOND, 2), "1h");
}

#[test]
fn human_middle_goes_away_from_zero() {
    assert_eq!(human_of(MINUTE + 500_000_000, 2), "1m 1s");
    assert_eq!(human_of(-(MINUTE + 500_000_000), 2), "-1m 1s");
    assert_eq!(human_of(MINUTE + 499_999_999, 2), "1m");
    assert_eq!(human_of(-(HOUR - 1), 2), "-1h");
}

#[test]
fn human_extremes() {
    assert_eq!(human_of(i64::MAX, 9), "106751d 23h 47m 16s 854ms 775us 807ns");
    assert_eq!(human_of(i64::MAX, 1), "106752d");
    assert_eq!(human_of(-i64::MAX, 1), "-106752d");
    assert_eq!(human_of(MINUTE, 0), "1m");
}

#[test]
fn human_is_exact_with_all_parts() {
    let mut nanos: i64 = 17;
    for _ in 0..200 {
        nanos = nanos.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        for shift in [0, 9, 20, 33, 45] {
            let span = Span::from_nanos(nanos >> shift);
            assert_eq!(parse(&human(span, 7)), Ok(span));
        }
    }
}

#[test]
fn clock_carries() {
    assert_eq!(clock_of(59 * SECOND + 999_600_000, 3), "00:01:00.000");
    assert_eq!(clock_of(59 * SECOND + 999_400_000, 3), "00:00:59.999");
    assert_eq!(clock_of(HOUR - 1, 2), "01:00:00.00");
    assert_eq!(clock_of(HOUR - 1, 0), "01:00:00");
    assert_eq!(clock_of(HOUR - 1, 9), "00:59:59.999999999");
    assert_eq!(clock_of(99 * HOUR + 59 * MINUTE + 59 * SECOND + 500_000_000, 0), "100:00:00");
    assert_eq!(clock_of(-(59 * SECOND + 999_600_000), 3), "-00:01:00.000");
}

#[test]
fn clock_middle_goes_away_from_zero() {
    assert_eq!(clock_of(SECOND / 2, 0), "00:00:01");
    assert_eq!(clock_of(5 * SECOND / 2, 0), "00:00:03");
    assert_eq!(clock_of(-5 * SECOND / 2, 0), "-00:00:03");
    assert_eq!(clock_of(1_005_000_000, 2), "00:00:01.01");
    assert_eq!(clock_of(250_000_000, 1), "00:00:00.3");
}

#[test]
fn clock_zero_has_no_sign() {
    assert_eq!(clock_of(-1, 3), "00:00:00.000");
    assert_eq!(clock_of(-499_999_999, 0), "00:00:00");
    assert_eq!(clock_of(-500_000_000, 0), "-00:00:01");
    assert_eq!(clock_of(-1, 9), "-00:00:00.000000001");
}

#[test]
fn clock_extremes() {
    assert_eq!(clock_of(i64::MAX, 9), "2562047:47:16.854775807");
    assert_eq!(clock_of(i64::MAX, 0), "2562047:47:17");
    assert_eq!(clock_of(-i64::MAX, 0), "-2562047:47:17");
    assert_eq!(clock_of(1, 20), "00:00:00.000000001");
}
