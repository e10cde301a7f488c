//! vLLM's `/v1/completions` with `logprob_token_ids`: the labels' own log-probabilities, however unlikely they are.

use serde_json::{Value, json};

use super::top_tokens::TopTokens;
use super::{Answer, Asked, Kind, Misread, Wire, first_token, number};
use crate::reward::profile::Head;

pub struct Completions;

impl Wire for Completions {
    fn route(&self) -> &'static str {
        "/v1/completions"
    }

    fn serves(&self, kind: Kind, head: &Head) -> bool {
        kind == Kind::Vllm && matches!(head, Head::YesNo { .. })
    }

    /// Without `logprobs` the labels are refused; without `return_tokens_as_token_ids` tokens of the same text share a
    /// name, and a server without a tokenizer refuses.
    fn body(&self, asked: &Asked) -> Value {
        let mut body = TopTokens { top: 1 }.body(asked);
        body["logprob_token_ids"] = json!(asked.labels());
        body
    }

    /// A server that does not know the field ignores it: then labels are missing.
    fn read(&self, answer: &Value, asked: &Asked) -> Result<Answer, Misread> {
        let named = first_token(answer)?;
        let label = |id: u32| {
            let name = format!("token_id:{id}");
            let found = named.get(&name);
            let found = found.ok_or_else(|| Misread::NotUnderstood("it does not name the labels".into()))?;
            number(found, &name)
        };
        let row = asked.labels().into_iter().map(label).collect::<Result<_, _>>()?;
        Ok(Answer::Rows(vec![row]))
    }

    fn spare(&self) -> usize {
        1
    }

    fn may_be_refused(&self, why: &str, _: Kind, _: &Asked) -> bool {
        why.contains("logprob_token_ids") && !why.contains("out-of-vocab")
    }
}
