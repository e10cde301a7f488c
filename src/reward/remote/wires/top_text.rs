//! `/v1/completions` of servers that take text only (llama.cpp's Python server): the number of tokens they read must be ours.

use serde_json::{Value, json};

use super::{Answer, Asked, Kind, Misread, Wire, among, first_token, number};
use crate::reward::profile::Head;

pub struct TopText {
    pub top: usize,
}

impl Wire for TopText {
    fn route(&self) -> &'static str {
        "/v1/completions"
    }

    fn serves(&self, kind: Kind, head: &Head) -> bool {
        kind == Kind::Other && matches!(head, Head::YesNo { .. })
    }

    fn body(&self, asked: &Asked) -> Value {
        json!({
            "model": asked.model,
            "prompt": asked.prompt.text,
            "max_tokens": 1,
            "temperature": 0,
            "logprobs": self.top,
        })
    }

    fn read(&self, answer: &Value, asked: &Asked) -> Result<Answer, Misread> {
        if answer["usage"]["prompt_tokens"].as_u64().is_none() {
            return Err(Misread::Wrong("it does not say how many tokens it read, and takes no token ids".into()));
        }
        let named = first_token(answer)?;
        let labels: Vec<(u32, String)> = asked.labels().into_iter().map(|id| (id, asked.text(id))).collect();
        let (mut found, mut floor) = (Vec::new(), f64::INFINITY);
        for (name, value) in named {
            let value = number(value, name)?;
            floor = floor.min(value);
            found.extend(labels.iter().find(|(_, text)| text == name).map(|(id, _)| (*id, value)));
        }
        among(&found, floor, named.len(), asked)
    }

    fn spare(&self) -> usize {
        1
    }

    fn may_be_refused(&self, why: &str, _: Kind, _: &Asked) -> bool {
        why.contains("logprobs")
    }
}
