//! What a scan tells about the sources it comes to.

use std::path::Path;

use super::walk::Stamp;
use crate::formats::{Reading, Sink, Wanted};
use crate::trajectory::Note;

/// A file, or a folder that is read as one thing.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    pub path: &'a Path,
    /// Its state; standard input has none.
    pub stamp: Option<&'a Stamp>,
}

/// Takes what a scan finds, from several threads, in no order.
pub trait Visitor: Sync {
    /// Whether the source need not be read: then what it holds has been taken already, and this many trajectories.
    fn knows(&self, _source: &Source) -> Option<usize> {
        None
    }

    /// How much of each source it needs.
    fn wants(&self) -> Wanted<'static> {
        Wanted::Listed
    }

    fn take(&self, source: &Source, reading: Reading);

    /// What was taken of a path no longer holds: it will be taken again.
    fn forget(&self, _path: &Path) {}

    /// The source was read to its end.
    fn finished(&self, _source: &Source) {}

    /// The source could not be read, or not to its end.
    fn failed(&self, _source: &Source, note: Note) {
        self.note(note);
    }

    /// A word about no source in particular.
    fn note(&self, note: Note);
}

/// Takes whatever is found, wherever it is from.
pub struct Everything<'a>(pub Sink<'a>);

impl Visitor for Everything<'_> {
    fn wants(&self) -> Wanted<'static> {
        Wanted::All
    }

    fn take(&self, _source: &Source, reading: Reading) {
        (self.0)(reading);
    }

    fn note(&self, note: Note) {
        (self.0)(Reading { notes: vec![note], ..Reading::default() });
    }
}
