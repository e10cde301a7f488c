//! `rollscope list`: a row per trajectory.

use clap::Args;
use rayon::prelude::*;
use serde_json::{Value, json};

use super::output::{self, Row};
use super::{Finish, Format, Inputs, follow, open};
use crate::library::query::{self, Field};
use crate::library::{Library, Summary, Watch};
use crate::reward::imported::Imported;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    inputs: Inputs,
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Go on listing what running agents write, as lines of JSON, until interrupted
    #[arg(long)]
    follow: bool,
}

impl Arguments {
    pub fn of(inputs: Inputs) -> Self {
        Self { inputs, format: None, follow: false }
    }
}

/// What fits a terminal; JSON and CSV have every field.
const COLUMNS: &[&str] = &[
    "id",
    "task_id",
    "run",
    "turns",
    "exit_status",
    "resolved",
    "score",
    "patch_files",
    "patch_added",
    "patch_removed",
    "loops",
    "notes",
];

/// Rows that are made together, and in memory.
const AT_ONCE: usize = 512;

pub fn run(arguments: &Arguments) -> anyhow::Result<Finish> {
    let watch = arguments.follow.then(|| Watch::begin(&arguments.inputs.sources()));
    let mut library = open::library(&arguments.inputs)?;
    let (imported, problems) = open::scores(&arguments.inputs, &library);
    let query = open::query(&arguments.inputs)?;
    anyhow::ensure!(!query.mentions(Field::Rank), "--filter: `rollscope rank` knows the ranks");
    let narrow = |library: &mut Library| {
        open::narrow_by(library, &query, &|summary| query::Row {
            score: imported.iter().find_map(|one| Some(one.scores.get(&summary.id)?.probability())),
            ..query::Row::from(summary)
        });
    };
    if query.needs_scores() {
        narrow(&mut library);
    }
    if let Some(watch) = watch {
        anyhow::ensure!(matches!(arguments.format, None | Some(Format::Jsonl)), "--follow prints lines of JSON only");
        return Err(follow::run(library, watch, &|library| {
            narrow(library);
            library.summaries().iter().map(|summary| row(summary, &imported)).collect()
        }));
    }
    let columns: Vec<&str> = COLUMNS.iter().copied().filter(|name| *name != "score" || !imported.is_empty()).collect();
    let mut sheet = output::sheet(&columns, arguments.format);
    for summaries in library.summaries().chunks(AT_ONCE) {
        let rows: Vec<Row> = summaries.par_iter().map(|summary| row(summary, &imported)).collect();
        rows.iter().try_for_each(|row| sheet.add(row))?;
    }
    sheet.finish()?;
    Ok(open::finish(&library, &arguments.inputs, problems))
}

/// `score` is what the first model with a score says; where several were imported, `scores` has them all.
fn row(summary: &Summary, imported: &[Imported]) -> Row {
    let Ok(Value::Object(mut row)) = serde_json::to_value(summary) else { return Row::new() };
    let says = |one: &Imported| Some((one.model.clone(), json!(one.scores.get(&summary.id)?.probability())));
    let said: Row = imported.iter().filter_map(says).collect();
    if let Some(first) = imported.iter().find_map(|one| said.get(&one.model)) {
        row.insert("score".into(), first.clone());
    }
    if imported.len() > 1 {
        row.insert("scores".into(), Value::Object(said));
    }
    row
}
