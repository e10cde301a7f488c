//! vLLM's `/classify`: the outputs of a pooled head, or the one logit of a yes/no model served as a classifier.

use serde_json::{Value, json};

use super::{Answer, Asked, Kind, Misread, Wire, numbers};
use crate::reward::profile::Head;

pub struct Classify;

impl Wire for Classify {
    fn route(&self) -> &'static str {
        "/classify"
    }

    fn serves(&self, kind: Kind, head: &Head) -> bool {
        kind == Kind::Vllm && matches!(head, Head::YesNo { .. } | Head::SeqCls { .. })
    }

    fn body(&self, asked: &Asked) -> Value {
        json!({ "model": asked.model, "input": asked.prompt.token_ids, "use_activation": false })
    }

    fn activated(&self, asked: &Asked) -> Option<Value> {
        Some(json!({ "model": asked.model, "input": asked.prompt.token_ids, "use_activation": true }))
    }

    /// Raw outputs come in a field that is called `probs` all the same.
    fn read(&self, answer: &Value, asked: &Asked) -> Result<Answer, Misread> {
        let outputs = numbers(&answer["data"][0]["probs"], "probs")?;
        match (asked.prompter.profile().head.clone(), outputs.len()) {
            // `from_2_way_softmax`: the row of yes less the row of no.
            (Head::YesNo { .. }, 1) => Ok(Answer::Rows(vec![outputs])),
            (Head::YesNo { .. }, n) => Err(Misread::Wrong(format!("a classifier with {n} outputs is no yes or no"))),
            _ => Ok(Answer::Rows(vec![outputs])),
        }
    }
}
