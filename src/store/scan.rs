//! From paths to readings: all files at once when listing, exactly one trajectory when opening.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::archive::{self, Archive};
use super::caught::caught;
use super::source::{self, Stream};
use super::visit::{Everything, Source, Visitor};
use super::walk::{Entry, Stamp, walk};
use super::{rows, table};
use crate::formats::{self, Block, Folder, Lines, Reading, Sink, Wanted};
use crate::trajectory::{Note, Severity, TaskFacts, Trajectory};

/// How far a scan has come; to be read from another thread.
#[derive(Debug, Default)]
pub struct Progress {
    pub files: AtomicUsize,
    pub files_done: AtomicUsize,
    pub trajectories: AtomicUsize,
    /// Files that are plainly no trajectories.
    pub passed_over: AtomicUsize,
}

/// Reads all that lies under the roots, on all cores, in no order. Nothing that fails hides what does not.
pub fn scan(roots: &[PathBuf], progress: &Progress, on: Sink) {
    visit_all(roots, progress, &Everything(on));
}

/// As [`scan`], told source by source.
pub fn visit_all(roots: &[PathBuf], progress: &Progress, visitor: &dyn Visitor) {
    let mut entries = walk(roots, &mut |note| visitor.note(note));
    let folders = take_folders(&mut entries, roots);
    progress.files.store(entries.len() + folders.len(), Ordering::Relaxed);
    folders.par_iter().for_each(|folder| {
        let source = Source { path: &folder.path, stamp: Some(&folder.stamp) };
        visit(&source, progress, visitor, &|sink| {
            formats::read_folder(&folder.path, folder, folder.stamp.bytes, sink);
            Ok(true)
        });
    });
    // The large ones first: the last file should not keep all other cores waiting.
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.stamp.bytes));
    entries.par_iter().with_max_len(1).for_each(|entry| {
        let stamp = Some(&entry.stamp).filter(|_| entry.path != Path::new("-"));
        let source = Source { path: &entry.path, stamp };
        visit(&source, progress, visitor, &|sink| read(entry, visitor.wants(), sink));
    });
}

/// One source, unless the visitor knows it. `read` answers whether it was worth reading.
fn visit(source: &Source, progress: &Progress, visitor: &dyn Visitor, read: &dyn Fn(Sink) -> Result<bool, Note>) {
    if let Some(count) = visitor.knows(source) {
        progress.trajectories.fetch_add(count, Ordering::Relaxed);
    } else {
        let sink = |reading: Reading| {
            progress.trajectories.fetch_add(reading.trajectories.len(), Ordering::Relaxed);
            visitor.take(source, reading);
        };
        // A reader that panics costs its source, and no other.
        match caught(|| read(&sink)) {
            Ok(Ok(true)) => visitor.finished(source),
            Ok(Ok(false)) => drop(progress.passed_over.fetch_add(1, Ordering::Relaxed)),
            Ok(Err(note)) => visitor.failed(source, note),
            Err(why) => {
                let note = Note::problem(source.path, format!("reading it stopped: {why}"));
                let note = note.hint("this is a bug of rollscope");
                visitor.failed(source, note);
            }
        }
    }
    progress.files_done.fetch_add(1, Ordering::Relaxed);
}

/// The folders under the roots that are read as one thing each.
pub fn folders(roots: &[PathBuf]) -> Vec<PathBuf> {
    let mut entries = walk(roots, &mut |_| {});
    take_folders(&mut entries, roots).into_iter().map(|folder| folder.path).collect()
}

/// Opens one trajectory again, by the id that a scan gave it.
pub fn load(id: &str) -> Result<Trajectory, Note> {
    let (path, reading) = reopen(id)?;
    let found = reading.trajectories.into_iter().find(|trajectory| trajectory.id == id);
    found
        .ok_or_else(|| Note::problem(&path, format!("holds no trajectory {id}")).hint("`rollscope list` shows the ids"))
}

