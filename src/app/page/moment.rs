//! When a turn happened, as far as its source says so.

/// Seconds since 1970 of ISO 8601 (`2026-01-31T09:30:00.5Z`, with or without an offset) or of Unix seconds; of
/// milliseconds, where seconds would lie centuries ahead.
pub fn seconds(written: &str) -> Option<f64> {
    if let Ok(number) = written.trim().parse::<f64>() {
        return number.is_finite().then_some(if number > 1e11 { number / 1e3 } else { number });
    }
    let (date, time) = written.trim().split_once(['T', ' '])?;
    let mut days = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (days.next()??, days.next()??, days.next()??);
    let (clock, offset) = split_offset(time);
    let mut clock = clock.splitn(3, ':').map(|part| part.parse::<f64>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next().unwrap_or(Some(0.0))?);
    Some(days_before(year, month, day)? as f64 * 86_400.0 + hour * 3_600.0 + minute * 60.0 + second - offset)
}

/// The time of day, and the seconds it is ahead of UTC.
fn split_offset(time: &str) -> (&str, f64) {
    let time = time.trim_end_matches(['Z', 'z']);
    let Some(at) = time.rfind(['+', '-']) else { return (time, 0.0) };
    let (clock, offset) = time.split_at(at);
    let sign = if offset.starts_with('-') { -1.0 } else { 1.0 };
    let digits: String = offset.chars().filter(char::is_ascii_digit).collect();
    let number = |range| digits.get(range).and_then(|part: &str| part.parse::<f64>().ok()).unwrap_or_default();
    (clock, sign * (number(0..2) * 3_600.0 + number(2..4) * 60.0))
}

/// Days from 1970-01-01 (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn days_before(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || !(1..=9999).contains(&year) {
        return None;
    }
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

/// `0.4s`, `12s`, `3m`, `2h`.
pub fn duration(seconds: f64) -> String {
    match seconds {
        0.0..9.95 => format!("{seconds:.1}s"),
        ..99.5 => format!("{seconds:.0}s"),
        ..5_970.0 => format!("{:.0}m", seconds / 60.0),
        _ => format!("{:.0}h", seconds / 3_600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_they_are_written() {
        let same = ["2026-01-31T09:30:00Z", "2026-01-31 10:30:00+01:00", "2026-01-31T04:30:00.000-0500", "1769851800"];
        for written in same {
            assert_eq!(seconds(written), Some(1_769_851_800.0), "{written}");
        }
        assert_eq!(seconds("1769851800500"), Some(1_769_851_800.5));
        assert_eq!(seconds("2000-02-29T00:00:00Z"), Some(951_782_400.0));
        for written in ["", "yesterday", "2026-13-01T00:00:00Z", "NaN", "2026-01-31"] {
            assert_eq!(seconds(written), None, "{written}");
        }
    }

    #[test]
    fn durations_are_short() {
        let told = [0.42, 12.3, 200.0, 7_300.0].map(duration);
        assert_eq!(told, ["0.4s", "12s", "3m", "2h"]);
    }
}
