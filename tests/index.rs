//! What is kept between runs: the second opening says the same as the first, and reads nothing that did not change.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rollscope::library::{Library, Sources};
use rollscope::store::Progress;

const ROW: &str = r#"{"instance_id": "tidekit__tideclock-41", "messages": [{"role": "user", "content": "Fix it."}]}"#;

struct Case {
    folder: tempfile::TempDir,
}

impl Case {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file that is old enough to be kept.
    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        age(&path);
        path
    }

    fn open(&self, root: &Path) -> Library {
        let sources =
            Sources { roots: vec![root.into()], index: Some(self.path("cache/index.sqlite")), ..Sources::default() };
        Library::open(&sources, &Progress::default())
    }

    fn tasks(&self, root: &Path) -> Vec<String> {
        self.open(root).summaries().iter().map(|summary| summary.task_id.clone()).collect()
    }
}

fn age(path: &Path) {
    let before = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    File::options().write(true).open(path).unwrap().set_modified(before).unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::write(&target, fs::read(&path).unwrap()).unwrap();
            age(&target);
        }
    }
}

/// All that a library knows, in an order of its own.
fn all(library: &Library) -> Vec<String> {
    let mut all: Vec<String> = library.summaries().iter().map(|summary| format!("{summary:?}")).collect();
    all.extend(library.notes().map(|note| format!("{note:?}")));
    all.sort();
    all
}

#[test]
fn the_second_opening_of_every_fixture_says_the_same() {
    let case = Case::new();
    let fixtures = case.path("fixtures");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats"), &fixtures);
    let first = all(&case.open(&fixtures));
    assert!(first.len() > 80);
    assert_eq!(all(&case.open(&fixtures)), first);
}

#[test]
fn nothing_that_did_not_change_is_read_again() {
    let case = Case::new();
    let path = case.write("a.jsonl", ROW);
    assert_eq!(case.tasks(&path), ["tidekit__tideclock-41"]);
    case.write("a.jsonl", &ROW.replace("41", "42"));
    assert_eq!(case.tasks(&path), ["tidekit__tideclock-41"], "same size, same time: not looked into");
    case.write("a.jsonl", &format!("{ROW}\n{}", ROW.replace("41", "43")));
    assert_eq!(case.tasks(&path), ["tidekit__tideclock-41", "tidekit__tideclock-43"]);
}

#[test]
fn a_damaged_index_is_forgotten() {
    let case = Case::new();
    let path = case.write("a.jsonl", ROW);
    case.open(&path);
    let index = case.path("cache/index.sqlite");
    for at in (0..fs::metadata(&index).unwrap().len() as usize).step_by(997) {
        let mut bytes = fs::read(&index).unwrap();
        let end = bytes.len().min(at + 700);
        bytes[at..end].fill(0xa5);
        fs::write(&index, bytes).unwrap();
        assert_eq!(case.tasks(&path), ["tidekit__tideclock-41"], "damage at byte {at}");
    }
}

#[test]
fn an_index_that_cannot_be_written_is_done_without() {
    let case = Case::new();
    let path = case.write("a.jsonl", ROW);
    case.write("cache", "a file where the folder should be");
    assert_eq!(case.tasks(&path), ["tidekit__tideclock-41"]);
}
