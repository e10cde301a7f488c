use std::path::PathBuf;

use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::trajectory::{Ruling, Shown};

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/er/verdicts.sqlite");
    (folder, path)
}

fn verdict(annotator: &str, name: &str, ruling: Ruling) -> Verdict {
    Verdict {
        annotator: annotator.into(),
        subject: Subject { id: format!("runs/{name}.traj"), key: format!("key of {name}"), ..Subject::default() },
        ruling: Some(ruling),
        shown: Shown { score: Some(0.912_345_678_901_234_5), resolved: Some(false), model: Some("default".into()) },
        at: 1_700_000_000_000,
        ..Verdict::default()
    }
}

/// What stands, as `annotator name ruling` in the order given.
fn standing(store: &VerdictStore) -> Vec<String> {
    let word =
        |one: &Verdict| format!("{} {} {}", one.annotator, one.subject.key, one.ruling.map_or("-", Ruling::name));
    store.all().unwrap().iter().map(word).collect()
}

#[test]
fn what_is_kept_comes_back_whole_and_the_latest_stands() {
    let (_folder, path) = place();
    let full = Verdict {
        failures: vec!["wrong file".into(), "no test run".into()],
        note: "it\nreads \"well\"".into(),
        flag: true,
        blind: true,
        answer: Some(false),
        changed_mind: Some(true),
        ..verdict("ann", "a", Ruling::JudgeWrong)
    };
    let mut store = VerdictStore::open(&path).unwrap();
    store.record(&verdict("ann", "a", Ruling::Unclear)).unwrap();
    store.record(&full).unwrap();
    let other = Verdict { at: 1_700_000_000_900, ..verdict("bob", "a", Ruling::TestsWrong) };
    store.record(&other).unwrap();
    let store = VerdictStore::open(&path).unwrap();
    assert_eq!(store.all().unwrap(), [full.clone(), other]);
    let moved = Subject { id: "elsewhere".into(), ..full.subject.clone() };
    assert_eq!(store.of(&moved).unwrap().len(), 2);
    assert_eq!(store.annotators().unwrap(), ["ann", "bob"]);
    assert_eq!(store.events().unwrap().len(), 3);
}

#[test]
fn undo_and_redo_go_on_over_sessions_and_delete_nothing() {
    let (_folder, path) = place();
    let give =
        |name: &str| VerdictStore::open(&path).unwrap().record(&verdict("ann", name, Ruling::BothRight)).unwrap();
    let undo = || VerdictStore::open(&path).unwrap().undo("ann").unwrap().map(|change| change.subject.key);
    let redo = || VerdictStore::open(&path).unwrap().redo("ann").unwrap().map(|change| change.subject.key);
    let key = |name: &str| Some(format!("key of {name}"));
    give("a");
    give("b");
    VerdictStore::open(&path).unwrap().record(&verdict("bob", "b", Ruling::Unclear)).unwrap();
    give("c");
    assert_eq!([undo(), undo(), undo(), undo()], [key("c"), key("b"), key("a"), None]);
    assert_eq!(standing(&VerdictStore::open(&path).unwrap()), ["bob key of b unclear"]);
    assert_eq!([redo(), redo()], [key("a"), key("b")]);
    give("d");
    assert_eq!(redo(), None, "a new verdict ends redoing");
    assert_eq!([undo(), redo(), redo()], [key("d"), key("d"), None]);
    let store = VerdictStore::open(&path).unwrap();
    let expected =
        ["ann key of a both_right", "ann key of b both_right", "bob key of b unclear", "ann key of d both_right"];
    let mut found = standing(&store);
    found.sort();
    let mut expected = expected.map(String::from);
    expected.sort();
    assert_eq!(found, expected);
    assert_eq!(store.events().unwrap().len(), 12);
}

