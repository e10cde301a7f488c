//! Where strings end: most of the bytes of a rollout are passed over here.

use super::bits::{Look, STEP, Work, fastest, letters};
use super::written::escape_length;

/// Where the string that begins here ends, and whether there are escapes in it. None if it does not end, or if something
/// is in it that JSON does not allow.
#[inline]
pub fn string_end(bytes: &[u8], start: usize) -> Option<(usize, bool)> {
    fastest(Search { bytes, start })
}

struct Search<'a> {
    bytes: &'a [u8],
    start: usize,
}

impl Work for Search<'_> {
    type Done = Option<(usize, bool)>;

    #[inline(always)]
    fn with(self, look: impl Look) -> Self::Done {
        let Self { bytes, start } = self;
        let (mut at, mut escaped, mut carry, mut checked) = (start, false, 0, start);
        loop {
            let bits = look.at(bytes, at);
            let (letters, next) = letters(bits.backslashes, carry);
            let ends = bits.quotes & !letters;
            let inside = ends.wrapping_sub(1) & !ends;
            if bits.controls & inside != 0 {
                return None;
            }
            escaped |= bits.backslashes & inside != 0;
            let odd = letters & inside & !bits.usual;
            if odd != 0 {
                checked = check(odd, bytes, at, checked)?;
            }
            if ends != 0 {
                return Some((at + ends.trailing_zeros() as usize, escaped));
            }
            (at, carry) = (at + STEP, next);
        }
    }
}

/// Looks at escapes one by one, up to the last of these letters, as far as none was looked at together with the one
/// before; the place behind the last. None if one is no escape.
#[cold]
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::bits::Portable;
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
                let expected = one_by_one(&text.as_bytes()[before..]);
                let expected = expected.map(|(end, escaped)| (before + end, escaped));
                prop_assert_eq!(string_end(text.as_bytes(), before), expected, "{:?}", text);
                prop_assert_eq!(Search { bytes: text.as_bytes(), start: before }.with(Portable), expected, "{:?}", text);
            }
        }
    }
}
