//! Plain tables: scores, outcomes, verdicts.

use anyhow::Context;
use serde_json::{Value, json};

use super::chosen::Field;
use super::{Out, write};
use crate::cli::output::Row;
use crate::cli::{Bench, Finish, Inputs, open};
use crate::store::verdicts::{self, VerdictStore};

pub fn scores(bench: &Bench, out: &Out) -> anyhow::Result<Finish> {
    let field = Field::of(bench, false)?;
    let row = |summary: &crate::library::Summary| {
        let score = field.scored.scores.get(&summary.id);
        object(json!({
            "id": summary.id,
            "task_id": summary.task_id,
            "run": summary.run,
            "attempt": summary.attempt,
            "model": field.scored.model,
            "score": score.map(crate::trajectory::Score::probability),
            "log_odds": score.map(|score| score.log_odds),
            "logit_yes": score.and_then(|score| score.logit_yes),
            "logit_no": score.and_then(|score| score.logit_no),
            "resolved": summary.resolved,
        }))
    };
    let rows: Vec<Row> = field.library.summaries().iter().map(row).collect();
    write::rows(&rows, out)?;
    Ok(open::finish(&field.library, &bench.inputs, field.missing))
}

pub fn labels(inputs: &Inputs, out: &Out) -> anyhow::Result<Finish> {
    let library = open::library(inputs)?;
    let known = library.summaries().iter().filter(|summary| summary.resolved.is_some());
    let row = |summary: &crate::library::Summary| {
        object(json!({
            "path": summary.path,
            "instance_id": summary.task_id,
            "run": summary.run,
            "model": summary.model,
            "resolved": summary.resolved.map(u8::from),
        }))
    };
    let rows: Vec<Row> = known.map(row).collect();
    write::rows(&rows, out)?;
    Ok(open::finish(&library, inputs, 0))
}

pub fn verdicts(out: &Out, history: bool) -> anyhow::Result<Finish> {
    let path = VerdictStore::default_path().context("no data folder on this system; name one with ROLLSCOPE_DATA")?;
    let events = VerdictStore::read(&path)?;
    write::rows(&verdicts::rows(&events, history), out)?;
    Ok(Finish::Done)
}

fn object(value: Value) -> Row {
    match value {
        Value::Object(row) => row,
        _ => Row::new(),
    }
}
