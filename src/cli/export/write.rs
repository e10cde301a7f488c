//! Rows into a file or onto stdout, as JSON lines, one JSON list, CSV or Parquet.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use arrow_json::ReaderBuilder;
use arrow_json::reader::infer_json_schema_from_iterator;
use arrow_schema::{ArrowError, Schema};
use clap::ValueEnum;
use parquet::arrow::ArrowWriter;
use serde_json::Value;

use super::Out;
use crate::cli::Format;
use crate::cli::output::{Row, Sheet};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    Jsonl,
    Json,
    Csv,
    Parquet,
}

/// All rows, and nothing else: data goes to the file or to stdout.
pub fn rows(rows: &[Row], out: &Out) -> anyhow::Result<()> {
    let form = out.format.unwrap_or_else(|| form_of(out.output.as_deref()));
    let sink = target(out.output.as_deref())?;
    let format = match form {
        Form::Parquet => return parquet(rows, sink),
        Form::Jsonl => Format::Jsonl,
        Form::Json => Format::Json,
        Form::Csv => Format::Csv,
    };
    let mut sheet = Sheet::new(sink, &[], format);
    rows.iter().try_for_each(|row| sheet.add(row))?;
    sheet.finish()
}

/// A file's name says what should be in it.
fn form_of(path: Option<&Path>) -> Form {
    match path.and_then(Path::extension).and_then(|end| end.to_str()) {
        Some("csv") => Form::Csv,
        Some("json") => Form::Json,
        Some("parquet") => Form::Parquet,
        _ => Form::Jsonl,
    }
}

/// The file, or stdout.
pub fn target(path: Option<&Path>) -> anyhow::Result<Box<dyn Write + Send>> {
    match path {
        None => Ok(Box::new(io::stdout())),
        Some(path) => {
            let file = File::create(path).with_context(|| format!("{} cannot be written", path.display()))?;
            Ok(Box::new(file))
        }
    }
}

/// One table; its columns are all fields that occur, typed by their values.
fn parquet(rows: &[Row], sink: Box<dyn Write + Send>) -> anyhow::Result<()> {
    let values: Vec<Value> = rows.iter().cloned().map(Value::Object).collect();
    let found = infer_json_schema_from_iterator(values.iter().map(Ok::<_, ArrowError>))?;
    let schema = Arc::new(ordered(&found, rows));
    let mut decoder = ReaderBuilder::new(schema.clone()).with_batch_size(rows.len().max(1)).build_decoder()?;
    decoder.serialize(&values)?;
    let mut writer = ArrowWriter::try_new(sink, schema, None)?;
    if let Some(batch) = decoder.flush()? {
        writer.write(&batch)?;
    }
    writer.close()?;
    Ok(())
}

/// Columns in the order of the rows' fields.
fn ordered(found: &Schema, rows: &[Row]) -> Schema {
    let mut names: Vec<&str> = Vec::new();
    for name in rows.iter().flat_map(Row::keys) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    Schema::new(names.iter().filter_map(|name| found.field_with_name(name).ok().cloned()).collect::<Vec<_>>())
}
