//! The content of a chat message, in every spelling that chat interfaces use: a string, null, or a list of typed blocks.

use serde_json::Value;

use super::json;
use crate::trajectory::Part;

/// The parts of a message's content: texts, thoughts, calls and results, in the source's order.
pub fn parts(content: &Value) -> Vec<Part> {
    match content {
        Value::Null => Vec::new(),
        Value::String(text) if text.is_empty() => Vec::new(),
        Value::String(text) => vec![Part::text(text)],
        Value::Array(blocks) => blocks.iter().filter_map(block).collect(),
        other => block(other).into_iter().collect(),
    }
}

/// Only the text of a content, its blocks joined.
pub fn text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        _ => parts(content).into_iter().map(|part| part.text).collect(),
    }
}

fn block(block: &Value) -> Option<Part> {
    if let Value::String(text) = block {
        return Some(Part::text(text));
    }
    let part = match json::text(block, "type").unwrap_or_default() {
        "thinking" | "reasoning" => Part::thought(json::first(block, &["thinking", "reasoning", "text"])?),
        "redacted_thinking" => Part::thought("[redacted]"),
        "tool_use" => call(block, "name", "input"),
        "tool_result" => result(block),
        "image" | "image_url" | "input_image" => Part::note("[image]"),
        _ => match json::first(block, &["text", "content"]) {
            Some(text) => Part::text(text),
            None if json::text(block, "text").is_some() || block.is_null() => return None,
            None => Part::note(block.to_string()),
        },
    };
    Some(part)
}

fn call(block: &Value, name: &str, arguments: &str) -> Part {
    let name = json::text(block, name).unwrap_or_default();
    Part::call(name, json::at(block, arguments).clone(), json::owned(block, "id"))
}

fn result(block: &Value) -> Part {
    let exit_code = json::at(block, "is_error").as_bool().filter(|failed| *failed).map(i64::from);
    Part::result(text(json::at(block, "content")), json::owned(block, "tool_use_id"), exit_code)
}

/// The calls of an `OpenAI` message, its legacy `function_call` included. Arguments are parsed where they are JSON.
pub fn calls(message: &Value) -> impl Iterator<Item = Part> {
    let legacy = Some(json::at(message, "function_call")).filter(|call| call.is_object());
    json::list(message, "tool_calls").iter().chain(legacy).map(|call| {
        // Inspect keeps the name itself under this key.
        let function = call.get("function").filter(|function| function.is_object()).unwrap_or(call);
        let name = json::first(function, &["name", "function"]).unwrap_or_default();
        Part::call(name, arguments(json::at(function, "arguments")), json::owned(call, "id"))
    })
}

/// Arguments as a value: chat interfaces write an object as a string.
pub fn arguments(value: &Value) -> Value {
    json::unquoted(value).unwrap_or_else(|| value.clone())
}

/// Reasoning that stands beside a message's content.
pub fn reasoning(message: &Value) -> Option<Part> {
    json::first(message, &["reasoning_content", "reasoning"]).map(Part::thought)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::trajectory::PartKind;

    #[test]
    fn blocks_of_every_kind_become_parts() {
        use PartKind::{Note, Text, Thought, ToolCall, ToolResult};
        let content = json!([
            {"type": "thinking", "thinking": "hm"},
            {"type": "text", "text": "look"},
            {"type": "tool_use", "id": "t1", "name": "bash", "input": {"command": "ls"}},
            {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "a"}], "is_error": true},
            {"type": "text", "text": ""},
            {"type": "novelty", "x": 1},
        ]);
        let found = parts(&content);
        assert_eq!(found.iter().map(|part| part.kind).collect::<Vec<_>>(), [Thought, Text, ToolCall, ToolResult, Note]);
        assert_eq!((found[3].text.as_str(), found[3].exit_code), ("a", Some(1)));
        assert_eq!(found[4].text, r#"{"type":"novelty","x":1}"#);
        assert!(parts(&Value::Null).is_empty());
    }

    #[test]
    fn arguments_are_an_object_however_they_were_written() {
        let message = json!({"tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "{\"a\": 1}"}}],
                             "function_call": {"name": "g", "arguments": "not json"}});
        let found: Vec<_> = calls(&message).collect();
        assert_eq!(found[0].arguments, Some(json!({"a": 1})));
        assert_eq!(found[1].arguments, Some(json!("not json")));
    }
}
