//! Verdicts given with keys, through the real state and the real store: what comes out is what was typed.

use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use rollscope::app::{App, Effect, Face, Intervals, JudgeMsg, Judged, Key, Keymap, LibraryMsg, Msg, Why};
use rollscope::library::Summary;
use rollscope::library::query::{Query, Row};
use rollscope::runtime::Book;
use rollscope::store::verdicts::VerdictStore;
use rollscope::trajectory::{Ruling, Score, Verdict};
use serde_json::Value;
use tempfile::TempDir;

const MANY: usize = 2_000;

/// The screen's state and the store behind it, without a terminal between them.
struct Session {
    app: App,
    book: Book,
}

impl Session {
    fn open(annotator: &str, store: &Path) -> Self {
        let mut app = App::new("verdicts", Keymap::defaults());
        annotator.clone_into(&mut app.hunt.ledger.annotator);
        let mut session = Self { app, book: Book::new(Some(store.to_owned())) };
        session.tell(Msg::Resize(120, 40));
        session.tell(Msg::Library(LibraryMsg::Listed((0..MANY).map(summary).collect())));
        session.tell(Msg::Judge(JudgeMsg::Known((0..MANY).map(|nth| (summary(nth).id, score(nth))).collect())));
        let known = session.book.all().unwrap();
        session.tell(Msg::Verdicts(known));
        session.keys("V");
        session
    }

    fn tell(&mut self, msg: Msg) {
        for effect in self.app.update(msg) {
            if let Some(answer) = self.book.grant(&effect) {
                self.tell(answer);
            } else if let Effect::LineUp(pool) = effect {
                self.tell(Msg::LinedUp(Arc::new(pool.line_up())));
            } else if let Effect::Count(census) = effect {
                self.tell(Msg::Counted(Arc::new(census.count())));
            } else if let Effect::Intervals(census) = effect {
                self.tell(Msg::Intervals(Arc::new(Intervals {
                    version: census.version,
                    draws: 0,
                    report: census.count().report,
                })));
            }
        }
    }

    fn keys(&mut self, row: &str) {
        for key in Key::row(row) {
            self.tell(Msg::Key(key));
        }
    }

    fn here(&self) -> String {
        self.app.looked_at().unwrap_or_default().to_owned()
    }
}

fn summary(nth: usize) -> Summary {
    let (task, run) = (format!("acme__widget-{}", nth / 4), format!("run-{}", nth % 4));
    Summary {
        id: format!("{task}/{run}"),
        key: format!("key-{nth}"),
        task_id: task,
        run,
        resolved: (!nth.is_multiple_of(7)).then_some(nth.is_multiple_of(3)),
        ..Summary::default()
    }
}

fn score(nth: usize) -> Score {
    let log_odds = (nth * 7919 % 1000) as f64 / 100.0 - 5.0;
    Score { log_odds, logit_yes: None, logit_no: None, outputs: Vec::new(), tokens: 900 }
}

/// What the program prints for somebody else, from the folder with the store.
fn printed(data: &Path, arguments: &[&str]) -> Vec<Value> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rollscope"));
    let output = command.args(arguments).env("ROLLSCOPE_DATA", data).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn rulings(rows: &[Value]) -> HashMap<String, String> {
    let word = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    let rulings: HashMap<_, _> = rows.iter().map(|row| (word(row, "id"), word(row, "verdict"))).collect();
    assert_eq!(rulings.len(), rows.len(), "one row about each");
    rulings
}

fn in_store(path: &Path) -> HashMap<String, Verdict> {
    let all = VerdictStore::open(path).unwrap().all().unwrap();
    all.into_iter().map(|verdict| (verdict.subject.id.clone(), verdict)).collect()
}

#[test]
fn two_thousand_verdicts_by_script_come_out_as_they_were_given() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("verdicts.sqlite");
    let mut session = Session::open("ann", &path);
    let mut script: HashMap<String, Ruling> = HashMap::new();
    for step in 0..MANY {
        let key = (step * 31 + step / 7) % 4;
        let here = session.here();
        assert!(script.insert(here.clone(), Ruling::ALL[key]).is_none(), "{here} came twice at step {step}");
        session.keys(&(key + 1).to_string());
        if step % 50 == 49 {
            // Change one's mind: back, and another answer.
            session.keys("u");
            assert_eq!(session.here(), here, "undo goes back to what it took back");
            script.insert(here, Ruling::ALL[(key + 1) % 4]);
            session.keys(&((key + 1) % 4 + 1).to_string());
        }
    }
    assert_eq!(session.app.hunt.counts.done, MANY);
    drop(session);
    let script: HashMap<String, String> = script.into_iter().map(|(id, it)| (id, it.name().to_owned())).collect();
    let exported = printed(folder.path(), &["export", "verdicts"]);
    assert_eq!(rulings(&exported), script);
    assert_eq!(rulings(&printed(folder.path(), &["verdicts", "list", "--format", "jsonl"])), script);
    // And from one store into another.
    let (file, other) = (folder.path().join("all.jsonl"), folder.path().join("other"));
    printed(folder.path(), &["export", "verdicts", "-o", file.to_str().unwrap()]);
    printed(&other, &["verdicts", "import", file.to_str().unwrap()]);
    assert_eq!(printed(&other, &["export", "verdicts"]), exported);
}

