//! Tool calls as text, in the forms that judges know.

use serde_json::Value;

use crate::trajectory::Part;

/// `<function=NAME>` with one `<parameter=K>V</parameter>` per line; values of several lines stand between the tags.
///
/// Source: `convert_tool_call_to_string` in `openhands/llm/fn_call_converter.py` (All-Hands-AI/OpenHands).
pub fn function_text(call: &Part) -> String {
    let parameters = arguments(call).into_iter().map(|(key, value)| {
        let value = python_str(&value);
        let line_break = if value.contains('\n') { "\n" } else { "" };
        format!("<parameter={key}>{line_break}{value}{line_break}</parameter>\n")
    });
    format!("<function={}>\n{}</function>", call.name.as_deref().unwrap_or("unknown"), parameters.collect::<String>())
}

/// The short form: `name value`, or a line `key: value` per argument where there are several.
pub fn compact(call: &Part) -> String {
    let Some(name) = &call.name else { return call.text.trim().to_string() };
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), String::from);
    match arguments(call).as_slice() {
        [] if !call.text.trim().is_empty() => call.text.trim().to_string(),
        [] => name.clone(),
        [(_, value)] => format!("{name} {}", shown(value)),
        several => {
            let lines = several.iter().map(|(key, value)| format!("\n{key}: {}", shown(value)));
            format!("{name}{}", lines.collect::<String>())
        }
    }
}

fn arguments(call: &Part) -> Vec<(String, Value)> {
    match &call.arguments {
        Some(Value::Object(map)) => map.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
        Some(Value::Null) | None => Vec::new(),
        Some(other) => vec![("arguments".into(), other.clone())],
    }
}

/// What Python's `str()` makes of a JSON value: the reference formats values with an f-string.
fn python_str(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => python_repr(other),
    }
}

fn python_repr(value: &Value) -> String {
    match value {
        Value::Null => "None".into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => quoted(text),
        Value::Array(items) => format!("[{}]", items.iter().map(python_repr).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let items = map.iter().map(|(key, value)| format!("{}: {}", quoted(key), python_repr(value)));
            format!("{{{}}}", items.collect::<Vec<_>>().join(", "))
        }
    }
}

/// Single quotes, unless the text has one and no double quote.
fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn calls_read_as_openhands_writes_them() {
        let call =
            Part::call("edit", json!({"command": "view", "view_range": [1, 50], "text": "a\nb", "all": true}), None);
        assert_eq!(
            function_text(&call),
            "<function=edit>\n<parameter=command>view</parameter>\n<parameter=view_range>[1, 50]</parameter>\n\
             <parameter=text>\na\nb\n</parameter>\n<parameter=all>True</parameter>\n</function>"
        );
        assert_eq!(function_text(&Part::call("finish", json!({}), None)), "<function=finish>\n</function>");
    }

    #[test]
    fn short_form_names_arguments_only_where_there_are_several() {
        assert_eq!(compact(&Part::call("bash", json!({"command": "ls -la"}), None)), "bash ls -la");
        assert_eq!(compact(&Part::call("edit", json!({"path": "a", "line": 3}), None)), "edit\npath: a\nline: 3");
        assert_eq!(compact(&Part::call("submit", json!({}), None)), "submit");
    }

    #[test]
    fn nested_values_are_quoted_as_python_does() {
        assert_eq!(python_repr(&json!(["it's", "a\"b'c", {"k": null}])), r#"["it's", 'a"b\'c', {'k': None}]"#);
    }
}
