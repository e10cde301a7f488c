//! Ordinary JSON, fast: what nearly every record is. All else (damage, keys that occur twice, lone surrogates, bytes that
//! are no text, values nested deep) is answered with nothing, and left to `lenient`, which says what is wrong and where.
//!
//! A list needs little of what tools answered, which is most of a rollout: [`skim`] leaves it out without reading it.
//! [`sketch`] makes no values of plain messages, either.

// What is done with wide registers has to be inlined where they are known to be there.
#![allow(clippy::inline_always)]

mod bits;
mod ends;
mod message;
mod plain;
mod written;

use serde_json::{Map, Value};

use ends::string_end;
pub use plain::{Draft, Message, Plain, SHORT, Talk, call};
pub use written::Written;

/// Deeper values are left to the parser that knows its own limit.
const DEPTH: usize = 100;
/// Shorter texts are not worth leaving out (bytes, escapes counted as written).
pub const LONG: usize = 128;

/// A value, and what is not in it.
pub struct Skimmed<'a> {
    pub value: Value,
    /// Texts in it were left out but for their ends.
    pub shortened: bool,
    /// Of its list of messages only the first is there; here are the others.
    pub talk: Option<Talk<'a>>,
}

/// Exactly the value that strict parsing gives.
pub fn parse(bytes: &[u8]) -> Option<Value> {
    Parser::of(bytes)?.only_value()
}

/// As [`parse`], but of long texts that tools answered only the end is there. What is left is neither empty nor blank,
/// and was not so before.
pub fn skim(bytes: &[u8]) -> Option<Skimmed<'_>> {
    Parser { skims: true, ..Parser::of(bytes)? }.skimmed()
}

/// As [`skim`], and the messages of a row stand beside it, not made into values where they are plain.
pub fn sketch(bytes: &[u8]) -> Option<Skimmed<'_>> {
    Parser { skims: true, cuts: true, ..Parser::of(bytes)? }.skimmed()
}

/// Names under which tools speak.
const TOOLS: [&str; 6] = ["tool", "function", "observation", "function_response", "environment", "ipython"];

/// What a tool is called with counts, whatever it looks like.
const CALLED_WITH: [&str; 2] = ["arguments", "input"];

/// The members of an object in which the answer of a tool stands: a message, a typed block, a step.
pub fn answers(object: &Map<String, Value>) -> &'static [&'static str] {
    let text = |key: &str| object.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let speaker = text("role").or_else(|| text("from"));
    if object.get("is_demo").is_some_and(|demo| demo == true) {
        &[]
    } else if speaker.is_some_and(|name| TOOLS.contains(&name)) {
        &["content", "value", "text"]
    } else if text("type") == Some("tool_result") {
        &["content"]
    } else if object.get("action").is_some_and(Value::is_string) && object.contains_key("observation") {
        &["observation"]
    } else {
        &[]
    }
}

/// The end of a text that is left out of a list; none if it is too short for that, or blank.
pub fn end(text: &str) -> Option<String> {
    Some(Written { text, escaped: false }).filter(|_| text.len() >= LONG)?.end()
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    skims: bool,
    cuts: bool,
    shortened: bool,
    talk: Option<Talk<'a>>,
}

