//! The messages of a row that is listed, as far as a list needs them. Wherever they come from: nearly all are of one plain
//! shape, and the others are values.

use std::borrow::Cow;

use serde_json::Value;

use super::written::Written;
use super::{LONG, TOOLS};
use crate::formats::content;
use crate::trajectory::Part;

/// Where rows keep lists of messages that are worth it.
const TALKS: [&str; 3] = ["messages", "conversations", "conversation"];
/// Of shorter lists all messages become values: what is in them may decide whose they are.
pub const SHORT: usize = 4;
/// What a list would have to look at in a message, and what plain ones do not have.
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

/// A plain message in the making.
#[derive(Default)]
pub struct Draft<'a> {
    role: Option<Written<'a>>,
    content: Option<Written<'a>>,
    thought: Option<Written<'a>>,
    call_id: Option<Written<'a>>,
    name: Option<Written<'a>>,
    pub calls: Vec<Part>,
}

impl Talk<'_> {
    /// The key, if messages may stand under it.
    pub fn key(key: &str) -> Option<&'static str> {
        TALKS.into_iter().find(|talk| *talk == key)
    }
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

impl<'a> Draft<'a> {
    /// Where the text of a member goes. What has been there before under another name makes the message odd.
    pub fn place(&mut self, key: &str) -> Option<&mut Option<Written<'a>>> {
        match key {
            "role" | "from" => Some(&mut self.role),
            "content" | "value" | "text" => Some(&mut self.content),
            "reasoning_content" | "reasoning" => Some(&mut self.thought),
            "tool_call_id" => Some(&mut self.call_id),
            "name" => Some(&mut self.name),
            _ => None,
        }
    }

    /// Whether a message with this member is not plain, whatever the member holds; null is nothing.
    pub fn is_odd(key: &str) -> bool {
        ODD.contains(&key)
    }

    /// None if the message is not plain: its call is written into its text.
    pub fn finish(self) -> Option<Plain<'a>> {
        let role = self.role.map(Written::say).unwrap_or_default();
        if role == "function_call" {
            return None;
        }
        let answers = TOOLS.contains(&role.as_ref());
        let end = self.content.filter(|content| answers && content.text.len() >= LONG).and_then(Written::end);
        Some(Plain {
            role,
            content: end.map(Cow::Owned).or_else(|| self.content.map(Written::say)),
            thought: self.thought.map(Written::say),
            calls: self.calls,
            call_id: self.call_id.and_then(filled),
            name: self.name.and_then(filled),
        })
    }
}

/// A call, of what stands in it.
pub fn call(id: Option<Written>, name: Option<Written>, arguments: &Value) -> Part {
    Part::call(name.map(Written::read).unwrap_or_default(), content::arguments(arguments), id.and_then(filled))
}

/// A name; an empty one is none.
fn filled(name: Written) -> Option<String> {
    Some(name.read()).filter(|name| !name.is_empty())
}
