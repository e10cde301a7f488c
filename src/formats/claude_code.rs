//! Claude Code sessions: JSONL of events, one file per session; also the stream of print mode.
//!
//! One message of the interface is written as several lines that share its id: they are one turn, its usage counted
//! once. Side chains and retries stay where they were written.

use std::collections::HashMap;

use serde_json::Value;

use super::conversation::Conversation;
use super::{Content, Document, Format, Reading, content, json};
use crate::trajectory::{Part, PartKind, Role, Trajectory, Turn, Usage};

pub struct ClaudeCode;

impl Format for ClaudeCode {
    fn name(&self) -> &'static str {
        "claude-code"
    }

    fn about(&self) -> &'static str {
        "Claude Code sessions (~/.claude/projects/**/*.jsonl) and stream-json output"
    }

    fn claims(&self, document: &Document) -> bool {
        matches!(document.content, Content::Lines(lines) if lines.iter().any(is_line))
    }

    fn read(&self, document: &Document) -> Reading {
        let Content::Lines(lines) = document.content else { return Reading::default() };
        let mut reader = Reader::default();
        for line in lines {
            reader.add(line);
        }
        let result = lines.iter().rev().find(|line| json::text(line, "type") == Some("result"));
        let result = result.unwrap_or(&Value::Null);
        let trajectory = Trajectory {
            model: lines.iter().find_map(|line| json::owned(line, "message/model")),
            turns: reader.talk.finish(),
            exit_status: json::owned(result, "subtype"),
            usage: Usage {
                input_tokens: reader.messages.values().filter_map(|spent| spent.0).reduce(|a, b| a + b),
                output_tokens: reader.messages.values().filter_map(|spent| spent.1).reduce(|a, b| a + b),
                cost_usd: json::number(result, "total_cost_usd"),
            },
            ..Trajectory::default()
        };
        Reading { trajectories: vec![trajectory], ..Reading::default() }
    }
}

fn is_line(line: &Value) -> bool {
    let spoken = matches!(json::text(line, "type"), Some("user" | "assistant"));
    spoken && line.get("message").is_some_and(|message| message.get("content").is_some())
}

#[derive(Default)]
struct Reader {
    talk: Conversation,
    /// Tokens in and out per message: repeated on each of its lines, growing while it is streamed.
    messages: HashMap<String, (Option<u64>, Option<u64>)>,
    speaking: Option<String>,
}

impl Reader {
    fn add(&mut self, line: &Value) {
        let message = json::at(line, "message");
        let timestamp = json::name(line, "timestamp");
        match json::text(line, "type") {
            Some("assistant") => self.answer(message, timestamp),
            Some("user") => self.user(content::parts(json::at(message, "content")), timestamp),
            Some("summary" | "system") => {
                let words = json::first(line, &["summary", "content", "subtype"]).map(Part::note);
                let note = words.map(|words| Turn { timestamp, ..Turn::new(Role::Other, vec![words]) });
                self.talk.push_some(note);
                self.speaking = None;
            }
            _ => {}
        }
    }

    fn answer(&mut self, message: &Value, timestamp: Option<String>) {
        let parts = content::parts(json::at(message, "content"));
        let id = json::owned(message, "id");
        let spent = (json::count(message, "usage/input_tokens"), json::count(message, "usage/output_tokens"));
        if id.is_some() && id == self.speaking {
            self.talk.extend(parts);
        } else {
            self.talk.push(Turn { timestamp, ..Turn::assistant(parts) });
        }
        if let Some(turn) = self.talk.last_mut() {
            turn.tokens = spent.1;
        }
        let count = self.messages.len().to_string();
        self.messages.insert(id.clone().unwrap_or(count), spent);
        self.speaking = id;
    }

    fn user(&mut self, parts: Vec<Part>, timestamp: Option<String>) {
        let (results, own): (Vec<_>, Vec<_>) = parts.into_iter().partition(|part| part.kind == PartKind::ToolResult);
        for result in results {
            self.talk.result(result);
        }
        if !own.is_empty() {
            self.talk.push(Turn { timestamp, ..Turn::new(Role::User, own) });
            self.speaking = None;
        }
    }
}
