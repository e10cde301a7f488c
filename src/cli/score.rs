//! `rollscope score`: scores all, with a progress bar. Every score is durable at once, so it resumes where it was stopped.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::output::{self, Row};
use super::{Finish, Format, Inputs, JudgeOptions, judge, open};
use crate::library::query::{self, Field};
use crate::library::{Library, Summary};
use crate::reward::{Cut, Judge, Judged, Question, ScoreError, ScorerFacts};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    inputs: Inputs,
    #[command(flatten)]
    judge: JudgeOptions,
    /// Where the rows go, one JSON object per line; without it, to stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[arg(long, value_enum)]
    format: Option<Format>,
}

const COLUMNS: &[&str] = &["id", "task_id", "run", "state", "score", "log_odds", "tokens", "resolved", "error"];

pub fn run(arguments: &Arguments) -> anyhow::Result<Finish> {
    let mut file = arguments.output.as_ref().map(create).transpose()?;
    let library = open::library(&arguments.inputs)?;
    let query = open::query(&arguments.inputs)?;
    anyhow::ensure!(
        !query.mentions(Field::Rank),
        "--filter: a rank is known when all are scored: `rollscope rank` filters by it"
    );
    let mut judge = judge::load(&arguments.judge)?;
    let mut rows = Vec::new();
    let scored = all(&library, &mut judge, &mut |summary, result| {
        let score = result.outcome.as_ref().ok().map(|judged| judged.score.probability());
        if query.needs_scores() && !open::fits(&library, &query, query::Row { score, ..query::Row::from(summary) }) {
            return Ok(());
        }
        let row = row(summary, &result.facts, result.question, &result.outcome);
        match &mut file {
            Some(file) => {
                writeln!(file, "{}", serde_json::to_string(&row)?)?;
                file.flush()?;
            }
            None => rows.push(row),
        }
        Ok(())
    })?;
    if arguments.output.is_none() {
        output::print(&rows, COLUMNS, arguments.format)?;
    }
    let missing = library.summaries().len() - scored;
    if missing > 0 {
        eprintln!("rollscope: {missing} of {} not scored; their rows say why", library.summaries().len());
    }
    let read = open::finish(&library, &arguments.inputs);
    Ok(if missing > 0 { Finish::of(missing, arguments.inputs.strict) } else { read })
}

fn create(path: &PathBuf) -> anyhow::Result<BufWriter<File>> {
    let file = File::create(path).with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(BufWriter::new(file))
}

/// What scoring one trajectory came to.
pub struct Scoring<'a> {
    pub facts: ScorerFacts,
    pub question: Option<&'a Question>,
    pub outcome: Result<Judged, ScoreError>,
}

/// Scores every trajectory, task by task so that the candidates of one share their prefix; answers how many have a score.
pub fn all(
    library: &Library,
    judge: &mut Judge,
    on: &mut dyn FnMut(&Summary, Scoring) -> anyhow::Result<()>,
) -> anyhow::Result<usize> {
    let bar = bar(library.summaries().len());
    let mut scored = 0;
    let order: Vec<usize> = library.tasks().into_iter().flat_map(|task| task.members).collect();
    for summary in order.iter().filter_map(|index| library.summaries().get(*index)) {
        bar.set_message(output::washed(&summary.task_id));
        let (question, outcome) = one(library, judge, summary, &bar);
        if let Ok(Judged { unsaved: Some(reason), .. }) = &outcome {
            bar.suspend(|| eprintln!("rollscope: the score of {} could not be kept: {reason}", summary.id));
        }
        scored += usize::from(outcome.is_ok());
        on(summary, Scoring { facts: judge.facts(), question: question.as_ref(), outcome })?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(scored)
}

fn one(
    library: &Library,
    judge: &mut Judge,
    summary: &Summary,
    bar: &ProgressBar,
) -> (Option<Question>, Result<Judged, ScoreError>) {
    let trajectory = match library.load(&summary.id) {
        Ok(trajectory) => trajectory,
        Err(note) => return (None, Err(ScoreError::Failed(note.to_string()))),
    };
    let question = match judge.question(&trajectory) {
        Ok(question) => question,
        Err(error) => return (None, Err(error)),
    };
    let total = question.prompt.token_ids.len();
    let mut watch = |done: usize| {
        bar.set_message(format!("{} {done}/{total} tokens", output::washed(&summary.task_id)));
        ControlFlow::Continue(())
    };
    let outcome = judge.answer(&trajectory, &question, &mut watch);
    (Some(question), outcome)
}

fn bar(length: usize) -> ProgressBar {
    let target = if io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style = ProgressStyle::with_template("scoring {pos}/{len} {bar:20} {eta} left · {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(length as u64), target).with_style(style)
}

fn row(
    summary: &Summary,
    facts: &ScorerFacts,
    question: Option<&Question>,
    outcome: &Result<Judged, ScoreError>,
) -> Row {
    let judged = outcome.as_ref().ok();
    let score = judged.map(|judged| &judged.score);
    let cut: &[Cut] = question.map_or(&[], |question| &question.prompt.cut);
    let tokens = match outcome {
        Err(ScoreError::TooLong { tokens, .. }) => Some(*tokens),
        _ => question.map(|question| question.prompt.token_ids.len()),
    };
    let row = json!({
        "id": summary.id,
        "path": summary.path,
        "task_id": summary.task_id,
        "run": summary.run,
        "attempt": summary.attempt,
        "state": outcome.as_ref().map_or_else(ScoreError::state, |_| "scored"),
        "score": score.map(crate::trajectory::Score::probability),
        "log_odds": score.map(|score| score.log_odds),
        "logit_yes": score.and_then(|score| score.logit_yes),
        "logit_no": score.and_then(|score| score.logit_no),
        "outputs": score.map(|score| &score.outputs).filter(|outputs| !outputs.is_empty()),
        "tokens": tokens,
        "cut": cut,
        "model": facts.name,
        "profile": facts.profile,
        "fingerprint": question.map(|question| &question.fingerprint),
        "resolved": summary.resolved,
        "seconds": judged.map(|judged| judged.seconds),
        "error": outcome.as_ref().err().map(ToString::to_string),
    });
    match row {
        serde_json::Value::Object(row) => row,
        _ => Row::new(),
    }
}
