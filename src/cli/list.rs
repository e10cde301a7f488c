//! `rollscope list`: a row per trajectory.

use clap::Args;
use serde_json::Value;

use super::output::{self, Row};
use super::{Finish, Format, Inputs, open};
use crate::library::Summary;
use crate::library::query::Field;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    inputs: Inputs,
    #[arg(long, value_enum)]
    format: Option<Format>,
}

impl Arguments {
    pub fn of(inputs: Inputs) -> Self {
        Self { inputs, format: None }
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
    "patch_files",
    "patch_added",
    "patch_removed",
    "loops",
    "notes",
];

pub fn run(arguments: &Arguments) -> anyhow::Result<Finish> {
    let mut library = open::library(&arguments.inputs)?;
    let query = open::query(&arguments.inputs)?;
    if query.needs_scores() {
        anyhow::ensure!(!query.mentions(Field::Rank), "--filter: `rollscope rank` knows the ranks");
        open::narrow(&mut library, &query);
    }
    let rows: Vec<Row> = library.summaries().iter().map(row).collect();
    output::print(&rows, COLUMNS, arguments.format)?;
    Ok(open::finish(&library, &arguments.inputs))
}

fn row(summary: &Summary) -> Row {
    match serde_json::to_value(summary) {
        Ok(Value::Object(row)) => row,
        _ => Row::new(),
    }
}
