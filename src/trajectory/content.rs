//! What a trajectory's key is made of: everything said and done, each piece with its kind and length, so that no two
//! contents run together into the same bytes.

use serde_json::Value;

use super::{Part, PartKind, Turn};

/// Handed to the hash together: it is fastest on many bytes at once, and slow at the seams.
const PIECE: usize = 128 << 10;

#[derive(Default)]
pub struct Content {
    hasher: blake3::Hasher,
    waiting: Vec<u8>,
}

impl Content {
    pub fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes(text.as_bytes());
    }

    pub fn turn(&mut self, turn: &Turn) {
        self.number(turn.role as u64);
        self.number(turn.parts.len() as u64);
        self.maybe(turn.timestamp.as_deref());
        self.number(turn.tokens.unwrap_or(u64::MAX));
        self.number(turn.cost_usd.unwrap_or(f64::NAN).to_bits());
        turn.parts.iter().for_each(|part| self.part(part));
    }

    /// Of an answer counts which call it answers, not what it says.
    fn part(&mut self, part: &Part) {
        self.number(part.kind as u64);
        self.maybe(part.name.as_deref());
        self.maybe(part.call_id.as_deref());
        if part.kind != PartKind::ToolResult {
            self.text(&part.text);
            self.value(part.arguments.as_ref().unwrap_or(&Value::Null));
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.bytes(b"-"),
            Value::Bool(is) => self.bytes(if *is { b"t" } else { b"f" }),
            Value::Number(number) => {
                self.bytes(b"n");
                self.text(&number.to_string());
            }
            Value::String(text) => {
                self.bytes(b"s");
                self.text(text);
            }
            Value::Array(items) => {
                self.bytes(b"l");
                self.number(items.len() as u64);
                for item in items {
                    self.value(item);
                }
            }
            Value::Object(members) => {
                self.bytes(b"o");
                self.number(members.len() as u64);
                for (key, member) in members {
                    self.text(key);
                    self.value(member);
                }
            }
        }
    }

    fn maybe(&mut self, text: Option<&str>) {
        self.bytes(if text.is_some() { b"+" } else { b"-" });
        self.text(text.unwrap_or_default());
    }

    fn number(&mut self, number: u64) {
        self.bytes(&number.to_le_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= PIECE {
            self.hasher.update(&self.waiting);
            self.waiting.clear();
        }
    }

    /// 128 bits, hex.
    pub fn key(mut self) -> String {
        self.hasher.update(&self.waiting);
        self.hasher.finalize().to_hex()[..32].into()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::trajectory::{Patch, Trajectory};

    fn rollout(said: &str, arguments: Value, answered: &str) -> Trajectory {
        let call = Part::call("bash", arguments, Some("c1".into()));
        let result = Part::result(answered, Some("c1".into()), Some(answered.len() as i64));
        let turns = vec![Turn::assistant(vec![Part::text(said), call, result])];
        Trajectory { task_id: "a__b-1".into(), turns, ..Trajectory::default() }
    }

    #[test]
    fn copies_share_a_key_and_rollouts_that_did_otherwise_do_not() {
        let one = rollout("look", json!({"command": "ls"}), "a b");
        let copy = Trajectory { id: "elsewhere".into(), task_id: "a__b-1_7".into(), ..one.clone() };
        assert_eq!((one.key(), one.key().len()), (copy.key(), 32));
        assert_eq!(one.key(), rollout("look", json!({"command": "ls"}), "b a").key(), "answers do not count");
        for other in [
            rollout("lookl", json!({"command": "s"}), "a b"),
            rollout("look", json!({"command": "ls", "n": 1}), "a b"),
            rollout("look", json!(["command", "ls"]), "a b"),
            Trajectory { task_id: "a__b-2".into(), ..one.clone() },
            Trajectory { turns: vec![], ..one.clone() },
            Trajectory { turns: vec![], patch: Some(Patch::given("x")), ..one.clone() },
        ] {
            assert_ne!(one.key(), other.key());
        }
    }
}