#[test]
fn undo_brings_back_what_was_said_before() {
    let (_folder, path) = place();
    let mut store = VerdictStore::open(&path).unwrap();
    store.record(&verdict("ann", "a", Ruling::JudgeWrong)).unwrap();
    store.record(&verdict("ann", "a", Ruling::TestsWrong)).unwrap();
    let change = store.undo("ann").unwrap().unwrap();
    assert_eq!(change.verdict.ruling, Some(Ruling::TestsWrong));
    assert_eq!(change.now.unwrap().ruling, Some(Ruling::JudgeWrong));
    let cleared = Verdict { ruling: None, ..verdict("ann", "a", Ruling::Unclear) };
    store.record(&cleared).unwrap();
    assert_eq!(store.all().unwrap(), []);
    assert_eq!(store.undo("ann").unwrap().unwrap().now.unwrap().ruling, Some(Ruling::JudgeWrong));
}

#[test]
fn a_clock_that_goes_back_changes_no_order() {
    let (_folder, path) = place();
    let mut store = VerdictStore::open(&path).unwrap();
    store.record(&verdict("ann", "a", Ruling::JudgeWrong)).unwrap();
    store.record(&Verdict { at: 5, ..verdict("ann", "a", Ruling::TestsWrong) }).unwrap();
    assert_eq!(standing(&store), ["ann key of a tests_wrong"]);
}

#[test]
fn newer_and_foreign_databases_are_refused_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let newer =
        format!("CREATE TABLE t (x); PRAGMA application_id = {}; PRAGMA user_version = 99;", SCHEMA.application);
    for (name, sql, word) in [("newer", newer.as_str(), "newer"), ("foreign", "CREATE TABLE t (x);", "not a verdict")] {
        let path = folder.path().join(name);
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        let before = std::fs::read(&path).unwrap();
        let errors = [VerdictStore::open(&path).err(), VerdictStore::read(&path).err()];
        for error in errors {
            let error = error.unwrap().to_string();
            assert!(error.contains(word) && error.contains(name), "{error}");
        }
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
}

#[test]
fn what_cannot_be_saved_is_said_and_can_be_tried_again() {
    let (_folder, path) = place();
    let mut store = VerdictStore::open(&path).unwrap();
    store.record(&verdict("ann", "a", Ruling::JudgeWrong)).unwrap();
    let long = Verdict { note: "x".repeat(100_000), ..verdict("ann", "b", Ruling::JudgeWrong) };
    let pages: i64 = store.connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    let limit = |store: &VerdictStore, pages: i64| {
        store.connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
    };
    limit(&store, pages);
    let full = store.record(&long).unwrap_err().to_string();
    assert!(full.contains("full") && full.contains("free some space") && full.contains("verdicts.sqlite"), "{full}");
    limit(&store, 1 << 20);
    store.connection.pragma_update(None, "query_only", true).unwrap();
    let readonly = store.record(&long).unwrap_err().to_string();
    assert!(readonly.contains("cannot be written"), "{readonly}");
    store.connection.pragma_update(None, "query_only", false).unwrap();
    store.record(&long).unwrap();
    assert_eq!(store.all().unwrap().len(), 2);
    assert!(matches!(store.record(&Verdict::default()), Err(VerdictStoreError::Nobody)));
    let nowhere = VerdictStore::open(&path.join("verdicts.sqlite")).err().unwrap().to_string();
    assert!(nowhere.contains("verdicts.sqlite"), "{nowhere}");
}

#[test]
fn a_store_that_is_not_there_has_said_nothing() {
    let (_folder, path) = place();
    assert_eq!(VerdictStore::read(&path).unwrap(), []);
    assert!(!path.exists());
    VerdictStore::open(&path).unwrap().record(&verdict("ann", "a", Ruling::Unclear)).unwrap();
    assert_eq!(VerdictStore::read(&path).unwrap().len(), 1);
}

#[test]
fn two_programs_write_to_one_store() {
    let (_folder, path) = place();
    std::thread::scope(|scope| {
        for annotator in ["ann", "bob", "cleo", "dan"] {
            let path = &path;
            scope.spawn(move || {
                let mut store = VerdictStore::open(path).unwrap();
                for number in 0..10 {
                    store.record(&verdict(annotator, &format!("t{number}"), Ruling::BothRight)).unwrap();
                }
                store.undo(annotator).unwrap().unwrap();
            });
        }
    });
    let store = VerdictStore::open(&path).unwrap();
    assert_eq!((store.all().unwrap().len(), store.events().unwrap().len()), (36, 44));
}

