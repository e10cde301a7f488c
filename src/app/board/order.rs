//! What candidates are sorted by, and how many of them are brought into order a few at a time.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::vec::IntoIter;

use super::Board;
use crate::library::natural;
use crate::library::query::{Field, Kind};

/// What a candidate is sorted by. What is missing stands last, whichever way.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Number(i64),
    Text(Natural),
    FallingText(Reverse<Natural>),
    #[default]
    Missing,
}

impl Key {
    /// Ordered as `f64::total_cmp` does, with −0 and 0 as one.
    pub fn number(value: f64, falling: bool) -> Self {
        let bits = (value + 0.0).to_bits().cast_signed();
        let ordered = bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed();
        if value.is_nan() { Self::Missing } else { Self::Number(if falling { !ordered } else { ordered }) }
    }

    fn text(text: String, falling: bool) -> Self {
        if falling { Self::FallingText(Reverse(Natural(text))) } else { Self::Text(Natural(text)) }
    }
}

/// A text in natural order.
#[derive(Debug, Clone)]
pub(super) struct Natural(String);

impl Ord for Natural {
    fn cmp(&self, other: &Self) -> Ordering {
        natural(&self.0, &other.0)
    }
}

impl PartialOrd for Natural {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Natural {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Natural {}

/// A candidate on its way into the order. Equal keys are told apart by seats.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub key: Key,
    pub tie: isize,
    pub nth: usize,
}

impl Board {
    /// What a candidate is sorted by now.
    pub(super) fn key(&self, nth: usize) -> Key {
        let (candidate, falling) = (&self.candidates[nth], self.arrangement.falling());
        let field = self.arrangement.sorted_by();
        if field.kind() == Kind::Text {
            let text = candidate.asked().first_text(field);
            return text.map_or(Key::Missing, |text| Key::text(text, falling));
        }
        let number = match field {
            Field::Score => candidate.score().map(|score| score.log_odds),
            Field::Resolved => candidate.summary.resolved.map(f64::from),
            field => candidate.asked().number(field),
        };
        number.map_or(Key::Missing, |number| Key::number(number, falling))
    }

    /// Turned around with the order.
    pub(super) fn tie(&self, nth: usize) -> isize {
        let seat = self.candidates[nth].seat.cast_signed();
        if self.arrangement.reversed { -seat } else { seat }
    }

    /// The order of two candidates of the rows on the board.
    pub(super) fn compare(&self, a: usize, b: usize) -> Ordering {
        self.rows.keys[a].cmp(&self.rows.keys[b]).then_with(|| self.tie(a).cmp(&self.tie(b)))
    }
}

/// Takes runs of things, and gives them all in order. A run is sorted when it comes; what is given costs the logarithm of
/// the number of runs.
#[derive(Debug, Clone)]
pub(super) struct Merge<T: Ord> {
    /// The next of each run, and which.
    heads: BinaryHeap<Reverse<(T, usize)>>,
    runs: Vec<IntoIter<T>>,
    len: usize,
}

impl<T: Ord> Default for Merge<T> {
    fn default() -> Self {
        Self { heads: BinaryHeap::new(), runs: Vec::new(), len: 0 }
    }
}

impl<T: Ord> Merge<T> {
    pub fn add(&mut self, mut run: Vec<T>) {
        run.sort_unstable();
        self.len += run.len();
        let mut run = run.into_iter();
        if let Some(first) = run.next() {
            self.heads.push(Reverse((first, self.runs.len())));
            self.runs.push(run);
        }
    }

    /// How many are still to be given.
    pub fn len(&self) -> usize {
        self.len
    }
}

impl<T: Ord> Iterator for Merge<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        let mut head = self.heads.peek_mut()?;
        self.len -= 1;
        match self.runs[head.0.1].next() {
            Some(next) => Some(std::mem::replace(&mut head.0.0, next)),
            None => Some(PeekMut::pop(head).0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn runs_come_out_as_one(runs in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..9), 0..9)) {
            let mut merge = Merge::default();
            let mut all: Vec<u8> = runs.concat();
            all.sort_unstable();
            for run in runs {
                merge.add(run);
            }
            prop_assert_eq!(merge.len(), all.len());
            prop_assert_eq!(merge.collect::<Vec<u8>>(), all);
        }

        #[test]
        fn numbers_keep_their_order_and_what_is_none_stands_last(a in any::<f64>(), b in any::<f64>()) {
            let (a_up, b_up) = (Key::number(a, false), Key::number(b, false));
            let (a_down, b_down) = (Key::number(a, true), Key::number(b, true));
            let none = a.is_nan().cmp(&b.is_nan());
            prop_assert_eq!(a_up.cmp(&b_up), a.partial_cmp(&b).unwrap_or(none));
            prop_assert_eq!(a_down.cmp(&b_down), b.partial_cmp(&a).unwrap_or(none));
        }
    }
}
