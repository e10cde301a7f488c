//! The messages of a row that is listed: nearly all are of one plain shape, and are read straight from the bytes. The
//! others become values.

use std::borrow::Cow;

use serde_json::Value;

use super::written::Written;
use super::{LONG, Parser, TOOLS};
use crate::formats::content;
use crate::trajectory::Part;

/// Where rows keep lists of messages that are worth it.
const TALKS: [&str; 3] = ["messages", "conversations", "conversation"];
/// Of shorter lists all messages become values: what is in them may decide whose they are.
const SHORT: usize = 4;
/// Objects with more members are not plain.
const MEMBERS: usize = 16;
/// What a message may hold that a list would have to look at, and that plain ones do not.
const ODD: [&str; 4] = ["system_prompt", "function_call", "timestamp", "usage"];

/// The messages of a row behind the first, and the key under which they stand.
pub struct Talk<'a> {
    pub key: &'static str,
    pub rest: Vec<Message<'a>>,
}

pub enum Message<'a> {
    Plain(Plain<'a>),
    Whole(Cow<'a, Value>),
}

/// A message of texts and calls. Of a long answer of a tool, only the end is there.
#[derive(Default)]
pub struct Plain<'a> {
    /// As the source spells it: `human`, `gpt`.
    pub role: Cow<'a, str>,
    pub content: Option<Cow<'a, str>>,
    pub thought: Option<Cow<'a, str>>,
    pub calls: Vec<Part>,
    /// The call that it answers, and the tool.
    pub call_id: Option<String>,
    pub name: Option<String>,
}

impl<'a> From<&'a Value> for Message<'a> {
    fn from(value: &'a Value) -> Self {
        Self::Whole(Cow::Borrowed(value))
    }
}

impl Message<'_> {
    pub fn whole(&self) -> Option<&Value> {
        match self {
            Self::Plain(_) => None,
            Self::Whole(value) => Some(value),
        }
    }
}

impl<'a> Parser<'a> {
    /// Whether a list of messages begins here, in the row itself.
    pub(super) fn at_talk(&mut self, key: &str, depth: usize) -> Option<&'static str> {
        let key = TALKS.into_iter().find(|talk| *talk == key)?;
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
        let mut plain = Plain::default();
        let (mut role, mut content, mut thought) = (None, None, None);
        self.members(|parser, key| match key {
            "role" | "from" => parser.fill(&mut role),
            "content" | "value" | "text" => parser.fill(&mut content),
            "reasoning_content" | "reasoning" => parser.fill(&mut thought),
            "tool_call_id" => parser.filled(&mut plain.call_id),
            "name" => parser.filled(&mut plain.name),
            "tool_calls" => parser.calls(&mut plain.calls),
            _ => parser.pass(key),
        })?;
        let role = role.map(Written::say).unwrap_or_default();
        if role == "function_call" {
            return None;
        }
        let answers = TOOLS.contains(&role.as_ref());
        let end = content.filter(|content| answers && content.text.len() >= LONG).and_then(Written::end);
        let content = end.map(Cow::Owned).or_else(|| content.map(Written::say));
        Some(Plain { role, content, thought: thought.map(Written::say), ..plain })
    }

    /// A text that has not been there before under another name, or null.
    fn fill(&mut self, place: &mut Option<Written<'a>>) -> Option<()> {
        match self.peek()? {
            b'"' if place.is_none() => *place = Some(self.string()?),
            _ => self.null()?,
        }
        Some(())
    }

    /// A name; an empty one is none.
    fn filled(&mut self, place: &mut Option<String>) -> Option<()> {
        let mut name = None;
        self.fill(&mut name)?;
        *place = name.map(Written::read).filter(|name| !name.is_empty());
        Some(())
    }

    fn null(&mut self) -> Option<()> {
        self.word("null", Value::Null).map(drop)
    }

    /// What a list has no use for. Values that hold others are not plain: nobody has looked what is in them.
    fn pass(&mut self, key: &str) -> Option<()> {
        let odd = ODD.contains(&key);
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
            "id" => parser.filled(&mut id),
            "function" => parser.function().map(|called| function = Some(called)),
            _ => parser.pass(key),
        })?;
        let (name, arguments) = function?;
        Some(Part::call(name.unwrap_or_default(), arguments, id))
    }

    fn function(&mut self) -> Option<(Option<String>, Value)> {
        let (mut name, mut arguments) = (None, Value::Null);
        self.members(|parser, key| match key {
            "name" => parser.filled(&mut name),
            "arguments" => parser.entire(6, false).map(|written| arguments = content::arguments(&written)),
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
