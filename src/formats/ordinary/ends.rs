//! Where strings end: most of the bytes of a rollout are passed over here, many at a time.

use super::written::escape_length;

/// How many bytes are looked at together.
const STEP: usize = 32;

/// Where the string that begins here ends, and whether there are escapes in it. None if it does not end, or if something
/// is in it that JSON does not allow.
pub fn string_end(bytes: &[u8], start: usize) -> Option<(usize, bool)> {
    let (mut step, mut escaped) = (start, false);
    loop {
        let mut marks = marks(bytes, step);
        let mut next = step + STEP;
        while marks != 0 {
            let at = step + marks.trailing_zeros() as usize;
            match bytes.get(at)? {
                b'"' => return Some((at, escaped)),
                b'\\' => escaped = true,
                _ => return None,
            }
            let behind = at + if USUAL[usize::from(*bytes.get(at + 1)?)] { 2 } else { escape_length(&bytes[at..])? };
            next = next.max(behind);
            marks &= u32::MAX.checked_shl((behind - step) as u32).unwrap_or(0);
        }
        step = next;
    }
}

/// Letters of escapes that are two bytes long.
const USUAL: [bool; 256] = {
    let mut usual = [false; 256];
    let (letters, mut at) = (b"n\"\\tr/bf", 0);
    while at < letters.len() {
        usual[letters[at] as usize] = true;
        at += 1;
    }
    usual
};

/// Quotes, backslashes and controls among the bytes from a place on, as bits: the first byte is the lowest.
#[inline]
fn marks(bytes: &[u8], at: usize) -> u32 {
    let rest = bytes.get(at..).unwrap_or_default();
    rest.first_chunk().map_or_else(|| marks_of(&padded(rest)), marks_of)
}

#[inline]
fn marks_of(bytes: &[u8; STEP]) -> u32 {
    let mut flags = [0; STEP];
    for (flag, byte) in flags.iter_mut().zip(bytes) {
        *flag = u8::from(*byte == b'"') | u8::from(*byte == b'\\') | u8::from(*byte < b' ');
    }
    let (eights, _) = flags.as_chunks::<8>();
    let eight = |flags: &[u8; 8]| (u64::from_le_bytes(*flags).wrapping_mul(GATHER) >> 56) as u32;
    eights.iter().rev().fold(0, |bits, flags| bits << 8 | eight(flags))
}

/// Zero, which no string holds, stands behind the end.
#[cold]
fn padded(rest: &[u8]) -> [u8; STEP] {
    let mut bytes = [0; STEP];
    bytes[..rest.len()].copy_from_slice(rest);
    bytes
}

/// Moves the lowest bit of byte `i` of a word to bit `56 + i`: eight bytes that are zeros and ones become eight bits.
const GATHER: u64 = 0x0102_0408_1020_4080;

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
