//! Hostile input: whatever the bytes, reading ends in trajectories and notes, and damage hides nothing before it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use proptest::collection::vec;
use proptest::prelude::*;
use rollscope::formats::{self, Reading};
use rollscope::store;
use serde_json::Value;

/// The ids of all that is read from these bytes.
fn ids(bytes: &[u8]) -> BTreeSet<String> {
    let found = Mutex::new(BTreeSet::new());
    let keep = |reading: Reading| {
        let ids = reading.trajectories.into_iter().map(|trajectory| trajectory.id);
        found.lock().unwrap().extend(ids);
    };
    let _ = formats::read(Path::new("a.jsonl"), bytes, formats::Wanted::All, &keep);
    found.into_inner().unwrap()
}

fn any_json() -> impl Strategy<Value = Value> {
    let keys = "messages|trajectory|history|info|nodes|root|resolved|role|content|action|response|instance_id|model_patch|[a-z]{1,4}";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "system|user|assistant|tool|[a-z <=/>`\n]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((keys, inner), 0..6).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn fixtures() -> Vec<(PathBuf, Vec<u8>)> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.to_string_lossy().contains("expected") {
                files.push((path.clone(), fs::read(path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

/// How many turns are read in all.
fn turns(bytes: &[u8]) -> usize {
    let found = Mutex::new(0);
    let keep = |reading: Reading| {
        *found.lock().unwrap() += reading.trajectories.iter().map(|one| one.turns.len()).sum::<usize>();
    };
    let _ = formats::read(Path::new("a.json"), bytes, formats::Wanted::All, &keep);
    found.into_inner().unwrap()
}

/// The turns that are whole before a byte of a file of one JSON value: its prefix, closed by hand where items end. The last
/// of them does not count where that is in the middle of it.
fn whole_turns(bytes: &[u8], damage: usize) -> usize {
    let Some(end) = bytes[..damage].windows(2).rposition(|pair| pair == b"},") else { return 0 };
    let closings = [("]}", 0), ("]", 0), ("]}}", 0), ("}]}", 1), ("]}]}", 1), ("}}]}", 1)];
    let closed = closings.iter().map(|(closing, half)| ([&bytes[..=end], closing.as_bytes()].concat(), half));
    let whole = closed.filter(|(bytes, _)| serde_json::from_slice::<Value>(bytes).is_ok());
    whole.map(|(bytes, half)| turns(&bytes).saturating_sub(*half)).max().unwrap_or(0)
}

/// A file of one value that is one trajectory.
fn is_whole(path: &Path) -> bool {
    let name = path.to_string_lossy();
    let folder = [
        "/damage/",
        "/opencode/",
        "/harbor/",
        "/auto-code-rover/",
        "-store",
        "/llm-logs/",
        "/predictions",
        "/reports/",
    ];
    [".json", ".traj"].iter().any(|end| name.ends_with(end)) && !folder.iter().any(|part| name.contains(part))
}

/// Whole lines of a file of lines, as far as they lie before a byte.
fn rows_before(bytes: &[u8], damage: usize) -> BTreeSet<String> {
    let end = bytes[..damage].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    ids(&bytes[..end])
}

/// A file of lines that is whole as it stands.
fn is_lines(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "jsonl") && !path.to_string_lossy().contains("/damage/")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_json_value_is_read_or_refused(value in any_json(), rows in vec(any_json(), 0..5)) {
        ids(value.to_string().as_bytes());
        ids(serde_json::to_string_pretty(&value).unwrap().as_bytes());
        ids(rows.iter().map(Value::to_string).collect::<Vec<_>>().join("\n").as_bytes());
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..200)) {
        ids(&bytes);
        formats::sniff(&bytes);
    }

    #[test]
    fn a_cut_hides_nothing_before_it(at in any::<prop::sample::Index>()) {
        for (path, bytes) in fixtures().iter().filter(|(_, bytes)| !bytes.is_empty()) {
            let cut = at.index(bytes.len());
            let found = ids(&bytes[..cut]);
            if is_lines(path) {
                prop_assert!(found.is_superset(&rows_before(bytes, cut)), "{} cut at {cut}", path.display());
            }
        }
    }

    #[test]
    fn a_flipped_byte_hides_nothing_before_it(at in any::<prop::sample::Index>(), flip in 1..=255u8) {
        for (path, bytes) in fixtures().iter().filter(|(_, bytes)| !bytes.is_empty()) {
            let damage = at.index(bytes.len());
            let mut damaged = bytes.clone();
            damaged[damage] ^= flip;
            let found = ids(&damaged);
            if is_lines(path) {
                let before = rows_before(bytes, damage);
                prop_assert!(found.is_superset(&before), "{} byte {damage} ^ {flip}: {found:?} {before:?}", path.display());
            }
        }
    }

    #[test]
    fn a_half_written_file_keeps_the_turns_before_its_end(at in any::<prop::sample::Index>()) {
        for (path, bytes) in fixtures().iter().filter(|(path, bytes)| !bytes.is_empty() && is_whole(path)) {
            let cut = at.index(bytes.len());
            let (found, whole) = (turns(&bytes[..cut]), whole_turns(bytes, cut));
            prop_assert!(found >= whole, "{} cut at {cut}: {found} turns of {whole}", path.display());
        }
    }
}

/// The same rows in every spelling that programs leave behind.
#[test]
fn encodings_and_line_ends_change_nothing() {
    let row =
        |id: &str| format!(r#"{{"instance_id": "{id}", "messages": [{{"role": "user", "content": "caf\u00e9"}}]}}"#);
    let rows = format!("{}\n{}\n", row("a__b-1"), row("a__b-2"));
    let utf16 = |unit: fn(u16) -> [u8; 2]| rows.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
    let marked = |mark: &[u8], text: Vec<u8>| [mark, &text].concat();
    let spellings: Vec<(&str, Vec<u8>)> = vec![
        ("plain", rows.clone().into()),
        ("CRLF", rows.replace('\n', "\r\n").into()),
        ("BOM", marked(b"\xef\xbb\xbf", rows.clone().into())),
        ("UTF-16 LE", marked(b"\xff\xfe", utf16(u16::to_le_bytes))),
        ("UTF-16 BE", marked(b"\xfe\xff", utf16(u16::to_be_bytes))),
        ("UTF-16 without a mark", utf16(u16::to_le_bytes)),
        ("Latin-1", rows.replace("\\u00e9", "?").bytes().map(|byte| if byte == b'?' { 0xe9 } else { byte }).collect()),
        ("lone surrogate", rows.replace("\\u00e9", "\\ud83d").into()),
        ("NaN", rows.replacen('{', "{\"x\": NaN, \"y\": -Infinity, ", 1).into()),
        ("doubled key", rows.replacen('{', "{\"instance_id\": \"z\", ", 1).into()),
        ("nested", rows.replacen('{', &format!("{{\"x\": {}{}, ", "[".repeat(60), "]".repeat(60)), 1).into()),
    ];
    for (how, bytes) in spellings {
        assert!(formats::sniff(&bytes), "{how}");
        assert_eq!(ids(&bytes).len(), 2, "{how}");
    }
}

#[test]
fn a_nest_without_end_costs_its_own_row() {
    let deep = format!("{{\"x\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let good = r#"{"instance_id": "a__b-1", "messages": [{"role": "user", "content": "x"}]}"#;
    assert_eq!(ids(format!("{good}\n{deep}\n{good}\n").as_bytes()).len(), 2);
    assert!(ids(deep.as_bytes()).is_empty());
    assert!(ids("[{\"role\":".repeat(100_000).as_bytes()).is_empty());
}

/// A text that nobody claims opens when it is asked for by name; a folder does not list it.
#[test]
fn text_opens_as_text_when_it_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes");
    fs::write(&path, "Turn one: look.\nTurn two: mend.\n").unwrap();
    fs::write(folder.path().join("picture"), b"\x89PNG\x00\x01").unwrap();
    let listed = |root: &Path| {
        let found: Mutex<Vec<String>> = Mutex::default();
        let keep = |reading: Reading| {
            found
                .lock()
                .unwrap()
                .extend(reading.trajectories.into_iter().map(|one| format!("{} {}", one.format, one.id)));
        };
        store::scan(&[root.to_path_buf()], &store::Progress::default(), &keep);
        found.into_inner().unwrap()
    };
    let id = path.display().to_string();
    assert_eq!(listed(&path), [format!("text {id}")]);
    assert_eq!(store::load(&id).unwrap().turns[0].parts[0].text, "Turn one: look.\nTurn two: mend.\n");
    assert!(listed(folder.path()).is_empty() && listed(&folder.path().join("picture")).is_empty());
}
