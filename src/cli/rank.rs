//! `rollscope rank`: per task, the candidates in order, the pick, its margin.

use std::collections::HashMap;

use clap::Args;
use serde_json::{Value, json};

use super::output::{self, Row};
use super::{Finish, Format, Inputs, JudgeOptions, judge, open, score};
use crate::library::{Library, Task};
use crate::trajectory::Score;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    inputs: Inputs,
    #[command(flatten)]
    judge: JudgeOptions,
    #[arg(long, value_enum)]
    format: Option<Format>,
}

const COLUMNS: &[&str] = &["task_id", "rank", "pick", "score", "log_odds", "resolved", "run", "id"];

pub fn run(arguments: &Arguments) -> anyhow::Result<Finish> {
    let library = open::library(&arguments.inputs)?;
    let mut judge = judge::load(&arguments.judge)?;
    let missing = ranking(&library, &mut judge, arguments.format)?;
    let read = open::finish(&library, &arguments.inputs);
    Ok(if missing > 0 { Finish::of(missing, arguments.inputs.strict) } else { read })
}

/// Scores what is not scored yet and prints the ranking; answers how many trajectories have no score.
pub fn ranking(library: &Library, judge: &mut crate::reward::Judge, format: Option<Format>) -> anyhow::Result<usize> {
    let mut scores: HashMap<String, Score> = HashMap::new();
    score::all(library, judge, &mut |summary, scoring| {
        match scoring.outcome {
            Ok(judged) => drop(scores.insert(summary.id.clone(), judged.score)),
            Err(error) => eprintln!("rollscope: {}: not scored: {error}", output::washed(&summary.id)),
        }
        Ok(())
    })?;
    let tasks = library.tasks();
    if output::chosen(format) == Format::Table || format == Some(Format::Csv) {
        let rows: Vec<Row> = tasks.iter().flat_map(|task| flat(library, &scores, task)).collect();
        output::print(&rows, COLUMNS, format)?;
    } else {
        let rows: Vec<Row> = tasks.iter().map(|task| nested(library, &scores, task)).collect();
        output::print(&rows, COLUMNS, format)?;
    }
    Ok(library.summaries().len() - scores.len())
}

/// A candidate with its place: equal log-odds share a rank, and what has no score has none.
struct Placed {
    index: usize,
    rank: Option<usize>,
    score: Option<Score>,
}

fn placed(library: &Library, scores: &HashMap<String, Score>, task: &Task) -> Vec<Placed> {
    let score = |index: usize| scores.get(&library.summaries().get(index)?.id).cloned();
    let mut all: Vec<Placed> =
        task.members.iter().map(|&index| Placed { index, rank: None, score: score(index) }).collect();
    let key = |one: &Placed| one.score.as_ref().map_or(f64::NEG_INFINITY, |score| score.log_odds);
    all.sort_by(|a, b| key(b).total_cmp(&key(a)));
    let keys: Vec<f64> = all.iter().map(key).collect();
    for one in all.iter_mut().filter(|one| one.score.is_some()) {
        let own = one.score.as_ref().map_or(0.0, |score| score.log_odds);
        one.rank = Some(1 + keys.iter().filter(|key| **key > own).count());
    }
    all
}

/// How far the pick lies ahead of the next, in log-odds; nothing where there is no next.
fn margin(placed: &[Placed]) -> Option<f64> {
    let [first, second, ..] = placed else { return None };
    Some(first.score.as_ref()?.log_odds - second.score.as_ref()?.log_odds)
}

fn nested(library: &Library, scores: &HashMap<String, Score>, task: &Task) -> Row {
    let placed = placed(library, scores, task);
    let candidates: Vec<Value> = placed.iter().map(|one| Value::Object(candidate(library, one))).collect();
    let pick =
        placed.first().filter(|first| first.rank.is_some()).and_then(|first| library.summaries().get(first.index));
    object(json!({
        "task_id": task.id,
        "candidates": candidates,
        "pick": pick.map(|summary| &summary.id),
        "margin": margin(&placed),
    }))
}

fn candidate(library: &Library, one: &Placed) -> Row {
    let summary = library.summaries().get(one.index);
    object(json!({
        "id": summary.map(|summary| &summary.id),
        "rank": one.rank,
        "score": one.score.as_ref().map(Score::probability),
        "log_odds": one.score.as_ref().map(|score| score.log_odds),
        "resolved": summary.and_then(|summary| summary.resolved),
    }))
}

fn flat(library: &Library, scores: &HashMap<String, Score>, task: &Task) -> Vec<Row> {
    let placed = placed(library, scores, task);
    let rows = placed.iter().enumerate().map(|(place, one)| {
        let mut row = object(json!({ "task_id": task.id }));
        row.extend(candidate(library, one));
        row.insert("run".into(), json!(library.summaries().get(one.index).map(|summary| &summary.run)));
        row.insert("pick".into(), json!(if place == 0 && one.rank.is_some() { "▲" } else { "" }));
        row
    });
    rows.collect()
}

fn object(value: Value) -> Row {
    match value {
        Value::Object(row) => row,
        _ => Row::new(),
    }
}
