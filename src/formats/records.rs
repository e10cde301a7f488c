//! The records of a file: lines, items of a list, members of an object, values one after another.
//!
//! Records are parsed one by one and on all cores, so that memory holds a batch of them and not the file.

use std::ops::Range;
use std::path::Path;

use rayon::prelude::*;
use serde_json::Value;

use super::driver::{Sink, Wanted, claimant, claims_value, dispatch, list};
use super::lenient::{self, Items};
use super::pains::Pains;
use super::tally::{Mended, Tally};
use super::{Content, Document, Reading, naming, ordinary};
use crate::trajectory::Note;

/// What a file looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One value per line.
    Lines,
    List,
    Object,
    /// Values one after another, over several lines each.
    Sequence,
    Text,
}

/// How many bytes of records are parsed before the next are looked at.
const BATCH: usize = 16 << 20;
/// How many records decide what a file is.
const HEAD: usize = 8;

impl Shape {
    pub fn of(bytes: &[u8]) -> Self {
        let bytes = bytes.trim_ascii();
        let end = memchr::memchr(b'\n', bytes).unwrap_or(bytes.len());
        let (line, rest) = bytes.split_at(end);
        let alone = rest.is_empty();
        match bytes.first() {
            Some(b'{' | b'[') if !alone && is_record(line) => Self::Lines,
            Some(b'[') => Self::List,
            Some(b'{') if !alone && line.len() > 1 && has_record_lines(rest) && !is_one_value(bytes) => Self::Lines,
            Some(b'{') if has_several_values(bytes) => Self::Sequence,
            Some(b'{') => Self::Object,
            _ if !alone && has_record_lines(rest) => Self::Lines,
            _ => Self::Text,
        }
    }
}

fn is_record(line: &[u8]) -> bool {
    lenient::parse(line).is_ok_and(|parsed| parsed.value.is_object() || parsed.value.is_array())
}

/// Some of the next lines are objects of their own: the first line is damaged, or none of the file's business.
fn has_record_lines(rest: &[u8]) -> bool {
    let lines = rest.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).take(HEAD);
    lines.into_iter().any(|line| line.len() > 2 && line.starts_with(b"{") && is_record(line))
}

fn is_one_value(bytes: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok()
}

/// A first value that ends, and an object behind it.
fn has_several_values(bytes: &[u8]) -> bool {
    let mut values = serde_json::Deserializer::from_slice(bytes).into_iter::<serde::de::IgnoredAny>();
    matches!(values.next(), Some(Ok(_))) && bytes[values.byte_offset()..].trim_ascii_start().starts_with(b"{")
}

/// One file, its records to be read.
pub struct Records<'a> {
    pub path: &'a Path,
    pub bytes: &'a [u8],
    /// Lines that lie before these bytes.
    pub before: usize,
    pub wanted: Wanted<'a>,
    pub sink: Sink<'a>,
}

/// One record, not parsed yet.
struct Slice {
    record: String,
    /// How a person finds it: `line 7`.
    place: String,
    range: Range<usize>,
}

