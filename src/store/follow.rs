//! Files that grow while a run writes them: what is new since the last look, without reading the rest again.
//!
//! A step looks once; whoever calls it decides how often. The time comes from outside, so that nothing here waits.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::scan::{self, DiskFolder};
use super::source::{self, Stream};
use super::visit::{Source, Visitor};
use super::walk::{Entry, Stamp, walk};
use crate::formats::{self, Block, Lines, Sink, Wanted};
use crate::trajectory::Note;

/// A file that was not written to for so long is taken as it is: then a line without end is damage.
const QUIET: Duration = Duration::from_secs(5);

pub struct Follower {
    roots: Vec<PathBuf>,
    seen: HashMap<PathBuf, Seen>,
}

/// A file as it was when it was last read.
struct Seen {
    stamp: Stamp,
    tail: Option<Tail>,
    /// Its last line has no end yet, and was left for later.
    waiting: bool,
    gone: bool,
}

/// Where a file of rows was read up to.
#[derive(Clone, Default)]
struct Tail {
    bytes: u64,
    lines: usize,
    /// The last line before that place: where it is another, the file is another.
    guard: u64,
}

impl Seen {
    fn new(entry: &Entry) -> Self {
        Self { stamp: entry.stamp.clone(), tail: None, waiting: false, gone: false }
    }
}

impl Follower {
    /// Notes how things are now: to be called before they are read for the first time.
    pub fn new(roots: &[PathBuf]) -> Self {
        let entries = walk(roots, &mut |_| {});
        let seen = entries.into_iter().map(|entry| (entry.path.clone(), Seen::new(&entry))).collect();
        Self { roots: roots.into(), seen }
    }

    /// Reads what changed. What is read again is forgotten first.
    pub fn step(&mut self, now: SystemTime, visitor: &dyn Visitor) {
        let mut entries = walk(&self.roots, &mut |_| {});
        self.miss(&entries, visitor);
        let changed: Vec<Entry> = entries.iter().filter(|entry| self.is_news(entry, now)).cloned().collect();
        if changed.is_empty() {
            return;
        }
        let folders = scan::take_folders(&mut entries, &self.roots);
        for folder in folders.iter().filter(|folder| changed.iter().any(|entry| entry.path.starts_with(&folder.path))) {
            read_folder(folder, visitor);
        }
        for entry in changed {
            let whole = folders.iter().any(|folder| !entry.named && entry.path.starts_with(&folder.path));
            let before = self.seen.remove(&entry.path).and_then(|seen| seen.tail);
            let seen = if whole { Seen::new(&entry) } else { read(&entry, before, now, visitor) };
            self.seen.insert(entry.path, seen);
        }
    }

    fn is_news(&self, entry: &Entry, now: SystemTime) -> bool {
        entry.path != Path::new("-")
            && self.seen.get(&entry.path).is_none_or(|seen| {
                seen.gone || seen.stamp != entry.stamp || (seen.waiting && is_quiet(&entry.stamp, now))
            })
    }

    /// Says which files are gone. Their rows stay: what was on the screen does not vanish under the reader's eyes.
    fn miss(&mut self, entries: &[Entry], visitor: &dyn Visitor) {
        let present: HashSet<&Path> = entries.iter().map(|entry| entry.path.as_path()).collect();
        let missing = |path: &Path, seen: &Seen| !seen.gone && !present.contains(path);
        for (path, seen) in self.seen.iter_mut().filter(|(path, seen)| missing(path, seen)) {
            seen.gone = true;
            visitor.note(Note::problem(path, "the file is gone; what it held is listed but cannot be opened"));
        }
    }
}

fn is_quiet(stamp: &Stamp, now: SystemTime) -> bool {
    now.duration_since(stamp.modified).is_ok_and(|age| age >= QUIET)
}

/// A part of something that is read as one thing changed: it is read again, whole.
fn read_folder(folder: &DiskFolder, visitor: &dyn Visitor) {
    visitor.forget(&folder.path);
    let source = Source { path: &folder.path, stamp: None };
    formats::read_folder(&folder.path, folder, folder.stamp.bytes, &|reading| visitor.take(&source, reading));
}

