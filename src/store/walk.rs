//! Which files there are: roots walked to the end, nothing hidden, links followed but never in circles.

use std::collections::HashSet;
use std::fmt;
use std::fs::Metadata;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use ignore::overrides::OverrideBuilder;
use ignore::{DirEntry, WalkBuilder};

use crate::trajectory::Note;

/// A file to look at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    pub path: PathBuf,
    pub stamp: Stamp,
    /// The user named this very file: silence about it would be rude.
    pub named: bool,
}

/// The state of a source, as far as it can be told without reading it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    pub bytes: u64,
    pub modified: SystemTime,
    pub files: usize,
    /// Of the names of the files, where there are several.
    pub names: u64,
}

impl Stamp {
    pub fn of(metadata: &Metadata) -> Self {
        Self { bytes: metadata.len(), modified: metadata.modified().unwrap_or(UNIX_EPOCH), files: 1, names: 0 }
    }

    /// Of files that are read as one thing.
    pub fn together<'a>(entries: impl Iterator<Item = &'a Entry>) -> Self {
        let mut hasher = DefaultHasher::new();
        let mut all = Self { bytes: 0, modified: UNIX_EPOCH, files: 0, names: 0 };
        for entry in entries {
            all.bytes += entry.stamp.bytes;
            all.modified = all.modified.max(entry.stamp.modified);
            all.files += 1;
            entry.path.hash(&mut hasher);
        }
        Self { names: hasher.finish(), ..all }
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = self.modified.duration_since(UNIX_EPOCH).unwrap_or_default();
        write!(f, "{} {}.{:09} {} {:x}", self.bytes, since.as_secs(), since.subsec_nanos(), self.files, self.names)
    }
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
        let nothing = Stamp { bytes: 0, modified: UNIX_EPOCH, files: 0, names: 0 };
        let stamp = root.metadata().map_or(nothing, |metadata| Stamp::of(&metadata));
        return vec![Entry { path: root.into(), stamp, named: true }];
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
    Some(Entry { path: entry.path().into(), stamp: Stamp::of(&metadata), named: false })
}

fn walk_note(error: &ignore::Error) -> Note {
    match error {
        ignore::Error::WithPath { path, err } => Note { path: path.clone(), ..walk_note(err) },
        ignore::Error::WithDepth { err, .. } => walk_note(err),
        ignore::Error::Loop { child, .. } => Note::remark(child, "a link that leads back; not followed twice"),
        other => Note::problem(Path::new(""), other.to_string()),
    }
}
