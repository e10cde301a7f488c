//! Parquet: rows as JSON objects, by row group and record batch, read by range. Knows nothing of what the rows mean.

mod cell;
mod talk;

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, FieldRef, Fields, Schema};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::errors::ParquetError;
use parquet::file::metadata::RowGroupMetaData;
use serde_json::{Map, Value};

use cell::Cells;

use super::caught::caught;
use crate::formats::Pains;
use crate::formats::ordinary::{self, Skimmed};
use crate::trajectory::Note;

/// A Parquet file whose footer has been read.
pub struct Table {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
}

/// Rows that stand together, counted from 0 over the whole file.
pub struct Group {
    number: usize,
    pub rows: Range<usize>,
    /// How many rows are decoded at once.
    batch: usize,
}

/// Rows that were decoded together.
pub struct Batch {
    /// The number of the first row.
    first: usize,
    rows: RecordBatch,
}

/// A row as an object, as far as it is needed, and how many bytes its cells take.
pub struct Row<'a> {
    pub skimmed: Skimmed<'a>,
    pub bytes: u64,
}

/// What a record batch may take in memory, by the file's own account, and how many rows it has at most: the account
/// does not know of words that repeat.
const BATCH: (u64, u64) = (8 << 20, 256);
/// A group may expand this much, and this many times its own size, before it counts as a trap.
const EXPANSION: (u64, u64) = (1 << 30, 1000);
/// Columns that some data sets keep as JSON text.
const QUOTED: [&str; 12] = [
    "messages",
    "trajectory",
    "conversations",
    "conversation",
    "history",
    "nodes",
    "response",
    "trajectory_steps",
    "prompt",
    "completion",
    "instance",
    "test_result",
];

/// Whether a file that starts so is Parquet.
pub fn is_table(head: &[u8]) -> bool {
    head.starts_with(b"PAR1")
}

impl Table {
    pub fn open(path: &Path) -> Result<Self, Note> {
        let failed = |reason: String| Note::problem(path, reason).hint("was it copied whole?");
        let file = File::open(path).map_err(|error| failed(format!("cannot be read: {error}")))?;
        // The decoder panics on some damage: that is an error like any other.
        let metadata = caught(|| metadata(&file))
            .and_then(|loaded| loaded.map_err(|error| error.to_string()))
            .map_err(|error| failed(format!("the Parquet footer cannot be read: {error}")))?;
        Ok(Self { path: path.into(), metadata })
    }

    pub fn groups(&self) -> Vec<Group> {
        let mut start = 0;
        let groups = self.metadata.metadata().row_groups().iter().enumerate();
        let group = |(number, group): (usize, &RowGroupMetaData)| {
            let rows = start..start + usize::try_from(group.num_rows()).unwrap_or_default();
            start = rows.end;
            let size = u64::try_from(group.total_byte_size()).unwrap_or_default();
            let each = (size / rows.len().max(1) as u64).max(1);
            Group { number, rows, batch: (BATCH.0 / each).clamp(1, BATCH.1) as usize }
        };
        groups.map(group).collect()
    }

    /// Decodes a group, batch after batch. An error tells how far it came.
    pub fn read(&self, group: &Group, on: &dyn Fn(&Batch)) -> Result<(), Note> {
        let done = self.read_rows(group, group.rows.clone(), on);
        done.map_err(|(row, error)| {
            let place = format!("row group {}, row {}", group.number + 1, row + 1);
            Note::problem(&self.path, format!("damaged Parquet: {error}")).at(place)
        })
    }

    /// One row, reading only its group; none if the file is shorter.
    pub fn row(&self, number: usize) -> Result<Option<(Value, u64)>, Note> {
        let groups = self.groups();
        let Some(group) = groups.iter().find(|group| group.rows.contains(&number)) else { return Ok(None) };
        let found = std::cell::RefCell::new(None);
        let keep = |batch: &Batch| {
            let row = batch.numbers().next().map(|number| batch.row(number, Pains::Read));
            *found.borrow_mut() = row.map(|row| (row.skimmed.value, row.bytes));
        };
        self.read_rows(group, number..number + 1, &keep).map_err(|(_, error)| {
            Note::problem(&self.path, format!("damaged Parquet: {error}")).at(format!("row {}", number + 1))
        })?;
        Ok(found.into_inner())
    }

