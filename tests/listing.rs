//! A list is made without reading most of what tools answered: it must say the same as reading all of it does.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use arrow_json::ReaderBuilder;
use arrow_schema::{DataType, Field, Fields, Schema};
use parquet::arrow::ArrowWriter;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use rollscope::formats::{self, Reading, Wanted};
use rollscope::library::{Found, Library, Purpose, Summary};
use rollscope::store::{self, Progress};
use serde_json::{Value, json};

/// All that a listing says, by id.
fn said(library: &Library) -> BTreeMap<String, String> {
    library.summaries().iter().map(|one| (one.id.clone(), format!("{one:?}"))).collect()
}

/// A library of trajectories that were read whole.
fn read_whole(root: &Path) -> Library {
    let library: Mutex<Library> = Mutex::default();
    let keep = |reading: Reading| library.lock().unwrap().insert(Found::from(reading), Purpose::Listing);
    store::scan(&[root.to_path_buf()], &Progress::default(), &keep);
    let mut library = library.into_inner().unwrap();
    library.settle();
    library
}

fn notes(library: &Library) -> Vec<String> {
    let mut notes: Vec<String> = library.notes().map(ToString::to_string).collect();
    notes.sort();
    notes
}

fn compare(root: &Path) -> usize {
    let (listed, whole) = (Library::read(&[root.into()], &[], &Progress::default()), read_whole(root));
    let (say_listed, say_whole) = (said(&listed), said(&whole));
    assert_eq!(say_listed.keys().collect::<Vec<_>>(), say_whole.keys().collect::<Vec<_>>());
    for (id, says) in &say_whole {
        assert_eq!(&say_listed[id], says);
    }
    assert_eq!(notes(&listed), notes(&whole));
    say_whole.len()
}

#[test]
fn every_fixture_is_listed_as_if_it_were_read_whole() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert!(compare(&folder.join("tests/formats")) > 80);
    assert!(compare(&folder.join("assets/demo/rollouts")) > 20);
}

#[test]
fn the_corpus_is_listed_as_if_it_were_read_whole() {
    let folder = std::env::var_os("ROLLSCOPE_CORPUS").map(PathBuf::from).filter(|folder| folder.is_dir());
    let Some(folder) = folder else {
        eprintln!("skipped: ROLLSCOPE_CORPUS does not name the corpus folder");
        return;
    };
    assert!(compare(&folder) > 2000);
}

/// What is said of a file of these bytes, notes included, in no order.
fn says(bytes: &[u8], wanted: Wanted) -> Vec<String> {
    let said: Mutex<Vec<String>> = Mutex::default();
    let keep = |reading: Reading| {
        let mut said = said.lock().unwrap();
        said.extend(reading.trajectories.iter().map(|one| format!("{:?}", Summary::of(one))));
        said.extend(reading.notes.iter().map(|note| format!("{note:?}")));
    };
    let refused = formats::read(Path::new("rows.jsonl"), bytes, wanted, &keep).err();
    let mut said = said.into_inner().unwrap();
    said.extend(refused.map(|note| format!("{note:?}")));
    said.sort();
    said
}

/// Members of messages as they are, might be and should not be written; some come twice.
fn member() -> impl Strategy<Value = String> {
    let long = format!("\"{}\"", "an answer\\n\\t\\\"of some length\\\" \\u00e9 ".repeat(9));
    let shell = format!("\"{}bash-$\"", "x".repeat(200));
    let text = select(vec![
        "\"\"".to_owned(),
        "\"ls\"".into(),
        "\"say\\n```bash\\nls\\n```\"".into(),
        "\"<execute>ls</execute>\"".into(),
        "\"<function=a><parameter=b>c</parameter></function>\"".into(),
        "\"<returncode>1</returncode>\"".into(),
        "null".into(),
        "7".into(),
        "[]".into(),
        "[{\"type\": \"text\", \"text\": \"t\"}, {\"type\": \"tool_use\", \"id\": \"c1\", \"name\": \"n\", \"input\": {}}]".into(),
        "[{\"type\": \"tool_result\", \"tool_use_id\": \"c1\", \"content\": \"r\"}]".into(),
        "\"\\ud83d\"".into(),
        "\"\\x\"".into(),
        "\"a\tb\"".into(),
        long,
        shell,
    ]);
    let role =
        select(vec!["system", "user", "human", "assistant", "gpt", "tool", "observation", "function_call", "sage", ""]);
    let call = select(vec![
        r#"{"id": "c1", "type": "function", "function": {"name": "bash", "arguments": "{\"command\": \"ls\"}"}}"#,
        r#"{"id": "c1", "function": {"name": "bash", "arguments": {"command": "ls"}}, "index": 0}"#,
        r#"{"id": null, "function": {"name": "", "arguments": "ls"}}"#,
        r#"{"id": "c2", "function": {"arguments": "[1, 2"}}"#,
        r#"{"id": "c2", "function": {"function": "a", "arguments": null}}"#,
        r#"{"name": "bash", "arguments": {"role": "tool", "content": "CONTENT"}}"#,
        r#"{"id": "c3", "function": {"name": "a", "name": "b"}}"#,
        r#"{"id": 3, "function": "a"}"#,
        "7",
    ]);
    let call = call.prop_map(|call| call.replace("CONTENT", &"said ".repeat(40)));
    prop_oneof![
        6 => role.prop_map(|role| format!("\"role\": \"{role}\"")),
        1 => role_from(),
        6 => text.clone().prop_map(|text| format!("\"content\": {text}")),
        1 => (select(vec!["value", "text", "system_prompt", "reasoning", "reasoning_content", "name"]), text)
            .prop_map(|(key, text)| format!("\"{key}\": {text}")),
        3 => vec(call, 0..3).prop_map(|calls| format!("\"tool_calls\": [{}]", calls.join(", "))),
        2 => select(vec!["c1", "c2", "", "other"]).prop_map(|id| format!("\"tool_call_id\": \"{id}\"")),
        2 => select(vec![
            r#""usage": {"prompt_tokens": 3, "completion_tokens": 2}"#, r#""timestamp": 1.5"#, r#""is_demo": true"#,
            r#""extra": {"a": [1, {"b": null}]}"#, r#""tool_calls": null"#, r#""type": "tool_result""#, r#""n\u0061me": "b""#,
            r#""function_call": {"name": "a", "arguments": "{}"}"#, r#""refusal": null"#, r#""mask": false, "weight": 1e3"#,
        ]).prop_map(str::to_owned),
    ]
}

