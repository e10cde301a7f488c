//! `SGLang`'s own `/classify` for reward models (`--is-embedding`): raw outputs in a field called `embedding`. By its
//! documentation; no recorded exchange.

use serde_json::{Value, json};

use super::{Answer, Asked, Kind, Misread, Wire, numbers};
use crate::reward::profile::Head;

pub struct SglangClassify;

impl Wire for SglangClassify {
    fn route(&self) -> &'static str {
        "/classify"
    }

    fn serves(&self, kind: Kind, head: &Head) -> bool {
        kind == Kind::Sglang && matches!(head, Head::SeqCls { .. })
    }

    fn body(&self, asked: &Asked) -> Value {
        json!({ "model": asked.model, "input_ids": asked.prompt.token_ids })
    }

    fn read(&self, answer: &Value, _: &Asked) -> Result<Answer, Misread> {
        let answer = if answer.is_array() { &answer[0] } else { answer };
        Ok(Answer::Rows(vec![numbers(&answer["embedding"], "outputs")?]))
    }
}
