//! Strings as JSON writes them, between their quotes: what they say, and how they end.

use std::borrow::Cow;

use wide::u8x16;

/// Of a text that is left out, about this many bytes at its end are kept.
pub const TAIL: usize = 32;
/// So far before that, a place is looked for that no escape reaches.
const REACH: usize = 256;
/// An escape is at most this long: a pair of surrogates.
const ESCAPE: usize = 12;
/// Escapes are looked for in so many bytes at once.
const LANES: usize = 16;

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
        let bytes = self.text.as_bytes();
        let mut read = vec![0; bytes.len() + LANES];
        let (mut from, mut to) = (0, 0);
        while from < bytes.len() {
            // Copied whole, and written over from the first escape on.
            let piece = piece(&bytes[from..]);
            read[to..to + LANES].copy_from_slice(&piece);
            let backslashes = u8x16::new(piece).simd_eq(u8x16::splat(b'\\')).to_bitmask();
            let plain = LANES.min(backslashes.trailing_zeros() as usize).min(bytes.len() - from);
            (from, to) = (from + plain, to + plain);
            if bytes.get(from) == Some(&b'\\') {
                let (length, character) = escape(&bytes[from..]).unwrap_or((1, '\\'));
                (from, to) = (from + length, to + character.encode_utf8(&mut read[to..]).len());
            }
        }
        read.truncate(to);
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

/// The first bytes, and zeros behind the last.
fn piece(bytes: &[u8]) -> [u8; LANES] {
    bytes.first_chunk().copied().unwrap_or_else(|| std::array::from_fn(|at| bytes.get(at).copied().unwrap_or_default()))
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
