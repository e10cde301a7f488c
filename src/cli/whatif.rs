//! `rollscope whatif`: scores again with a part taken out, and shows the drop. The cost is named first.

use std::ops::ControlFlow;

use anyhow::{bail, ensure};
use clap::Args;
use serde_json::json;

use super::output::{self, Row, washed};
use super::{Bench, Finish, Format, judge, open};
use crate::library::{Library, Summary};
use crate::reward::{Judge, ScoreError, Taken, without};
use crate::trajectory::{Score, Trajectory};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    bench: Bench,
    /// What to take out: thoughts, final-message, tests, or one file; may be given several times
    #[arg(long, value_name = "thoughts|final-message|tests|file:PATH", required = true, value_parser = taken)]
    without: Vec<Taken>,
    /// Only say what it would cost
    #[arg(long)]
    cost: bool,
    #[arg(long, value_enum)]
    format: Option<Format>,
}

fn taken(name: &str) -> Result<Taken, String> {
    Taken::named(name).ok_or_else(|| "one of thoughts, final-message, tests, file:PATH".into())
}

const COLUMNS: &[&str] = &["task_id", "run", "without", "state", "score", "score_without", "drop", "resolved", "id"];

pub fn run(arguments: &Arguments) -> anyhow::Result<Finish> {
    let library = open::library(&arguments.bench.inputs)?;
    let query = open::query(&arguments.bench.inputs)?;
    ensure!(!query.needs_scores(), "--filter: what is taken out is scored anew; filter by something else than scores");
    ensure!(arguments.bench.inputs.scores.is_empty(), "--scores: imported scores cannot be made again without a part");
    let mut judges = judge::panel(&arguments.bench, &judge::on_stderr)?;
    let (Some(judge), true) = (judges.first_mut(), arguments.bench.judge.model.len() < 2) else {
        bail!("one judge at a time");
    };
    let cost = cost(&library, judge, &arguments.without);
    eprintln!(
        "rollscope: {} prompts of {} tokens in all are to be read; {} are known already",
        cost.prompts, cost.tokens, cost.known
    );
    if arguments.cost {
        return Ok(Finish::Done);
    }
    let mut rows = Vec::new();
    for summary in library.summaries() {
        for taken in &arguments.without {
            rows.push(compare(&library, judge, summary, taken));
        }
    }
    output::print(&rows, COLUMNS, arguments.format)?;
    arguments.without.iter().for_each(|taken| summarise(&rows, taken));
    let missing = rows.iter().filter(|row| row["state"] == "failed").count();
    Ok(open::finish(&library, &arguments.bench.inputs, missing))
}

#[derive(Default)]
struct Cost {
    prompts: usize,
    tokens: usize,
    known: usize,
}

/// What has to be computed: the whole trajectories and those without a part, less what was answered before.
fn cost(library: &Library, judge: &Judge, parts: &[Taken]) -> Cost {
    let mut cost = Cost::default();
    for whole in library.summaries().iter().filter_map(|summary| library.load(&summary.id).ok()) {
        let changed = parts.iter().filter_map(|taken| without(&whole, taken));
        for question in std::iter::once(whole.clone()).chain(changed).filter_map(|one| judge.question(&one).ok()) {
            if judge.recall(&question).is_some() {
                cost.known += 1;
            } else {
                cost.prompts += 1;
                cost.tokens += question.prompt.token_ids.len();
            }
        }
    }
    cost
}

fn compare(library: &Library, judge: &mut Judge, summary: &Summary, taken: &Taken) -> Row {
    let (state, whole, changed, error) = match scores(library, judge, summary, taken) {
        Ok((whole, Some(changed))) => ("scored", Some(whole), Some(changed), None),
        Ok((whole, None)) => ("nothing to take out", Some(whole), None, None),
        Err(error) => ("failed", None, None, Some(error)),
    };
    let odds = whole.as_ref().zip(changed.as_ref()).map(|(whole, changed)| whole.log_odds - changed.log_odds);
    let row = json!({
        "id": summary.id,
        "task_id": summary.task_id,
        "run": summary.run,
        "without": taken.name(),
        "state": state,
        "score": whole.as_ref().map(Score::probability),
        "score_without": changed.as_ref().map(Score::probability),
        "drop": whole.as_ref().zip(changed.as_ref()).map(|(whole, changed)| whole.probability() - changed.probability()),
        "drop_log_odds": odds,
        "tokens_without": changed.as_ref().map(|score| score.tokens),
        "resolved": summary.resolved,
        "error": error,
    });
    row.as_object().cloned().unwrap_or_default()
}

fn scores(
    library: &Library,
    judge: &mut Judge,
    summary: &Summary,
    taken: &Taken,
) -> Result<(Score, Option<Score>), String> {
    let whole = library.load(&summary.id).map_err(|note| note.to_string())?;
    let mut ask = |trajectory: &Trajectory| -> Result<Score, ScoreError> {
        let question = judge.question(trajectory)?;
        Ok(judge.answer(trajectory, &question, &mut |_| ControlFlow::Continue(()))?.score)
    };
    let score = ask(&whole).map_err(|error| error.to_string())?;
    let changed = without(&whole, taken).map(|changed| ask(&changed)).transpose();
    Ok((score, changed.map_err(|error| format!("without {}: {error}", taken.name()))?))
}

/// How much the judge leans on that part, over all of them, on stderr: the rows are data.
fn summarise(rows: &[Row], taken: &Taken) {
    let name = taken.name();
    let drops = |resolved: Option<bool>| -> Vec<f64> {
        let of =
            rows.iter().filter(|row| row["without"] == name && resolved.is_none_or(|wanted| row["resolved"] == wanted));
        of.filter_map(|row| row["drop"].as_f64()).collect()
    };
    let mean = |drops: &[f64]| drops.iter().sum::<f64>() / drops.len().max(1) as f64;
    let all = drops(None);
    let (up, down) = (drops(Some(true)), drops(Some(false)));
    let fell = all.iter().filter(|drop| **drop > 0.0).count();
    eprintln!(
        "rollscope: without {}: score falls in {fell} of {}, by {:+.3} on average ({:+.3} where resolved, {:+.3} where not)",
        washed(&name),
        all.len(),
        mean(&all),
        mean(&up),
        mean(&down)
    );
}
