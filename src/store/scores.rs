//! The score database: one row per fingerprint, on disk before `insert` returns, shared by several processes. It keeps
//! scores and knows nothing of how they are made.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};

use super::database::{self, DatabaseError, Schema};
use super::{questions, traces};

const SCHEMA: Schema = Schema {
    // The letters `rsco`.
    application: 0x7273_636f,
    version: 1,
    tables: "CREATE TABLE IF NOT EXISTS scores (
                 fingerprint TEXT PRIMARY KEY, id TEXT NOT NULL, task_id TEXT NOT NULL, run TEXT NOT NULL,
                 attempt INTEGER, model TEXT NOT NULL, profile TEXT NOT NULL, log_odds REAL NOT NULL,
                 logit_yes REAL, logit_no REAL, outputs TEXT NOT NULL, tokens INTEGER NOT NULL, cut TEXT NOT NULL,
                 device TEXT NOT NULL, dtype TEXT NOT NULL, seconds REAL NOT NULL, created INTEGER NOT NULL
             ) STRICT, WITHOUT ROWID;
             CREATE INDEX IF NOT EXISTS scores_by_id ON scores (id, created);",
    name: "score database",
};

/// One score, with what it was made from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScoreRow {
    /// Hash of weights, adapter, profile, token ids and dtype.
    pub fingerprint: String,
    /// Of the trajectory that was scored first with this fingerprint.
    pub id: String,
    pub task_id: String,
    pub run: String,
    pub attempt: Option<u32>,
    pub model: String,
    pub profile: String,
    pub log_odds: f64,
    pub logit_yes: Option<f64>,
    pub logit_no: Option<f64>,
    pub outputs: Vec<f64>,
    pub tokens: usize,
    /// What was left out of the prompt, as JSON.
    pub cut: String,
    pub device: String,
    pub dtype: String,
    pub seconds: f64,
    /// Unix seconds.
    pub created: i64,
}

#[derive(Debug, thiserror::Error)]
pub enum ScoreStoreError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("a score that is no finite number cannot be kept (log-odds {0})")]
    NotFinite(f64),
}

pub struct ScoreStore {
    connection: Connection,
    path: PathBuf,
}

impl ScoreStore {
    /// `scores.sqlite` in the data directory: `$ROLLSCOPE_DATA`, or the platform's own place.
    pub fn default_path() -> Option<PathBuf> {
        Some(database::data_folder()?.join("scores.sqlite"))
    }

    /// Opens the database, making it (and its folder) if it is not there.
    pub fn open(path: &Path) -> Result<Self, ScoreStoreError> {
        let store = Self { connection: database::open(path, &SCHEMA)?, path: path.into() };
        for table in [traces::TABLE, questions::TABLE] {
            store.work(|connection| connection.execute_batch(table))?;
        }
        Ok(store)
    }

    /// Another connection to the same database, for another thread.
    pub fn again(&self) -> Result<Self, ScoreStoreError> {
        Self::open(&self.path)
    }

    /// Keeps a score. When this returns, the row survives a crash; a fingerprint that is there already stays as it was.
    pub fn insert(&self, row: &ScoreRow) -> Result<(), ScoreStoreError> {
        if !row.log_odds.is_finite() {
            return Err(ScoreStoreError::NotFinite(row.log_odds));
        }
        let outputs = serde_json::to_string(&row.outputs).unwrap_or_else(|_| "[]".into());
        let sql = format!(
            "INSERT INTO scores ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, \
                           ?14, ?15, ?16, ?17) ON CONFLICT (fingerprint) DO NOTHING"
        );
        let values = params![
            row.fingerprint,
            row.id,
            row.task_id,
            row.run,
            row.attempt,
            row.model,
            row.profile,
            row.log_odds,
            row.logit_yes,
            row.logit_no,
            outputs,
            row.tokens as i64,
            row.cut,
            row.device,
            row.dtype,
            row.seconds,
            row.created
        ];
        let done = self.connection.prepare_cached(&sql).and_then(|mut statement| statement.execute(values));
        done.map(|_| ()).map_err(|error| self.unusable(&error))
    }

    /// The score made from exactly this prompt, model, profile and dtype.
    pub fn find(&self, fingerprint: &str) -> Result<Option<ScoreRow>, ScoreStoreError> {
        let sql = format!("SELECT {COLUMNS} FROM scores WHERE fingerprint = ?1");
        let found =
            self.connection.prepare_cached(&sql).and_then(|mut statement| statement.query_row([fingerprint], read));
        found.optional().map_err(|error| self.unusable(&error))
    }

    /// All scores ever made for a trajectory id, the newest first: those whose fingerprint has changed are stale.
    pub fn of(&self, id: &str) -> Result<Vec<ScoreRow>, ScoreStoreError> {
        let sql = format!("SELECT {COLUMNS} FROM scores WHERE id = ?1 ORDER BY created DESC, fingerprint");
        let all = || self.connection.prepare_cached(&sql)?.query_map([id], read)?.collect::<rusqlite::Result<Vec<_>>>();
        all().map_err(|error| self.unusable(&error))
    }