#[test]
fn a_point_of_the_best_at_k_curve_puts_on_the_board_what_its_number_is_over() {
    let folder = TempDir::new().unwrap();
    for before in ["", "run-0 or run-1 or run-2"] {
        let mut session = Session::open("ann", &folder.path().join("verdicts.sqlite"));
        session.keys("V/");
        session.keys(before);
        session.keys("<enter>C<tab><tab>");
        let asked = Query::parse(before).unwrap();
        let mut judged: HashMap<usize, Vec<String>> = HashMap::new();
        for nth in 0..MANY {
            let summary = summary(nth);
            if summary.resolved.is_some() && asked.fits(&Row::from(&summary)) {
                judged.entry(nth / 4).or_default().push(summary.id);
            }
        }
        for k in 1..=3 {
            session.keys(&format!("{}<enter>", "j".repeat(k - 1)));
            let tasks = judged.values().filter(|members| members.len() >= k);
            let mut wanted: Vec<&str> = tasks.flatten().map(String::as_str).collect();
            let board = &session.app.board;
            let shown = board.candidates().iter().enumerate().filter(|(nth, _)| board.is_shown(*nth));
            let mut shown: Vec<&str> = shown.map(|(_, it)| it.summary.id.as_str()).collect();
            wanted.sort_unstable();
            shown.sort_unstable();
            assert_eq!(shown, wanted, "{before} k = {k}");
            session.keys("<esc>g");
        }
    }
}

#[test]
fn where_two_models_differ_comes_first_and_says_so() {
    let folder = TempDir::new().unwrap();
    let mut session = Session::open("ann", &folder.path().join("verdicts.sqlite"));
    session.keys("ooo");
    assert!(session.app.hunt.items().iter().all(|item| item.why != Why::ModelsDiffer));
    session.tell(Msg::Judge(JudgeMsg::Second("another".into())));
    for nth in 0..MANY {
        // The same, but for eleven.
        let score = if nth % 200 == 3 { Score { log_odds: -score(nth).log_odds, ..score(nth) } } else { score(nth) };
        session.tell(Msg::Judge(JudgeMsg::Also { id: summary(nth).id, judged: Judged::Scored(score) }));
    }
    let candidates = session.app.board.candidates();
    let apart =
        |nth: usize| candidates[nth].second.zip(candidates[nth].score()).map(|(b, a)| (a.probability() - b).abs());
    let differ: Vec<usize> = (0..MANY).filter(|nth| apart(*nth).unwrap() >= 0.25).collect();
    assert!(differ.len() > 5);
    let ordered: Vec<_> = session.app.hunt.items().iter().filter(|item| !item.random).take(differ.len()).collect();
    assert!(ordered.iter().all(|item| item.why == Why::ModelsDiffer && differ.contains(&item.nth)));
}

#[test]
fn whoever_hunts_blind_is_asked_before_anything_shows_what_is_hidden() {
    let folder = TempDir::new().unwrap();
    for way in ["V", "q", "<esc>", "C"] {
        let mut session = Session::open("ann", &folder.path().join("verdicts.sqlite"));
        session.keys(&format!("b{way}"));
        assert_eq!((session.app.face, session.app.hunt.blind), (Face::Hunt, true), "{way} asks first");
        assert!(session.app.toast().is_some_and(|said| said.contains("blind")));
        session.keys(&format!("j{way}"));
        assert_eq!((session.app.face, session.app.hunt.blind), (Face::Hunt, true), "another key between asks anew");
        session.keys(way);
        assert!(session.app.face != Face::Hunt && !session.app.hunt.blind, "{way} again leaves");
    }
}

#[test]
fn undo_has_no_limit_and_survives_the_end_of_the_program() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("verdicts.sqlite");
    let mut session = Session::open("ann", &path);
    session.keys("1234321");
    assert_eq!(in_store(&path).len(), 7);
    drop(session);
    let mut session = Session::open("ann", &path);
    assert_eq!(session.app.hunt.counts.done, 7, "what was said before is there again");
    session.keys("uuu");
    assert_eq!(in_store(&path).len(), 4);
    session.keys("UU");
    assert_eq!(in_store(&path).len(), 6);
    session.keys("uuuuuuuuuu");
    assert_eq!((in_store(&path).len(), session.app.hunt.counts.done), (0, 0));
    assert_eq!(session.app.toast(), Some("nothing left to take back"));
}

#[test]
fn two_annotators_in_one_store_do_not_touch_each_other() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("verdicts.sqlite");
    Session::open("ann", &path).keys("111");
    let mut ben = Session::open("ben", &path);
    assert_eq!(ben.app.hunt.counts.done, 0);
    ben.keys("2");
    ben.keys("uu");
    let all = VerdictStore::open(&path).unwrap().all().unwrap();
    assert!(all.len() == 3 && all.iter().all(|verdict| verdict.annotator == "ann"), "{all:?}");
    ben.keys("2");
    ben.keys("ooo");
    let first = ben.app.hunt.items()[0].why.say();
    assert_eq!(first, "annotators differ");
}

#[test]
fn a_store_that_cannot_be_written_keeps_the_verdict_until_it_can() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("data").join("verdicts.sqlite");
    // A file where the folder should be.
    std::fs::write(folder.path().join("data"), "in the way").unwrap();
    let mut session = Session::open("ann", &path);
    session.keys("12");
    assert_eq!(session.app.hunt.ledger.unsaved(), 2);
    assert!(session.app.hunt.ledger.trouble.is_some());
    std::fs::remove_file(folder.path().join("data")).unwrap();
    session.tell(Msg::Tick(std::time::Duration::from_secs(60)));
    assert_eq!((session.app.hunt.ledger.unsaved(), in_store(&path).len()), (0, 2));
}
