//! What became of the records of a file, counted while they are read on several threads: one word about all that share a
//! fate, and not one for each part of a large file.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Reading;
use super::driver::Sink;
use super::pains::{Pains, PainsTaken};
use super::records::unknown;
use crate::trajectory::Note;

#[derive(Default)]
pub struct Tally {
    read: AtomicUsize,
    pub pains: PainsTaken,
    spoilt: Mutex<Spoilt>,
}

#[derive(Default)]
struct Spoilt {
    strange: usize,
    first_strange: Option<String>,
    damaged: Vec<Note>,
    mended: Mended,
}

impl Tally {
    /// Of records that are known to need so much.
    pub fn of(pains: Pains) -> Self {
        Self { pains: pains.into(), ..Self::default() }
    }

    pub fn read(&self) {
        self.read.fetch_add(1, Ordering::Relaxed);
    }

    pub fn strange(&self, place: &str) {
        let mut spoilt = self.spoilt();
        spoilt.strange += 1;
        if spoilt.first_strange.as_deref().is_none_or(|first| before(place, first)) {
            spoilt.first_strange = Some(place.into());
        }
    }

    pub fn damaged(&self, note: Note) {
        self.spoilt().damaged.push(note);
    }

    pub fn mended(&self, note: Note) {
        self.spoilt().mended.add(Some(note));
    }

    fn spoilt(&self) -> MutexGuard<'_, Spoilt> {
        self.spoilt.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what was damaged, mended or strange; an error if nothing could be read.
    pub fn verdict(self, path: &Path, sink: Sink) -> Result<(), Note> {
        let read = self.read.into_inner();
        let Spoilt { strange, first_strange, mut damaged, mended } =
            self.spoilt.into_inner().unwrap_or_else(PoisonError::into_inner);
        damaged.sort_by_key(|note| std::cmp::Reverse(note.place.as_ref().map(|place| (place.len(), place.clone()))));
        // Where nothing could be read, one word about it is enough, and it speaks for the file.
        let whole = if read == 0 { damaged.pop() } else { None };
        let mut notes: Vec<Note> = mended.note().into_iter().collect();
        notes.extend(damaged.into_iter().filter(|_| read > 0));
        let result = match (read, first_strange) {
            (0, Some(_)) => Err(unknown(path)),
            (0, None) => whole.map_or(Ok(()), Err),
            (_, Some(place)) => {
                notes.push(Note::remark(path, format!("{strange} records are of no known format")).at(place));
                Ok(())
            }
            (_, None) => Ok(()),
        };
        if !notes.is_empty() {
            sink(Reading { notes, ..Reading::default() });
        }
        result
    }
}

/// `line 9` stands before `line 10`.
fn before(place: &str, other: &str) -> bool {
    (place.len(), place) < (other.len(), other)
}

/// What was mended in the records of a file: one word about all of them, at the first.
#[derive(Default)]
pub struct Mended {
    first: Option<Note>,
    records: usize,
}

impl Mended {
    pub fn add(&mut self, note: Option<Note>) {
        let Some(note) = note else { return };
        self.records += 1;
        let place = |note: &Note| note.place.as_ref().map(|place| (place.len(), place.clone()));
        if self.first.as_ref().is_none_or(|first| place(&note) < place(first)) {
            self.first = Some(note);
        }
    }

    pub fn note(self) -> Option<Note> {
        let first = self.first?;
        let others = self.records - 1;
        let more = if others > 0 { format!("{} (and in {others} more)", first.reason) } else { first.reason };
        Some(Note { reason: more, ..first })
    }
}
