//! `rollscope rank`: per task, the candidates in order, the pick, its margin.

use std::collections::{HashMap, HashSet};

use clap::Args;
use serde_json::{Value, json};

use super::output::{self, Row};
use super::{Bench, Finish, Format, judge, open, score};
use crate::library::query::{self, Query};
use crate::library::{Library, Summary, Task};
use crate::reward::Judge;
use crate::trajectory::{Score, join_key};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    bench: Bench,
    #[arg(long, value_enum)]
    format: Option<Format>,
}

const COLUMNS: &[&str] = &["task_id", "rank", "pick", "score", "log_odds", "resolved", "run", "id"];

/// What one model says about all trajectories, by their id.
pub struct Said {
    pub model: String,
    pub scores: HashMap<String, Score>,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<Finish> {
    let mut library = open::whole(&arguments.bench.inputs)?;
    let (imported, problems) = open::scores(&arguments.bench.inputs, &library);
    let query = open::query(&arguments.bench.inputs)?;
    keep_rivals(&mut library, &query);
    let mut said = Vec::new();
    for mut judge in judge::panel(&arguments.bench, &judge::on_stderr)? {
        said.push(asked(&library, &mut judge)?);
    }
    said.extend(imported.into_iter().map(|one| Said { model: one.model, scores: one.scores }));
    let missing = ranking(&library, &said, &query, arguments.format)?;
    Ok(open::finish(&library, &arguments.bench.inputs, problems + missing))
}

/// Leaves the tasks of which some candidate may fit, with all their candidates: a filter changes no rank.
fn keep_rivals(library: &mut Library, query: &Query) {
    let may_fit = |summary: &&Summary| query.judge(&query::Row::from(*summary)) != Some(false);
    let tasks: HashSet<String> =
        library.summaries().iter().filter(may_fit).map(|summary| join_key(&summary.task_id).to_owned()).collect();
    library.keep(|summary| tasks.contains(join_key(&summary.task_id)));
}

/// Scores what is not scored yet; what cannot be scored is named on stderr.
pub fn asked(library: &Library, judge: &mut Judge) -> anyhow::Result<Said> {
    let mut scores: HashMap<String, Score> = HashMap::new();
    score::all(library, judge, &mut |summary, told| {
        match &told.outcome {
            Ok(judged) => drop(scores.insert(summary.id.clone(), judged.score.clone())),
            Err(error) => eprintln!("rollscope: {}", output::washed(&format!("{}: not scored: {error}", summary.id))),
        }
        Ok(())
    })?;
    Ok(Said { model: judge.facts().name, scores })
}

/// Prints what fits of the ranking by the first model, with what the others say beside it; answers how many trajectories
/// the first has no score for.
pub fn ranking(library: &Library, said: &[Said], query: &Query, format: Option<Format>) -> anyhow::Result<usize> {
    let nothing = HashMap::new();
    let scores = said.first().map_or(&nothing, |first| &first.scores);
    let ranked: Vec<Ranked> =
        library.tasks().iter().filter_map(|task| Ranked::of(library, scores, task, query)).collect();
    if output::chosen(format) == Format::Table || format == Some(Format::Csv) {
        let others: Vec<&str> = said.iter().skip(1).map(|other| other.model.as_str()).collect();
        let columns: Vec<&str> =
            COLUMNS[..5].iter().copied().chain(others).chain(COLUMNS[5..].iter().copied()).collect();
        let rows: Vec<Row> = ranked.iter().flat_map(|task| flat(library, said, task)).collect();
        output::print(&rows, &columns, format)?;
    } else {
        let rows: Vec<Row> = ranked.iter().map(|task| nested(library, said, task)).collect();
        output::print(&rows, COLUMNS, format)?;
    }
    let scored = |summary: &&Summary| scores.contains_key(&summary.id);
    Ok(library.summaries().len() - library.summaries().iter().filter(scored).count())
}

/// A candidate with its place: equal log-odds share a rank, and what has no score has none.
struct Placed {
    index: usize,
    rank: Option<usize>,
    score: Option<Score>,
}

/// A task in the order of its scores. Rank, pick and margin are those among all its candidates, whatever is shown.
struct Ranked<'a> {
    task_id: &'a str,
    shown: Vec<Placed>,
    pick: Option<usize>,
    margin: Option<f64>,
}

impl<'a> Ranked<'a> {
    /// Nothing where no candidate fits.
    fn of(library: &Library, scores: &HashMap<String, Score>, task: &Task<'a>, query: &Query) -> Option<Self> {
        let mut shown = placed(library, scores, task);
        let margin = margin(&shown);
        let pick = shown.first().filter(|first| first.rank.is_some()).map(|first| first.index);
        shown.retain(|one| {
            let fits = |summary| open::fits(library, query, one.row(summary));
            library.summaries().get(one.index).is_some_and(fits)
        });
        (!shown.is_empty()).then_some(Self { task_id: task.id, shown, pick, margin })
    }
}

impl Placed {
    fn row<'a>(&self, summary: &'a Summary) -> query::Row<'a> {
        let score = self.score.as_ref().map(Score::probability);
        query::Row { score, rank: self.rank, ..query::Row::from(summary) }
    }
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

fn nested(library: &Library, said: &[Said], task: &Ranked) -> Row {
    let candidates: Vec<Value> = task.shown.iter().map(|one| Value::Object(candidate(library, said, one))).collect();
    let pick = task.pick.and_then(|index| library.summaries().get(index));
    object(json!({
        "task_id": task.task_id,
        "candidates": candidates,
        "pick": pick.map(|summary| &summary.id),
        "margin": task.margin,
    }))
}

/// `scores`, where several models were asked: what each of them says.
fn candidate(library: &Library, said: &[Said], one: &Placed) -> Row {
    let summary = library.summaries().get(one.index);
    let mut row = object(json!({
        "id": summary.map(|summary| &summary.id),
        "rank": one.rank,
        "score": one.score.as_ref().map(Score::probability),
        "log_odds": one.score.as_ref().map(|score| score.log_odds),
        "resolved": summary.and_then(|summary| summary.resolved),
    }));
    if let (Some(summary), true) = (summary, said.len() > 1) {
        row.insert("scores".into(), Value::Object(by_model(said, &summary.id)));
    }
    row
}

fn by_model(said: &[Said], id: &str) -> Row {
    let says = |one: &Said| (one.model.clone(), json!(one.scores.get(id).map(Score::probability)));
    said.iter().map(says).collect()
}

fn flat(library: &Library, said: &[Said], task: &Ranked) -> Vec<Row> {
    let rows = task.shown.iter().map(|one| {
        let mut row = object(json!({ "task_id": task.task_id }));
        row.extend(candidate(library, said, one));
        if let Some(Value::Object(others)) = row.shift_remove("scores") {
            row.extend(others.into_iter().skip(1));
        }
        row.insert("run".into(), json!(library.summaries().get(one.index).map(|summary| &summary.run)));
        row.insert("pick".into(), json!(if task.pick == Some(one.index) { "▲" } else { "" }));
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
