//! What each fuzz target does with its bytes. Shared by the targets of cargo-fuzz and by `tests/fuzz.rs`, which runs them
//! without its instrumentation.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use rollscope::formats::{self, Reading, Wanted};
use rollscope::library::{Library, Summary};
use rollscope::store::{self, Progress};

/// Any bytes: what they are, and what is in them.
pub fn detect(bytes: &[u8]) {
    formats::sniff(bytes);
    read("a", bytes);
    formats::read_plain(Path::new("a"), bytes, &|_| {});
}

/// Lines: what was read from the whole lines is still read when another line follows.
pub fn jsonl(bytes: &[u8]) {
    let whole = read("a.jsonl", bytes);
    let last = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    if !whole.is_empty() && std::str::from_utf8(bytes).is_ok() {
        read("a.jsonl", &bytes[..last]);
    }
}

pub fn zip(bytes: &[u8]) {
    on_disk("a.eval", bytes);
}

/// Compressed bytes as they come, and as the front of an archive that ends too early.
pub fn gzip_zstd(bytes: &[u8]) {
    on_disk("a.json.gz", bytes);
}

pub fn parquet(bytes: &[u8]) {
    on_disk("a.parquet", bytes);
}

/// The ids of what is read. A list must say of each what reading all of it says.
fn read(name: &str, bytes: &[u8]) -> BTreeSet<String> {
    let (whole, listed) = (summaries(name, bytes, Wanted::All), summaries(name, bytes, Wanted::Listed));
    assert_eq!(listed, whole);
    whole.into_iter().map(|(id, _)| id).collect()
}

fn summaries(name: &str, bytes: &[u8], wanted: Wanted) -> BTreeSet<(String, String)> {
    let found: Mutex<BTreeSet<(String, String)>> = Mutex::default();
    let keep = |reading: Reading| {
        if let Ok(mut found) = found.lock() {
            let summaries = reading.trajectories.iter().map(Summary::of);
            found.extend(summaries.map(|one| (one.id.clone(), format!("{one:?}"))));
        }
    };
    // An error says why nothing could be read: as good an answer as any.
    drop(formats::read(Path::new(name), bytes, wanted, &keep));
    found.into_inner().unwrap_or_default()
}

/// Containers are read from a file, listed, and each trajectory opened again.
fn on_disk(name: &str, bytes: &[u8]) {
    let path = std::env::temp_dir().join(format!("rollscope-fuzz-{}-{name}", std::process::id()));
    if fs::write(&path, bytes).is_err() {
        return;
    }
    let ids: Mutex<Vec<String>> = Mutex::default();
    let stopped: Mutex<Option<String>> = Mutex::default();
    store::scan(std::slice::from_ref(&path), &Progress::default(), &|reading| {
        let bug = reading.notes.iter().find(|note| note.reason == "reading it stopped");
        if let (Some(bug), Ok(mut stopped)) = (bug, stopped.lock()) {
            *stopped = Some(bug.to_string());
        }
        if let Ok(mut ids) = ids.lock() {
            ids.extend(reading.trajectories.into_iter().map(|one| one.id));
        }
    });
    let stopped = stopped.into_inner().unwrap_or_default();
    assert!(stopped.is_none(), "{stopped:?}");
    let listed = Library::read(std::slice::from_ref(&path), &[], &Progress::default());
    assert!(listed.notes().all(|note| note.reason != "reading it stopped"));
    for id in ids.into_inner().unwrap_or_default().iter().take(3) {
        assert!(store::load(id).is_ok(), "{id} was listed and cannot be opened");
    }
    drop(fs::remove_file(&path));
}
