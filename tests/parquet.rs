//! Parquet: rows of the shapes that data sets use open like lines of JSON; damage costs what it hits.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder, StructBuilder};
use arrow_array::{ArrayRef, BooleanArray, Int64Array, ListArray, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Fields};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use rollscope::library::{Library, Sources};
use rollscope::store::{self, Progress};
use rollscope::trajectory::Severity;

fn read(path: &Path) -> Library {
    Library::read(&[path.into()], &[], &Progress::default())
}

/// `messages` as a list of structs, padded with nulls as the hub's converter does.
fn messages(rows: usize) -> ListArray {
    let fields =
        Fields::from(["role", "content", "tool_call_id"].map(|name| Field::new(name, DataType::Utf8, true)).to_vec());
    let mut list = ListBuilder::new(StructBuilder::from_fields(fields, 4));
    for row in 0..rows {
        let said = [
            ("user", format!("Task {row}."), None),
            ("assistant", "Done.".into(), None),
            ("tool", "ok".into(), Some("c1")),
        ];
        for (role, content, call) in said {
            let message = list.values();
            message.field_builder::<StringBuilder>(0).unwrap().append_value(role);
            message.field_builder::<StringBuilder>(1).unwrap().append_value(content);
            message.field_builder::<StringBuilder>(2).unwrap().append_option(call);
            message.append(true);
        }
        list.append(true);
    }
    list.finish()
}

fn ids(rows: usize) -> ArrayRef {
    Arc::new(StringArray::from_iter_values((0..rows).map(|row| format!("tidekit__tideclock-{}", row + 1))))
}

fn rollouts(rows: usize) -> Vec<(&'static str, ArrayRef)> {
    let resolved = (0..rows).map(|row| (row % 3 != 2).then_some(row % 3 == 0)).collect::<BooleanArray>();
    vec![("instance_id", ids(rows)), ("messages", Arc::new(messages(rows))), ("resolved", Arc::new(resolved))]
}

fn written(folder: &Path, name: &str, columns: Vec<(&str, ArrayRef)>, group: usize) -> PathBuf {
    let path = folder.join(name);
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap();
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(group))
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .build();
    let mut writer = ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    path
}

#[test]
fn rows_of_all_groups_are_listed_and_open_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), "train-00000-of-00001.parquet", rollouts(25), 10);
    let library = read(&path);
    let summaries = library.summaries();
    assert_eq!(summaries.len(), 25);
    let outcomes: Vec<Option<bool>> = summaries.iter().take(3).map(|summary| summary.resolved).collect();
    assert_eq!(outcomes, [Some(true), Some(false), None]);
    assert!(summaries.iter().all(|summary| summary.turns == 2 && summary.run == "train" && summary.bytes > 10));
    for number in [1, 10, 11, 25] {
        let id = format!("{}#{number}", path.display());
        let trajectory = store::load(&id).unwrap();
        assert_eq!((trajectory.id, trajectory.task_id), (id, format!("tidekit__tideclock-{number}")));
        assert_eq!(trajectory.turns[0].parts[0].text, format!("Task {}.", number - 1));
        assert_eq!(trajectory.turns[1].parts.len(), 2);
    }
    assert!(store::load(&format!("{}#26", path.display())).is_err());
    assert!(store::raw(&format!("{}#11", path.display())).is_some_and(|text| text.contains("Task 10.")));
    assert!(library.notes().next().is_none());
}

#[test]
fn columns_of_quoted_json_are_opened() {
    let folder = tempfile::tempdir().unwrap();
    let talk = r#"[{"role": "user", "content": "Fix it."}, {"role": "assistant", "content": "Done.", "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "bash", "arguments": "{\"command\": \"ls\"}"}}]}]"#;
    let quoted: ArrayRef = Arc::new(StringArray::from(vec![talk, "[not JSON"]));
    let path = written(folder.path(), "a.parquet", vec![("instance_id", ids(2)), ("messages", quoted)], 10);
    let library = read(&path);
    assert_eq!(library.summaries().len(), 1);
    assert_eq!(library.summaries()[0].tool_calls, 1);
    let notes: Vec<String> = library.notes().map(ToString::to_string).collect();
    assert!(notes.len() == 1 && notes[0].contains("row 2: 1 records"), "{notes:?}");
}