/// The file an id lies in, and its record, if the file can be read as text just as it lies.
pub fn plain_file(id: &str) -> Option<(PathBuf, Option<&str>)> {
    let (path, record) = formats::split_id(id).find(|(path, _)| Path::new(path).is_file())?;
    let path = PathBuf::from(path);
    let head = source::head(&path).ok()?;
    let raw = std::fs::File::open(&path).and_then(|file| {
        let mut first = Vec::new();
        file.take(64).read_to_end(&mut first).map(|_| first)
    });
    let packed = archive::is_archive(&head) || is_table(&path) || raw.is_ok_and(|raw| !head.starts_with(&raw));
    (!packed).then_some((path, record))
}

/// Opens what a record says about a task: a row of a data set, or a prediction that is named as gold.
pub fn load_task(id: &str) -> Result<TaskFacts, Note> {
    let (path, reading) = reopen(id)?;
    let row = reading.tasks.into_iter().find(|facts| facts.id == id);
    let mut predictions = reading.trajectories.into_iter().filter(|trajectory| trajectory.id == id);
    let prediction = || {
        let Trajectory { task_id, id, patch: gold, .. } = predictions.next()?;
        Some(TaskFacts { task_id, id, gold, issue: None })
    };
    row.or_else(prediction).ok_or_else(|| Note::problem(&path, format!("says nothing about a task in {id}")))
}

/// The record of a trajectory as its source has it; none where it is not one record of a text file.
pub fn raw(id: &str) -> Option<String> {
    let (path, record) = formats::split_id(id).find(|(path, _)| *path == "-" || Path::new(path).is_file())?;
    let path = Path::new(path);
    if is_table(path) {
        return rows::text(path, record?);
    }
    let mut stream = Stream::open(path).ok()?;
    let (mut block, _) = stream.block(path).ok()?;
    if archive::is_archive(&block) {
        return None;
    }
    if let Some(record) = record.filter(|_| !stream.ended() && Lines::of(path, &block, Wanted::All, &|_| {}).is_some())
    {
        return line(stream, block, path, record.split('/').next()?.parse().ok()?);
    }
    stream.rest(&mut block, path).ok()?;
    formats::record(path, &block, record)
}

/// One line of a file too large to hold, counted from 1.
fn line(mut stream: Stream, mut block: Vec<u8>, path: &Path, number: usize) -> Option<String> {
    let mut before = 0;
    while !block.is_empty() {
        let lines = memchr::memchr_iter(b'\n', &block).count();
        if number <= before + lines || stream.ended() {
            let line = block.split(|byte| *byte == b'\n').nth(number.checked_sub(before + 1)?)?;
            return String::from_utf8(line.to_vec()).ok();
        }
        before += lines;
        block = stream.block(path).ok()?.0;
    }
    None
}

/// Reads the file or the record again that an id names.
fn reopen(id: &str) -> Result<(PathBuf, Reading), Note> {
    let (path, record) = formats::split_id(id)
        .find(|(path, _)| *path == "-" || Path::new(path).exists() || archive::inside(Path::new(path)).is_some())
        .ok_or_else(|| Note::problem(Path::new(id), "there is no such file"))?;
    let path = Path::new(path);
    let found: Mutex<Reading> = Mutex::default();
    let keep = |reading: Reading| {
        if let Ok(mut found) = found.lock() {
            found.trajectories.extend(reading.trajectories.into_iter().filter(|one| one.id == id));
            found.tasks.extend(reading.tasks.into_iter().filter(|one| one.id == id));
        }
    };
    if path.is_dir() {
        let folder = DiskFolder::of(path);
        formats::read_folder(path, &folder, folder.stamp.bytes, &keep);
    } else {
        read_file(path, record, &keep)?;
    }
    Ok((path.into(), found.into_inner().unwrap_or_default()))
}

/// One trajectory's file: on disk, an archive, or inside one.
fn read_file(path: &Path, record: Option<&str>, sink: Sink) -> Result<(), Note> {
    if let Some((archive, place, name)) = archive::inside(path) {
        return read_inside(&archive, &place, &name, record.into(), sink);
    }
    if path != Path::new("-") && source::head(path).is_ok_and(|head| archive::is_archive(&head)) {
        return read_archive(path, Wanted::All, sink);
    }
    if is_table(path) {
        return record.map_or_else(|| rows::read(path, Wanted::All, sink), |record| rows::read_one(path, record, sink));
    }
    read_stream(path, record.into(), true, &|reading| sink(Reading { notes: Vec::new(), ..reading }))
}

