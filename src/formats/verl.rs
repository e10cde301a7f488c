//! verl rollout dumps, `<step>.jsonl`: a decoded prompt, a decoded answer and a score, told apart by the chat template.
//!
//! Shape after `volcengine/verl`: `rollout_data_dir`, `validation_data_dir`. `gts` is the ground truth and not read.

use serde_json::Value;

use super::{Document, Format, Reading, chat, json, outcomes};
use crate::trajectory::{Trajectory, Turn};

pub struct Verl;

impl Format for Verl {
    fn name(&self) -> &'static str {
        "verl"
    }

    fn about(&self) -> &'static str {
        "verl rollout dumps: rows of input, output and score as decoded text"
    }

    fn claims(&self, document: &Document) -> bool {
        document.value().is_some_and(|row| {
            let texts = ["input", "output"].iter().all(|key| json::text(row, key).is_some());
            texts && json::number(row, "score").is_some()
        })
    }

    fn read(&self, document: &Document) -> Reading {
        let Some(row) = document.value() else { return Reading::default() };
        let (input, output) =
            (json::text(row, "input").unwrap_or_default(), json::text(row, "output").unwrap_or_default());
        let trajectory = Trajectory {
            turns: turns(input, output),
            outcome: outcomes::truth(json::at(row, "score")),
            reward: outcomes::reward(row),
            ..Trajectory::default()
        };
        Reading { trajectories: vec![trajectory], ..Reading::default() }
    }
}

const START: &str = "<|im_start|>";
const END: &str = "<|im_end|>";

/// Prompt and answer are one text cut in two: the answer's head stands at the end of the prompt.
fn turns(input: &str, output: &str) -> Vec<Turn> {
    let spoken = |role: &str, text: &str| serde_json::json!({"role": role, "content": text});
    if !input.contains(START) {
        return chat::turns(&[spoken("user", input), spoken("assistant", output)], &Value::Null);
    }
    let whole = format!("{input}{output}");
    let pieces = whole.split(START).filter(|piece| !piece.trim().is_empty());
    let messages = pieces.map(|piece| {
        let (role, text) = piece.split_once('\n').unwrap_or((piece, ""));
        let text = text.trim_end_matches('\n').strip_suffix(END).unwrap_or(text);
        spoken(role.trim(), text)
    });
    chat::turns(&messages.collect::<Vec<_>>(), &Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_tells_who_speaks() {
        let turns = turns(
            "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nSum?<|im_end|>\n<|im_start|>assistant\n",
            "a\nb<|im_end|>\n<|im_start|>user\nmore<|im_end|>\n<|im_start|>assistant\nc",
        );
        let said: Vec<&str> = turns.iter().flat_map(|turn| &turn.parts).map(|part| part.text.as_str()).collect();
        assert_eq!(said, ["Be brief.", "Sum?", "a\nb", "more", "c"]);
    }
}
