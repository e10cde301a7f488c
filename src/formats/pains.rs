//! How much of a record is read to list it: as little as its format can do with.

use std::sync::atomic::{AtomicU8, Ordering};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pains {
    /// Its messages stand beside it, and are no values where they are plain.
    #[default]
    Sketch,
    /// Without what tools answered.
    Skim,
    /// Whole.
    Read,
}

/// What a record of a file needed, the others will need, too.
#[derive(Debug, Default)]
pub struct PainsTaken(AtomicU8);

impl From<Pains> for PainsTaken {
    fn from(pains: Pains) -> Self {
        Self(AtomicU8::new(pains as u8))
    }
}

impl PainsTaken {
    pub fn now(&self) -> Pains {
        match self.0.load(Ordering::Relaxed) {
            0 => Pains::Sketch,
            1 => Pains::Skim,
            _ => Pains::Read,
        }
    }

    /// These were not enough.
    pub fn take_more(&self, than: Pains) {
        self.0.fetch_max(than as u8 + 1, Ordering::Relaxed);
    }
}
