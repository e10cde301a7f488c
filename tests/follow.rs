//! Files that grow: new rows are found without reading the old ones again, and half-written lines wait.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use rollscope::library::{Library, News, Sources, Watch};
use rollscope::store::Progress;

fn row(number: usize) -> String {
    format!(
        "{{\"instance_id\": \"tidekit__tideclock-{number}\", \"messages\": [{{\"role\": \"user\", \"content\": \"x\"}}]}}\n"
    )
}

/// A folder that is being written to, and somebody who looks at it.
struct Case {
    folder: tempfile::TempDir,
    library: Library,
    watch: Watch,
    /// How many rows were read so far.
    read: usize,
}

impl Case {
    fn new(files: &[(&str, String)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let sources = Sources { roots: vec![folder.path().into()], ..Sources::default() };
        let watch = Watch::begin(&sources);
        let library = Library::open(&sources, &Progress::default());
        Self { folder, library, watch, read: 0 }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn append(&self, name: &str, text: &str) {
        let mut file = File::options().append(true).create(true).open(self.path(name)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    /// Looks once, so long after the last writing.
    fn look(&mut self, later: Duration) {
        let heard: Mutex<Vec<News>> = Mutex::default();
        self.watch.step(SystemTime::now() + later, &|news| heard.lock().unwrap().push(news));
        for news in heard.into_inner().unwrap() {
            if let News::Found(found) = &news {
                self.read += found.summaries.len();
            }
            self.library.hear(news);
        }
        self.library.settle();
    }

    fn tasks(&self) -> Vec<&str> {
        self.library.summaries().iter().filter_map(|one| one.task_id.strip_prefix("tidekit__tideclock-")).collect()
    }

    fn notes(&self) -> Vec<String> {
        self.library.notes().map(ToString::to_string).collect()
    }
}

const AT_ONCE: Duration = Duration::ZERO;
const MUCH_LATER: Duration = Duration::from_secs(60);

#[test]
fn appended_rows_come_alone_after_the_first_time() {
    let mut case = Case::new(&[("a.jsonl", row(1) + &row(2))]);
    case.append("a.jsonl", &row(3));
    case.look(AT_ONCE);
    assert_eq!((case.tasks(), case.read), (vec!["1", "2", "3"], 3));
    case.append("a.jsonl", &(row(4) + &row(5)));
    case.look(AT_ONCE);
    assert_eq!((case.tasks(), case.read), (vec!["1", "2", "3", "4", "5"], 5), "only the new ones are read");
    let id = case.library.summaries()[4].id.clone();
    assert!(id.ends_with("a.jsonl#5"));
    assert_eq!(case.library.load(&id).unwrap().task_id, "tidekit__tideclock-5");
    case.look(AT_ONCE);
    assert_eq!(case.read, 5, "nothing new, nothing read");
}

#[test]
fn a_line_without_end_waits_until_the_file_is_quiet() {
    let mut case = Case::new(&[("a.jsonl", row(1) + &row(2))]);
    let (half, rest) = (row(3)[..20].to_owned(), row(3)[20..].to_owned());
    case.append("a.jsonl", &half);
    case.look(AT_ONCE);
    assert_eq!((case.tasks(), case.notes()), (vec!["1", "2"], vec![]));
    case.append("a.jsonl", &rest);
    case.look(AT_ONCE);
    assert_eq!((case.tasks(), case.notes()), (vec!["1", "2", "3"], vec![]));
    case.append("a.jsonl", &half);
    case.look(AT_ONCE);
    assert_eq!(case.notes().len(), 0);
    case.look(MUCH_LATER);
    assert!(case.notes().len() == 1 && case.notes()[0].contains("line 4"), "{:?}", case.notes());
    case.append("a.jsonl", &rest);
    case.look(MUCH_LATER);
    assert_eq!((case.tasks(), case.notes()), (vec!["1", "2", "3", "3"], vec![]));
}

#[test]
fn new_files_appear_and_replaced_ones_are_read_anew() {
    let mut case = Case::new(&[("a.jsonl", row(1) + &row(2) + &row(3))]);
    case.append("b.jsonl", &(row(7) + &row(8)));
    case.look(AT_ONCE);
    assert_eq!(case.tasks(), ["1", "2", "3", "7", "8"]);
    fs::write(case.path("a.jsonl"), row(9) + &row(4)).unwrap();
    case.look(AT_ONCE);
    assert_eq!(case.tasks(), ["9", "4", "7", "8"], "it shrank");
    fs::write(case.path("a.jsonl"), row(5) + &row(6) + &row(1)).unwrap();
    case.look(AT_ONCE);
    assert_eq!(case.tasks(), ["5", "6", "1", "7", "8"], "it grew, but is another file");
}

#[test]
fn a_file_that_is_one_trajectory_is_read_again_whole() {
    let session = |turns: usize| {
        let talk: Vec<String> =
            (0..turns).map(|turn| format!("{{\"role\": \"user\", \"content\": \"{turn}\"}}")).collect();
        format!("{{\"messages\": [{}]}}", talk.join(", "))
    };
    let mut case = Case::new(&[("a.json", session(2))]);
    fs::write(case.path("a.json"), session(3)).unwrap();
    case.look(MUCH_LATER);
    let turns: Vec<usize> = case.library.summaries().iter().map(|one| one.turns).collect();
    assert_eq!(turns, [3]);
}

#[test]
fn a_file_that_vanishes_is_said_and_its_rows_stay() {
    let mut case = Case::new(&[("a.jsonl", row(1) + &row(2))]);
    fs::remove_file(case.path("a.jsonl")).unwrap();
    case.look(AT_ONCE);
    case.look(AT_ONCE);
    assert_eq!(case.tasks(), ["1", "2"]);
    assert!(case.notes().len() == 1 && case.notes()[0].contains("gone"), "{:?}", case.notes());
    assert!(case.library.load(&case.library.summaries()[0].id).is_err());
    case.append("a.jsonl", &(row(3) + &row(4)));
    case.look(AT_ONCE);
    assert_eq!((case.tasks(), case.notes()), (vec!["3", "4"], vec![]));
}

#[test]
fn list_follows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl");
    fs::write(&path, row(1) + &row(2)).unwrap();
    let mut list = Command::new(env!("CARGO_BIN_EXE_rollscope"))
        .args([Path::new("list"), Path::new("--follow"), &path])
        .env("ROLLSCOPE_CACHE", "off")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(list.stdout.take().unwrap()).lines();
    let mut task = || {
        let row: serde_json::Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        row["task_id"].as_str().unwrap().to_owned()
    };
    assert_eq!([task(), task()], ["tidekit__tideclock-1", "tidekit__tideclock-2"]);
    File::options().append(true).open(&path).unwrap().write_all(row(3).as_bytes()).unwrap();
    assert_eq!(task(), "tidekit__tideclock-3");
    list.kill().unwrap();
    list.wait().unwrap();
}
