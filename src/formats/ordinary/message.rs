//! Reads the messages of a row straight from the bytes, where they are plain. The others become values.

use std::borrow::Cow;

use serde_json::Value;

use super::Parser;
use super::plain::{Draft, Message, Plain, SHORT, Talk, call};
use super::written::Written;
use crate::trajectory::Part;

/// Objects with more members are not plain.
const MEMBERS: usize = 16;

impl<'a> Parser<'a> {
    /// Whether a list of messages begins here, in the row itself.
    pub(super) fn at_talk(&mut self, key: &str, depth: usize) -> Option<&'static str> {
        let key = Talk::key(key)?;
        (self.cuts && depth == 1 && self.talk.is_none() && self.peek()? == b'[').then_some(key)
    }

    /// A list of messages, of which only the first becomes a value.
    pub(super) fn cut_talk(&mut self, key: &'static str) -> Option<Value> {
        let start = self.at;
        let (mut first, mut rest) = (Value::Null, Vec::new());
        self.items(|parser, index| {
            if index == 0 {
                first = parser.value(2, false)?;
            } else {
                rest.push(parser.message()?);
            }
            Some(())
        })?;
        if rest.len() + 1 < SHORT {
            self.at = start;
            return self.list(2, false).map(Value::Array);
        }
        self.talk = Some(Talk { key, rest });
        Some(Value::Array(vec![first]))
    }

    fn message(&mut self) -> Option<Message<'a>> {
        self.peek()?;
        let start = self.at;
        if let Some(plain) = self.plain() {
            return Some(Message::Plain(plain));
        }
        self.at = start;
        self.value(2, false).map(|value| Message::Whole(Cow::Owned(value)))
    }

    fn plain(&mut self) -> Option<Plain<'a>> {
        let mut draft = Draft::default();
        self.members(|parser, key| match draft.place(key) {
            Some(place) => parser.fill(place),
            None if key == "tool_calls" => parser.calls(&mut draft.calls),
            None => parser.pass(key),
        })?;
        draft.finish()
    }

    /// A text that has not been there before under another name, or null.
    fn fill(&mut self, place: &mut Option<Written<'a>>) -> Option<()> {
        match self.peek()? {
            b'"' if place.is_none() => *place = Some(self.string()?),
            _ => self.null()?,
        }
        Some(())
    }

    fn null(&mut self) -> Option<()> {
        self.word("null", Value::Null).map(drop)
    }

    /// What a list has no use for. Values that hold others are not plain: nobody has looked what is in them.
    fn pass(&mut self, key: &str) -> Option<()> {
        let odd = Draft::is_odd(key);
        match self.peek()? {
            b'n' => self.null(),
            b'"' if !odd => self.string().map(drop),
            b'{' | b'[' | b'"' => None,
            _ if odd => None,
            _ => self.value(3, false).map(drop),
        }
    }

    fn calls(&mut self, calls: &mut Vec<Part>) -> Option<()> {
        if self.peek()? == b'n' {
            return self.null();
        }
        self.items(|parser, _| {
            calls.push(parser.call()?);
            Some(())
        })
    }

    fn call(&mut self) -> Option<Part> {
        let (mut id, mut function) = (None, None);
        self.members(|parser, key| match key {
            "id" => parser.fill(&mut id),
            "function" => parser.function().map(|called| function = Some(called)),
            _ => parser.pass(key),
        })?;
        let (name, arguments) = function?;
        Some(call(id, name, &arguments))
    }

    fn function(&mut self) -> Option<(Option<Written<'a>>, Value)> {
        let (mut name, mut arguments) = (None, Value::Null);
        self.members(|parser, key| match key {
            "name" => parser.fill(&mut name),
            "arguments" => parser.entire(6, false).map(|written| arguments = written),
            _ => None,
        })?;
        Some((name, arguments))
    }

    /// The items of a list, each to be read by `item`.
    fn items(&mut self, mut item: impl FnMut(&mut Self, usize) -> Option<()>) -> Option<()> {
        if !self.takes(b'[') {
            return None;
        }
        if self.takes(b']') {
            return Some(());
        }
        for index in 0.. {
            item(self, index)?;
            if !self.takes(b',') {
                break;
            }
        }
        self.takes(b']').then_some(())
    }

    /// The members of an object, each to be read by `member`. None where a key occurs twice, or is written in escapes.
    fn members(&mut self, mut member: impl FnMut(&mut Self, &str) -> Option<()>) -> Option<()> {
        let mut seen = [""; MEMBERS];
        if !self.takes(b'{') {
            return None;
        }
        if self.takes(b'}') {
            return Some(());
        }
        for count in 0..MEMBERS {
            let key = Some(self.peek()?).filter(|byte| *byte == b'"').and_then(|_| self.string())?;
            if key.escaped || seen[..count].contains(&key.text) || !self.takes(b':') {
                return None;
            }
            seen[count] = key.text;
            member(self, key.text)?;
            if !self.takes(b',') {
                return self.takes(b'}').then_some(());
            }
        }
        None
    }
}
