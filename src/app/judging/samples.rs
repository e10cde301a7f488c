//! What numbers and queues need of each candidate, side by side: workers take it without a copy.

use std::ops::Index;
use std::sync::Arc;

use super::Sample;

/// By candidate. What the filter leaves stands apart: another filter says it anew for all of them at once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Samples {
    all: Arc<Vec<Sample>>,
    shown: Arc<Vec<bool>>,
}

impl Samples {
    /// All of them shown.
    pub fn new(all: Vec<Sample>) -> Self {
        Self { shown: Arc::new(vec![true; all.len()]), all: Arc::new(all) }
    }

    pub fn len(&self) -> usize {
        self.all.len()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Sample> {
        self.all.iter()
    }

    /// Those that the filter leaves, with their numbers.
    pub fn shown(&self) -> impl Iterator<Item = (usize, &Sample)> {
        self.all.iter().enumerate().filter(|(nth, _)| self.is_shown(*nth))
    }

    pub fn is_shown(&self, nth: usize) -> bool {
        self.shown.get(nth).is_some_and(|shown| *shown)
    }

    /// While a worker counts what was, this makes a copy of all: once, not with every change.
    pub fn set(&mut self, nth: usize, sample: Sample) {
        if let Some(place) = Arc::make_mut(&mut self.all).get_mut(nth) {
            *place = sample;
        }
    }

    pub fn show(&mut self, nth: usize, shown: bool) {
        if let Some(place) = Arc::make_mut(&mut self.shown).get_mut(nth) {
            *place = shown;
        }
    }

    pub fn show_only(&mut self, shown: Vec<bool>) {
        self.shown = Arc::new(shown);
    }
}

impl Index<usize> for Samples {
    type Output = Sample;

    fn index(&self, nth: usize) -> &Sample {
        &self.all[nth]
    }
}
