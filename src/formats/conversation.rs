//! Turns in the making: results find the turn of the call they answer.

use std::collections::HashMap;

use crate::trajectory::{Part, PartKind, Role, Turn};

#[derive(Default)]
pub struct Conversation {
    turns: Vec<Turn>,
    /// Turn and part of each call that has an id. Ids that come again belong to the latest call.
    calls: HashMap<String, (usize, usize)>,
}

impl Conversation {
    pub fn push(&mut self, turn: Turn) {
        let calls = turn.parts.iter().enumerate().filter(|(_, part)| part.kind == PartKind::ToolCall);
        for (at, call) in calls {
            if let Some(id) = &call.call_id {
                self.calls.insert(id.clone(), (self.turns.len(), at));
            }
        }
        self.turns.push(turn);
    }

    /// Puts parts onto the last turn: more of the same message.
    pub fn extend(&mut self, parts: Vec<Part>) {
        let mut turn = self.turns.pop().unwrap_or_default();
        turn.parts.extend(parts);
        self.push(turn);
    }

    /// Pairs a result by its call's id, else with the assistant that spoke last; an orphan opens a turn of its own.
    pub fn result(&mut self, mut part: Part) {
        let called = part.call_id.as_ref().and_then(|id| self.calls.get(id)).copied();
        if let Some((turn, at)) = called {
            let parts = &mut self.turns[turn].parts;
            part.name = part.name.or_else(|| parts.get(at)?.name.clone());
            parts.push(part);
        } else if let Some(turn) = self.turns.last_mut().filter(|turn| turn.role == Role::Assistant) {
            part.name = part.name.or_else(|| next_unanswered(turn));
            turn.parts.push(part);
        } else {
            self.turns.push(Turn::new(Role::Tool, vec![part]));
        }
    }

    pub fn last(&self) -> Option<&Turn> {
        self.turns.last()
    }

    pub fn last_mut(&mut self) -> Option<&mut Turn> {
        self.turns.last_mut()
    }

    /// The last turn awaits the answer to a call that its text contains.
    pub fn awaits_text(&self) -> bool {
        self.turns.last().is_some_and(|turn| {
            turn.role == Role::Assistant
                && turn.parts.last().is_some_and(|part| part.kind != PartKind::ToolResult)
                && turn.parts.iter().any(|part| part.kind == PartKind::ToolCall && !part.text.is_empty())
        })
    }

    pub fn finish(self) -> Vec<Turn> {
        self.turns
    }
}

/// The tool of the first call of a turn that no result has answered yet.
fn next_unanswered(turn: &Turn) -> Option<String> {
    let results = turn.parts.iter().filter(|part| part.kind == PartKind::ToolResult).count();
    let mut calls = turn.parts.iter().filter(|part| part.kind == PartKind::ToolCall);
    calls.nth(results).and_then(|call| call.name.clone())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn called(ids: &[&str]) -> Turn {
        Turn::assistant(ids.iter().map(|id| Part::call(*id, Value::Null, Some((*id).to_string()))).collect())
    }

    #[test]
    fn results_find_their_call_by_id_then_by_place() {
        let mut talk = Conversation::default();
        talk.result(Part::result("orphan", None, None));
        talk.push(called(&["a", "b"]));
        talk.push(called(&["c"]));
        talk.result(Part::result("of b", Some("b".into()), None));
        talk.result(Part::result("of c", None, None));
        let turns = talk.finish();
        assert_eq!(turns[0].role, Role::Tool);
        assert_eq!((turns[1].parts[2].text.as_str(), turns[1].parts[2].name.as_deref()), ("of b", Some("b")));
        assert_eq!((turns[2].parts[1].text.as_str(), turns[2].parts[1].name.as_deref()), ("of c", Some("c")));
    }
}
