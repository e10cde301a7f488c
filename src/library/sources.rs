//! What the user named, read: from the disk, or from the index where nothing has changed since.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use super::{Found, Purpose, kept};
use crate::formats::Reading;
use crate::store::{self, Follower, Index, Progress, Source, Visitor};
use crate::trajectory::Note;

#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// Files, folders, globs, or `-`.
    pub roots: Vec<PathBuf>,
    pub labels: Vec<PathBuf>,
    pub gold: Vec<PathBuf>,
    pub tasks: Vec<PathBuf>,
    /// The file that keeps what was found between runs of the program.
    pub index: Option<PathBuf>,
}

impl Sources {
    /// Reads them all, in no order within each purpose. What the user named beside the roots comes first: it is small,
    /// and tells about the rest.
    pub fn read(&self, progress: &Progress, on: &(dyn Fn(Found, Purpose) + Sync)) {
        let index = self.index.as_deref().and_then(Index::open);
        let scan = |paths: &[PathBuf], purpose: Purpose, progress: &Progress| {
            let on = |found: Found| on(found, purpose);
            store::visit_all(paths, progress, &Indexed { index: index.as_ref(), on: &on, packing: Mutex::default() });
        };
        let apart = Progress::default();
        scan(&self.labels, Purpose::Labels, &apart);
        scan(&self.gold, Purpose::Gold, &apart);
        scan(&self.tasks, Purpose::Tasks, &apart);
        scan(&self.roots, Purpose::Listing, progress);
    }
}

/// What changed since the sources were read.
#[derive(Debug)]
pub enum News {
    /// What was known of a path no longer holds.
    Forgotten(PathBuf),
    Found(Found),
}

/// Follows the roots while runs write to them.
pub struct Watch(Follower);

impl Watch {
    /// To be begun before the sources are read.
    pub fn begin(sources: &Sources) -> Self {
        Self(Follower::new(&sources.roots))
    }

    /// Looks once, and tells what is new at this time.
    pub fn step(&mut self, now: SystemTime, on: &(dyn Fn(News) + Sync)) {
        self.0.step(now, &Followed(on));
    }
}

struct Followed<'a>(&'a (dyn Fn(News) + Sync));

impl Visitor for Followed<'_> {
    fn take(&self, _source: &Source, reading: Reading) {
        (self.0)(News::Found(reading.into()));
    }

    fn note(&self, note: Note) {
        (self.0)(News::Found(Found { notes: vec![note], ..Found::default() }));
    }

    fn forget(&self, path: &Path) {
        (self.0)(News::Forgotten(path.into()));
    }
}

/// Hands on what is found, and keeps it in the index.
struct Indexed<'a> {
    index: Option<&'a Index>,
    on: &'a (dyn Fn(Found) + Sync),
    /// Of sources that are being read, what will be kept.
    packing: Mutex<HashMap<PathBuf, Packing>>,
}

#[derive(Default)]
struct Packing {
    open: kept::Part,
    parts: Vec<Option<Vec<u8>>>,
}

impl Packing {
    fn add(&mut self, part: Option<kept::Part>) {
        match part {
            Some(part) => self.open.append(&part),
            None => self.parts.push(None),
        }
        if self.open.is_full() {
            self.close();
        }
    }

    fn close(&mut self) {
        self.parts.push(std::mem::take(&mut self.open).pack());
    }
}

impl Visitor for Indexed<'_> {
    fn knows(&self, source: &Source) -> Option<usize> {
        let parts = self.index?.get(source.path, source.stamp?)?;
        let found = kept::unpack(&parts)?;
        let count = found.iter().map(|found| found.summaries.len()).sum();
        found.into_iter().for_each(self.on);
        Some(count)
    }

    fn take(&self, source: &Source, reading: Reading) {
        let found = Found::from(reading);
        if self.index.is_some() && source.stamp.is_some() {
            let part = kept::write(&found);
            let mut packing = self.packing.lock().unwrap_or_else(PoisonError::into_inner);
            packing.entry(source.path.into()).or_default().add(part);
        }
        (self.on)(found);
    }

    fn finished(&self, source: &Source) {
        let (Some(index), Some(stamp)) = (self.index, source.stamp) else { return };
        let packing = self.packing.lock().unwrap_or_else(PoisonError::into_inner).remove(source.path);
        let mut packing = packing.unwrap_or_default();
        packing.close();
        let parts: Option<Vec<Vec<u8>>> = packing.parts.into_iter().collect();
        if let Some(parts) = parts {
            index.put(source.path, stamp, parts);
        }
    }

    fn failed(&self, source: &Source, note: Note) {
        self.packing.lock().unwrap_or_else(PoisonError::into_inner).remove(source.path);
        self.note(note);
    }

    fn note(&self, note: Note) {
        (self.on)(Found { notes: vec![note], ..Found::default() });
    }
}