/// A file from its start to its end. Of rows, no more than a block is in memory. `plain`: text of no format is shown.
fn read_stream(path: &Path, wanted: Wanted, plain: bool, sink: Sink) -> Result<(), Note> {
    let note = |note: Option<Note>| sink(Reading { notes: note.into_iter().collect(), ..Reading::default() });
    let mut stream = Stream::open(path)?;
    let (mut block, damage) = stream.block(path)?;
    note(damage);
    let rows = if stream.ended() { None } else { Lines::of(path, &block, wanted, sink) };
    if let Some(rows) = rows {
        return read_blocks(stream, block, path, rows, sink);
    }
    note(stream.rest(&mut block, path)?);
    let known = formats::read(path, &block, wanted, sink);
    let shown = known.is_err() && plain && formats::read_plain(path, &block, sink);
    if shown { Ok(()) } else { known }
}

/// A file of rows, a block per core: while one reads on in the file, the others parse.
fn read_blocks(mut stream: Stream, first: Vec<u8>, path: &Path, rows: Lines, sink: Sink) -> Result<(), Note> {
    let mut failed = None;
    let mut before = 0;
    let mut next = Some(first).filter(|bytes| !bytes.is_empty());
    let done: Mutex<Vec<Vec<u8>>> = Mutex::default();
    let spare = || done.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let blocks = std::iter::from_fn(|| {
        let read = || next_block(&mut stream, spare().unwrap_or_default(), path, &mut failed, sink);
        let bytes = next.take().or_else(read)?;
        let block = Block::of(before, bytes);
        let wanted = before < rows.last_wanted();
        before = block.end();
        wanted.then_some(block)
    });
    blocks.par_bridge().for_each(|block| {
        rows.take(&block);
        done.lock().unwrap_or_else(PoisonError::into_inner).push(block.bytes);
    });
    match failed {
        Some(note) => Err(note),
        None => rows.finish(),
    }
}

/// None at the end of the file, or where it cannot be read on.
fn next_block(
    stream: &mut Stream,
    spare: Vec<u8>,
    path: &Path,
    failed: &mut Option<Note>,
    sink: Sink,
) -> Option<Vec<u8>> {
    match stream.block_in(spare, path) {
        Ok((bytes, damage)) => {
            sink(Reading { notes: damage.into_iter().collect(), ..Reading::default() });
            Some(bytes).filter(|bytes| !bytes.is_empty())
        }
        Err(note) => {
            *failed = Some(note);
            None
        }
    }
}

pub(super) fn is_table(path: &Path) -> bool {
    path != Path::new("-") && source::head(path).is_ok_and(|head| table::is_table(&head))
}

/// An archive is one thing for a format, or else as good as the files in it.
fn read_archive(path: &Path, wanted: Wanted, sink: Sink) -> Result<(), Note> {
    let archive = Archive::open(path)?;
    let bytes = path.metadata().map_or(0, |metadata| metadata.len());
    sink(Reading { notes: archive.note(path).into_iter().collect(), ..Reading::default() });
    if formats::read_folder(path, &archive, bytes, sink) {
        return Ok(());
    }
    for name in archive.names() {
        match read_inside(&archive, path, name, wanted, sink) {
            Err(note) if note.severity == Severity::Problem && called_json(Path::new(name)) => {
                sink(Reading { notes: vec![note], ..Reading::default() });
            }
            _ => {}
        }
    }
    Ok(())
}

fn read_inside(archive: &Archive, path: &Path, name: &str, wanted: Wanted, sink: Sink) -> Result<(), Note> {
    let path = path.join(name);
    let bytes = archive.bytes(name).map_err(|error| Note::problem(&path, format!("cannot be read: {error}")))?;
    if table::is_table(&bytes) {
        return Err(Note::problem(&path, "Parquet is read by range, which an archive does not allow").hint("unpack it"));
    }
    if formats::sniff(&bytes[..bytes.len().min(4096)]) { formats::read(&path, &bytes, wanted, sink) } else { Ok(()) }
}

