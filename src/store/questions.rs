//! Which questions were asked before, beside the scores in their database: found again by what they were made from, without
//! making them. A table of their own, which older programs do not look at.

use rusqlite::{OptionalExtension, Row, params};

use super::scores::{ScoreRow, ScoreStore, ScoreStoreError};

pub(super) const TABLE: &str = "CREATE TABLE IF NOT EXISTS questions (
     key TEXT PRIMARY KEY, weights TEXT NOT NULL, profile TEXT NOT NULL, fingerprint TEXT, too_long INTEGER
 ) STRICT, WITHOUT ROWID;
 CREATE INDEX IF NOT EXISTS questions_by_fingerprint ON questions (fingerprint);";

/// A question by its key, who was asked, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionRow {
    /// Hash of the judge, of what words its prompts, and of the trajectory.
    pub key: String,
    pub weights: String,
    pub profile: String,
    pub outcome: Outcome,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The fingerprint of its score.
    Scored(String),
    /// It has that many tokens, which are too many.
    TooLong(usize),
}

impl ScoreStore {
    /// Keeps a score together with the question that it answers: both or neither.
    pub fn insert_answer(&self, row: &ScoreRow, question: &QuestionRow) -> Result<(), ScoreStoreError> {
        self.at_once(|| {
            self.insert(row)?;
            self.keep_question(question)
        })
    }

    /// Keeps what came of a question; one that is there already stays as it was.
    pub fn keep_question(&self, question: &QuestionRow) -> Result<(), ScoreStoreError> {
        let (fingerprint, too_long) = match &question.outcome {
            Outcome::Scored(fingerprint) => (Some(fingerprint), None),
            Outcome::TooLong(tokens) => (None, Some(*tokens as i64)),
        };
        let sql = "INSERT INTO questions (key, weights, profile, fingerprint, too_long) VALUES (?1, ?2, ?3, ?4, ?5) \
                   ON CONFLICT DO NOTHING";
        let values = params![question.key, question.weights, question.profile, fingerprint, too_long];
        self.work(|connection| connection.prepare_cached(sql)?.execute(values)).map(|_| ())
    }

    /// What came of a question.
    pub fn question(&self, key: &str) -> Result<Option<QuestionRow>, ScoreStoreError> {
        self.asked("key", key)
    }

    /// A question that a score is the answer to; `None` for scores that were kept without one.
    pub fn question_of(&self, fingerprint: &str) -> Result<Option<QuestionRow>, ScoreStoreError> {
        self.asked("fingerprint", fingerprint)
    }

    fn asked(&self, column: &str, value: &str) -> Result<Option<QuestionRow>, ScoreStoreError> {
        let sql = format!(
            "SELECT key, weights, profile, fingerprint, too_long FROM questions WHERE {column} = ?1 ORDER BY key LIMIT 1"
        );
        let found = self.work(|connection| connection.prepare_cached(&sql)?.query_row([value], read).optional())?;
        Ok(found.flatten())
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Option<QuestionRow>> {
    let outcome = match (row.get::<_, Option<String>>(3)?, row.get::<_, Option<i64>>(4)?) {
        (Some(fingerprint), _) => Outcome::Scored(fingerprint),
        (None, Some(tokens)) => Outcome::TooLong(tokens as usize),
        (None, None) => return Ok(None),
    };
    Ok(Some(QuestionRow { key: row.get(0)?, weights: row.get(1)?, profile: row.get(2)?, outcome }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(key: &str, outcome: Outcome) -> QuestionRow {
        QuestionRow { key: key.into(), weights: "w".into(), profile: "p".into(), outcome }
    }

    #[test]
    fn a_question_is_found_by_its_key_and_by_its_score() {
        let folder = tempfile::tempdir().unwrap();
        let store = ScoreStore::open(&folder.path().join("s")).unwrap();
        let scored = question("k", Outcome::Scored("f".into()));
        store.insert_answer(&ScoreRow { fingerprint: "f".into(), ..ScoreRow::default() }, &scored).unwrap();
        store.keep_question(&question("long", Outcome::TooLong(70_000))).unwrap();
        store.keep_question(&question("long", Outcome::TooLong(1))).unwrap();
        assert_eq!(store.question("k").unwrap(), Some(scored.clone()));
        assert_eq!(store.question_of("f").unwrap(), Some(scored));
        assert_eq!(store.question("long").unwrap().unwrap().outcome, Outcome::TooLong(70_000));
        assert_eq!((store.question("none").unwrap(), store.count().unwrap()), (None, 1));
    }

    #[test]
    fn an_answer_that_cannot_be_kept_leaves_no_question() {
        let folder = tempfile::tempdir().unwrap();
        let store = ScoreStore::open(&folder.path().join("s")).unwrap();
        let row = ScoreRow { fingerprint: "f".into(), log_odds: f64::NAN, ..ScoreRow::default() };
        assert!(store.insert_answer(&row, &question("k", Outcome::Scored("f".into()))).is_err());
        assert_eq!(store.question("k").unwrap(), None);
        store.keep_question(&question("k", Outcome::TooLong(1))).unwrap();
    }
}
