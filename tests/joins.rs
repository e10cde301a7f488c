//! What is joined across files by the id of a task: gold patches and issues.

use std::fs;
use std::path::{Path, PathBuf};

use rollscope::library::{Library, Sources};
use rollscope::store::Progress;
use rollscope::trajectory::TaskFacts;

const ROLLOUT: &str = r#"{"instance_id": "tidekit__tideclock-41_3", "messages": [{"role": "user", "content": "Fix it."}, {"role": "assistant", "content": "Done."}]}"#;
const ROW: &str = r#"{"instance_id": "tidekit__tideclock-41", "repo": "tidekit/tideclock", "base_commit": "abc", "patch": "GOLD of the row", "test_patch": "TESTS", "problem_statement": "Clocks run late."}"#;
const PREDICTION: &str =
    r#"{"instance_id": "tidekit__tideclock-41", "model_name_or_path": "gold", "model_patch": "GOLD as prediction"}"#;

struct Case {
    folder: tempfile::TempDir,
}

impl Case {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn open(&self, root: &str, gold: &[&str], tasks: &[&str]) -> Library {
        let paths = |names: &[&str]| names.iter().map(|name| self.path(name)).collect();
        let sources =
            Sources { roots: vec![self.path(root)], gold: paths(gold), tasks: paths(tasks), ..Sources::default() };
        Library::open(&sources, &Progress::default())
    }
}

fn gold(facts: &TaskFacts) -> Option<&str> {
    facts.gold.as_ref().map(|patch| patch.text.as_str())
}

#[test]
fn rows_of_a_data_set_beside_the_rollouts_are_found() {
    let case = Case::new(&[("runs/a.jsonl", ROLLOUT), ("data/test.jsonl", ROW)]);
    let library = case.open("", &[], &[]);
    assert_eq!(library.summaries().len(), 1);
    let facts = library.task(&library.summaries()[0].task_id).unwrap();
    assert_eq!((gold(&facts), facts.issue.as_deref()), (Some("GOLD of the row"), Some("Clocks run late.")));
    assert!(library.notes().next().is_none());
}

#[test]
fn named_sources_are_joined_and_list_nothing() {
    let case = Case::new(&[("runs/a.jsonl", ROLLOUT), ("gold.jsonl", PREDICTION), ("rows.jsonl", ROW)]);
    let library = case.open("runs", &["gold.jsonl"], &["rows.jsonl"]);
    assert_eq!(library.summaries().len(), 1);
    let facts = library.task("tidekit__tideclock-41").unwrap();
    assert_eq!((gold(&facts), facts.issue.as_deref()), (Some("GOLD as prediction"), Some("Clocks run late.")));
    let nothing = library.task("tidekit__tideclock-42").unwrap();
    assert_eq!((gold(&nothing), nothing.issue.as_deref()), (None, None));
}

#[test]
fn the_row_inside_a_rollout_tells_and_stays_out_of_its_turns() {
    let row = format!(
        r#"{{"instance_id": "tidekit__tideclock-41", "instance": {ROW}, "messages": [{{"role": "user", "content": "Fix it."}}]}}"#
    );
    let case = Case::new(&[("a.jsonl", &row)]);
    let library = case.open("", &[], &[]);
    assert_eq!(gold(&library.task("tidekit__tideclock-41").unwrap()), Some("GOLD of the row"));
    let trajectory = library.load(&library.summaries()[0].id).unwrap();
    assert!(!format!("{trajectory:?}").contains("GOLD"));
}

#[test]
fn what_vanished_meanwhile_is_said() {
    let case = Case::new(&[("rows.jsonl", ROW)]);
    let library = case.open("", &[], &[]);
    fs::remove_file(case.path("rows.jsonl")).unwrap();
    let note = library.task("tidekit__tideclock-41").unwrap_err();
    assert!(note.path.starts_with(Path::new(case.folder.path())), "{note}");
}
