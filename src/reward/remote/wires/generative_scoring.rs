//! vLLM's `/generative_scoring`: the share of the first label. It cuts long prompts silently; what it read is compared.

use serde_json::{Value, json};

use super::{Answer, Asked, Kind, Misread, Wire, number};
use crate::reward::profile::Head;
use crate::trajectory::log_odds_of;

pub struct GenerativeScoring;

impl Wire for GenerativeScoring {
    fn route(&self) -> &'static str {
        "/generative_scoring"
    }

    /// Only one number comes back, so there can be only one spelling of each label.
    fn serves(&self, kind: Kind, head: &Head) -> bool {
        kind == Kind::Vllm && matches!(head, Head::YesNo { yes, no, .. } if yes.len() == 1 && no.len() == 1)
    }

    /// Without `apply_softmax` its default holds: the share among the labels.
    fn body(&self, asked: &Asked) -> Value {
        json!({
            "model": asked.model,
            "query": asked.prompt.token_ids,
            "items": [[]],
            "label_token_ids": asked.labels(),
        })
    }

    fn read(&self, answer: &Value, _: &Asked) -> Result<Answer, Misread> {
        if answer["usage"]["prompt_tokens"].as_u64().is_none() {
            return Err(Misread::Wrong(
                "it does not say how many tokens it read, and cuts long prompts silently".into(),
            ));
        }
        let share = number(&answer["data"][0]["score"], "score")?;
        if share > 0.0 && share < 1.0 {
            return Ok(Answer::Odds(log_odds_of(share)));
        }
        Err(Misread::Wrong(format!("the share of the first label is {share}: rounded beyond what can be ranked")))
    }

    fn spare(&self) -> usize {
        1
    }
}
