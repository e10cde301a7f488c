//! Every format against its fixtures: what is read, whole, as canonical JSON.
//!
//! A folder of `tests/formats/` is scanned as a user would; what comes out is compared with `<folder>.expected.json`.
//! After a change that is meant, `ROLLSCOPE_BLESS=1 cargo test --test formats` writes it anew: read the difference.

use std::path::{Path, PathBuf};
use std::{env, fs};

use rollscope::formats::FORMATS;
use rollscope::library::{Full, Library};
use rollscope::store::Progress;
use serde_json::{Value, json};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats")
}

fn fixtures() -> Vec<PathBuf> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<_> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn read(folder: &Path) -> Library {
    Library::read(&[folder.into()], &[], &Progress::default())
}

/// All that was read, with paths relative to the fixture.
fn canonical(folder: &Path) -> Value {
    let library = read(folder);
    let open = |id: &str| library.load(id).unwrap_or_else(|note| panic!("{id}: {note}"));
    let whole = library.summaries().iter().map(|summary| {
        let mut whole = serde_json::to_value(Full::of(&open(&summary.id))).unwrap();
        whole["notes"] = json!(summary.notes);
        whole
    });
    let mut notes: Vec<String> = library.notes().map(|note| format!("{:?} {note}", note.severity)).collect();
    notes.sort();
    let text = json!({"trajectories": whole.collect::<Vec<_>>(), "notes": notes}).to_string();
    serde_json::from_str(&text.replace(&format!("{}/", folder.display()), "")).unwrap()
}

#[test]
fn every_fixture_reads_as_expected() {
    let mut wrong = Vec::new();
    for fixture in fixtures() {
        let found = canonical(&fixture);
        let expected_path = fixture.with_extension("expected.json");
        if env::var_os("ROLLSCOPE_BLESS").is_some() {
            fs::write(&expected_path, serde_json::to_string_pretty(&found).unwrap() + "\n").unwrap();
        }
        let expected = fs::read_to_string(&expected_path).unwrap_or_default();
        if serde_json::from_str::<Value>(&expected).ok().as_ref() != Some(&found) {
            wrong.push(format!("{}\n{found:#}", fixture.display()));
        }
    }
    assert!(wrong.is_empty(), "not as expected:\n{}", wrong.join("\n"));
}

#[test]
fn every_format_has_a_fixture() {
    let read: Vec<&str> = fixtures()
        .iter()
        .flat_map(|fixture| read(fixture).summaries().iter().map(|s| s.format).collect::<Vec<_>>())
        .collect();
    for format in
        FORMATS.iter().map(|format| format.name()).filter(|name| !["report", "labels", "tasks"].contains(name))
    {
        assert!(read.contains(&format), "no fixture is read as {format}");
    }
}

/// Nothing that only the grader may know is in what a judge would be shown.
#[test]
fn gold_never_enters_a_trajectory() {
    for fixture in fixtures() {
        let text = canonical(&fixture).to_string();
        assert!(!text.contains("GOLD"), "{} shows the gold patch", fixture.display());
        assert!(!text.contains("REPEATED"), "{} shows a repeated history", fixture.display());
    }
}

#[test]
fn ids_are_unique_and_stable() {
    for fixture in fixtures() {
        let ids = |library: &Library| library.summaries().iter().map(|one| one.id.clone()).collect::<Vec<_>>();
        let (first, second) = (ids(&read(&fixture)), ids(&read(&fixture)));
        let unique: std::collections::HashSet<_> = first.iter().collect();
        assert_eq!(unique.len(), first.len());
        assert_eq!(first, second);
    }
}

/// README's table is that of the code. `ROLLSCOPE_BLESS` writes it.
#[test]
fn the_table_in_the_readme_is_that_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once("<!-- formats -->").unwrap();
    let (table, after) = rest.split_once("<!-- /formats -->").unwrap();
    let rows = FORMATS.iter().map(|format| format!("| `{}` | {} |\n", format.name(), format.about()));
    let wanted = format!("\n| format | what it is |\n| --- | --- |\n{}", rows.collect::<String>());
    if env::var_os("ROLLSCOPE_BLESS").is_some() {
        fs::write(&path, format!("{before}<!-- formats -->{wanted}<!-- /formats -->{after}")).unwrap();
    } else {
        assert_eq!(table, wanted, "README.md is behind: ROLLSCOPE_BLESS=1 cargo test --test formats");
    }
}