    /// Number of scores kept.
    pub fn count(&self) -> Result<usize, ScoreStoreError> {
        let count = self.connection.query_row("SELECT count(*) FROM scores", [], |row| row.get::<_, i64>(0));
        count.map(|count| count as usize).map_err(|error| self.unusable(&error))
    }

    /// For the tables that stand beside the scores.
    pub(super) fn work<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, ScoreStoreError> {
        work(&self.connection).map_err(|error| self.unusable(&error))
    }

    /// All that `change` writes, or nothing of it.
    pub(super) fn at_once<T>(&self, change: impl FnOnce() -> Result<T, ScoreStoreError>) -> Result<T, ScoreStoreError> {
        let begun = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate);
        let begun = begun.map_err(|error| self.unusable(&error))?;
        let done = change()?;
        begun.commit().map_err(|error| self.unusable(&error)).map(|()| done)
    }

    fn unusable(&self, error: &rusqlite::Error) -> ScoreStoreError {
        DatabaseError::Unusable { path: self.path.clone(), reason: error.to_string() }.into()
    }
}

const COLUMNS: &str = "fingerprint, id, task_id, run, attempt, model, profile, log_odds, logit_yes, logit_no, outputs, tokens, \
                       cut, device, dtype, seconds, created";

fn read(row: &Row<'_>) -> rusqlite::Result<ScoreRow> {
    Ok(ScoreRow {
        fingerprint: row.get(0)?,
        id: row.get(1)?,
        task_id: row.get(2)?,
        run: row.get(3)?,
        attempt: row.get(4)?,
        model: row.get(5)?,
        profile: row.get(6)?,
        log_odds: row.get(7)?,
        logit_yes: row.get(8)?,
        logit_no: row.get(9)?,
        outputs: serde_json::from_str(&row.get::<_, String>(10)?).unwrap_or_default(),
        tokens: row.get::<_, i64>(11)? as usize,
        cut: row.get(12)?,
        device: row.get(13)?,
        dtype: row.get(14)?,
        seconds: row.get(15)?,
        created: row.get(16)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(fingerprint: &str) -> ScoreRow {
        ScoreRow {
            fingerprint: fingerprint.into(),
            id: "runs/a.traj".into(),
            attempt: Some(2),
            log_odds: -2.640_625_000_000_001,
            logit_yes: Some(1.5),
            outputs: vec![0.1, -2.0],
            tokens: 4096,
            cut: "[]".into(),
            created: 1_700_000_000,
            ..Default::default()
        }
    }

    #[test]
    fn what_is_kept_comes_back_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/scores.sqlite");
        ScoreStore::open(&path).unwrap().insert(&row("f1")).unwrap();
        let store = ScoreStore::open(&path).unwrap();
        assert_eq!(store.find("f1").unwrap(), Some(row("f1")));
        assert_eq!(store.find("f2").unwrap(), None);
        assert_eq!(store.of("runs/a.traj").unwrap(), vec![row("f1")]);
    }

    #[test]
    fn a_second_score_of_the_same_fingerprint_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = ScoreStore::open(&folder.path().join("s")).unwrap();
        store.insert(&row("f1")).unwrap();
        store.insert(&ScoreRow { log_odds: 9.0, ..row("f1") }).unwrap();
        assert_eq!(store.find("f1").unwrap(), Some(row("f1")));
        assert_eq!(store.count().unwrap(), 1);
    }

    #[test]
    fn no_number_no_row() {
        let folder = tempfile::tempdir().unwrap();
        let store = ScoreStore::open(&folder.path().join("s")).unwrap();
        assert!(store.insert(&ScoreRow { log_odds: f64::NAN, ..row("f1") }).is_err());
        assert_eq!(store.count().unwrap(), 0);
    }

    #[test]
    fn newer_and_foreign_databases_are_refused_untouched() {
        let folder = tempfile::tempdir().unwrap();
        let newer = {
            let application = SCHEMA.application;
            format!("CREATE TABLE t (x); PRAGMA application_id = {application}; PRAGMA user_version = 99;")
        };
        for (name, sql, word) in [("newer", newer.as_str(), "newer"), ("foreign", "CREATE TABLE t (x);", "not a score")]
        {
            let path = folder.path().join(name);
            Connection::open(&path).unwrap().execute_batch(sql).unwrap();
            let before = std::fs::read(&path).unwrap();
            let error = ScoreStore::open(&path).err().unwrap().to_string();
            assert!(error.contains(word) && error.contains(name), "{error}");
            assert_eq!(std::fs::read(&path).unwrap(), before);
        }
        let text = folder.path().join("text");
        std::fs::write(&text, "this is no database, only a long enough text".repeat(50)).unwrap();
        assert!(ScoreStore::open(&text).is_err());
    }

    #[test]
    fn many_open_and_write_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        std::thread::scope(|scope| {
            for writer in 0..6 {
                let path = &path;
                scope.spawn(move || {
                    let store = ScoreStore::open(path).unwrap();
                    for number in 0..5 {
                        store.insert(&row(&format!("{writer}-{number}"))).unwrap();
                    }
                });
            }
        });
        assert_eq!(ScoreStore::open(&path).unwrap().count().unwrap(), 30);
    }
}