impl Records<'_> {
    pub fn lines(&self) -> Result<(), Note> {
        if self.are_events() { self.events() } else { self.rows_of_lines() }
    }

    /// Whether the lines are parts of one trajectory: the first of them tell.
    pub fn are_events(&self) -> bool {
        let head: Vec<Value> = self.line_slices().take(HEAD).filter_map(|slice| self.value(&slice)).collect();
        let events = Document { path: self.path, record: None, content: Content::Lines(&head) };
        claimant(&events).is_some()
    }

    fn rows_of_lines(&self) -> Result<(), Note> {
        self.rows(self.line_slices())
    }

    /// As rows, of a part of a file whose lines end here.
    pub fn count_lines(&self, ends: impl Iterator<Item = usize>, tally: &Tally) {
        self.count_rows(self.slices_at(ends), tally);
    }

    /// The whole file is one trajectory, an event per line.
    fn events(&self) -> Result<(), Note> {
        let slices: Vec<Slice> = self.line_slices().collect();
        let parsed: Vec<_> = slices.par_iter().map(|slice| self.parse(slice)).collect();
        let (mut values, mut notes) = (Vec::new(), Vec::new());
        let mut mended = Mended::default();
        for result in parsed {
            match result {
                Ok((value, mend)) => {
                    values.push(value);
                    mended.add(mend);
                }
                Err(note) => notes.push(note),
            }
        }
        notes.extend(mended.note());
        let document = Document { path: self.path, record: None, content: Content::Lines(&values) };
        self.whole(&document, notes)
    }

    /// A list is one conversation, or a list of records: its first items tell.
    pub fn list(&self) -> Result<(), Note> {
        let head: Vec<Value> = self.item_slices().take(HEAD).filter_map(|slice| self.value(&slice)).collect();
        if claims_value(self.path, &Value::Array(head)) {
            return match self.parse_all() {
                Ok(value) => self.whole(&self.document(&value, None), vec![]),
                Err(damage) => self.salvaged(&damage).ok_or(damage),
            };
        }
        self.rows(self.item_slices())?;
        if !self.bytes.trim_ascii_end().ends_with(b"]") {
            self.note(Note::problem(self.path, "the list does not end").hint("the file looks half-written"));
        }
        Ok(())
    }

    /// An object is one record, or records under their keys.
    pub fn object(&self) -> Result<(), Note> {
        if let Some(reading) = self.skimmed(self.bytes, None, &Tally::of(Pains::Skim)) {
            (self.sink)(reading);
            return Ok(());
        }
        let parsed = self.parse_all();
        match &parsed {
            Ok(value) if claimant(&self.document(value, None)).is_some() => {
                return self.whole(&self.document(value, None), vec![]);
            }
            Err(damage) if self.salvaged(damage).is_some() => return Ok(()),
            _ => {}
        }
        let keyed = || self.item_slices().take(HEAD).filter_map(|slice| self.value(&slice));
        let known = keyed().filter(|value| claims_value(self.path, value)).count();
        match parsed {
            _ if known > 0 => {
                let rows = self.rows(self.item_slices());
                if let Err(note) = parsed {
                    self.note(note);
                }
                rows
            }
            Err(note) => Err(note),
            Ok(_) => Err(unknown(self.path)),
        }
    }

    pub fn sequence(&self) -> Result<(), Note> {
        let mut end = 0;
        let ranges = std::iter::from_fn(|| {
            let range = lenient::next_value(self.bytes, end)?;
            end = range.end;
            Some(range)
        });
        let slices = ranges.enumerate().map(|(index, range)| {
            let record = (index + 1).to_string();
            Slice { place: format!("value {record}, byte {}", range.start), record, range }
        });
        self.rows(slices)
    }

    pub fn text(&self) -> Result<(), Note> {
        let (text, foreign) = lenient::text(self.bytes);
        let document = Document { path: self.path, record: None, content: Content::Text(&text) };
        self.whole(&document, foreign.map(|how| Note::remark(self.path, how)).into_iter().collect())
    }

    fn document<'v>(&self, value: &'v Value, record: Option<&str>) -> Document<'v>
    where
        Self: 'v,
    {
        Document { path: self.path, record: record.map(String::from), content: Content::Value(value) }
    }

    /// Reads what lies before the damage, if that is enough to know what it is.
    fn salvaged(&self, damage: &Note) -> Option<()> {
        let value = lenient::salvage(self.bytes)?;
        let mut reading = dispatch(&self.document(&value, None), self.bytes.len() as u64)?;
        if reading.trajectories.iter().all(|trajectory| trajectory.turns.is_empty()) {
            return None;
        }
        let damage = Note { reason: format!("{}; what lies before was read", damage.reason), ..damage.clone() };
        for trajectory in &mut reading.trajectories {
            let whole = trajectory.turns.iter().rposition(|turn| !turn.parts.is_empty()).map_or(0, |last| last + 1);
            trajectory.turns.truncate(whole);
            trajectory.notes.push(damage.clone());
        }
        reading.notes.push(damage);
        (self.sink)(reading);
        Some(())
    }

    fn whole(&self, document: &Document, notes: Vec<Note>) -> Result<(), Note> {
        let mut reading = dispatch(document, self.bytes.len() as u64).ok_or_else(|| unknown(self.path))?;
        reading.notes.extend(notes);
        (self.sink)(reading);
        Ok(())
    }

    /// Reads records, and says what became of those that could not be read.
    fn rows(&self, slices: impl Iterator<Item = Slice>) -> Result<(), Note> {
        let tally = Tally::default();
        self.count_rows(slices, &tally);
        tally.verdict(self.path, self.sink)
    }

    /// Reads records in batches, each batch on all cores.
    fn count_rows(&self, slices: impl Iterator<Item = Slice>, tally: &Tally) {
        let mut slices = slices.filter(|slice| self.wanted.has(&slice.record)).peekable();
        while slices.peek().is_some() {
            let mut size = 0;
            let batch: Vec<Slice> = std::iter::from_fn(|| {
                let next = slices.next_if(|slice| size == 0 || size + slice.range.len() < BATCH)?;
                size += next.range.len().max(1);
                Some(next)
            })
            .collect();
            batch.par_iter().for_each(|slice| self.row(slice, tally));
        }
    }

    fn row(&self, slice: &Slice, tally: &Tally) {
        let bytes = &self.bytes[slice.range.clone()];
        let reading = match self.skimmed(bytes, Some(&slice.record), tally) {
            Some(reading) => Some(reading),
            None => match self.row_value(slice, tally) {
                Some(value) => dispatch(&self.document(&value, Some(&slice.record)), bytes.len() as u64),
                None => return,
            },
        };
        match reading {
            Some(reading) => {
                tally.read();
                (self.sink)(reading);
            }
            None => tally.strange(&slice.place),
        }
    }

    /// All of a record's value; of a damaged one, what leads up to the damage.
    fn row_value(&self, slice: &Slice, tally: &Tally) -> Option<Value> {
        match self.parse(slice) {
            Ok((value, mended)) => {
                if let Some(note) = mended {
                    tally.mended(note);
                }
                Some(value)
            }
            Err(note) => {
                tally.damaged(note);
                self.leading_value(slice)
            }
        }
    }

    /// A record that can be listed without most of what it holds; none where all of it has to be read.
    fn skimmed(&self, bytes: &[u8], record: Option<&str>, tally: &Tally) -> Option<Reading> {
        if self.wanted != Wanted::Listed {
            return None;
        }
        let pains = tally.pains.now();
        let skimmed = match pains {
            Pains::Sketch => ordinary::sketch(bytes),
            Pains::Skim => ordinary::skim(bytes),
            Pains::Read => None,
        };
        let reading = list(self.path, record, skimmed?, bytes.len() as u64);
        if reading.is_none() {
            tally.pains.take_more(pains);
        }
        reading
    }

    /// The value at the start of a record whose end is damaged: two lines that lost the break between them.
    fn leading_value(&self, slice: &Slice) -> Option<Value> {
        let bytes = &self.bytes[slice.range.clone()];
        let first = serde_json::Deserializer::from_slice(bytes).into_iter::<Value>().next();
        first?.ok().filter(Value::is_object)
    }

    /// The value, and what had to be mended in it.
    fn parse(&self, slice: &Slice) -> Result<(Value, Option<Note>), Note> {
        let parsed = lenient::parse(&self.bytes[slice.range.clone()]);
        let parsed = parsed.map_err(|error| damaged(self.path, &error).at(slice.place.clone()))?;
        let mended = parsed.mended.map(|how| Note::remark(self.path, how).at(slice.place.clone()));
        Ok((parsed.value, mended))
    }

    fn value(&self, slice: &Slice) -> Option<Value> {
        self.parse(slice).ok().map(|(value, _)| value)
    }

    fn parse_all(&self) -> Result<Value, Note> {
        let parsed = lenient::parse(self.bytes).map_err(|error| {
            damaged(self.path, &error).at(format!("line {}, column {}", error.line(), error.column()))
        })?;
        if let Some(mended) = parsed.mended {
            self.note(Note::remark(self.path, mended));
        }
        Ok(parsed.value)
    }

    fn line_slices(&self) -> impl Iterator<Item = Slice> {
        self.slices_at(line_ends(self.bytes))
    }

    fn slices_at(&self, ends: impl Iterator<Item = usize>) -> impl Iterator<Item = Slice> {
        let mut start = 0;
        let ranges = ends.map(move |end| std::mem::replace(&mut start, end)..end);
        let filled = |range: &Range<usize>| !self.bytes[range.clone()].trim_ascii().is_empty();
        ranges.zip(self.before + 1..).filter(move |(range, _)| filled(range)).map(|(range, number)| Slice {
            record: number.to_string(),
            place: format!("line {number}"),
            range,
        })
    }

    fn item_slices(&self) -> impl Iterator<Item = Slice> {
        let items = Items::of(self.bytes).into_iter().flatten().enumerate();
        items.map(|(index, item)| match item.key {
            None => {
                let record = (index + 1).to_string();
                Slice { place: format!("item {record}"), record, range: item.value }
            }
            Some(key) => {
                let record = String::from_utf8_lossy(&self.bytes[key]).into_owned();
                Slice { place: format!("key {record}"), record, range: item.value }
            }
        })
    }

    /// Where the one record lies that is wanted.
    pub fn place(&self) -> Option<Range<usize>> {
        let wanted = |slice: &Slice| self.wanted.has(&slice.record);
        let found = match Shape::of(self.bytes) {
            Shape::List => self.item_slices().find(wanted),
            Shape::Object if !naming::grows(self.path) => self.item_slices().find(wanted),
            Shape::Lines | Shape::Object => self.line_slices().find(wanted),
            Shape::Sequence | Shape::Text => None,
        };
        found.map(|slice| slice.range)
    }

    fn note(&self, note: Note) {
        (self.sink)(Reading { notes: vec![note], ..Reading::default() });
    }
}

/// Where lines end, each behind its break; the last may lack it.
pub fn line_ends(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let last = (!bytes.is_empty() && !bytes.ends_with(b"\n")).then_some(bytes.len());
    memchr::memchr_iter(b'\n', bytes).map(|at| at + 1).chain(last)
}

pub fn unknown(path: &Path) -> Note {
    Note::remark(path, "no known format of trajectories or outcomes").hint("README lists the formats")
}

fn damaged(path: &Path, error: &serde_json::Error) -> Note {
    let reason = if error.is_eof() { "the JSON ends in the middle".into() } else { format!("damaged JSON: {error}") };
    let note = Note::problem(path, reason);
    if error.is_eof() { note.hint("the file looks half-written") } else { note }
}
