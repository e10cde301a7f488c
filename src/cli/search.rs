//! `rollscope search`: which trajectories hold a text. Files are searched as bytes first; only what was hit is read, and
//! of that only what the index does not know.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use anyhow::ensure;
use clap::Args;
use rayon::prelude::*;
use serde_json::json;

use super::output::{self, Row};
use super::{Finish, Format, open};
use crate::library::{Finder, FoundIn, Library, Sources, Wanted};
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
    let mut whole = BTreeSet::new();
    let once = |(path, _): &&(PathBuf, Vec<Place>)| finder.read_whole(path).is_none_or(|all| whole.insert(all));
    let hits: Vec<_> = hits.iter().filter(once).collect();
    let found = hits.par_iter().flat_map_iter(|(path, places)| finder.resolve(path, places, &wanted, &stop));
    let mut found: Vec<FoundIn> = found.collect();
    let mut seen = BTreeSet::new();
    found.retain(|one| seen.insert(one.id.clone()));
    found.sort_by(|a, b| crate::library::natural(&a.id, &b.id));
    let rows: Vec<Row> = found
        .iter()
        .map(|one| json!({ "id": one.id, "task_id": one.task_id, "run": one.run, "line": one.line, "text": one.text }))
        .filter_map(|value| value.as_object().cloned())
        .collect();
    output::print(&rows, &["id", "task_id", "run", "text"], arguments.format)?;
    Ok(Finish::Done)
}

/// What lies in the files that were hit, and in the folders around them that are read as one thing.
fn library_of(hits: &[(PathBuf, Vec<Place>)], paths: &[PathBuf]) -> Library {
    let folders = store::folders(paths);
    let source = |path: &PathBuf| {
        let folder = folders.iter().find(|folder| path.starts_with(folder)).map(PathBuf::as_path);
        let archive = || path.ancestors().find(|path| path.is_file());
        folder.or_else(archive).unwrap_or(path).to_path_buf()
    };
    let roots: BTreeSet<PathBuf> = hits.iter().map(|(path, _)| source(path)).collect();
    let roots = roots.into_iter().collect();
    Library::open(&Sources { roots, index: Index::default_path(), ..Sources::default() }, &Progress::default())
}
