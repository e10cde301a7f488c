//! The verdict database: a log of events that only grows. Undo and redo are events too; nothing is ever deleted. An event
//! is on the disk before the call returns.

mod event;
mod exchange;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use rusqlite::types::Type;
use rusqlite::{Connection, Row, Transaction, TransactionBehavior, params};

use super::database::{self, DatabaseError, Schema};
use crate::trajectory::{Subject, Verdict};

pub use event::{Event, Kind, standing};
pub use exchange::{Conflict, Import, parse, rows};

const SCHEMA: Schema = Schema {
    application: 0x7273_7664, // the letters `rsvd`
    version: 1,
    tables: "CREATE TABLE IF NOT EXISTS events (
            seq INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, stamp INTEGER NOT NULL, annotator TEXT NOT NULL,
            kind TEXT NOT NULL, target TEXT NOT NULL, body TEXT NOT NULL
        ) STRICT;
        CREATE INDEX IF NOT EXISTS events_by_annotator ON events (annotator, stamp, seq);",
    name: "verdict database",
};

#[derive(Debug, thiserror::Error)]
pub enum VerdictStoreError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The caller still holds what could not be written, and can try again.
    #[error("not saved: {}: {reason} ({})", path.display(), database::hint(reason))]
    NotSaved { path: PathBuf, reason: String },
    #[error("{}: cannot be read: {reason}", path.display())]
    Unreadable { path: PathBuf, reason: String },
    #[error("a verdict needs the name of who gives it")]
    Nobody,
}

/// What an undo or a redo did.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub subject: Subject,
    /// The verdict that was taken back or given again.
    pub verdict: Verdict,
    /// What this annotator says about the trajectory now.
    pub now: Option<Verdict>,
}

pub struct VerdictStore {
    connection: Connection,
    path: PathBuf,
}

impl VerdictStore {
    /// `verdicts.sqlite` in the data directory.
    pub fn default_path() -> Option<PathBuf> {
        Some(database::data_folder()?.join("verdicts.sqlite"))
    }

    /// Opens the database, making it if it is not there; one of a newer program or of another kind is left untouched.
    pub fn open(path: &Path) -> Result<Self, VerdictStoreError> {
        Ok(Self { connection: database::open(path, &SCHEMA)?, path: path.into() })
    }

    /// The events of a database that need not be writable, nor there.
    pub fn read(path: &Path) -> Result<Vec<Event>, VerdictStoreError> {
        let Some(connection) = database::look(path, &SCHEMA)? else { return Ok(Vec::new()) };
        Self { connection, path: path.into() }.events()
    }

    /// Keeps a verdict. When this returns `Ok`, it survives a crash; an empty one clears what was said before.
    pub fn record(&mut self, verdict: &Verdict) -> Result<Event, VerdictStoreError> {
        if verdict.annotator.trim().is_empty() {
            return Err(VerdictStoreError::Nobody);
        }
        let append = |change: &Transaction| {
            let stamp = next_stamp(change, &verdict.annotator, verdict.at)?;
            let event = Event::give(stamp, verdict.clone());
            insert(change, &event)?;
            Ok(event)
        };
        self.write(append)
    }

    /// Takes back the annotator's latest verdict that stands; without limit, over sessions. `None`: nothing left.
    pub fn undo(&mut self, annotator: &str) -> Result<Option<Change>, VerdictStoreError> {
        self.turn(annotator, Kind::Undo, event::to_undo)
    }

    /// Gives again what the latest undo took back, unless another verdict came between.
    pub fn redo(&mut self, annotator: &str) -> Result<Option<Change>, VerdictStoreError> {
        self.turn(annotator, Kind::Redo, event::to_redo)
    }

    fn turn(
        &mut self,
        annotator: &str,
        kind: Kind,
        choose: fn(&[Event]) -> Option<Event>,
    ) -> Result<Option<Change>, VerdictStoreError> {
        self.write(|change| {
            let mut events = read(change, Some(annotator))?;
            let Some(target) = choose(&events) else { return Ok(None) };
            let stamp = next_stamp(change, annotator, 0)?;
            let event = Event::turn(stamp, kind, annotator, &target.uid);
            insert(change, &event)?;
            events.push(event);
            let subject = target.verdict.subject.clone();
            let now = event::standing(&events).into_iter().find(|verdict| verdict.subject.is(&subject));
            Ok(Some(Change { subject, verdict: target.verdict, now }))
        })
    }

    /// What stands: the latest verdict of each annotator about each trajectory, in the order given.
    pub fn all(&self) -> Result<Vec<Verdict>, VerdictStoreError> {
        Ok(event::standing(&self.events()?))
    }

