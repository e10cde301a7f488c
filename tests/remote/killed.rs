//! `kill -9` of `score` at any moment: what was reported is kept, nothing is half there, nothing is there twice, and the end is
//! the same. Two processes share the database and are killed while the other writes.
//!
//! `ROLLSCOPE_KILLS` sets how often, `ROLLSCOPE_SEED` when.

use std::collections::{BTreeMap, HashSet};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rollscope::store::scores::ScoreStore;
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

use crate::command::{rollouts, rows, score, score_with};
use crate::model::{self, Dice};
use crate::server::vllm;

const MANY: usize = 120;

fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(usual)
}

/// A run that may be killed, and what it reports.
struct Run {
    child: Child,
    lines: Box<dyn Iterator<Item = String>>,
}

impl Run {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        Self { child, lines: Box::new(lines) }
    }

    /// Reads on until that many scores are new, or it is done.
    fn follow(&mut self, known: &HashSet<String>, fresh: u64) -> Vec<Value> {
        let (mut seen, mut new) = (Vec::new(), 0);
        while new < fresh {
            let Some(line) = self.lines.next() else { break };
            let row: Value = serde_json::from_str(&line).unwrap();
            new += u64::from(!known.contains(row["fingerprint"].as_str().unwrap_or_default()));
            seen.push(row);
        }
        seen
    }

    /// SIGKILL; what it had printed by then comes too, but for half a line.
    fn kill(mut self) -> Vec<Value> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.lines.filter_map(|line| serde_json::from_str(&line).ok()).collect()
    }
}

/// Waits for a while that no clock measures.
fn dawdle(dice: &mut Dice) {
    for turn in 0..dice.below(2_000_000) {
        std::hint::black_box(turn);
    }
}

/// Every reported score is there bit by bit, every row is whole, and every question has its answer.
fn is_sound(data: &Path, reported: &BTreeMap<String, Value>) {
    let path = data.join("scores.sqlite");
    let store = ScoreStore::open(&path).unwrap();
    for (fingerprint, row) in reported {
        let kept = store.find(fingerprint).unwrap().unwrap_or_else(|| panic!("{} was reported as scored", row["id"]));
        assert_eq!(kept.log_odds.to_bits(), row["log_odds"].as_f64().unwrap().to_bits(), "{}", row["id"]);
        assert_eq!(kept.tokens as u64, row["tokens"].as_u64().unwrap());
        assert!(serde_json::from_str::<Value>(&kept.cut).is_ok() && !kept.model.is_empty() && kept.created > 0);
    }
    assert!(store.count().unwrap() >= reported.len());
    let plain = Connection::open(&path).unwrap();
    let one = |sql: &str| plain.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(one("PRAGMA integrity_check"), "ok");
    let alone = "SELECT count(*) || '' FROM questions LEFT JOIN scores USING (fingerprint) WHERE log_odds IS NULL";
    assert_eq!(one(alone), "0", "a question is kept together with its answer");
}

fn numbers(rows: &[Value]) -> BTreeMap<String, u64> {
    let number = |row: &Value| row["log_odds"].as_f64().unwrap_or_else(|| panic!("{row}")).to_bits();
    rows.iter().map(|row| (row["id"].as_str().unwrap().to_owned(), number(row))).collect()
}

#[test]
fn a_score_that_was_reported_survives_any_kill() {
    let mut dice = Dice(setting("ROLLSCOPE_SEED", 1));
    let (home, undisturbed) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (server, model) = (vllm(|_, _| None), TempDir::new().unwrap());
    model::write(model.path());
    let rollouts = rollouts(&home, MANY);
    let here = model.path().display().to_string();
    let commands = |home: &TempDir| {
        [score_with(home, &rollouts, &here, "swe-gym", model.path()), score(home, &rollouts, &server.url)]
    };
    let mut reported: BTreeMap<String, Value> = BTreeMap::new();
    for round in 0..setting("ROLLSCOPE_KILLS", 24) {
        let [mut first, mut second] = commands(&home).map(Run::start);
        if round % 2 == 1 {
            std::mem::swap(&mut first, &mut second);
        }
        let known: HashSet<String> = reported.keys().cloned().collect();
        let mut told = first.follow(&known, dice.below(9));
        dawdle(&mut dice);
        told.extend(first.kill());
        told.extend(second.follow(&known, dice.below(3)));
        dawdle(&mut dice);
        told.extend(second.kill());
        let scored = told.into_iter().filter(|row| row["state"] == "scored");
        reported.extend(scored.map(|row| (row["fingerprint"].as_str().unwrap().to_owned(), row)));
        is_sound(&home.path().join("data"), &reported);
    }
    eprintln!("{} scores were reported by runs that were killed", reported.len());
    assert!(!reported.is_empty());
    for (mut disturbed, mut calm) in commands(&home).into_iter().zip(commands(&undisturbed)) {
        let (disturbed, calm) = (rows(&disturbed.output().unwrap().stdout), rows(&calm.output().unwrap().stdout));
        assert_eq!((disturbed.len(), numbers(&disturbed).len()), (MANY, MANY));
        assert_eq!(numbers(&disturbed), numbers(&calm), "as if nothing had happened");
    }
    assert_eq!(ScoreStore::open(&home.path().join("data/scores.sqlite")).unwrap().count().unwrap(), 2 * MANY);
}
