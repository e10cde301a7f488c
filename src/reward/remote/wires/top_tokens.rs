//! `/v1/completions` of older and other servers, with token ids: only the likeliest tokens are named.

use serde_json::{Value, json};

use super::{Answer, Asked, Kind, Misread, Wire, among, first_token, number};
use crate::reward::profile::Head;

pub struct TopTokens {
    pub top: usize,
}

impl Wire for TopTokens {
    fn route(&self) -> &'static str {
        "/v1/completions"
    }

    fn serves(&self, kind: Kind, head: &Head) -> bool {
        kind != Kind::Sglang && matches!(head, Head::YesNo { .. })
    }

    fn body(&self, asked: &Asked) -> Value {
        json!({
            "model": asked.model,
            "prompt": asked.prompt.token_ids,
            "max_tokens": 1,
            "temperature": 0,
            "logprobs": self.top,
            "return_tokens_as_token_ids": true,
            "add_special_tokens": false,
        })
    }

    /// Names are `token_id:N`, or texts where the server does not know that field; then a label is known by its text.
    fn read(&self, answer: &Value, asked: &Asked) -> Result<Answer, Misread> {
        let named = first_token(answer)?;
        let labels: Vec<(u32, String, String)> =
            asked.labels().into_iter().map(|id| (id, format!("token_id:{id}"), asked.text(id))).collect();
        let by_id = named.keys().any(|name| name.starts_with("token_id:"));
        let (mut found, mut floor) = (Vec::new(), f64::INFINITY);
        for (name, value) in named {
            let value = number(value, name)?;
            floor = floor.min(value);
            let is = |label: &&(u32, String, String)| if by_id { label.1 == *name } else { label.2 == *name };
            found.extend(labels.iter().find(is).map(|label| (label.0, value)));
        }
        among(&found, floor, named.len(), asked)
    }

    fn spare(&self) -> usize {
        1
    }

    /// Caps differ, and so does whether ids are taken at all.
    fn may_be_refused(&self, why: &str, kind: Kind, _: &Asked) -> bool {
        kind == Kind::Other || why.contains("logprobs")
    }
}
