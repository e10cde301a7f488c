//! Opening our own databases: looked at before they are touched, durable, shared by several processes. What is in their
//! tables is for others to know.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

/// How long to wait for another process that writes.
const PATIENCE: Duration = Duration::from_secs(10);

/// What makes a file one of ours.
pub struct Schema {
    /// `PRAGMA application_id`.
    pub application: i64,
    /// `PRAGMA user_version`: the newest this program understands.
    pub version: i64,
    /// Makes the tables where they are not there.
    pub tables: &'static str,
    /// `verdict database`: what it is called in errors.
    pub name: &'static str,
}

#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    #[error("{}: {reason} ({})", path.display(), hint(reason))]
    Unusable { path: PathBuf, reason: String },
    #[error("{}: written by a newer rollscope (schema {found}, this one knows {known}); left as it is. \
             Update rollscope, or name another folder with ROLLSCOPE_DATA", path.display())]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("{}: not a {name} of rollscope; left as it is", path.display())]
    Foreign { path: PathBuf, name: &'static str },
}

/// What to do about it.
pub(super) fn hint(reason: &str) -> &'static str {
    match reason {
        full if full.contains("full") || full.contains("No space") => "free some space",
        readonly
            if ["readonly", "Read-only", "unable to open", "denied"].iter().any(|word| readonly.contains(word)) =>
        {
            "its folder cannot be written; ROLLSCOPE_DATA names another"
        }
        locked if locked.contains("locked") => "another program holds it; try again",
        _ => "ROLLSCOPE_DATA names another folder",
    }
}

/// The data directory: `$ROLLSCOPE_DATA`, or the platform's own place.
pub fn data_folder() -> Option<PathBuf> {
    let named = std::env::var_os("ROLLSCOPE_DATA").filter(|value| !value.is_empty()).map(PathBuf::from);
    named.or_else(|| Some(directories::ProjectDirs::from("", "", "rollscope")?.data_dir().to_path_buf()))
}

/// Opens a database, making it (and its folder) if it is not there. A foreign or newer file is refused without a byte
/// changed. Readers work beside one writer (WAL), and every commit is on the disk before it returns (`synchronous = FULL`).
pub fn open(path: &Path, schema: &Schema) -> Result<Connection, DatabaseError> {
    let unusable = |reason: String| {
        let reason = reason.trim_end_matches(&format!(": {}", path.display())).to_owned();
        DatabaseError::Unusable { path: path.into(), reason }
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| unusable(error.to_string()))?;
    }
    let mut connection = Connection::open(path).map_err(|error| unusable(error.to_string()))?;
    connection.busy_timeout(PATIENCE).map_err(|error| unusable(error.to_string()))?;
    let there = known(&connection, path, schema)?;
    let mut prepare = || -> rusqlite::Result<()> {
        write_ahead(&connection)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        if there { Ok(()) } else { create(&mut connection, schema) }
    };
    prepare().map_err(|error| unusable(error.to_string()))?;
    Ok(connection)
}

/// Turns on the write-ahead log. Two who do so at once on a new file shut each other out without the waiting that it does otherwise.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let start = Instant::now();
    loop {
        let done = connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()));
        let busy = done.as_ref().is_err_and(|error| error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy));
        if !busy || start.elapsed() > PATIENCE {
            return done;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Opens a database to look into it, even where its folder cannot be written. `None`: there is none.
pub fn look(path: &Path, schema: &Schema) -> Result<Option<Connection>, DatabaseError> {
    if !path.is_file() {
        return Ok(None);
    }
    let plain = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY);
    let opened = plain.and_then(|connection| {
        connection.busy_timeout(PATIENCE)?;
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(connection)
    });
    // Without leave to make its companion files, what is in the file itself can still be read.
    let opened = opened.or_else(|_| {
        let escaped = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags)
    });
    let connection =
        opened.map_err(|error| DatabaseError::Unusable { path: path.into(), reason: error.to_string() })?;
    Ok(known(&connection, path, schema)?.then_some(connection))
}

/// Whether our tables are there already.
fn known(connection: &Connection, path: &Path, schema: &Schema) -> Result<bool, DatabaseError> {
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let read = || -> rusqlite::Result<(i64, i64, i64)> {
        // One look at all three: another program may be making the tables just now.
        let _look = connection.unchecked_transaction()?;
        let tables = number("SELECT count(*) FROM sqlite_schema")?;
        Ok((number("PRAGMA application_id")?, number("PRAGMA user_version")?, tables))
    };
    let path = path.to_path_buf();
    match read() {
        Err(error) => Err(DatabaseError::Unusable { path, reason: error.to_string() }),
        Ok((_, 0, 0)) => Ok(false),
        Ok((application, found, _)) if application == schema.application && found > schema.version => {
            Err(DatabaseError::Newer { path, found, known: schema.version })
        }
        Ok((application, found, _)) if application == schema.application && found > 0 => Ok(true),
        Ok(_) => Err(DatabaseError::Foreign { path, name: schema.name }),
    }
}

fn create(connection: &mut Connection, schema: &Schema) -> rusqlite::Result<()> {
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have been faster; then this changes nothing.
    change.execute_batch(schema.tables)?;
    change.pragma_update(None, "application_id", schema.application)?;
    change.pragma_update(None, "user_version", schema.version)?;
    change.commit()
}
