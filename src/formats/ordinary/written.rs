//! Strings as JSON writes them, between their quotes: what they say, and how they end.

use std::borrow::Cow;
use std::ops::Range;

use super::bits::{Look, STEP, Work, fastest, letters};

/// Of a text that is left out, about this many bytes at its end are kept.
pub const TAIL: usize = 32;
/// So far before that, a place is looked for that no escape reaches.
const REACH: usize = 256;
/// An escape is at most this long: a pair of surrogates.
const ESCAPE: usize = 12;

/// A string as it is written, between its quotes.
#[derive(Clone, Copy)]
pub struct Written<'a> {
    pub text: &'a str,
    pub escaped: bool,
}

impl<'a> From<&'a str> for Written<'a> {
    fn from(text: &'a str) -> Self {
        Self { text, escaped: false }
    }
}

impl<'a> Written<'a> {
    /// As [`Written::read`], without a copy where nothing is escaped.
    pub fn say(self) -> Cow<'a, str> {
        if self.escaped { self.read().into() } else { self.text.into() }
    }

    /// What it says. Its escapes were checked when it was found.
    pub fn read(self) -> String {
        if !self.escaped {
            return self.text.to_owned();
        }
        let mut read = vec![0; self.text.len() + STEP];
        let length = fastest(Reading { bytes: self.text.as_bytes(), read: &mut read });
        read.truncate(length);
        // Pieces of a text and whole characters are a text.
        String::from_utf8(read).unwrap_or_default()
    }

    /// Its last words; none if they are blank, or if escapes stand so close that none of them can be told to be whole.
    pub fn end(self) -> Option<String> {
        let bytes = self.text.as_bytes();
        let mut start = bytes.len() - TAIL;
        if self.escaped {
            // Where no backslash stands before, no escape is cut; from there on they are counted off.
            let clear = |at: &usize| !bytes[at - ESCAPE..*at].contains(&b'\\');
            let mut at = (start.saturating_sub(REACH).max(ESCAPE)..=start).rev().find(clear)?;
            while let Some(next) = bytes.get(at..start).and_then(|before| memchr::memchr(b'\\', before)) {
                at += next + escape(&bytes[at + next..])?.0;
            }
            start = start.max(at);
        }
        let start = (start..bytes.len()).find(|at| self.text.is_char_boundary(*at))?;
        let end = Self { text: &self.text[start..], ..self }.read();
        (!end.trim().is_empty()).then_some(end)
    }
}

/// What a string says, written where there is room for it and a step more. How long it is.
struct Reading<'a> {
    bytes: &'a [u8],
    read: &'a mut [u8],
}

impl Work for Reading<'_> {
    type Done = usize;

    #[inline(always)]
    fn with(self, look: impl Look) -> usize {
        let Self { bytes, read } = self;
        let (mut from, mut to, mut carry) = (0_usize, 0, 0);
        for at in (0..bytes.len()).step_by(STEP) {
            let backslashes = look.at(bytes, at).backslashes;
            let (letters, next) = letters(backslashes, carry);
            let mut escapes = backslashes & !letters & from_on(from.saturating_sub(at));
            while escapes != 0 {
                let start = at + escapes.trailing_zeros() as usize;
                to += copy(bytes, from..start, &mut read[to..]);
                let (length, character) = escape(&bytes[start..]).unwrap_or((1, '\\'));
                to += character.encode_utf8(&mut read[to..]).len();
                from = start + length;
                escapes &= from_on(from - at);
            }
            let end = bytes.len().min(at + STEP);
            to += copy(bytes, from.min(end)..end, &mut read[to..]);
            (from, carry) = (from.max(end), next);
        }
        to
    }
}

/// The bits from one on: a pair of surrogates is written as two escapes, and read as one.
#[inline(always)]
fn from_on(bit: usize) -> u64 {
    u64::MAX.checked_shl(bit as u32).unwrap_or(0)
}

/// Copies a part that is at most a step long, and what stands behind it; how long the part is.
#[inline(always)]
fn copy(bytes: &[u8], part: Range<usize>, to: &mut [u8]) -> usize {
    match bytes.get(part.start..).and_then(<[u8]>::first_chunk::<STEP>) {
        Some(step) => to[..STEP].copy_from_slice(step),
        None => to[..part.len()].copy_from_slice(&bytes[part.clone()]),
    }
    part.len()
}

/// How many bytes the escape takes that begins here.
pub fn escape_length(bytes: &[u8]) -> Option<usize> {
    match bytes.get(1)? {
        b'n' | b'"' | b'\\' | b't' | b'r' | b'/' | b'b' | b'f' => Some(2),
        _ => escape(bytes).map(|(length, _)| length),
    }
}

/// How many bytes the escape takes that begins here, and what it stands for.
fn escape(bytes: &[u8]) -> Option<(usize, char)> {
    let plain = |character| Some((2, character));
    match bytes.get(1)? {
        b'n' => plain('\n'),
        b'"' => plain('"'),
        b'\\' => plain('\\'),
        b't' => plain('\t'),
        b'r' => plain('\r'),
        b'/' => plain('/'),
        b'b' => plain('\u{8}'),
        b'f' => plain('\u{c}'),
        b'u' => match unit(&bytes[2..])? {
            high @ 0xD800..=0xDBFF if bytes.get(6..8)? == b"\\u" => {
                let pair = char::decode_utf16([high, unit(&bytes[8..])?]).next()?;
                pair.ok().map(|character| (ESCAPE, character))
            }
            unit => char::from_u32(unit.into()).map(|character| (6, character)),
        },
        _ => None,
    }
}

fn unit(bytes: &[u8]) -> Option<u16> {
    bytes.get(..4)?.iter().try_fold(0, |unit, byte| Some(unit << 4 | char::from(*byte).to_digit(16)? as u16))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::bits::Portable;
    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2048, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn strings_say_what_the_strict_parser_says(
            pieces in proptest::collection::vec(prop_oneof![
                6 => "[a-z é]{0,70}",
                4 => Just("\\n".to_owned()),
                2 => Just("\\\\".to_owned()),
                2 => Just("\\\"".to_owned()),
                2 => Just("\\ud83d\\ude00".to_owned()),
                1 => "\\\\[rtbf/]|\\\\u00e9|\\\\u4e2d",
            ], 1..20),
        ) {
            let text = pieces.concat();
            let expected: String = serde_json::from_str(&format!("\"{text}\"")).unwrap();
            prop_assert_eq!(&Written { text: &text, escaped: true }.read(), &expected);
            let mut read = vec![0; text.len() + STEP];
            let length = Reading { bytes: text.as_bytes(), read: &mut read }.with(Portable);
            prop_assert_eq!(&read[..length], expected.as_bytes());
        }
    }
}