    fn read_rows(&self, group: &Group, rows: Range<usize>, on: &dyn Fn(&Batch)) -> Result<(), (usize, String)> {
        let mut next = rows.start;
        let read = caught(|| {
            self.bounded(group)?;
            let file = File::open(&self.path).map_err(|error| error.to_string())?;
            let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
                .with_row_groups(vec![group.number])
                .with_batch_size(group.batch.min(rows.len()).max(1))
                .with_offset(rows.start - group.rows.start)
                .with_limit(rows.len())
                .build()
                .map_err(|error| error.to_string())?;
            for batch in reader {
                let batch = Batch { first: next, rows: batch.map_err(|error| error.to_string())? };
                on(&batch);
                next += batch.rows.num_rows();
            }
            Ok(())
        });
        read.and_then(|done| done).map_err(|error| (next, error))
    }

    fn bounded(&self, group: &Group) -> Result<(), String> {
        let metadata = self.metadata.metadata().row_group(group.number);
        let packed = u64::try_from(metadata.compressed_size()).unwrap_or_default();
        let expanded = u64::try_from(metadata.total_byte_size()).unwrap_or(u64::MAX);
        let limit = EXPANSION.0.max(packed.saturating_mul(EXPANSION.1));
        if expanded > limit { Err("the row group expands without measure".into()) } else { Ok(()) }
    }
}

/// The footer. Texts are asked for as views into the pages they came in, which copies none of them.
fn metadata(file: &File) -> Result<ArrowReaderMetadata, ParquetError> {
    let metadata = ArrowReaderMetadata::load(file, ArrowReaderOptions::new())?;
    let fields: Fields = metadata.schema().fields().iter().map(viewed).collect();
    let options = ArrowReaderOptions::new().with_schema(Arc::new(Schema::new(fields)));
    Ok(ArrowReaderMetadata::try_new(metadata.metadata().clone(), options).unwrap_or(metadata))
}

fn viewed(field: &FieldRef) -> FieldRef {
    let kind = match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
        DataType::List(item) => DataType::List(viewed(item)),
        DataType::LargeList(item) => DataType::LargeList(viewed(item)),
        DataType::Struct(members) => DataType::Struct(members.iter().map(viewed).collect()),
        _ => return field.clone(),
    };
    Arc::new(field.as_ref().clone().with_data_type(kind))
}

impl Batch {
    pub fn numbers(&self) -> Range<usize> {
        self.first..self.first + self.rows.num_rows()
    }

    /// One of its rows: whole, or as a list needs it.
    pub fn row(&self, number: usize, pains: Pains) -> Row<'_> {
        let at = number - self.first;
        let mut skimmed = Skimmed { value: Value::Null, shortened: false, talk: None };
        let (mut row, mut bytes) = (Map::new(), 0);
        for (field, column) in self.rows.schema_ref().fields().iter().zip(self.rows.columns()) {
            let mut cells = Cells { skims: pains != Pains::Read, cut: 0 };
            let talk = if pains == Pains::Sketch && skimmed.talk.is_none() {
                talk::talk(&mut cells, field.name(), column.as_ref(), at)
            } else {
                None
            };
            let value = if let Some((first, rest)) = talk {
                bytes += talk::weight(column.as_ref(), at);
                skimmed.talk = Some(rest);
                first
            } else {
                let (value, size) = value(&mut cells, field.name(), column.as_ref(), at);
                bytes += size;
                value
            };
            skimmed.shortened |= cells.cut > 0;
            row.insert(field.name().clone(), value);
        }
        Row { skimmed: Skimmed { value: Value::Object(row), ..skimmed }, bytes }
    }
}

/// The value of a cell, and how many bytes it takes; what is quoted in it is opened.
fn value(cells: &mut Cells, name: &str, column: &dyn Array, at: usize) -> (Value, u64) {
    let text = cell::text(column, at);
    let Some(opened) = text.filter(|_| QUOTED.contains(&name)).and_then(|text| opened(text, cells.skims)) else {
        let value = cells.cell(column, at);
        let size = text.map_or_else(|| size(&value), |text| text.len() as u64) + cells.cut;
        return (value, size);
    };
    cells.cut += u64::from(opened.shortened);
    (opened.value, text.map_or(0, |text| text.len() as u64))
}

/// What some data sets quote once more; none for text that is no JSON.
fn opened(text: &str, skims: bool) -> Option<Skimmed<'_>> {
    if !text.trim_start().starts_with(['[', '{']) {
        return None;
    }
    let skimmed = if skims { ordinary::skim(text.as_bytes()) } else { None };
    skimmed.or_else(|| Some(Skimmed { value: serde_json::from_str(text).ok()?, shortened: false, talk: None }))
}

/// Bytes of text in a value; everything else counts as a word.
fn size(value: &Value) -> u64 {
    match value {
        Value::String(text) => text.len() as u64,
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(members) => members.values().map(size).sum(),
        _ => 8,
    }
}
