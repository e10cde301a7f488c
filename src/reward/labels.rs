//! Which token ids mean yes and no, and where in a prompt a per-token value is read.

use serde::Serialize;

use super::profile::Spelling;
use super::tokenizer::Tokenizer;

/// Token ids whose logits are compared. Empty for classification heads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Labels {
    pub yes: Vec<u32>,
    pub no: Vec<u32>,
}

/// Looks the spellings up in the checkpoint's own vocabulary: ids are never assumed.
pub fn find(
    tokenizer: &Tokenizer,
    yes: &[String],
    no: &[String],
    read: Spelling,
    first_token: bool,
) -> Result<Labels, String> {
    let ids = |spellings: &[String]| -> Result<Vec<u32>, String> {
        let mut ids = Vec::new();
        for spelling in spellings {
            let spelled = if read == Spelling::Space { format!(" {spelling}") } else { spelling.clone() };
            let id = id_of(tokenizer, &spelled, first_token)?;
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        Ok(ids)
    };
    let labels = Labels { yes: ids(yes)?, no: ids(no)? };
    match labels.yes.iter().find(|id| labels.no.contains(id)) {
        Some(id) => Err(format!("yes {yes:?} and no {no:?} share token {id}: this tokenizer cannot tell them apart")),
        None => Ok(labels),
    }
}

fn id_of(tokenizer: &Tokenizer, spelling: &str, first_token: bool) -> Result<u32, String> {
    let (ids, _) = tokenizer.encode(spelling)?;
    match ids.as_slice() {
        [id] => Ok(*id),
        [id, ..] if first_token => Ok(*id),
        ids => Err(format!(
            "label {spelling:?} is {} tokens in this tokenizer ({ids:?}), and one is needed; another spelling, \
             or first_token = true in the profile, may fit",
            ids.len()
        )),
    }
}

/// Positions where stretches close: for each `open`, the first `close` after it and before the next `open`.
pub fn closes(ids: &[u32], open: &[u32], close: &[u32]) -> Vec<usize> {
    let starts = |at: usize, what: &[u32]| !what.is_empty() && ids[at..].starts_with(what);
    let mut found = Vec::new();
    let mut opened = false;
    for at in 0..ids.len() {
        if starts(at, open) {
            opened = true;
        } else if opened && starts(at, close) {
            opened = false;
            found.push(at);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_where_finished_turns_close() {
        let ids = [1, 7, 9, 2, 1, 7, 5, 2, 1, 7, 6];
        assert_eq!(closes(&ids, &[1, 7], &[2]), [3, 7]);
        assert_eq!(closes(&ids, &[3], &[2]), [0; 0]);
        assert_eq!(closes(&[], &[1], &[2]), [0; 0]);
    }
}
