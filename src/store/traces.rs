//! Score traces, beside the scores in their database. A table of their own, which older programs do not look at.

use rusqlite::{OptionalExtension, params};

use super::scores::{ScoreStore, ScoreStoreError};
use crate::trajectory::TracePoint;

pub(super) const TABLE: &str = "CREATE TABLE IF NOT EXISTS traces (
    fingerprint TEXT PRIMARY KEY, turns TEXT NOT NULL, log_odds TEXT NOT NULL
) STRICT, WITHOUT ROWID;";

impl ScoreStore {
    /// Keeps the points before the full score of a fingerprint; those that are there already stay.
    pub fn keep_trace(&self, fingerprint: &str, points: &[TracePoint]) -> Result<(), ScoreStoreError> {
        if let Some(point) = points.iter().find(|point| !point.log_odds.is_finite()) {
            return Err(ScoreStoreError::NotFinite(point.log_odds));
        }
        let (turns, log_odds): (Vec<usize>, Vec<f64>) = points.iter().map(|point| (point.turn, point.log_odds)).unzip();
        let text = |list: serde_json::Result<String>| list.unwrap_or_else(|_| "[]".into());
        let (turns, log_odds) = (text(serde_json::to_string(&turns)), text(serde_json::to_string(&log_odds)));
        self.work(|connection| {
            let sql = "INSERT INTO traces (fingerprint, turns, log_odds) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
            connection.execute(sql, params![fingerprint, turns, log_odds])
        })
        .map(|_| ())
    }

    /// The points before the full score, where a trace was asked for.
    pub fn trace(&self, fingerprint: &str) -> Result<Option<Vec<TracePoint>>, ScoreStoreError> {
        let found = self.work(|connection| {
            let sql = "SELECT turns, log_odds FROM traces WHERE fingerprint = ?1";
            let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
            connection.query_row(sql, [fingerprint], row).optional()
        })?;
        Ok(found.and_then(|(turns, log_odds)| {
            let turns: Vec<usize> = serde_json::from_str(&turns).ok()?;
            let log_odds: Vec<f64> =
                serde_json::from_str(&log_odds).ok().filter(|list: &Vec<f64>| list.len() == turns.len())?;
            Some(turns.into_iter().zip(log_odds).map(|(turn, log_odds)| TracePoint { turn, log_odds }).collect())
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_read_back_as_it_was_kept_and_only_once_written() {
        let folder = tempfile::tempdir().unwrap();
        let store = ScoreStore::open(&folder.path().join("s")).unwrap();
        assert_eq!(store.trace("f").unwrap(), None);
        let points = [TracePoint { turn: 2, log_odds: -0.25 }, TracePoint { turn: 4, log_odds: 1e-17 }];
        store.keep_trace("f", &points).unwrap();
        store.keep_trace("f", &points[..1]).unwrap();
        assert_eq!(store.trace("f").unwrap().unwrap(), points);
        store.keep_trace("none", &[]).unwrap();
        assert_eq!(store.trace("none").unwrap().unwrap(), []);
        assert!(store.keep_trace("g", &[TracePoint { turn: 0, log_odds: f64::NAN }]).is_err());
    }
}