#[test]
fn rows_of_tasks_give_gold_patches() {
    let folder = tempfile::tempdir().unwrap();
    let words = |word: &str| Arc::new(StringArray::from(vec![word])) as ArrayRef;
    let columns = vec![
        ("instance_id", ids(1)),
        ("patch", words("GOLD")),
        ("test_patch", words("T")),
        ("problem_statement", words("I")),
    ];
    let path = written(folder.path(), "test.parquet", columns, 10);
    let sources = Sources { tasks: vec![path], ..Sources::default() };
    let library = Library::open(&sources, &Progress::default());
    assert_eq!(library.task("tidekit__tideclock-1").unwrap().gold.unwrap().text, "GOLD");
}

#[test]
fn other_tables_are_refused_politely_and_empty_ones_hold_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let numbers: ArrayRef = Arc::new(Int64Array::from((0..500).collect::<Vec<i64>>()));
    let path = written(folder.path(), "numbers.parquet", vec![("number", numbers)], 100);
    let library = read(folder.path());
    let notes: Vec<_> = library.notes().collect();
    assert_eq!((notes.len(), notes[0].severity), (1, Severity::Remark));
    assert!(notes[0].reason.contains("no known format"), "{}", notes[0]);
    assert!(read(&path).has_problems(), "a file that was named and cannot be shown is a problem");
    let empty = written(folder.path(), "empty.parquet", rollouts(0), 10);
    assert!(read(&empty).summaries().is_empty());
}

#[test]
fn damage_costs_its_group_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), "a.parquet", rollouts(40), 10);
    let bytes = fs::read(&path).unwrap();
    let cut = folder.path().join("cut.parquet");
    fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    let library = read(&cut);
    let note = library.notes().next().unwrap();
    assert!(library.summaries().is_empty() && note.reason.contains("footer"), "{note}");
    // The first group lies at the start of the file.
    let broken = folder.path().join("broken.parquet");
    let mut damaged = bytes.clone();
    damaged[4..60].fill(0xff);
    fs::write(&broken, damaged).unwrap();
    let library = read(&broken);
    assert_eq!(library.summaries().len(), 30);
    let note = library.notes().next().unwrap();
    assert!(note.to_string().contains("row group 1, row 1: damaged Parquet"), "{note}");
}

#[test]
fn any_flipped_byte_is_survived() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), "a.parquet", rollouts(12), 4);
    let bytes = fs::read(&path).unwrap();
    for at in (0..bytes.len()).step_by(7) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x55;
        fs::write(&path, damaged).unwrap();
        assert!(read(&path).summaries().len() <= 12, "byte {at}");
    }
}

#[test]
fn real_tables() {
    let Some(corpus) = std::env::var_os("ROLLSCOPE_CORPUS").map(PathBuf::from) else {
        return eprintln!("skipped: ROLLSCOPE_CORPUS does not name the corpus folder");
    };
    let library = read(&corpus.join("parquet"));
    assert!(library.summaries().is_empty());
    assert_eq!(library.notes().count(), 1);
    let gold = corpus.join("gold-swebench-verified/SWE-bench_Verified.test.parquet");
    let library = Library::open(&Sources { gold: vec![gold], ..Sources::default() }, &Progress::default());
    for task in ["django__django-11099", "sympy__sympy-20154", "scikit-learn__scikit-learn-13779"] {
        let facts = library.task(task).unwrap();
        assert!(facts.gold.is_some_and(|gold| gold.text.starts_with("diff --git")), "{task}");
        assert!(facts.issue.is_some_and(|issue| issue.len() > 20), "{task}");
    }
}
