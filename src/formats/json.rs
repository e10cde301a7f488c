//! Reading fields of a JSON value whose shape nobody guarantees. Every accessor answers with nothing rather than fail.

use serde_json::Value;

use super::ordinary;

static NOTHING: Value = Value::Null;

/// The value behind a path of keys and indices, as `a/b/0/c`; null where there is none.
pub fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    path.split('/').try_fold(value, |inner, step| child(inner, step)).unwrap_or(&NOTHING)
}

fn child<'a>(value: &'a Value, step: &str) -> Option<&'a Value> {
    match value {
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        _ => value.get(step),
    }
}

pub fn text<'a>(value: &'a Value, path: &str) -> Option<&'a str> {
    at(value, path).as_str()
}

/// As [`text`], but an empty string counts as absent.
pub fn filled<'a>(value: &'a Value, path: &str) -> Option<&'a str> {
    text(value, path).filter(|text| !text.is_empty())
}

pub fn owned(value: &Value, path: &str) -> Option<String> {
    filled(value, path).map(String::from)
}

/// The first of several paths that holds a string that is not empty.
pub fn first<'a>(value: &'a Value, paths: &[&str]) -> Option<&'a str> {
    paths.iter().find_map(|path| filled(value, path))
}

/// A name that some writers give as a string and others as a number.
pub fn name(value: &Value, path: &str) -> Option<String> {
    match at(value, path) {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

pub fn list<'a>(value: &'a Value, path: &str) -> &'a [Value] {
    at(value, path).as_array().map_or(&[], Vec::as_slice)
}

pub fn number(value: &Value, path: &str) -> Option<f64> {
    at(value, path).as_f64()
}

/// A count; writers that keep counts as floats are understood.
pub fn count(value: &Value, path: &str) -> Option<u64> {
    let value = at(value, path);
    value.as_u64().or_else(|| value.as_f64().filter(|n| *n >= 0.0).map(|n| n as u64))
}

pub fn has_all(value: &Value, keys: &[&str]) -> bool {
    keys.iter().all(|key| value.get(key).is_some())
}

/// A value that some writers store as itself and others as a string of JSON.
pub fn unquoted(value: &Value) -> Option<Value> {
    let text = value.as_str()?.trim_start();
    let parsed = || ordinary::parse(text.as_bytes()).or_else(|| serde_json::from_str(text).ok());
    if text.starts_with(['[', '{']) { parsed() } else { None }
}
