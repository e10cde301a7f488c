//! Verdicts survive a kill: a program that is shot at any moment has lost none that it showed as saved.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rollscope::store::verdicts::VerdictStore;
use rollscope::trajectory::{Ruling, Subject, Verdict};

const PLACE: &str = "ROLLSCOPE_TEST_VERDICTS";
const NAME: &str = "ROLLSCOPE_TEST_NAME";
/// In a store of its own for each so many, so that the log stays short.
const KILLS_PER_STORE: usize = 50;

/// The other end of the test below: gives verdicts and says each as it is saved, until it is shot.
#[test]
#[ignore = "run by the test below, with a store to write to"]
fn writer() {
    let mut store = VerdictStore::open(Path::new(&std::env::var_os(PLACE).unwrap())).unwrap();
    let name = std::env::var(NAME).unwrap();
    for number in 0..10_000 {
        let id = format!("{name}-{number}");
        let subject = Subject { key: format!("key of {id}"), id: id.clone(), ..Subject::default() };
        let ruling = Some(Ruling::ALL[number % 4]);
        store.record(&Verdict { annotator: "ann".into(), subject, ruling, ..Verdict::default() }).unwrap();
        writeln!(std::io::stdout().lock(), "saved {id}").unwrap();
    }
}

fn start(store: &Path, name: &str) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "writer", "--nocapture", "--test-threads=1"]);
    command.env(PLACE, store).env(NAME, name).stdout(Stdio::piped()).stderr(Stdio::null());
    command.spawn().unwrap()
}

/// Numbers that differ from kill to kill; what they meet in the other process is left to chance.
fn mixed(seed: u64) -> u64 {
    let z = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (z ^ (z >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 17
}

/// Shoots a writer after it showed a few as saved and a little while more. Answers all that it showed.
fn shot(store: &Path, nth: usize) -> Vec<String> {
    let mut child = start(store, &format!("kill {nth}"));
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let chance = mixed(nth as u64);
    let saved = |line: String| Some(line.split_once("saved ")?.1.to_owned());
    let mut shown: Vec<String> = lines.by_ref().filter_map(saved).take(chance as usize % 6).collect();
    (0..chance % 400_000).for_each(|_| std::hint::spin_loop());
    child.kill().unwrap();
    child.wait().unwrap();
    shown.extend(lines.filter_map(saved));
    shown
}

#[test]
fn a_kill_at_any_moment_loses_no_verdict_that_was_shown_as_saved() {
    let kills: usize = std::env::var("ROLLSCOPE_KILLS").ok().and_then(|count| count.parse().ok()).unwrap_or(100);
    let folder = tempfile::tempdir().unwrap();
    let mut total = 0;
    for first in (0..kills).step_by(KILLS_PER_STORE) {
        let path: PathBuf = folder.path().join(format!("{first}.sqlite"));
        let shown: Vec<String> = (first..kills.min(first + KILLS_PER_STORE)).flat_map(|nth| shot(&path, nth)).collect();
        let store = VerdictStore::open(&path).unwrap();
        let kept: std::collections::HashSet<String> =
            store.all().unwrap().into_iter().map(|verdict| verdict.subject.id).collect();
        let lost: Vec<&String> = shown.iter().filter(|id| !kept.contains(*id)).collect();
        assert!(lost.is_empty(), "{} of {} lost: {lost:?}", lost.len(), shown.len());
        // A kill between saving and showing leaves one more; never more than one each.
        assert!(kept.len() - shown.len() <= KILLS_PER_STORE, "{} kept, {} shown", kept.len(), shown.len());
        total += shown.len();
    }
    assert!(total >= kills, "{total} verdicts were shown before {kills} kills");
    eprintln!("{kills} kills, {total} verdicts shown as saved, none lost");
}
