//! `rollscope score`: scores all, with a progress bar. Every score is durable at once, so it resumes where it was stopped.

mod fit;
mod row;

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::{self, Sheet};
use super::{Bench, Finish, Format, harmless, judge, open};
use crate::library::query::{self, Field};
use crate::library::{Library, Summary};
use crate::reward::{self, Asked, Earlier, Judge, Judged, ScoreError};
use crate::trajectory::Score;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    bench: Bench,
    /// Where the rows go; without it, to stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Into a file: jsonl
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Ask nothing: say how long every prompt is, and into which contexts it fits
    #[arg(long)]
    dry_run: bool,
    /// Also the score after each turn, where the judge reads turns
    #[arg(long)]
    trace: bool,
}

const COLUMNS: &[&str] = &["id", "task_id", "run", "state", "score", "log_odds", "tokens", "resolved", "error"];

pub fn run(arguments: &Arguments) -> anyhow::Result<Finish> {
    let mut sheet = sheet(arguments)?;
    let library = open::library(&arguments.bench.inputs)?;
    let query = open::query(&arguments.bench.inputs)?;
    anyhow::ensure!(
        !query.mentions(Field::Rank),
        "--filter: a rank is known when all are scored: `rollscope rank` filters by it"
    );
    let wanted = |summary: &Summary, score: Option<&Score>| {
        let score = score.map(Score::probability);
        !query.needs_scores() || open::fits(&library, &query, query::Row { score, ..query::Row::from(summary) })
    };
    let (imported, problems) = open::scores(&arguments.bench.inputs, &library);
    if arguments.dry_run {
        let mut missing = 0;
        for options in judge::each(&arguments.bench.judge) {
            missing += fit::rows(&library, &judge::prompter(&options)?, &mut sheet)?;
        }
        sheet.finish()?;
        return Ok(open::finish(&library, &arguments.bench.inputs, missing));
    }
    let judges = judge::panel(&arguments.bench, &judge::on_stderr)?;
    let (mut missing, mut asked) = (0, 0);
    for judge in judges {
        let (mut judge, mut untraced) = (judge.tracing(arguments.trace), None);
        asked += library.summaries().len();
        let facts = judge.facts();
        let scored = all(&library, &mut judge, &mut |summary, told| {
            let judged = told.outcome.as_ref().ok();
            untraced = untraced.take().or(judged.and_then(|judged| judged.trace.as_ref()?.as_ref().err()).cloned());
            let wanted = wanted(summary, judged.map(|judged| &judged.score));
            if wanted { sheet.row(&row::of(summary, &facts, told)) } else { Ok(()) }
        })?;
        missing += library.summaries().len() - scored;
        if let Some(reason) = untraced {
            eprintln!("rollscope: {}: {}", facts.name, output::washed(&reason));
        }
    }
    for summary in library.summaries() {
        for one in &imported {
            let score = one.scores.get(&summary.id).filter(|score| wanted(summary, Some(score)));
            score.map_or(Ok(()), |score| sheet.row(&row::imported(summary, one, score)))?;
        }
    }
    sheet.finish()?;
    if missing > 0 {
        eprintln!("rollscope: {missing} of {asked} not scored; their rows say why");
    }
    Ok(open::finish(&library, &arguments.bench.inputs, problems + missing))
}

fn sheet(arguments: &Arguments) -> anyhow::Result<Sheet<'static>> {
    let columns = if arguments.dry_run { fit::COLUMNS } else { COLUMNS };
    let Some(path) = &arguments.output else {
        return Ok(Sheet::new(harmless::stdout(), columns, output::chosen(arguments.format)));
    };
    let file = File::create(path).with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(Sheet::new(Box::new(file) as Box<dyn Write>, columns, arguments.format.unwrap_or(form_of(path))))
}

/// A file's name says what should be in it.
fn form_of(path: &Path) -> Format {
    match path.extension().and_then(|end| end.to_str()) {
        Some("csv") => Format::Csv,
        Some("json") => Format::Json,
        _ => Format::Jsonl,
    }
}

/// What came of asking about a trajectory.
pub struct Told {
    /// What was asked, if it could be.
    asked: Option<Asked>,
    pub outcome: Result<Judged, ScoreError>,
    /// Where there is no score: what was said before, when the question was another one.
    stale: Option<Earlier>,
}

/// Told about every trajectory.
pub type Heard<'a> = &'a mut dyn FnMut(&Summary, &Told) -> anyhow::Result<()>;

/// Scores every trajectory, task by task so that the candidates of one share their prefix; answers how many have a score.
pub fn all(library: &Library, judge: &mut Judge, heard: Heard) -> anyhow::Result<usize> {
    let bar = bar(library.summaries().len());
    let order = library.tasks().into_iter().flat_map(|task| task.members);
    let order: Vec<&Summary> = order.filter_map(|index| library.summaries().get(index)).collect();
    let (mut scored, mut end) = (0, Ok(()));
    reward::spread(judge, &order, &|judge, summary| one(library, judge, summary, &bar), &mut |summary, told| {
        if let Ok(Judged { unsaved: Some(reason), .. }) = &told.outcome {
            bar.suspend(|| eprintln!("rollscope: the score of {} could not be kept: {reason}", summary.id));
        }
        scored += usize::from(told.outcome.is_ok());
        bar.inc(1);
        end = heard(summary, &told);
        if end.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    bar.finish_and_clear();
    let facts = judge.facts();
    if scored > 0 && !facts.worth.is_empty() {
        eprintln!("rollscope: what scores of {} are worth: {}", facts.name, facts.worth);
    }
    end.map(|()| scored)
}

fn one(library: &Library, judge: &mut Judge, summary: &Summary, bar: &ProgressBar) -> Told {
    let trajectory = match library.load(&summary.id) {
        Ok(trajectory) => trajectory,
        Err(note) => return Told::unasked(judge, summary, ScoreError::Failed(note.to_string())),
    };
    match judge.before(&trajectory) {
        Some(Ok((asked, judged))) => return Told { asked: Some(asked), outcome: Ok(judged), stale: None },
        Some(Err(error)) => return Told::unasked(judge, summary, error),
        None => {}
    }
    let question = match judge.question(&trajectory) {
        Ok(question) => question,
        Err(error) => return Told::unasked(judge, summary, error),
    };
    let total = question.prompt.token_ids.len();
    let mut watch = |done: usize| {
        bar.set_message(format!("{} {done}/{total} tokens", output::washed(&summary.task_id)));
        ControlFlow::Continue(())
    };
    let outcome = judge.answer(&trajectory, &question, &mut watch);
    let stale = if outcome.is_err() { judge.earlier(&summary.id, Some(&question)) } else { None };
    Told { asked: Some(question.asked()), outcome, stale }
}

impl Told {
    fn unasked(judge: &Judge, summary: &Summary, error: ScoreError) -> Self {
        Self { asked: None, outcome: Err(error), stale: judge.earlier(&summary.id, None) }
    }
}

fn bar(length: usize) -> ProgressBar {
    let target = if io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style = ProgressStyle::with_template("scoring {pos}/{len} {bar:20} {eta} left · {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(length as u64), target).with_style(style)
}
