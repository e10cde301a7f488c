//! JSON of no known format with something like messages in it: opened as the chat it seems to be, and saying so.

use std::collections::VecDeque;

use serde_json::{Value, json as literal};

use super::{Document, Format, Reading, chat, json};
use crate::trajectory::{Note, Trajectory};

pub struct GuessedChat;

/// How deep messages are looked for, and among how many values.
const DEPTH: usize = 4;
const VALUES: usize = 2000;
const SPEAKER: [&str; 6] = ["role", "from", "author", "speaker", "sender", "source"];
const SPEECH: [&str; 7] = ["content", "text", "value", "message", "parts", "body", "output"];

impl Format for GuessedChat {
    fn name(&self) -> &'static str {
        "unknown-chat"
    }

    fn about(&self) -> &'static str {
        "any other JSON with a list of messages in it: shown as a chat"
    }

    fn claims(&self, document: &Document) -> bool {
        document.value().and_then(messages).is_some()
    }

    fn read(&self, document: &Document) -> Reading {
        let Some((place, list)) = document.value().and_then(messages) else { return Reading::default() };
        let known: Vec<Value> = list.iter().map(plain).collect();
        let note =
            Note::remark(document.path, format!("of no known format: what looks like messages ({place}) is shown"));
        let trajectory =
            Trajectory { turns: chat::turns(&known, &Value::Null), notes: vec![note], ..Trajectory::default() };
        Reading { trajectories: vec![trajectory], ..Reading::default() }
    }
}

/// The one list of messages that lies nearest to the top, and where. Several at once are records, not one chat.
fn messages(value: &Value) -> Option<(String, &[Value])> {
    let mut level: VecDeque<(String, &Value)> = VecDeque::from([(String::new(), value)]);
    let mut seen = 0;
    for _ in 0..DEPTH {
        let mut lists =
            level.iter().filter_map(|(place, value)| Some((place, value.as_array().filter(|l| is_talk(l))?)));
        match (lists.next(), lists.next()) {
            (Some((place, list)), None) => return Some((place.clone(), list)),
            (Some(_), Some(_)) => return None,
            _ => {}
        }
        let inner: Vec<(String, &Value)> = level.iter().flat_map(|(place, value)| children(place, value)).collect();
        seen += inner.len();
        if inner.is_empty() || seen > VALUES {
            return None;
        }
        level = inner.into();
    }
    None
}

fn children<'a>(place: &str, value: &'a Value) -> Vec<(String, &'a Value)> {
    let object = value.as_object().into_iter().flatten();
    object.map(|(key, inner)| (format!("{place}/{key}"), inner)).filter(|(_, inner)| !inner.is_string()).collect()
}

/// Two voices at least, and most items speak.
fn is_talk(list: &[Value]) -> bool {
    let voices: Vec<&str> = list.iter().filter_map(voice).collect();
    let has = |known: &[&str]| voices.iter().any(|voice| known.contains(voice));
    voices.len() * 2 >= list.len() && has(&["assistant"]) && has(&["user", "system", "tool"])
}

/// Who speaks, in the words of the chat interfaces.
fn voice(message: &Value) -> Option<&'static str> {
    SPEECH.iter().find(|key| message.get(key).is_some())?;
    let named = SPEAKER.iter().map(|key| json::at(message, key));
    let name = named.into_iter().find_map(|who| who.as_str().or_else(|| json::first(who, &["role", "name"])))?;
    match name.to_ascii_lowercase().as_str() {
        "assistant" | "ai" | "agent" | "model" | "bot" | "gpt" | "llm" => Some("assistant"),
        "user" | "human" | "customer" => Some("user"),
        "system" | "developer" => Some("system"),
        "tool" | "function" | "environment" | "observation" => Some("tool"),
        _ => None,
    }
}

/// The message in the spelling of `OpenAI`, with all else it holds.
fn plain(message: &Value) -> Value {
    let said = SPEECH.iter().map(|key| json::at(message, key)).find(|said| !said.is_null());
    let mut plain = message.as_object().cloned().unwrap_or_default();
    plain.insert("role".into(), voice(message).unwrap_or("other").into());
    plain.insert("content".into(), said.cloned().unwrap_or_else(|| literal!(message.to_string())));
    plain.remove("from");
    Value::Object(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(value: &Value) -> Option<(String, usize)> {
        messages(value).map(|(place, list)| (place, list.len()))
    }

    #[test]
    fn messages_are_found_wherever_they_are_and_nothing_else_is() {
        let talk = literal!([{"author": {"role": "user"}, "body": "hi"}, {"author": {"role": "Agent"}, "body": "ho"}]);
        assert_eq!(found(&literal!({"a": {"log": talk}, "b": 1})), Some(("/a/log".into(), 2)));
        assert_eq!(found(&talk), Some((String::new(), 2)));
        for other in [
            literal!({"x": talk, "y": talk}),
            literal!([{"role": "user", "content": "alone"}]),
            literal!({"scripts": [{"source": "a.js", "text": "assistant"}]}),
            literal!("text"),
        ] {
            assert_eq!(found(&other), None, "{other}");
        }
    }
}