impl<'a> Parser<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let text = simdutf8::basic::from_utf8(bytes).ok()?;
        Some(Self { text, at: 0, skims: false, cuts: false, shortened: false, talk: None })
    }

    fn skimmed(mut self) -> Option<Skimmed<'a>> {
        let value = self.only_value()?;
        Some(Skimmed { value, shortened: self.shortened, talk: self.talk })
    }

    fn only_value(&mut self) -> Option<Value> {
        let value = self.value(0, false)?;
        self.peek().is_none().then_some(value)
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while matches!(bytes.get(self.at)?, b' ' | b'\n' | b'\t' | b'\r') {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    fn takes(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// `answered`: the value is a part of what a tool answered.
    fn value(&mut self, depth: usize, answered: bool) -> Option<Value> {
        match self.peek()? {
            b'"' => self.string().map(|written| Value::String(written.read())),
            b'{' if depth < DEPTH => self.object(depth + 1, answered).map(Value::Object),
            b'[' if depth < DEPTH => self.list(depth + 1, answered).map(Value::Array),
            b't' => self.word("true", Value::Bool(true)),
            b'f' => self.word("false", Value::Bool(false)),
            b'n' => self.word("null", Value::Null),
            _ => self.number(),
        }
    }

    /// A value of which nothing is left out.
    fn entire(&mut self, depth: usize, answered: bool) -> Option<Value> {
        let skims = std::mem::take(&mut self.skims);
        let value = self.value(depth, answered);
        self.skims = skims;
        value
    }

    fn word(&mut self, word: &str, value: Value) -> Option<Value> {
        let found = self.text.as_bytes()[self.at..].starts_with(word.as_bytes());
        self.at += word.len();
        found.then_some(value)
    }

    fn number(&mut self) -> Option<Value> {
        let rest = &self.text.as_bytes()[self.at..];
        let of_number = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E');
        let length = rest.iter().position(|byte| !of_number(byte)).unwrap_or(rest.len());
        let written = self.text.get(self.at..self.at + length)?;
        self.at += length;
        serde_json::from_str(written).ok()
    }

    fn list(&mut self, depth: usize, answered: bool) -> Option<Vec<Value>> {
        let mut list = Vec::new();
        self.at += 1;
        if self.takes(b']') {
            return Some(list);
        }
        loop {
            list.push(self.value(depth, answered)?);
            if !self.takes(b',') {
                return self.takes(b']').then_some(list);
            }
        }
    }

    fn object(&mut self, depth: usize, answered: bool) -> Option<Map<String, Value>> {
        let mut object = Map::new();
        // Whether they are needed is known when all of the object is.
        let mut long: Vec<(String, Written)> = Vec::new();
        self.at += 1;
        if self.takes(b'}') {
            return Some(object);
        }
        loop {
            let key = if self.peek()? == b'"' { self.string()?.read() } else { return None };
            if !self.takes(b':') {
                return None;
            }
            let value = self.member(&key, &object, &mut long, depth, answered)?;
            if object.insert(key, value).is_some() {
                return None;
            }
            if !self.takes(b',') {
                break;
            }
        }
        if !self.takes(b'}') {
            return None;
        }
        let left_out = if answered { &["text", "content"] } else { answers(&object) };
        for (key, written) in long {
            let end = written.end().filter(|_| left_out.contains(&key.as_str()));
            self.shortened |= end.is_some();
            object[&key] = Value::String(end.unwrap_or_else(|| written.read()));
        }
        Some(object)
    }

    fn member(
        &mut self,
        key: &str,
        object: &Map<String, Value>,
        long: &mut Vec<(String, Written<'a>)>,
        depth: usize,
        answered: bool,
    ) -> Option<Value> {
        if let Some(key) = self.at_talk(key, depth) {
            return self.cut_talk(key);
        }
        if CALLED_WITH.contains(&key) {
            return self.entire(depth, answered);
        }
        if !self.skims || self.peek()? != b'"' {
            let answered = answered || (self.skims && answers(object).contains(&key));
            return self.value(depth, answered);
        }
        let written = self.string()?;
        if written.text.len() < LONG {
            return Some(Value::String(written.read()));
        }
        long.push((key.to_owned(), written));
        Some(Value::Null)
    }

    /// The string that opens here.
    fn string(&mut self) -> Option<Written<'a>> {
        let start = self.at + 1;
        let (end, escaped) = string_end(self.text.as_bytes(), start)?;
        self.at = end + 1;
        Some(Written { text: &self.text[start..end], escaped })
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::tree;
    use super::*;

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 64, 6, |inner| {
            prop_oneof![
                vec(inner.clone(), 0..6).prop_map(Value::from),
                vec((any::<String>(), inner), 0..6).prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    /// The same text with every character beyond ASCII escaped, as Python writes it.
    fn ascii(text: &str) -> String {
        let escaped = |unit: u16| if unit < 128 { char::from(unit as u8).into() } else { format!("\\u{unit:04x}") };
        text.encode_utf16().map(escaped).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn ordinary_json_is_read_as_the_strict_parser_reads_it(value in any_json()) {
            let pretty = serde_json::to_string_pretty(&value).unwrap();
            for text in [value.to_string(), ascii(&value.to_string()), pretty] {
                let (strict, _) = tree::parse(text.as_bytes()).unwrap();
                prop_assert_eq!(parse(text.as_bytes()), Some(strict), "{}", text);
            }
        }

        #[test]
        fn nothing_is_read_that_the_strict_parser_refuses(value in any_json(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
            let mut bytes = value.to_string().into_bytes();
            let at = at.index(bytes.len());
            if cut { bytes.truncate(at) } else { bytes[at] = byte }
            if let Some(value) = parse(&bytes) {
                prop_assert_eq!(tree::parse(&bytes).ok(), Some((value, None)));
            }
        }
    }

    #[test]
    fn what_is_not_ordinary_is_left_to_others() {
        for text in [
            "",
            "{} {}",
            r#"{"a": 1, "a": 2}"#,
            r#"{"a": "\ud83d"}"#,
            r#"{"a": "\ud83d\u0041"}"#,
            r#"{"a": "\ude00"}"#,
            r#"{"a": NaN}"#,
            r#"{"a": "\x"}"#,
            "{\"a\": \"\u{1}\"}",
            "[1,]",
            "{\"a\":1,}",
            "[01]",
            "1e999",
            &"[".repeat(200),
        ] {
            assert!(parse(text.as_bytes()).is_none(), "{text}");
        }
        assert!(parse(b"{\"a\": \"\xe9\"}").is_none());
    }

    #[test]
    fn only_the_end_of_what_a_tool_answered_is_kept() {
        let long = format!("{} the end: bash-$", "line after line\n\"é\" 😀 ".repeat(50));
        let block = json!([{"type": "text", "text": long}]);
        let cases = [
            (json!({"role": "tool", "content": long, "name": long}), "/content"),
            (json!({"content": long, "role": "tool"}), "/content"),
            (json!({"role": "tool", "content": block}), "/content/0/text"),
            (json!({"from": "observation", "value": long}), "/value"),
            (json!({"role": "user", "content": [{"type": "tool_result", "content": long}]}), "/content/0/content"),
            (json!({"action": "ls", "observation": long, "thought": long}), "/observation"),
        ];
        for (value, place) in cases {
            for text in [value.to_string(), ascii(&value.to_string())] {
                let mut skimmed = skim(text.as_bytes()).unwrap();
                assert!(skimmed.shortened, "{text}");
                let left = skimmed.value.pointer_mut(place).unwrap();
                assert!(
                    left.as_str().is_some_and(|end| end.len() < 2 * written::TAIL && long.ends_with(end)),
                    "{left}"
                );
                *left = long.as_str().into();
                assert_eq!(skimmed.value, value);
            }
        }
    }

    #[test]
    fn everything_else_is_kept() {
        let (long, blank) = ("x ".repeat(200), "\n".repeat(400));
        for value in [
            json!({"role": "assistant", "content": long}),
            json!({"role": "tool", "content": blank}),
            json!({"role": "tool", "content": "short"}),
            json!({"role": "user", "content": [{"type": "text", "text": long}]}),
            json!({"observation": "run", "content": long}),
            json!({"role": "assistant", "tool_calls": [{"function": {"name": "a", "arguments": long}}]}),
        ] {
            let text = value.to_string();
            let skimmed = skim(text.as_bytes()).unwrap();
            assert_eq!((skimmed.value, skimmed.shortened), (value, false));
        }
    }
}
