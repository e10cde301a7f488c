//! Which files there are: roots walked to the end, nothing hidden, links followed but never in circles.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use ignore::overrides::OverrideBuilder;
use ignore::{DirEntry, WalkBuilder};

use crate::trajectory::Note;

/// A file to look at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    pub path: PathBuf,
    pub bytes: u64,
    /// The user named this very file: silence about it would be rude.
    pub named: bool,
}

/// All files under the roots, sorted, each once. A root is a file, a folder, a glob, or `-`.
pub fn walk(roots: &[PathBuf], note: &mut dyn FnMut(Note)) -> Vec<Entry> {
    let mut entries: Vec<Entry> = roots.iter().flat_map(|root| walk_root(root, note)).collect();
    entries.sort();
    let mut seen = HashSet::new();
    entries.retain(|entry| seen.insert(entry.path.clone()));
    entries
}

fn walk_root(root: &Path, note: &mut dyn FnMut(Note)) -> Vec<Entry> {
    if root == Path::new("-") || root.is_file() {
        let bytes = root.metadata().map_or(0, |metadata| metadata.len());
        return vec![Entry { path: root.into(), bytes, named: true }];
    }
    if root.is_dir() {
        return files(WalkBuilder::new(root), note);
    }
    let Some(builder) = glob(root) else {
        note(Note::problem(root, "does not exist, or is neither file nor folder"));
        return Vec::new();
    };
    let found = files(builder, note);
    if found.is_empty() {
        note(Note::problem(root, "no file matches"));
    }
    found
}

/// A walker over the files that a pattern names; none if it is no pattern.
fn glob(pattern: &Path) -> Option<WalkBuilder> {
    let wild = |part: &Path| part.to_string_lossy().contains(['*', '?', '[', '{']);
    let base = pattern.ancestors().find(|ancestor| !wild(ancestor)).filter(|_| wild(pattern))?;
    let inside = pattern.strip_prefix(base).ok()?;
    let base = if base == Path::new("") { Path::new(".") } else { base };
    let mut overrides = OverrideBuilder::new(base);
    overrides.add(&format!("/{}", inside.display())).ok()?;
    let mut builder = WalkBuilder::new(base);
    builder.overrides(overrides.build().ok()?);
    Some(builder)
}

fn files(mut builder: WalkBuilder, note: &mut dyn FnMut(Note)) -> Vec<Entry> {
    builder.standard_filters(false).follow_links(true).filter_entry(|entry| entry.file_name() != ".git");
    let mut found = Vec::new();
    for entry in builder.build() {
        match entry {
            Ok(entry) => found.extend(file(&entry)),
            Err(error) => note(walk_note(&error)),
        }
    }
    found
}

fn file(entry: &DirEntry) -> Option<Entry> {
    let metadata = entry.metadata().ok().filter(std::fs::Metadata::is_file)?;
    Some(Entry { path: entry.path().into(), bytes: metadata.len(), named: false })
}

fn walk_note(error: &ignore::Error) -> Note {
    match error {
        ignore::Error::WithPath { path, err } => Note { path: path.clone(), ..walk_note(err) },
        ignore::Error::WithDepth { err, .. } => walk_note(err),
        ignore::Error::Loop { child, .. } => Note::remark(child, "a link that leads back; not followed twice"),
        other => Note::problem(Path::new(""), other.to_string()),
    }
}
