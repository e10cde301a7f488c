//! A writer killed in the middle loses nothing that it reported as saved.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use rollscope::store::scores::{ScoreRow, ScoreStore};

const PLACE: &str = "ROLLSCOPE_TEST_WRITER";

/// Not a test of its own: the process that is killed.
#[test]
fn writer() {
    let Ok(path) = std::env::var(PLACE) else { return };
    let store = ScoreStore::open(Path::new(&path)).unwrap();
    for number in 0..1_000_000 {
        let row = ScoreRow { fingerprint: format!("row-{number}"), log_odds: f64::from(number), ..Default::default() };
        store.insert(&row).unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(out, "saved {}", row.fingerprint).and_then(|()| out.flush()).unwrap();
    }
}

#[test]
fn a_killed_writer_loses_no_row_it_reported() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scores.sqlite");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "scores::writer", "--nocapture"])
        .env(PLACE, &path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let saved = |line: String| line.split_once("saved ").map(|(_, fingerprint)| fingerprint.to_string());
    let mut reported: Vec<String> = lines.by_ref().filter_map(saved).take(40).collect();
    child.kill().unwrap(); // SIGKILL on Unix
    child.wait().unwrap();
    reported.extend(lines.filter_map(saved));
    assert!(reported.len() >= 40);

    let store = ScoreStore::open(&path).unwrap();
    for (number, fingerprint) in reported.iter().enumerate() {
        let row = store.find(fingerprint).unwrap().unwrap_or_else(|| panic!("{fingerprint} was reported as saved"));
        assert_eq!(row.log_odds.to_bits(), (number as f64).to_bits());
    }
    // At most the one in flight is there beyond those reported; it is whole or absent.
    assert!(store.count().unwrap() - reported.len() <= 1);
}
