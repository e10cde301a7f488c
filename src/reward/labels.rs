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

/// Position of the first `close` after the last `open` that has one.
pub fn last_close(ids: &[u32], open: &[u32], close: &[u32]) -> Option<usize> {
    let starts = |at: usize, what: &[u32]| !what.is_empty() && ids[at..].starts_with(what);
    (0..ids.len())
        .rev()
        .filter(|at| starts(*at, open))
        .find_map(|at| (at + open.len()..ids.len()).find(|end| starts(*end, close)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_where_the_last_finished_turn_closes() {
        let ids = [1, 7, 9, 2, 1, 7, 5, 2, 1, 7, 6];
        assert_eq!(last_close(&ids, &[1, 7], &[2]), Some(7));
        assert_eq!(last_close(&ids, &[3], &[2]), None);
        assert_eq!(last_close(&[], &[1], &[2]), None);
    }
}
