//! From bytes to readings: tells the shapes of files apart by their content, asks the table who reads each record,
//! and fills in what the path tells. Damage costs the damaged record and nothing before it.

use std::borrow::Cow;
use std::path::Path;

use serde_json::Value;

use super::ordinary::Skimmed;
use super::records::{Records, Shape};
use super::{Content, Document, FORMATS, Folder, Format, Reading, datasets, lenient, naming};
use crate::trajectory::{Note, Part, Role, Trajectory, Turn};

/// Where readings go, as they are made: from several threads, in no order.
pub type Sink<'a> = &'a (dyn Fn(Reading) + Sync);

/// What of a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// All records, as far as a list needs them: see [`Format::lists_without_answers`].
    Listed,
    /// All records, whole.
    All,
    /// One record, whole.
    Only(&'a str),
}

impl<'a> From<Option<&'a str>> for Wanted<'a> {
    fn from(only: Option<&'a str>) -> Self {
        only.map_or(Self::All, Self::Only)
    }
}

impl Wanted<'_> {
    /// Whether a record of this name is read.
    pub fn has(self, record: &str) -> bool {
        match self {
            Self::Listed | Self::All => true,
            Self::Only(only) => {
                only.strip_prefix(record).is_some_and(|inner| inner.is_empty() || inner.starts_with('/'))
            }
        }
    }
}

/// Reads what is wanted of one file.
///
/// An error says why nothing in the file could be read; notes about single records come with their readings.
pub fn read(path: &Path, bytes: &[u8], wanted: Wanted, sink: Sink) -> Result<(), Note> {
    let (bytes, foreign) = decode(bytes);
    if let Some(how) = foreign {
        sink(Reading { notes: vec![Note::remark(path, how)], ..Reading::default() });
    }
    if bytes.len() < 2 || bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Note::problem(path, "the file is empty").hint("was the run that writes it interrupted?"));
    }
    let records = Records { path, bytes: &bytes, before: 0, wanted, sink };
    match Shape::of(&bytes) {
        // A file of lines that has only one so far: its ids should stay when it grows.
        Shape::Object if naming::grows(path) => records.lines(),
        Shape::Lines => records.lines(),
        Shape::List => records.list(),
        Shape::Object => records.object(),
        Shape::Sequence => records.sequence(),
        Shape::Text => records.text(),
    }
}

/// Reads one record that something else took out of a file. False: it is of no known format.
pub fn read_record(path: &Path, record: &str, value: &Value, bytes: u64, sink: Sink) -> bool {
    let reading = dispatch(&Document { path, record: Some(record.to_owned()), content: Content::Value(value) }, bytes);
    let known = reading.is_some();
    reading.into_iter().for_each(sink);
    known
}

/// As [`read_record`], for a list. False: it is of no known format, or has to be read whole.
pub fn list_record(path: &Path, record: &str, skimmed: Skimmed, bytes: u64, sink: Sink) -> bool {
    let reading = list(path, Some(record), skimmed, bytes);
    let known = reading.is_some();
    reading.into_iter().for_each(sink);
    known
}

/// Reads a record of which not all is there; none if nobody claims it, or if its format needs what is not.
pub fn list(path: &Path, record: Option<&str>, skimmed: Skimmed, bytes: u64) -> Option<Reading> {
    let Skimmed { value, shortened, talk } = skimmed;
    let document = Document { path, record: record.map(String::from), content: Content::Value(&value) };
    let format = claimant(&document)?;
    if shortened && !format.lists_without_answers(&value) {
        return None;
    }
    let reading = match talk {
        Some(talk) => format.list(&document, talk)?,
        None => format.read(&document),
    };
    Some(completed(reading, format, &document, bytes))
}

/// One record of a file as it lies there, or all of the file where it is one record. None: this is no text.
pub fn record(path: &Path, bytes: &[u8], only: Option<&str>) -> Option<String> {
    let (bytes, _) = decode(bytes);
    let sink: Sink = &|_| {};
    let records = Records { path, bytes: &bytes, before: 0, wanted: only.into(), sink };
    let range = only.and_then(|_| records.place()).unwrap_or(0..bytes.len());
    std::str::from_utf8(bytes.get(range)?).ok().map(str::to_owned)
}