/// Reads a file that changed: what was appended, or all of it.
fn read(entry: &Entry, tail: Option<Tail>, now: SystemTime, visitor: &dyn Visitor) -> Seen {
    let source = Source { path: &entry.path, stamp: None };
    let sink = |reading| visitor.take(&source, reading);
    let quiet = is_quiet(&entry.stamp, now);
    let appended = tail.filter(|tail| tail.is_of(&entry.path, entry.stamp.bytes));
    if appended.is_none() {
        visitor.forget(&entry.path);
    }
    let result = if is_plain(&entry.path) {
        read_lines(&entry.path, appended.as_ref(), quiet, visitor.wants(), &sink)
    } else {
        scan::read(entry, visitor.wants(), &sink).map(|_| (None, false))
    };
    let (tail, waiting) = result.unwrap_or_else(|note| {
        if quiet {
            visitor.failed(&source, note);
        }
        (None, !quiet)
    });
    Seen { stamp: entry.stamp.clone(), tail, waiting, gone: false }
}

/// Neither compressed nor a table: such files do not grow line by line.
fn is_plain(path: &Path) -> bool {
    source::start(path).is_ok_and(|head| formats::sniff(&head))
}

/// Answers up to where the file was read, if it is one of rows, and whether a line was left that has no end.
fn read_lines(
    path: &Path,
    tail: Option<&Tail>,
    quiet: bool,
    wanted: Wanted,
    sink: Sink,
) -> Result<(Option<Tail>, bool), Note> {
    let mut stream = Stream::from(path, tail.map_or(0, |tail| tail.bytes))?;
    let (mut bytes, _) = stream.block(path)?;
    let mut waiting = !quiet && stream.ended() && cut(&mut bytes);
    let rows = match tail {
        Some(_) => Some(Lines::after(path, wanted, sink)),
        None => Lines::of(path, &bytes, wanted, sink),
    };
    let Some(rows) = rows else {
        stream.rest(&mut bytes, path)?;
        waiting |= !quiet && cut(&mut bytes);
        return formats::read(path, &bytes, wanted, sink).map(|()| (None, waiting));
    };
    let mut tail = tail.cloned().unwrap_or_default();
    let mut ends = true;
    while !bytes.is_empty() {
        let block = Block::of(tail.lines, bytes);
        rows.take(&block);
        ends = block.bytes.ends_with(b"\n");
        tail =
            Tail { bytes: tail.bytes + block.bytes.len() as u64, lines: block.end(), guard: last_line(&block.bytes) };
        bytes = stream.block(path)?.0;
        waiting |= !quiet && stream.ended() && cut(&mut bytes);
    }
    rows.finish()?;
    Ok((ends.then_some(tail), waiting))
}

/// Takes a last line without end off. True: there was one.
fn cut(block: &mut Vec<u8>) -> bool {
    let end = memchr::memrchr(b'\n', block).map_or(0, |at| at + 1);
    let cut = end < block.len();
    block.truncate(end);
    cut
}

fn last_line(block: &[u8]) -> u64 {
    let inside = block.strip_suffix(b"\n").unwrap_or(block);
    let start = memchr::memrchr(b'\n', inside).map_or(0, |at| at + 1);
    let mut hasher = DefaultHasher::new();
    inside[start..].iter().rev().take(GUARD).for_each(|byte| byte.hash(&mut hasher));
    hasher.finish()
}

/// As much of a line tells it from others.
const GUARD: usize = 4096;

impl Tail {
    /// Whether the file still begins with what was read, as far as its last line tells.
    fn is_of(&self, path: &Path, bytes: u64) -> bool {
        // A line that is longer than the window is compared as far as the window reaches.
        let start = self.bytes.saturating_sub(2 * GUARD as u64);
        let before = || {
            let block = source::range(path, start, self.bytes - start).ok()?;
            Some(last_line(&block))
        };
        bytes >= self.bytes && before() == Some(self.guard)
    }
}
