//! `rollscope eval`: the judge judged.

pub mod evaluation;
mod json;
mod table;

use anyhow::ensure;
use clap::Args;

use super::output;
use super::{Bench, Finish, Format, judge, open, rank};
use crate::library::{DISAGREE, Library, Reviewed, Summary};
use crate::metrics::Draws;
use crate::reward::imported::Imported;
use crate::store::verdicts::{VerdictStore, standing};
use evaluation::{Evaluation, Scored, Setting};

pub use json::object;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    bench: Bench,
    #[command(flatten)]
    ways: Ways,
    #[arg(long, value_enum)]
    format: Option<Format>,
}

/// How the numbers are made.
#[derive(Debug, Clone, Args)]
pub struct Ways {
    /// From this probability on the decision is "resolved"; without it, the profile's own threshold
    #[arg(long, value_name = "P")]
    threshold: Option<f64>,
    /// Bootstrap draws over tasks for the 95 % intervals
    #[arg(long, default_value_t = Draws::default().count, value_name = "N")]
    draws: usize,
    /// Seed of those draws
    #[arg(long, default_value_t = Draws::default().seed, value_name = "N")]
    seed: u64,
    /// Also with the outcomes as people's verdicts correct them, side by side with what the tests say
    #[arg(long)]
    corrected: bool,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<Finish> {
    let library = open::library(&arguments.bench.inputs)?;
    let (evaluations, missing) = evaluate(&arguments.bench, &arguments.ways, &library)?;
    print(&evaluations, output::chosen(arguments.format))?;
    Ok(open::finish(&library, &arguments.bench.inputs, missing))
}

fn print(evaluations: &[Evaluation], format: Format) -> anyhow::Result<()> {
    let objects = || evaluations.iter().map(object).collect::<Vec<_>>();
    match (format, evaluations) {
        (Format::Table, _) => {
            let texts: Vec<String> = evaluations.iter().map(|one| table::text(one, table::width())).collect();
            output::raw(texts.join("\n").as_bytes())
        }
        (Format::Csv, _) => {
            output::print(&evaluations.iter().flat_map(json::rows).collect::<Vec<_>>(), &[], Some(format))
        }
        (Format::Json, [one]) => output::raw(format!("{}\n", serde_json::to_string_pretty(&object(one))?).as_bytes()),
        _ => output::print(&objects(), &[], Some(format)),
    }
}

/// One evaluation per model asked or score file given; and how many trajectories have no score.
pub fn evaluate(bench: &Bench, ways: &Ways, library: &Library) -> anyhow::Result<(Vec<Evaluation>, usize)> {
    let threshold = ways.threshold;
    ensure!(threshold.is_none_or(|p| (0.0..=1.0).contains(&p)), "--threshold is a probability, from 0 to 1");
    let query = open::query(&bench.inputs)?;
    let reviewed = ways.corrected.then(|| reviewed(library)).transpose()?;
    let draws = Draws { count: ways.draws, seed: ways.seed };
    tell_contradictions(library);
    let (said, missing) = said(bench, library)?;
    let make = |scored: Scored| {
        let threshold = threshold.unwrap_or(scored.threshold);
        let setting = Setting { threshold, draws, query: &query, reviewed: reviewed.as_ref() };
        Evaluation::of(library, scored, &setting)
    };
    Ok((said.into_iter().map(make).collect(), missing))
}

/// Labels that say different things of one trajectory: the numbers stand on the strongest of them.
fn tell_contradictions(library: &Library) {
    let disagree = |summary: &&Summary| summary.notes.iter().any(|note| note.starts_with(DISAGREE));
    let count = library.summaries().iter().filter(disagree).count();
    if count > 0 {
        eprintln!(
            "rollscope: labels contradict each other about {count} trajectories; the strongest statement counts \
             (--filter 'notes:disagree' lists them)"
        );
    }
}

/// What each model asked and each score file given says; and how much could not be scored or read.
pub fn said(bench: &Bench, library: &Library) -> anyhow::Result<(Vec<Scored>, usize)> {
    let (imported, mut missing) = open::scores(&bench.inputs, library);
    let mut all = Vec::new();
    for mut judge in judge::panel(bench, &judge::on_stderr)? {
        let facts = judge.facts();
        let scores = rank::asked(library, &mut judge)?.scores;
        missing += library.summaries().len() - scores.len();
        all.push(Scored { model: facts.name, worth: facts.worth, threshold: facts.threshold, scores });
    }
    let brought = |one: Imported| Scored { model: one.model, worth: String::new(), threshold: 0.5, scores: one.scores };
    all.extend(imported.into_iter().map(brought));
    Ok((all, missing))
}

/// What people said, joined to what is here.
pub fn reviewed(library: &Library) -> anyhow::Result<Reviewed> {
    let events = VerdictStore::default_path().map(|path| VerdictStore::read(&path)).transpose()?.unwrap_or_default();
    let reviewed = Reviewed::of(library.summaries(), standing(&events));
    let (orphans, changed) = (reviewed.orphans.len(), reviewed.changed.len());
    if orphans > 0 {
        eprintln!("rollscope: {orphans} verdicts are about trajectories that are not here; they are kept");
    }
    if changed > 0 {
        eprintln!(
            "rollscope: {changed} verdicts are about trajectories whose content has changed since; they do not count"
        );
    }
    Ok(reviewed)
}