/// Text of no format that a person asked for by its name: shown as it is. False if it is no text.
pub fn read_plain(path: &Path, bytes: &[u8], sink: Sink) -> bool {
    let (decoded, _) = decode(bytes);
    let binary = decoded.iter().take(1 << 16).any(|byte| *byte == 0);
    if binary || decoded.trim_ascii().is_empty() || Shape::of(&decoded) != Shape::Text {
        return false;
    }
    let (text, _) = lenient::text(&decoded);
    let note = Note::remark(path, "of no known format: shown as text").hint("README lists the formats");
    let mut trajectory = Trajectory {
        format: PLAIN,
        turns: vec![Turn::new(Role::Other, vec![Part::text(text)])],
        notes: vec![note.clone()],
        bytes: bytes.len() as u64,
        ..Trajectory::default()
    };
    complete(&mut trajectory, &Document { path, record: None, content: Content::Text("") });
    sink(Reading { trajectories: vec![trajectory], notes: vec![note], ..Reading::default() });
    true
}

/// What the `format` field says of text that no format claims.
const PLAIN: &str = "text";

/// Reads a folder as one thing, if a format claims it so.
pub fn read_folder(path: &Path, folder: &dyn Folder, bytes: u64, sink: Sink) -> bool {
    let document = Document { path, record: None, content: Content::Folder(folder) };
    let reading = dispatch(&document, bytes);
    let claimed = reading.is_some();
    reading.into_iter().for_each(sink);
    claimed
}

pub fn claims_folder(path: &Path, folder: &dyn Folder) -> bool {
    claimant(&Document { path, record: None, content: Content::Folder(folder) }).is_some()
}

/// Whether the first bytes of a file could be the start of anything that is read here.
pub fn sniff(head: &[u8]) -> bool {
    let start = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    if start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff") {
        return true;
    }
    let first = start.iter().find(|byte| !byte.is_ascii_whitespace() && **byte != 0);
    matches!(first, Some(b'{' | b'[')) || {
        let text = String::from_utf8_lossy(start);
        claimant(&Document { path: Path::new(""), record: None, content: Content::Text(&text) }).is_some()
    }
}

/// Strips a byte order mark, and turns UTF-16 into UTF-8, which is worth a word.
fn decode(bytes: &[u8]) -> (Cow<'_, [u8]>, Option<&'static str>) {
    let utf16 = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = rest.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        let text: String = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        (Cow::Owned(text.into_bytes()), Some("UTF-16: decoded"))
    };
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => (Cow::Borrowed(rest), None),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        // Without a mark: brackets are ASCII, and every other byte of them is zero.
        [b'{' | b'[', 0, ..] => utf16(bytes, u16::from_le_bytes),
        [0, b'{' | b'[', ..] => utf16(bytes, u16::from_be_bytes),
        _ => (Cow::Borrowed(bytes), None),
    }
}

pub fn claimant(document: &Document) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.claims(document))
}

pub fn claims_value(path: &Path, value: &Value) -> bool {
    claimant(&Document { path, record: None, content: Content::Value(value) }).is_some()
}

/// Lets the first format that claims the document read it, and completes what it read.
pub fn dispatch(document: &Document, bytes: u64) -> Option<Reading> {
    let format = claimant(document)?;
    Some(completed(format.read(document), format, document, bytes))
}

/// Adds what a format does not know of itself.
fn completed(mut reading: Reading, format: &dyn Format, document: &Document, bytes: u64) -> Reading {
    for trajectory in &mut reading.trajectories {
        trajectory.format = format.name();
        trajectory.bytes = bytes;
        complete(trajectory, document);
    }
    reading.tasks.extend(document.value().filter(|_| !reading.trajectories.is_empty()).and_then(datasets::beside));
    for facts in &mut reading.tasks {
        facts.id = document.id();
    }
    reading
}

/// Gives names to what the record itself does not name, after its place.
fn complete(trajectory: &mut Trajectory, document: &Document) {
    let path = document.path;
    trajectory.path = path.into();
    if trajectory.task_id.is_empty() {
        trajectory.task_id = match &document.record {
            None => naming::task(path),
            Some(row) if row.bytes().all(|byte| byte.is_ascii_digit()) => format!("{}#{row}", naming::stem(path)),
            Some(key) => key.clone(),
        };
    }
    if trajectory.run.is_empty() {
        trajectory.run = match document.record {
            None => naming::run(path, &trajectory.task_id),
            Some(_) => naming::run_of_rows(path),
        };
    }
    let place = document.id();
    trajectory.id = match (trajectory.id.as_str(), &document.record) {
        ("", _) => place,
        (inner, None) => format!("{place}#{inner}"),
        (inner, Some(_)) => format!("{place}/{inner}"),
    };
}
