//! `rollscope search`: which trajectories hold a text. Files are searched as bytes first; only what was hit is read, and
//! of that only what the index does not know.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use anyhow::ensure;
use clap::Args;
use serde_json::json;

use super::output::{self, Row};
use super::{Finish, Format, open};
use crate::library::{Finder, Library, Sources, Wanted};
use crate::store::{self, Index, Place, Progress, Searched};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Words, or a regular expression between slashes; upper-case letters make it mind the case
    #[arg(value_name = "TEXT")]
    text: String,
    /// Files, folders or globs
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    #[arg(long, value_enum)]
    format: Option<Format>,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<Finish> {
    ensure!(!arguments.text.is_empty(), "there is nothing to search for");
    let wanted = Wanted::parse(&arguments.text).map_err(|reason| anyhow::anyhow!("{}: {reason}", arguments.text))?;
    let stop = AtomicBool::new(false);
    let hits: Mutex<Vec<(PathBuf, Vec<Place>)>> = Mutex::default();
    store::grep(&arguments.paths, wanted.raw(), &stop, &|searched: Searched| {
        if let (false, Ok(mut hits)) = (searched.places.is_empty(), hits.lock()) {
            hits.push((searched.path.into(), searched.places));
        }
    });
    let hits = hits.into_inner().unwrap_or_default();
    let library = library_of(&hits, &arguments.paths);
    open::report(library.notes().filter(|note| note.severity == crate::trajectory::Severity::Problem));
    let finder = Finder::of(library.summaries());
    let mut seen = BTreeSet::new();
    let found = hits.iter().flat_map(|(path, places)| finder.resolve(path, places, &wanted, &stop));
    let mut found: Vec<_> = found.filter(|one| seen.insert(one.id.clone())).collect();
    found.sort_by(|a, b| crate::library::natural(&a.id, &b.id));
    let rows: Vec<Row> = found
        .iter()
        .map(|one| json!({ "id": one.id, "task_id": one.task_id, "run": one.run, "line": one.line, "text": one.text }))
        .filter_map(|value| value.as_object().cloned())
        .collect();
    output::print(&rows, &["id", "task_id", "run", "text"], arguments.format)?;
    Ok(Finish::Done)
}

/// What lies in the files that were hit; all, where something lies in a folder that is read as one thing.
fn library_of(hits: &[(PathBuf, Vec<Place>)], paths: &[PathBuf]) -> Library {
    let index = Index::default_path();
    let read = |roots: Vec<PathBuf>| {
        Library::open(&Sources { roots, index: index.clone(), ..Sources::default() }, &Progress::default())
    };
    let library = read(hits.iter().map(|(path, _)| path.clone()).collect());
    let known = |path: &PathBuf| library.summaries().iter().any(|summary| path.starts_with(&summary.path));
    if hits.iter().all(|(path, _)| known(path)) { library } else { read(paths.to_vec()) }
}
