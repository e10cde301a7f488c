//! `SGLang`'s `/generate` with `token_ids_logprob`: the labels' own log-probabilities. By its documentation and clients; no
//! recorded exchange.

use serde_json::{Value, json};

use super::{Answer, Asked, Kind, Misread, Wire, number};
use crate::reward::profile::Head;

pub struct Generate;

impl Wire for Generate {
    fn route(&self) -> &'static str {
        "/generate"
    }

    fn serves(&self, kind: Kind, head: &Head) -> bool {
        kind == Kind::Sglang && matches!(head, Head::YesNo { .. })
    }

    fn body(&self, asked: &Asked) -> Value {
        json!({
            "input_ids": asked.prompt.token_ids,
            "sampling_params": { "max_new_tokens": 1, "temperature": 0 },
            "return_logprob": true,
            "logprob_start_len": -1,
            "token_ids_logprob": asked.labels(),
        })
    }

    /// Entries are `[log-probability, id, text or null]`.
    fn read(&self, answer: &Value, asked: &Asked) -> Result<Answer, Misread> {
        let named = answer["meta_info"]["output_token_ids_logprobs"][0].as_array();
        let named = named.ok_or_else(|| Misread::NotUnderstood("the answer names no label".into()))?;
        let label = |id: u32| {
            let entry = named.iter().find(|entry| entry[1].as_u64() == Some(u64::from(id)));
            let entry = entry.ok_or_else(|| Misread::NotUnderstood(format!("the answer does not name token {id}")))?;
            number(&entry[0], &format!("the log-probability of token {id}"))
        };
        let row = asked.labels().into_iter().map(label).collect::<Result<_, _>>()?;
        Ok(Answer::Rows(vec![row]))
    }

    fn spare(&self) -> usize {
        1
    }
}