/// Reads a file that a walk found. False: it is nothing to us.
pub fn read(entry: &Entry, wanted: Wanted, sink: Sink) -> Result<bool, Note> {
    let path = &entry.path;
    if !entry.named && !promising(path)? {
        return Ok(false);
    }
    if path != Path::new("-") && source::head(path).is_ok_and(|head| archive::is_archive(&head)) {
        return read_archive(path, wanted, sink).map(|()| true);
    }
    if is_table(path) {
        return named(rows::read(path, wanted, sink), entry).map(|()| true);
    }
    match named(read_stream(path, wanted, entry.named, sink), entry) {
        Err(note) if !entry.named && note.severity == Severity::Problem && !called_json(path) => Ok(false),
        result => result.map(|()| true),
    }
}

/// What the user named and cannot be read is a problem, whatever it is.
fn named(result: Result<(), Note>, entry: &Entry) -> Result<(), Note> {
    result.map_err(|note| if entry.named { Note { severity: Severity::Problem, ..note } } else { note })
}

/// Whether a file met on the way is worth reading: by its first bytes, since names say little.
fn promising(path: &Path) -> Result<bool, Note> {
    let head = source::head(path).map_err(|error| Note::problem(path, format!("cannot be read: {error}")))?;
    Ok(archive::is_archive(&head)
        || table::is_table(&head)
        || formats::sniff(&head)
        || (head.is_empty() && called_json(path)))
}

/// Damage is worth a word only where a file claims to be data: source code starts with a bracket, too.
fn called_json(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    ["json", "jsonl", "ndjson", "traj", "pred", "parquet"]
        .iter()
        .any(|known| name.split('.').skip(1).any(|part| part == *known))
}

/// A folder on disk that is read as one thing.
pub struct DiskFolder {
    pub path: PathBuf,
    names: Vec<String>,
    pub stamp: Stamp,
}

impl DiskFolder {
    fn of(path: &Path) -> Self {
        let entries = walk(&[path.into()], &mut |_| {});
        Self::from_entries(path, entries.iter())
    }

    fn from_entries<'a>(path: &Path, entries: impl Iterator<Item = &'a Entry> + Clone) -> Self {
        let inside = entries.clone().filter_map(|entry| entry.path.strip_prefix(path).ok());
        let names = inside.map(|inside| inside.to_string_lossy().into_owned()).collect();
        Self { path: path.into(), names, stamp: Stamp::together(entries) }
    }
}

impl Folder for DiskFolder {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn bytes(&self, name: &str) -> io::Result<Cow<'_, [u8]>> {
        std::fs::read(self.path.join(name)).map(Cow::Owned)
    }
}

/// Takes the folders that a format reads as one thing out of the entries, the outermost first.
pub fn take_folders(entries: &mut Vec<Entry>, roots: &[PathBuf]) -> Vec<DiskFolder> {
    let below_root = |folder: &&Path| roots.iter().any(|root| folder.starts_with(root));
    let folders: BTreeSet<&Path> =
        entries.iter().filter(|e| !e.named).flat_map(|e| e.path.ancestors().skip(1).filter(below_root)).collect();
    let mut taken: Vec<DiskFolder> = Vec::new();
    for path in folders {
        if taken.iter().any(|folder| path.starts_with(&folder.path)) {
            continue;
        }
        let start = entries.partition_point(|entry| entry.path.as_path() < path);
        let inside = entries[start..].iter().take_while(|entry| entry.path.starts_with(path));
        let folder = DiskFolder::from_entries(path, inside);
        if formats::claims_folder(path, &folder) {
            taken.push(folder);
        }
    }
    let paths: Vec<PathBuf> = taken.iter().map(|folder| folder.path.clone()).collect();
    entries.retain(|entry| entry.named || !paths.iter().any(|path| entry.path.starts_with(path)));
    taken
}
