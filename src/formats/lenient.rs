//! JSON as writers really leave it: lone surrogates, `NaN`, bytes that are no text, values nested beyond reason.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::Value;

use super::{ordinary, tree};

/// A value, and what had to be mended to get at it.
pub struct Parsed {
    pub value: Value,
    pub mended: Option<String>,
}

/// Parses exactly one JSON value. Only what strict parsing refuses is mended.
pub fn parse(bytes: &[u8]) -> Result<Parsed, serde_json::Error> {
    if let Some(value) = ordinary::parse(bytes) {
        return Ok(Parsed { value, mended: None });
    }
    let error = match tree::parse(bytes) {
        Ok((value, twice)) => return Ok(Parsed { value, mended: twice.as_deref().map(doubled) }),
        Err(error) if error.is_eof() => return Err(error),
        Err(error) => error,
    };
    let (text, foreign) = text(bytes);
    let (value, twice) = tree::parse(mend(&text).as_bytes()).map_err(|_| error)?;
    let mended = foreign.unwrap_or("lone surrogates, NaN or Infinity were replaced").to_string();
    Ok(Parsed {
        value,
        mended: Some(twice.map_or_else(|| mended.clone(), |key| format!("{mended}; {}", doubled(&key)))),
    })
}

fn doubled(key: &str) -> String {
    format!("the key {key:?} occurs twice: its last value counts")
}

/// Bytes as text, and how they had to be read. Where no byte beyond ASCII makes sense as UTF-8, all are Latin-1; a few
/// broken ones in a text that is UTF-8 are replaced.
pub fn text(bytes: &[u8]) -> (Cow<'_, str>, Option<&'static str>) {
    match String::from_utf8_lossy(bytes) {
        Cow::Borrowed(text) => (text.into(), None),
        Cow::Owned(text) if text.chars().all(|c| c.is_ascii() || c == char::REPLACEMENT_CHARACTER) => {
            let latin = bytes.iter().map(|byte| char::from(*byte)).collect::<String>();
            (latin.into(), Some("not UTF-8: read as Latin-1"))
        }
        Cow::Owned(text) => (text.into(), Some("bytes that are not UTF-8 were replaced")),
    }
}

/// What a damaged value holds up to its damage: the last complete items, and brackets closed behind them.
pub fn salvage(bytes: &[u8]) -> Option<Value> {
    let (text, _) = text(bytes);
    let mended = mend(&text);
    let end = match tree::parse(mended.as_bytes()) {
        Ok((value, _)) => return Some(value),
        Err(error) if error.is_eof() => mended.len(),
        Err(error) => place(&mended, error.line(), error.column()),
    };
    let sound = mended.as_bytes().get(..end)?;
    tree::parse(&closed(sound)?).ok().map(|(value, _)| value)
}

/// The byte that a line and a column (in bytes, both from 1) name.
fn place(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    (before + column.saturating_sub(1)).min(text.len())
}

/// Cut behind the last item that is complete, with the brackets that are open there closed.
fn closed(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut open: Vec<u8> = Vec::new();
    let mut sound: Option<(usize, usize)> = None;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => match string_end(bytes, at) {
                Some(end) => at = end - 1,
                None => break,
            },
            b'{' => open.push(b'}'),
            b'[' => open.push(b']'),
            b'}' | b']' => {
                open.pop()?;
            }
            b',' => sound = Some((at, open.len())),
            _ => {}
        }
        at += 1;
        if matches!(byte, b'{' | b'[' | b'}' | b']') {
            sound = Some((at, open.len()));
        }
    }
    let (end, depth) = sound?;
    Some(bytes[..end].iter().chain(open[..depth].iter().rev()).copied().collect())
}

/// Lone surrogates become U+FFFD, and `NaN`, `Infinity` and `-Infinity` outside strings become null.
fn mend(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut quoted = false;
    while let Some(next) = rest.chars().next() {
        let (taken, written) = match next {
            '\\' if quoted => escape(rest),
            'N' | 'I' | '-' if !quoted => not_a_number(rest),
            _ => {
                quoted ^= next == '"';
                let plain = next.len_utf8();
                (plain, &rest[..plain])
            }
        };
        out.push_str(written);
        rest = &rest[taken..];
    }
    out
}

/// How much of the text one escape takes, and how it is written.
fn escape(text: &str) -> (usize, &str) {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    match (unit(0), unit(6)) {
        (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => (12, &text[..12]),
        (Some(0xD800..=0xDFFF), _) => (6, "\\ufffd"),
        _ => {
            let end = text.char_indices().nth(2).map_or(text.len(), |(at, _)| at);
            (end, &text[..end])
        }
    }
}

fn not_a_number(text: &str) -> (usize, &str) {
    let word = ["NaN", "Infinity", "-Infinity"].into_iter().find(|word| text.starts_with(word));
    word.map_or_else(|| (1, &text[..1]), |word| (word.len(), "null"))
}

/// The items of a JSON list or the members of a JSON object, without parsing them.
///
/// Yields the byte range of each value, with the range of its key's inner text for a member. An item that is cut off
/// is yielded up to the end of the bytes.
pub struct Items<'a> {
    bytes: &'a [u8],
    at: usize,
    keyed: bool,
}

pub struct Item {
    pub key: Option<Range<usize>>,
    pub value: Range<usize>,
}

impl<'a> Items<'a> {
    /// None unless the bytes start (after white space) with a bracket.
    pub fn of(bytes: &'a [u8]) -> Option<Self> {
        let at = bytes.iter().position(|byte| !byte.is_ascii_whitespace())?;
        let keyed = match bytes[at] {
            b'[' => false,
            b'{' => true,
            _ => return None,
        };
        Some(Self { bytes, at: at + 1, keyed })
    }

