//! Where strings end: most of the bytes of a rollout are passed over here, many at a time. The way to tell escaped
//! letters by arithmetic is that of Langdale and Lemire, "Parsing Gigabytes of JSON per Second" (2019).

use wide::u8x32;

use super::written::escape_length;

/// How many bytes are looked at together: a bit for each.
const STEP: usize = 64;

/// Where the string that begins here ends, and whether there are escapes in it. None if it does not end, or if something
/// is in it that JSON does not allow.
pub fn string_end(bytes: &[u8], start: usize) -> Option<(usize, bool)> {
    let (mut at, mut escaped, mut carry, mut checked) = (start, false, 0, start);
    loop {
        let step = Step::at(bytes, at);
        let (letters, next) = letters(step.backslashes, carry);
        let ends = step.quotes & !letters;
        let inside = ends.wrapping_sub(1) & !ends;
        if step.controls & inside != 0 {
            return None;
        }
        escaped |= step.backslashes & inside != 0;
        checked = check(letters & inside & !step.usual, bytes, at, checked)?;
        if ends != 0 {
            return Some((at + ends.trailing_zeros() as usize, escaped));
        }
        (at, carry) = (at + STEP, next);
    }
}

/// Letters behind a backslash that escapes them, as bits, and whether the byte behind them is one. `first`: the first
/// byte is.
fn letters(backslashes: u64, first: u64) -> (u64, u64) {
    const EVEN: u64 = u64::MAX / 3;
    let backslashes = backslashes & !first;
    let follows = backslashes << 1 | first;
    let odd_starts = backslashes & !EVEN & !follows;
    let (runs, next) = odd_starts.overflowing_add(backslashes);
    ((EVEN ^ runs << 1) & follows, u64::from(next))
}

/// Looks at escapes one by one, up to the last of these letters, as far as none was looked at together with the one
/// before; the place behind the last. None if one is no escape.
fn check(mut letters: u64, bytes: &[u8], step: usize, mut checked: usize) -> Option<usize> {
    while letters != 0 {
        let backslash = step + letters.trailing_zeros() as usize - 1;
        if backslash >= checked {
            checked = backslash + escape_length(&bytes[backslash..])?;
        }
        letters &= letters - 1;
    }
    Some(checked)
}

/// What the bytes from a place on are, as bits: the first byte is the lowest.
struct Step {
    quotes: u64,
    backslashes: u64,
    /// Zero is one, and stands behind the end.
    controls: u64,
    /// Letters of the escapes that are met most, if they are any.
    usual: u64,
}

impl Step {
    #[inline]
    fn at(bytes: &[u8], at: usize) -> Self {
        let rest = bytes.get(at..).unwrap_or_default();
        rest.first_chunk().map_or_else(|| Self::of(&padded(rest)), Self::of)
    }

    #[inline]
    fn of(bytes: &[u8; STEP]) -> Self {
        let (halves, _) = bytes.as_chunks::<{ STEP / 2 }>();
        let halves = [u8x32::new(halves[0]), u8x32::new(halves[1])];
        let are = |byte: u8| bits(halves.map(|half| half.simd_eq(u8x32::splat(byte))));
        let (quotes, backslashes) = (are(b'"'), are(b'\\'));
        let controls = bits(halves.map(|half| half.min(u8x32::splat(b' ' - 1)).simd_eq(half)));
        let usual = if backslashes == 0 { quotes } else { quotes | backslashes | are(b'n') | are(b't') };
        Self { quotes, backslashes, controls, usual }
    }
}

fn bits(halves: [u8x32; 2]) -> u64 {
    let [low, high] = halves.map(|half| u64::from(half.to_bitmask()));
    low | high << (STEP / 2)
}

#[cold]
fn padded(rest: &[u8]) -> [u8; STEP] {
    let mut bytes = [0; STEP];
    bytes[..rest.len()].copy_from_slice(rest);
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As one would write it down.
    fn one_by_one(bytes: &[u8]) -> Option<(usize, bool)> {
        let (mut at, mut escaped) = (0, false);
        loop {
            match bytes.get(at)? {
                b'"' => return Some((at, escaped)),
                b'\\' => (at, escaped) = (at + escape_length(&bytes[at..])?, true),
                0..32 => return None,
                _ => at += 1,
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn many_bytes_at_a_time_end_where_one_by_one_ends(
            pieces in proptest::collection::vec(prop_oneof![
                12 => "[a-z é]{0,40}",
                6 => Just("\\n".to_owned()),
                2 => Just("\\\\".to_owned()),
                2 => Just("\\\"".to_owned()),
                1 => "\\\\[a-z/]|\\\\u00e9|\\\\ud83d|\\\\ud83d\\\\ude00|\\\\u12|\"|\\\\|\n|\u{0}",
            ], 0..12),
            before in 0..3_usize,
        ) {
            let text = format!("{}{}", "x".repeat(before), pieces.concat());
            for text in [text.clone(), format!("{text}\"")] {
                let found = string_end(text.as_bytes(), before);
                let expected = one_by_one(&text.as_bytes()[before..]);
                prop_assert_eq!(found, expected.map(|(end, escaped)| (before + end, escaped)), "{:?}", text);
            }
        }
    }
}
