//! The rows of a Parquet file as documents: every group on its own core, batch after batch.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rayon::prelude::*;

use super::pages::GivenBack;
use super::table::{Batch, Group, Table};
use crate::formats::{self, Pains, PainsTaken, Reading, Sink, Wanted};
use crate::trajectory::Note;

/// A table of which this many rows are of no known format is of none: the rest is not looked at.
const STRANGE: usize = 64;

/// Reads all rows. A damaged group costs what lies behind its damage.
pub fn read(path: &Path, wanted: Wanted, sink: Sink) -> Result<(), Note> {
    let table = Table::open(path)?;
    let _pages = GivenBack::at_once();
    let pains = if wanted == Wanted::Listed { Pains::Sketch } else { Pains::Read };
    let census = Census { pains: PainsTaken::from(pains), ..Census::default() };
    let damaged: Vec<Note> = table
        .groups()
        .par_iter()
        .with_max_len(1)
        .filter_map(|group| census.read(&table, group, path, sink).err())
        .collect();
    sink(Reading { notes: damaged, ..Reading::default() });
    census.verdict(path, sink)
}

/// Reads the record of an id: the number of a row, and perhaps a name inside it.
pub fn read_one(path: &Path, record: &str, sink: Sink) -> Result<(), Note> {
    let number: Option<usize> = record.split('/').next().and_then(|row| row.parse().ok());
    let table = Table::open(path)?;
    let row = number.and_then(|number| number.checked_sub(1)).map_or(Ok(None), |number| table.row(number));
    // Of a damaged table some rows are found only on the way through all of them, as a list goes.
    let Ok(row) = row else { return read(path, Wanted::All, sink) };
    let row = row.ok_or_else(|| Note::problem(path, format!("there is no row {record}")))?;
    let (value, bytes) = row;
    formats::read_record(path, &number.unwrap_or_default().to_string(), &value, bytes, sink);
    Ok(())
}

/// A row as JSON, as the raw text of a trajectory.
pub fn text(path: &Path, record: &str) -> Option<String> {
    let number: usize = record.split('/').next()?.parse().ok()?;
    let (row, _) = Table::open(path).ok()?.row(number.checked_sub(1)?).ok()??;
    serde_json::to_string(&row).ok()
}

/// How many rows were of a known format.
#[derive(Default)]
struct Census {
    known: AtomicUsize,
    strange: AtomicUsize,
    first_strange: AtomicUsize,
    hopeless: AtomicBool,
    pains: PainsTaken,
}

impl Census {
    fn read(&self, table: &Table, group: &Group, path: &Path, sink: Sink) -> Result<(), Note> {
        if self.hopeless.load(Ordering::Relaxed) {
            return Ok(());
        }
        table.read(group, &|batch| {
            if !self.hopeless.load(Ordering::Relaxed) {
                batch.numbers().into_par_iter().for_each(|row| self.count(row, self.document(path, batch, row, sink)));
            }
        })
    }

    /// Whether the row is of a known format.
    fn document(&self, path: &Path, batch: &Batch, number: usize, sink: Sink) -> bool {
        let name = (number + 1).to_string();
        let pains = self.pains.now();
        if pains != Pains::Read {
            let row = batch.row(number, pains);
            if formats::list_record(path, &name, row.skimmed, row.bytes, sink) {
                return true;
            }
            self.pains.take_more(pains);
        }
        let row = batch.row(number, Pains::Read);
        formats::read_record(path, &name, &row.skimmed.value, row.bytes, sink)
    }

    fn count(&self, row: usize, known: bool) {
        if known {
            self.known.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let before = self.strange.fetch_add(1, Ordering::Relaxed);
        let number = row + 1;
        let first = |known: usize| Some(if known == 0 { number } else { known.min(number) });
        let _ = self.first_strange.fetch_update(Ordering::Relaxed, Ordering::Relaxed, first);
        if before + 1 >= STRANGE && self.known.load(Ordering::Relaxed) == 0 {
            self.hopeless.store(true, Ordering::Relaxed);
        }
    }

    fn verdict(self, path: &Path, sink: Sink) -> Result<(), Note> {
        match (self.known.into_inner(), self.strange.into_inner()) {
            (0, 0) => Ok(()),
            (0, _) => {
                Err(Note::remark(path, "Parquet, but its rows are of no known format of trajectories or outcomes")
                    .hint("README lists the formats"))
            }
            (_, 0) => Ok(()),
            (_, strange) => {
                let place = format!("row {}", self.first_strange.into_inner());
                let note = Note::remark(path, format!("{strange} records are of no known format")).at(place);
                sink(Reading { notes: vec![note], ..Reading::default() });
                Ok(())
            }
        }
    }
}