#[test]
fn export_and_import_lose_nothing_and_change_nothing_twice() {
    let (_folder, path) = place();
    let mut store = VerdictStore::open(&path).unwrap();
    for name in ["a", "b", "c"] {
        store.record(&verdict("ann", name, Ruling::JudgeWrong)).unwrap();
    }
    store.undo("ann").unwrap();
    let events = store.events().unwrap();
    for (history, kept) in [(true, 4), (false, 2)] {
        let rows = rows(&events, history);
        let text: String = rows.iter().map(|row| serde_json::to_string(row).unwrap() + "\n").collect();
        let (read, notes) = parse(Path::new("x.jsonl"), &text);
        assert_eq!((read.len(), notes.len()), (kept, 0));
        let mut other = VerdictStore::open(&path.with_file_name(format!("other-{history}"))).unwrap();
        assert_eq!(other.import(&read).unwrap(), Import { added: kept, ..Import::default() });
        assert_eq!(other.import(&read).unwrap(), Import { known: kept, ..Import::default() });
        assert_eq!(other.all().unwrap(), store.all().unwrap());
        assert_eq!(super::rows(&other.events().unwrap(), history), rows, "out, in and out again");
    }
}

#[test]
fn what_contradicts_is_kept_named_and_the_later_stands() {
    let (_folder, path) = place();
    let mut ours = VerdictStore::open(&path).unwrap();
    ours.record(&verdict("ann", "a", Ruling::JudgeWrong)).unwrap();
    ours.record(&verdict("ann", "b", Ruling::JudgeWrong)).unwrap();
    let later = Verdict { at: 1_800_000_000_000, ..verdict("ann", "a", Ruling::TestsWrong) };
    let earlier = Verdict { at: 1_600_000_000_000, ..verdict("ann", "b", Ruling::Unclear) };
    let theirs = [later, earlier].map(|verdict| Event::give(verdict.at, verdict));
    let import = ours.import(&theirs).unwrap();
    assert_eq!((import.added, import.conflicts.len()), (2, 2));
    assert_eq!(standing(&ours), ["ann key of b judge_wrong", "ann key of a tests_wrong"]);
    assert_eq!(ours.events().unwrap().len(), 4);
}

#[test]
fn an_edited_row_is_an_event_of_its_own() {
    let (_folder, path) = place();
    let mut store = VerdictStore::open(&path).unwrap();
    let given = store.record(&verdict("ann", "a", Ruling::JudgeWrong)).unwrap();
    let mut edited = given.clone();
    edited.verdict.note = "looked again".into();
    assert_eq!(store.import(&[edited.clone()]).unwrap().added, 1);
    assert_eq!(store.import(&[edited.clone()]).unwrap().known, 1);
    assert_eq!(store.all().unwrap(), [edited.verdict]);
}

#[test]
fn one_bad_row_does_not_hide_the_good_ones() {
    let text = "{\"annotator\":\"ann\",\"id\":\"a\",\"verdict\":\"judge_wrong\"}\n\
                not json\n\
                {\"annotator\":\"ann\",\"id\":\"a\",\"verdict\":\"wrong\"}\n\
                {\"annotator\":\" \",\"id\":\"a\"}\n\n\
                {\"annotator\":\"ann\",\"verdict\":\"unclear\"}\n\
                {\"event\":\"undo\",\"annotator\":\"ann\"}\n\
                {\"annotator\":\"ann\",\"key\":\"k\",\"verdict\":\"unclear\",\"at\":7}\n";
    let (events, notes) = parse(Path::new("x.jsonl"), text);
    assert_eq!(events.len(), 2);
    let places: Vec<_> = notes.iter().map(|note| note.place.as_deref().unwrap()).collect();
    assert_eq!(places, ["line 2", "line 3", "line 4", "line 6", "line 7"]);
}
