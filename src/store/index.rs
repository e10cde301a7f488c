//! What sources were found to hold, kept between runs of the program. A convenience: whatever is wrong with it, it is
//! forgotten and made anew.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OptionalExtension, params};

use super::walk::Stamp;

/// The readers of this program: what others kept is not looked at.
pub const READERS: &str = env!("ROLLSCOPE_READERS");

/// Grows to this many bytes; then what was not used for the longest time goes.
const LIMIT: u64 = 256 << 20;
/// What waits to be written.
const WAITING: usize = 4 << 20;
/// Another process that writes is not waited for longer.
const PATIENCE: Duration = Duration::from_millis(300);
/// A file written so shortly ago may be written again without a change of its time.
const SETTLED: Duration = Duration::from_secs(2);

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS source (
        id INTEGER PRIMARY KEY, place TEXT NOT NULL UNIQUE, stamp TEXT NOT NULL, readers TEXT NOT NULL,
        used INTEGER NOT NULL, bytes INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS part (
        source INTEGER NOT NULL REFERENCES source (id) ON DELETE CASCADE, number INTEGER NOT NULL, content BLOB NOT NULL,
        PRIMARY KEY (source, number)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS oldest ON source (used);";

pub struct Index {
    connection: Mutex<Connection>,
    /// Sees the index as it was when it was opened, in one transaction for all that is looked up.
    before: Mutex<Connection>,
    /// What these readers kept: place -> id and stamp.
    known: HashMap<String, (i64, String)>,
    waiting: Mutex<Waiting>,
    limit: u64,
}

/// What is to be written, and how many bytes that are.
#[derive(Default)]
struct Waiting {
    entries: Vec<Entry>,
    bytes: usize,
    /// Sources that were looked up.
    used: Vec<i64>,
}

struct Entry {
    place: String,
    stamp: String,
    parts: Vec<Vec<u8>>,
}

impl Entry {
    fn bytes(&self) -> usize {
        self.parts.iter().map(Vec::len).sum()
    }
}

impl Index {
    /// Where it lies: `$ROLLSCOPE_CACHE`, `$ROLLSCOPE_DATA`, or the platform's own place. `ROLLSCOPE_CACHE=off`: nowhere.
    pub fn default_path() -> Option<PathBuf> {
        let named = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        if named("ROLLSCOPE_CACHE").is_some_and(|value| value == "off") {
            return None;
        }
        let platform = || Some(directories::ProjectDirs::from("", "", "rollscope")?.cache_dir().to_path_buf());
        let folder = named("ROLLSCOPE_CACHE").or_else(|| named("ROLLSCOPE_DATA")).map(PathBuf::from).or_else(platform);
        folder.map(|folder| folder.join("index.sqlite"))
    }

    /// None where it cannot be written.
    pub fn open(path: &Path) -> Option<Self> {
        std::fs::create_dir_all(path.parent()?).ok()?;
        let connection = connect(path).or_else(|_| {
            for end in ["", "-wal", "-shm"] {
                let mut file = path.as_os_str().to_owned();
                file.push(end);
                let _ = std::fs::remove_file(file);
            }
            connect(path)
        });
        let connection = connection.ok()?;
        let before = snapshot(path).ok()?;
        let known = known(&before).unwrap_or_default();
        let (connection, before) = (Mutex::new(connection), Mutex::new(before));
        Some(Self { connection, before, known, waiting: Mutex::default(), limit: LIMIT })
    }

    /// What was kept of a source in this very state, when the index was opened.
    pub fn get(&self, path: &Path, stamp: &Stamp) -> Option<Vec<Vec<u8>>> {
        let (id, _) = self.known.get(&place(path)).filter(|(_, known)| *known == stamp.to_string())?;
        let parts = parts(&locked(&self.before), *id).ok().filter(|parts| !parts.is_empty())?;
        locked(&self.waiting).used.push(*id);
        Some(parts)
    }

    /// Keeps what a source holds, unless it is still being written.
    pub fn put(&self, path: &Path, stamp: &Stamp, parts: Vec<Vec<u8>>) {
        if SystemTime::now().duration_since(stamp.modified).is_ok_and(|age| age < SETTLED) {
            return;
        }
        let mut waiting = locked(&self.waiting);
        let entry = Entry { place: place(path), stamp: stamp.to_string(), parts };
        waiting.bytes += entry.bytes();
        waiting.entries.push(entry);
        if waiting.bytes > WAITING {
            let all = std::mem::take(&mut *waiting);
            drop(waiting);
            self.write(&all);
        }
    }

    /// Writes what waits, and forgets what is too much.
    pub fn flush(&self) {
        let all = std::mem::take(&mut *locked(&self.waiting));
        if !all.entries.is_empty() || !all.used.is_empty() {
            self.write(&all);
        }
    }

    fn write(&self, all: &Waiting) {
        let mut connection = locked(&self.connection);
        // What cannot be kept is read again the next time.
        let _ = write(&mut connection, all, self.limit);
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        self.flush();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.execute_batch(TABLES)?;
    known(&connection)?;
    Ok(connection)
}

/// A connection that sees what was written so far, and nothing else.
fn snapshot(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(PATIENCE)?;
    connection.execute_batch("BEGIN")?;
    Ok(connection)
}

fn parts(connection: &Connection, id: i64) -> rusqlite::Result<Vec<Vec<u8>>> {
    let mut parts = connection.prepare_cached("SELECT content FROM part WHERE source = ? ORDER BY number")?;
    parts.query_map([id], |row| row.get(0))?.collect()
}

fn known(connection: &Connection) -> rusqlite::Result<HashMap<String, (i64, String)>> {
    let mut kept = connection.prepare("SELECT place, id, stamp, used, bytes FROM source WHERE readers = ?")?;
    kept.query_map([READERS], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?.collect()
}

fn write(connection: &mut Connection, all: &Waiting, limit: u64) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    for id in &all.used {
        // An hour is near enough to tell what was not used for long.
        transaction
            .prepare_cached("UPDATE source SET used = ?1 WHERE id = ?2 AND used < ?1 - 3600")?
            .execute(params![now(), id])?;
    }
    for entry in &all.entries {
        transaction.prepare_cached("DELETE FROM source WHERE place = ?")?.execute([&entry.place])?;
        transaction
            .prepare_cached("INSERT INTO source (place, stamp, readers, used, bytes) VALUES (?, ?, ?, ?, ?)")?
            .execute(params![entry.place, entry.stamp, READERS, now(), entry.bytes() as i64])?;
        let id = transaction.last_insert_rowid();
        let mut insert = transaction.prepare_cached("INSERT INTO part VALUES (?, ?, ?)")?;
        for (number, content) in entry.parts.iter().enumerate() {
            insert.execute(params![id, number as i64, content])?;
        }
    }
    evict(&transaction, limit)?;
    transaction.commit()
}

/// Forgets other readers' entries first, then the oldest.
fn evict(connection: &Connection, limit: u64) -> rusqlite::Result<()> {
    let total = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, Option<i64>>(0));
    while total("SELECT sum(bytes) FROM source")?.unwrap_or_default() as u64 > limit {
        let oldest = "SELECT id FROM source ORDER BY readers = ? , used, id LIMIT 1";
        let id: Option<i64> = connection.query_row(oldest, [READERS], |row| row.get(0)).optional()?;
        let Some(id) = id else { return Ok(()) };
        connection.execute("DELETE FROM source WHERE id = ?", [id])?;
    }
    Ok(())
}

/// Ids hold the path as the user named it, so a file named in two ways is kept twice.
fn place(path: &Path) -> String {
    let real = std::path::absolute(path).unwrap_or_else(|_| path.into());
    format!("{}\n{}", path.display(), real.display())
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(bytes: u64) -> Stamp {
        Stamp { bytes, modified: UNIX_EPOCH + Duration::from_secs(1_000_000), files: 1, names: 0 }
    }

    #[test]
    fn what_is_kept_comes_back_for_the_same_state_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/index.sqlite");
        let index = Index::open(&path).unwrap();
        index.put(Path::new("a"), &stamp(1), vec![vec![1, 2], vec![3]]);
        drop(index);
        let index = Index::open(&path).unwrap();
        assert_eq!(index.get(Path::new("a"), &stamp(1)), Some(vec![vec![1, 2], vec![3]]));
        assert_eq!(index.get(Path::new("a"), &stamp(2)), None);
        assert_eq!(index.get(Path::new("b"), &stamp(1)), None);
        index.put(Path::new("a"), &stamp(2), vec![vec![4]]);
        drop(index);
        let index = Index::open(&path).unwrap();
        assert_eq!(index.get(Path::new("a"), &stamp(1)), None);
        assert_eq!(index.get(Path::new("a"), &stamp(2)), Some(vec![vec![4]]));
    }

    #[test]
    fn files_being_written_are_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("i");
        let fresh = Stamp { modified: SystemTime::now(), ..stamp(1) };
        Index::open(&path).unwrap().put(Path::new("a"), &fresh, vec![vec![1]]);
        let index = Index::open(&path).unwrap();
        assert_eq!(index.get(Path::new("a"), &fresh), None);
    }

    #[test]
    fn a_damaged_index_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("i");
        for damage in [&b"no database at all, only text of some length"[..], &[0; 5000]] {
            std::fs::write(&path, damage.repeat(40)).unwrap();
            Index::open(&path).unwrap().put(Path::new("a"), &stamp(1), vec![vec![7]]);
            let index = Index::open(&path).unwrap();
            assert_eq!(index.get(Path::new("a"), &stamp(1)), Some(vec![vec![7]]));
        }
    }

    #[test]
    fn the_oldest_go_when_it_is_full() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("i");
        let mut index = Index::open(&path).unwrap();
        index.limit = 250;
        for name in ["a", "b", "c"] {
            index.put(Path::new(name), &stamp(1), vec![vec![0; 100]]);
            index.flush();
        }
        drop(index);
        let index = Index::open(&path).unwrap();
        let kept = ["a", "b", "c"].map(|name| index.get(Path::new(name), &stamp(1)).is_some());
        assert_eq!(kept, [false, true, true]);
    }
}