fn role_from() -> impl Strategy<Value = String> {
    select(vec!["human", "gpt", "function_call", "observation"]).prop_map(|name| format!("\"from\": \"{name}\""))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn messages_of_any_shape_are_listed_as_if_they_were_read_whole(
        rows in vec(vec(vec(member(), 0..6), 0..9), 1..4),
        key in select(vec!["messages", "conversations", "conversation", "trajectory"]),
        behind in select(vec!["", r#", "conversations": [{"from": "human", "value": "x"}]"#, r#", "messages": []"#, ", ", "}"]),
    ) {
        let first = r#"{"role": "user", "content": "fix it"}"#;
        let line = |row: &Vec<Vec<String>>| {
            let messages: Vec<String> = row.iter().map(|members| format!("{{{}}}", members.join(", "))).collect();
            let messages: Vec<&str> = std::iter::once(first).chain(messages.iter().map(String::as_str)).collect();
            format!("{{\"instance_id\": \"a__b-1\", \"{key}\": [{}]{behind}}}\n", messages.join(", "))
        };
        let text: String = rows.iter().map(line).collect();
        prop_assert_eq!(says(text.as_bytes(), Wanted::Listed), says(text.as_bytes(), Wanted::All), "{}", text);
    }
}

/// As data sets keep messages: every field for every message, most of them null.
fn columns() -> Schema {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let of = |name: &str, fields: Vec<Field>| Field::new(name, DataType::Struct(Fields::from(fields)), true);
    let list = |name: &str, item: Field| Field::new(name, DataType::List(Arc::new(item.with_name("item"))), true);
    let call = of("call", vec![text("id"), text("type"), of("function", vec![text("name"), text("arguments")])]);
    let names = ["role", "from", "content", "value", "reasoning_content", "name", "tool_call_id", "timestamp"];
    let mut message: Vec<Field> = names.into_iter().map(text).collect();
    message.extend([list("tool_calls", call), Field::new("mask", DataType::Boolean, true)]);
    Schema::new(vec![text("instance_id"), list("messages", of("message", message))])
}

fn table_message() -> impl Strategy<Value = Value> {
    let long = format!("{} bash-$", "said\n\"é\" ".repeat(40));
    let text = || option::of(select(vec!["", "look", "```bash\nls\n```", "<returncode>1</returncode>"]));
    let content = prop_oneof![4 => text().prop_map(|text| json!(text)), 1 => Just(json!(long))];
    let role = select(vec!["system", "user", "assistant", "tool", "function_call", "sage", ""]);
    let calls = vec(
        select(vec![
            json!({"id": "c1", "type": "function", "function": {"name": "bash", "arguments": "{\"command\": \"ls\"}"}}),
            json!({"id": "", "function": {"arguments": "ls"}}),
            json!({"id": "c2"}),
            Value::Null,
        ]),
        0..3,
    );
    let rare = || prop_oneof![9 => Just(None), 1 => Just(Some("rare"))];
    (role, content, option::of(calls), text(), rare(), rare(), rare(), rare()).prop_map(
        |(role, content, calls, id, from, value, thought, timestamp)| {
            json!({"role": role, "content": content, "tool_calls": calls, "tool_call_id": id, "name": id, "from": from,
                   "value": value, "reasoning_content": thought, "timestamp": timestamp, "mask": true})
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn messages_in_columns_are_listed_as_if_they_were_read_whole(rows in vec(vec(option::weighted(0.95, table_message()), 0..9), 8)) {
        let folder = tempfile::tempdir().unwrap();
        let row = |messages: &Vec<Option<Value>>| {
            let first = json!({"role": "user", "content": "fix it"});
            let messages: Vec<Value> = [first].into_iter().chain(messages.iter().map(|one| json!(one))).collect();
            json!({"instance_id": "a__b-1", "messages": messages}).to_string()
        };
        let lines: Vec<String> = rows.iter().map(row).collect();
        let schema = Arc::new(columns());
        let batch = ReaderBuilder::new(schema.clone()).build(lines.join("\n").as_bytes()).unwrap().next().unwrap().unwrap();
        let mut writer = ArrowWriter::try_new(File::create(folder.path().join("a.parquet")).unwrap(), schema, None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        prop_assert_eq!(compare(folder.path()), rows.len());
    }
}
