//! Rows to train on: whole chats, and pairs of them.

use serde_json::{Value, json};

use super::chosen::{By, Candidate, Field};
use super::{Out, write};
use crate::cli::output::{Row, washed};
use crate::cli::{Bench, Finish, open};
use crate::reward::conversation;

/// Per task at most `cap` of the good ones, those with the fewest turns first, as SWE-Gym caps them: easy tasks have many
/// successes, and long ones are padding (Pan et al. 2024, arXiv:2412.21139, section 4).
pub fn sft(bench: &Bench, out: &Out, by: &By, cap: usize) -> anyhow::Result<Finish> {
    let field = Field::of(bench, by.corrected())?;
    let (mut rows, mut unread) = (Vec::new(), 0);
    for (task, mut candidates) in field.tasks() {
        candidates.retain(|one| field.good(by, one) == Some(true));
        candidates.sort_by_key(|one| (one.summary.turns, one.summary.bytes));
        for one in candidates.iter().take(cap) {
            match messages(&field, one) {
                Some(messages) => rows.push(object(json!({
                    "messages": messages,
                    "instance_id": task,
                    "id": one.summary.id,
                    "run": one.summary.run,
                    "model": one.summary.model,
                    "turns": one.summary.turns,
                    "resolved": one.resolved,
                    "score": one.probability(),
                }))),
                None => unread += 1,
            }
        }
    }
    write::rows(&rows, out)?;
    Ok(open::finish(&field.library, &bench.inputs, field.missing + unread))
}

/// Per task every good one against every bad one, the smallest margin first: there the judge has most to learn.
pub fn pairs(bench: &Bench, out: &Out, by: &By, cap: usize, least: Option<f64>) -> anyhow::Result<Finish> {
    let field = Field::of(bench, by.corrected())?;
    let (mut rows, mut unread) = (Vec::new(), 0);
    for (task, candidates) in field.tasks() {
        let (good, bad): (Vec<_>, Vec<_>) =
            candidates.iter().filter_map(|one| Some((one, field.good(by, one)?))).partition(|(_, good)| *good);
        let mut pairs: Vec<(&Candidate, &Candidate, Option<f64>)> =
            good.iter().flat_map(|(a, _)| bad.iter().map(move |(b, _)| (*a, *b, margin(a, b)))).collect();
        pairs.retain(|(_, _, margin)| least.is_none_or(|least| margin.is_some_and(|margin| margin >= least)));
        pairs.sort_by(|a, b| a.2.unwrap_or(f64::INFINITY).total_cmp(&b.2.unwrap_or(f64::INFINITY)));
        for (chosen, rejected, margin) in pairs.into_iter().take(cap) {
            match messages(&field, chosen).zip(messages(&field, rejected)) {
                Some(chats) => rows.push(pair(task, chosen, rejected, margin, &chats)),
                None => unread += 1,
            }
        }
    }
    write::rows(&rows, out)?;
    Ok(open::finish(&field.library, &bench.inputs, field.missing + unread))
}

/// How far the chosen one's score lies above the other's, in log-odds.
fn margin(chosen: &Candidate, rejected: &Candidate) -> Option<f64> {
    Some(chosen.log_odds? - rejected.log_odds?)
}

fn pair(task: &str, chosen: &Candidate, rejected: &Candidate, margin: Option<f64>, chats: &(Value, Value)) -> Row {
    object(json!({
        "instance_id": task,
        "chosen": chats.0,
        "rejected": chats.1,
        "margin": margin,
        "chosen_id": chosen.summary.id,
        "rejected_id": rejected.summary.id,
        "chosen_score": chosen.probability(),
        "rejected_score": rejected.probability(),
    }))
}

/// `[{role, content}]`; nothing where the trajectory cannot be read again, or has no turns.
fn messages(field: &Field, one: &Candidate) -> Option<Value> {
    let id = &one.summary.id;
    let read = field.library.load(id).inspect_err(|note| eprintln!("rollscope: {}", washed(&note.to_string()))).ok()?;
    if read.turns.is_empty() {
        eprintln!("rollscope: {}: no turns to train on", washed(id));
        return None;
    }
    Some(json!(conversation(&read)))
}

fn object(value: Value) -> Row {
    match value {
        Value::Object(row) => row,
        _ => Row::new(),
    }
}
