//! Rows to stdout in the form asked for: a table on a terminal, JSONL elsewhere. And the exit status.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::process::ExitCode;

use serde_json::{Map, Value};
use unicode_width::UnicodeWidthStr;

use super::{Format, harmless};
use crate::app::page::wash;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    Done,
    /// Something was skipped, unreadable or not scored.
    Incomplete,
    Failed,
    /// The command line did not say what to do.
    Usage,
}

impl Finish {
    /// `strict` turns an incomplete end into a failure.
    pub fn of(problems: usize, strict: bool) -> Self {
        match (problems, strict) {
            (0, _) => Self::Done,
            (_, false) => Self::Incomplete,
            (_, true) => Self::Failed,
        }
    }
}

impl From<Finish> for ExitCode {
    fn from(finish: Finish) -> Self {
        match finish {
            Finish::Done => Self::SUCCESS,
            Finish::Failed => Self::from(1),
            Finish::Usage => Self::from(2),
            Finish::Incomplete => Self::from(3),
        }
    }
}

pub type Row = Map<String, Value>;

/// The form rows take when the user did not say.
pub fn chosen(format: Option<Format>) -> Format {
    let default = if io::stdout().is_terminal() { Format::Table } else { Format::Jsonl };
    format.unwrap_or(default)
}

/// Prints rows; `columns` are the fields a table shows, the other forms have every field.
pub fn print(rows: &[Row], columns: &[&str], format: Option<Format>) -> anyhow::Result<()> {
    let mut sheet = sheet(columns, format);
    rows.iter().try_for_each(|row| sheet.add(row))?;
    sheet.finish()
}

/// A sheet on stdout.
pub fn sheet<'a>(columns: &'a [&'a str], format: Option<Format>) -> Sheet<'a> {
    Sheet::new(harmless::stdout(), columns, chosen(format))
}

/// Rows on their way out. A table needs all of them to know its widths.
pub struct Sheet<'a> {
    out: Box<dyn Write>,
    columns: &'a [&'a str],
    format: Format,
    headed: bool,
    kept: Vec<Row>,
}

impl<'a> Sheet<'a> {
    pub fn new(out: Box<dyn Write>, columns: &'a [&'a str], format: Format) -> Self {
        Self { out: Box::new(BufWriter::new(out)), columns, format, headed: false, kept: Vec::new() }
    }

    /// A row that somebody waits for.
    pub fn row(&mut self, row: &Row) -> anyhow::Result<()> {
        self.add(row)?;
        Ok(self.out.flush()?)
    }

    /// A row of many that are there.
    pub fn add(&mut self, row: &Row) -> anyhow::Result<()> {
        match self.format {
            Format::Jsonl => writeln!(self.out, "{}", serde_json::to_string(row)?)?,
            Format::Csv => {
                let header = (!self.headed).then(|| csv_line(row.keys().map(String::as_str))).transpose()?;
                self.headed = true;
                self.out.write_all(&header.unwrap_or_default())?;
                self.out.write_all(&csv_line(row.values().map(plain))?)?;
            }
            Format::Table | Format::Json => self.kept.push(row.clone()),
        }
        Ok(())
    }

    pub fn finish(mut self) -> anyhow::Result<()> {
        match self.format {
            Format::Table => table(&mut self.out, &self.kept, self.columns)?,
            Format::Json => writeln!(self.out, "{}", serde_json::to_string_pretty(&self.kept)?)?,
            Format::Jsonl | Format::Csv => {}
        }
        Ok(self.out.flush()?)
    }
}

fn csv_line(cells: impl Iterator<Item = impl AsRef<[u8]>>) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells)?;
    writer.into_inner().map_err(|error| anyhow::anyhow!("{error}"))
}

fn table(out: &mut dyn Write, rows: &[Row], columns: &[&str]) -> anyhow::Result<()> {
    let cells: Vec<Vec<String>> =
        rows.iter().map(|row| columns.iter().map(|column| cell(row.get(*column))).collect()).collect();
    let width = |at: usize| cells.iter().map(|row| row[at].width()).chain([columns[at].width()]).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let numeric: Vec<bool> = columns.iter().map(|column| all_numbers(rows, column)).collect();
    line(out, columns.iter().copied(), &widths, &numeric)?;
    for row in &cells {
        line(out, row.iter().map(String::as_str), &widths, &numeric)?;
    }
    Ok(())
}

fn line<'a>(
    out: &mut dyn Write,
    cells: impl Iterator<Item = &'a str>,
    widths: &[usize],
    right: &[bool],
) -> io::Result<()> {
    let padded = cells.zip(widths).zip(right).map(|((cell, width), right)| {
        let space = " ".repeat(width.saturating_sub(cell.width()));
        if *right { format!("{space}{cell}") } else { format!("{cell}{space}") }
    });
    writeln!(out, "{}", padded.collect::<Vec<_>>().join("  ").trim_end())
}

fn all_numbers(rows: &[Row], column: &str) -> bool {
    rows.iter().all(|row| matches!(row.get(column), None | Some(Value::Null | Value::Number(_))))
}

/// A value as a table shows it: numbers short, control characters of hostile ids made visible.
fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::Bool(true)) => "✓".into(),
        Some(Value::Bool(false)) => "✗".into(),
        Some(Value::Number(number)) if number.is_f64() => format!("{:.3}", number.as_f64().unwrap_or(f64::NAN)),
        Some(Value::Array(items)) => items.len().to_string(),
        Some(other) => washed(&plain(other)),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// One line of a stranger's text for a terminal: the screen's own washing, bidi and invisible characters included.
pub fn washed(text: &str) -> String {
    wash(text, 0).into_owned()
}

/// Several lines of it; line breaks and tabs stay, everything else that steers a terminal becomes a symbol.
pub fn washed_lines(text: &str) -> String {
    let line = |line: &str| line.split('\t').map(washed).collect::<Vec<_>>().join("\t");
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// Text that is laid out already.
pub fn raw(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = harmless::stdout();
    out.write_all(bytes)?;
    Ok(out.flush()?)
}
