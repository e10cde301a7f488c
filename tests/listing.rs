//! A list is made without reading most of what tools answered: it must say the same as reading all of it does.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rollscope::formats::Reading;
use rollscope::library::{Found, Library, Purpose};
use rollscope::store::{self, Progress};

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
