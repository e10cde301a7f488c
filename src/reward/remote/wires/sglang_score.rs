//! `SGLang`'s `/v1/score`: the labels' shares. By its documentation; no recorded exchange.

use serde_json::{Value, json};

use super::{Answer, Asked, Kind, Misread, Wire, numbers};
use crate::reward::profile::Head;

pub struct Score;

impl Wire for Score {
    fn route(&self) -> &'static str {
        "/v1/score"
    }

    fn serves(&self, kind: Kind, head: &Head) -> bool {
        kind == Kind::Sglang && matches!(head, Head::YesNo { yes, no, .. } if yes.len() == 1 && no.len() == 1)
    }

    /// The last token is the item: whether an empty one is taken is not documented.
    fn body(&self, asked: &Asked) -> Value {
        let (last, query) = asked.prompt.token_ids.split_last().unwrap_or((&0, &[]));
        json!({
            "model": asked.model,
            "query": query,
            "items": [[last]],
            "label_token_ids": asked.labels(),
            "apply_softmax": true,
            "item_first": false,
        })
    }

    fn read(&self, answer: &Value, _: &Asked) -> Result<Answer, Misread> {
        let shares = numbers(&answer["scores"][0], "scores")?;
        match shares[..] {
            [yes, no] if yes > 0.0 && no > 0.0 => Ok(Answer::Odds(yes.ln() - no.ln())),
            _ => Err(Misread::Wrong(format!("the labels' shares are {shares:?}: they cannot be compared"))),
        }
    }

    fn spare(&self) -> usize {
        1
    }
}
