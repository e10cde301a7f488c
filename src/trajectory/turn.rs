//! Turns and their parts. A turn is one message, together with the results of the calls it made.

use serde::Serialize;
use serde_json::Value;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    System,
    User,
    Assistant,
    /// A result whose call is not known.
    Tool,
    #[default]
    Other,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Turn {
    pub role: Role,
    pub parts: Vec<Part>,
    /// As the source spells it: ISO 8601 or Unix seconds.
    pub timestamp: Option<String>,
    /// Tokens the model wrote in this turn.
    pub tokens: Option<u64>,
    pub cost_usd: Option<f64>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    #[default]
    Text,
    /// Reasoning that the agent's user would not see, or the thought field of a format that has one.
    Thought,
    ToolCall,
    ToolResult,
    /// Something that happened beside the conversation: a condensation, an error of the harness.
    Note,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Part {
    pub kind: PartKind,
    /// For a call made inside a text: the source's own spelling of it, so that the texts and calls of a turn joined
    /// together are the original message. Empty for structured calls.
    pub text: String,
    /// Name of the tool called or answering.
    pub name: Option<String>,
    pub arguments: Option<Value>,
    pub call_id: Option<String>,
    pub exit_code: Option<i64>,
}

impl Turn {
    pub fn new(role: Role, parts: Vec<Part>) -> Self {
        Self { role, parts, ..Self::default() }
    }

    pub fn system(text: impl Into<String>) -> Self {
        Self::new(Role::System, vec![Part::text(text)])
    }

    pub fn user(text: impl Into<String>) -> Self {
        Self::new(Role::User, vec![Part::text(text)])
    }

    pub fn assistant(parts: Vec<Part>) -> Self {
        Self::new(Role::Assistant, parts)
    }

    /// A result failed, or the harness noted an error.
    pub fn failed(&self) -> bool {
        self.parts.iter().any(|part| part.exit_code.is_some_and(|code| code != 0))
    }
}

impl Part {
    pub fn text(text: impl Into<String>) -> Self {
        Self::of(PartKind::Text, text)
    }

    pub fn thought(text: impl Into<String>) -> Self {
        Self::of(PartKind::Thought, text)
    }

    pub fn note(text: impl Into<String>) -> Self {
        Self::of(PartKind::Note, text)
    }

    pub fn call(name: impl Into<String>, arguments: Value, call_id: Option<String>) -> Self {
        Self {
            kind: PartKind::ToolCall,
            name: Some(name.into()),
            arguments: Some(arguments),
            call_id,
            ..Self::default()
        }
    }

    pub fn result(text: impl Into<String>, call_id: Option<String>, exit_code: Option<i64>) -> Self {
        Self { kind: PartKind::ToolResult, text: text.into(), call_id, exit_code, ..Self::default() }
    }

    fn of(kind: PartKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), ..Self::default() }
    }

    /// Two calls that do the same thing: equal tool and arguments, whatever their ids.
    pub fn same_action(&self, other: &Self) -> bool {
        self.name == other.name && self.arguments == other.arguments
    }
}
