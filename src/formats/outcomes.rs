//! What a record says about its own outcome, in the many words that writers have for it.

use serde_json::Value;

use super::json;
use crate::trajectory::Outcome;

/// Fields that state whether the hidden tests passed, the most explicit first.
const RESOLVED: [&str; 9] = [
    "resolved",
    "test_result/report/resolved",
    "report/resolved",
    "target",
    "verified",
    "success",
    "is_correct",
    "label",
    "test_result/resolved",
];

pub fn outcome(row: &Value) -> Outcome {
    RESOLVED.iter().map(|path| truth(json::at(row, path))).find(|found| *found != Outcome::Unknown).unwrap_or_default()
}

/// A boolean, 0 or 1, or a word for one of them. Anything else, null above all, is unknown.
pub fn truth(value: &Value) -> Outcome {
    match value {
        Value::Bool(resolved) => (*resolved).into(),
        Value::Number(number) if number.as_f64() == Some(1.0) => Outcome::Resolved,
        Value::Number(number) if number.as_f64() == Some(0.0) => Outcome::Unresolved,
        Value::String(word) => truth_of_word(word),
        _ => Outcome::Unknown,
    }
}

pub fn truth_of_word(word: &str) -> Outcome {
    match word.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "1.0" | "yes" | "resolved" | "resolved_full" => Outcome::Resolved,
        "false" | "0" | "0.0" | "no" | "unresolved" | "resolved_no" => Outcome::Unresolved,
        _ => Outcome::Unknown,
    }
}

pub fn reward(row: &Value) -> Option<f64> {
    json::number(row, "reward").or_else(|| json::number(row, "score"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn unknown_is_not_failure() {
        assert_eq!(outcome(&json!({"resolved": null, "report": {"resolved": true}})), Outcome::Resolved);
        assert_eq!(outcome(&json!({"target": 0})), Outcome::Unresolved);
        assert_eq!(outcome(&json!({"resolved": null, "label": "cat", "success": 0.5})), Outcome::Unknown);
    }
}
