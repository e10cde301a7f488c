//! vLLM's `/pooling`: a row for every token, or the outputs of a pooled head.

use serde_json::{Value, json};

use super::{Answer, Asked, Kind, Misread, Wire, numbers};
use crate::reward::profile::Head;

pub struct Pooling;

impl Wire for Pooling {
    fn route(&self) -> &'static str {
        "/pooling"
    }

    fn serves(&self, kind: Kind, head: &Head) -> bool {
        kind == Kind::Vllm && matches!(head, Head::TokenCls { .. } | Head::SeqCls { .. })
    }

    fn body(&self, asked: &Asked) -> Value {
        question(asked, false)
    }

    fn activated(&self, asked: &Asked) -> Option<Value> {
        Some(question(asked, true))
    }

    fn read(&self, answer: &Value, asked: &Asked) -> Result<Answer, Misread> {
        let data = &answer["data"][0]["data"];
        if !data[0].is_array() {
            return Ok(Answer::Rows(vec![numbers(data, "outputs")?]));
        }
        let rows = data.as_array().into_iter().flatten().map(|row| numbers(row, "outputs"));
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        let (given, sent) = (rows.len(), asked.prompt.token_ids.len());
        if given != sent {
            return Err(Misread::Wrong(format!("it gave {given} rows for {sent} tokens")));
        }
        Ok(Answer::Rows(rows))
    }
}

/// A row for every token is a task of its own; a pooled head answers without being told.
fn question(asked: &Asked, activated: bool) -> Value {
    let mut body = json!({ "model": asked.model, "input": asked.prompt.token_ids, "use_activation": activated });
    if matches!(asked.prompter.profile().head, Head::TokenCls { .. }) {
        body["task"] = "token_classify".into();
    }
    body
}