    /// What stands about one trajectory, by all annotators.
    pub fn of(&self, subject: &Subject) -> Result<Vec<Verdict>, VerdictStoreError> {
        Ok(self.all()?.into_iter().filter(|verdict| verdict.subject.is(subject)).collect())
    }

    /// Everyone who ever said something, by name.
    pub fn annotators(&self) -> Result<Vec<String>, VerdictStoreError> {
        let read = || -> rusqlite::Result<Vec<String>> {
            let mut statement =
                self.connection.prepare_cached("SELECT DISTINCT annotator FROM events ORDER BY annotator")?;
            statement.query_map([], |row| row.get(0))?.collect()
        };
        read().map_err(|error| self.unreadable(&error))
    }

    /// The whole log, in the order of its stamps.
    pub fn events(&self) -> Result<Vec<Event>, VerdictStoreError> {
        read(&self.connection, None).map_err(|error| self.unreadable(&error))
    }

    /// Takes over events of another store: all or none. What is known already stays as it is.
    pub fn import(&mut self, events: &[Event]) -> Result<Import, VerdictStoreError> {
        self.write(|change| {
            let conflicts = exchange::conflicts(&read(change, None)?, events);
            let mut import = Import { conflicts, ..Import::default() };
            for event in events {
                let new = take_over(change, event)?;
                import.added += usize::from(new);
                import.known += usize::from(!new);
            }
            Ok(import)
        })
    }

    /// One change, whole or not at all; another process that writes is waited for.
    fn write<T>(&mut self, work: impl FnOnce(&Transaction) -> rusqlite::Result<T>) -> Result<T, VerdictStoreError> {
        let run = |connection: &mut Connection| {
            let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let done = work(&change)?;
            change.commit()?;
            Ok(done)
        };
        let path = &self.path;
        run(&mut self.connection).map_err(|error: rusqlite::Error| VerdictStoreError::NotSaved {
            path: path.clone(),
            reason: error.to_string(),
        })
    }

    fn unreadable(&self, error: &rusqlite::Error) -> VerdictStoreError {
        VerdictStoreError::Unreadable { path: self.path.clone(), reason: error.to_string() }
    }
}

/// Behind everything this annotator did before, even if the clock went back.
fn next_stamp(connection: &Connection, annotator: &str, at: i64) -> rusqlite::Result<i64> {
    let mut statement = connection.prepare_cached("SELECT max(stamp) FROM events WHERE annotator = ?1")?;
    let last: Option<i64> = statement.query_row([annotator], |row| row.get(0))?;
    Ok(last.map_or(at, |last| at.max(last.saturating_add(1))))
}

/// How many rows that made: none where the event was there.
fn insert(connection: &Connection, event: &Event) -> rusqlite::Result<usize> {
    let sql = "INSERT INTO events (uid, stamp, annotator, kind, target, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
               ON CONFLICT (uid) DO NOTHING";
    let values = params![event.uid, event.stamp, event.annotator(), event.kind.name(), event.target, event.body()];
    connection.prepare_cached(sql)?.execute(values)
}

/// Whether an event of another store was new. One that was edited on the way is an event of its own.
fn take_over(connection: &Connection, event: &Event) -> rusqlite::Result<bool> {
    if insert(connection, event)? > 0 {
        return Ok(true);
    }
    let mut statement = connection.prepare_cached(&format!("{COLUMNS} WHERE uid = ?1"))?;
    let known = statement.query_row([&event.uid], event_of)?;
    if known == *event {
        return Ok(false);
    }
    let edited = Event::new(event.stamp, event.kind, event.target.clone(), event.verdict.clone());
    Ok(insert(connection, &edited)? > 0)
}

const COLUMNS: &str = "SELECT uid, stamp, annotator, kind, target, body FROM events";

fn read(connection: &Connection, annotator: Option<&str>) -> rusqlite::Result<Vec<Event>> {
    let which = if annotator.is_some() { "annotator = ?1" } else { "?1 IS NULL" };
    let mut statement = connection.prepare_cached(&format!("{COLUMNS} WHERE {which} ORDER BY stamp, seq"))?;
    statement.query_map([annotator], event_of)?.collect()
}

/// A row that something else damaged is an error, not an empty verdict.
fn event_of(row: &Row<'_>) -> rusqlite::Result<Event> {
    let broken = |at: usize, error: String| rusqlite::Error::FromSqlConversionFailure(at, Type::Text, error.into());
    let (kind, body): (String, String) = (row.get(3)?, row.get(5)?);
    let kind = Kind::named(&kind).ok_or_else(|| broken(3, format!("`{kind}` is no event")))?;
    let mut verdict: Verdict = serde_json::from_str(&body).map_err(|error| broken(5, error.to_string()))?;
    verdict.annotator = row.get(2)?;
    Ok(Event { uid: row.get(0)?, stamp: row.get(1)?, kind, target: row.get(4)?, verdict })
}
