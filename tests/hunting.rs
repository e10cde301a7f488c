//! Verdicts given with keys, through the real state and the real store: what comes out is what was typed.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use rollscope::app::{App, Effect, JudgeMsg, Key, Keymap, LibraryMsg, Msg};
use rollscope::library::Summary;
use rollscope::runtime::Book;
use rollscope::store::verdicts::VerdictStore;
use rollscope::trajectory::{Ruling, Score, Verdict};
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
    let stored: HashMap<String, Ruling> =
        in_store(&path).into_iter().filter_map(|(id, verdict)| Some((id, verdict.ruling?))).collect();
    assert_eq!(stored, script);
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