    fn skip(&mut self, unwanted: impl Fn(u8) -> bool) {
        while self.bytes.get(self.at).is_some_and(|byte| unwanted(*byte)) {
            self.at += 1;
        }
    }

    fn key(&mut self) -> Option<Range<usize>> {
        let end = string_end(self.bytes, self.at)?;
        let key = self.at + 1..end - 1;
        self.at = end;
        self.skip(|byte| byte.is_ascii_whitespace() || byte == b':');
        Some(key)
    }
}

impl Iterator for Items<'_> {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        self.skip(|byte| byte.is_ascii_whitespace() || byte == b',');
        if matches!(self.bytes.get(self.at)?, b']' | b'}') {
            return None;
        }
        let key = if self.keyed { Some(self.key()?) } else { None };
        let start = self.at;
        self.at = value_end(self.bytes, start).max(start + 1).min(self.bytes.len());
        (start < self.at).then_some(Item { key, value: start..self.at })
    }
}

/// The end of the string that opens at `start`; none if it is no string or does not end.
fn string_end(bytes: &[u8], start: usize) -> Option<usize> {
    if bytes.get(start) != Some(&b'"') {
        return None;
    }
    let mut at = start + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        match bytes[at] {
            b'"' => return Some(at + 1),
            _ => at += 2,
        }
    }
}

/// Where the value that starts behind `start` begins and ends; none if nothing but white space is left.
pub fn next_value(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    let start = start + bytes.get(start..)?.iter().position(|byte| !byte.is_ascii_whitespace())?;
    Some(start..value_end(bytes, start).max(start + 1))
}

/// The end of the value that starts at `start`: its closing bracket or quote, or the next comma.
fn value_end(bytes: &[u8], start: usize) -> usize {
    let mut depth = 0usize;
    let mut at = start;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let Some(end) = string_end(bytes, at) else { return bytes.len() };
                at = end - 1;
            }
            b'[' | b'{' => depth += 1,
            b']' | b'}' | b',' if depth == 0 => return at,
            b']' | b'}' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 && matches!(byte, b']' | b'}' | b'"') {
            return at;
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_python_writes_is_read() {
        let parsed = parse(br#"{"a": NaN, "b": [-Infinity, -1.5], "c": "x\ud83d y \ud83d\ude00 NaN"}"#).ok().unwrap();
        assert_eq!(parsed.value, serde_json::json!({"a": null, "b": [null, -1.5], "c": "x\u{fffd} y 😀 NaN"}));
        assert!(parsed.mended.is_some());
        assert!(parse(br#"{"a": "\\ud83d"}"#).ok().unwrap().mended.is_none());
    }

    #[test]
    fn bytes_that_are_no_utf_8_are_read_as_latin_1_or_replaced() {
        let parsed = |bytes: &[u8]| parse(bytes).ok().map(|parsed| (parsed.value["a"].clone(), parsed.mended));
        let latin = parsed(b"{\"a\": \"caf\xe9\"}").unwrap();
        assert_eq!((latin.0.as_str(), latin.1.as_deref()), (Some("caf\u{e9}"), Some("not UTF-8: read as Latin-1")));
        let broken = parsed("{\"a\": \"\u{e9}?\"}".replace('?', "\u{1}").as_bytes());
        assert!(broken.is_none(), "a control character in a string is damage");
        let mixed = parsed(b"{\"a\": \"\xc3\xa9 \xe9\"}").unwrap();
        assert_eq!(mixed.0, "\u{e9} \u{fffd}");
    }

    #[test]
    fn a_damaged_value_keeps_what_lies_before_the_damage() {
        let whole = br#"{"messages": [{"role": "user", "content": "a, ]b"}, {"role": "x", "n": [1, 2]}], "z": NaN}"#;
        let roles = |value: &Value| value["messages"].as_array().map_or(0, Vec::len);
        for end in 0..whole.len() {
            let found = salvage(&whole[..end]);
            assert!(end < 50 || found.is_some_and(|value| roles(&value) >= 1), "cut at {end}");
        }
        let mut damaged = whole.to_vec();
        damaged[60] = 7;
        assert_eq!(roles(&salvage(&damaged).unwrap()), 2);
        assert_eq!(salvage(b"[1, 2, tru").unwrap(), serde_json::json!([1, 2]));
        assert!(salvage(b"]").is_none() && salvage(b"").is_none());
    }

    #[test]
    fn a_nest_without_end_is_an_error_and_no_crash() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        assert!(parse(deep.as_bytes()).is_err());
        assert_eq!(Items::of(deep.as_bytes()).unwrap().count(), 1);
    }

    #[test]
    fn items_are_found_without_parsing() {
        let slices = |text: &str| {
            let items = Items::of(text.as_bytes()).unwrap();
            items
                .map(|item| (item.key.map(|key| text[key].to_string()), text[item.value].to_string()))
                .collect::<Vec<_>>()
        };
        let plain = |text: &str| (None, text.to_string());
        assert_eq!(slices(r#" [ {"a":"]}"}, 12 ,"x,y" ]"#), [plain(r#"{"a":"]}"}"#), plain("12 "), plain(r#""x,y""#)]);
        assert_eq!(slices(r#"[[1,2],{"b":"cut"#), [plain("[1,2]"), plain(r#"{"b":"cut"#)]);
        assert_eq!(
            slices(r#"{"k\"": {"v":[]}, "l":1}"#),
            [(Some("k\\\"".into()), r#"{"v":[]}"#.into()), (Some("l".into()), "1".into())]
        );
        assert_eq!(slices("[]"), []);
    }
}
