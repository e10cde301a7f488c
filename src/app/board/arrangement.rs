//! How the user wants the board: sorted by what, in which groups, with which columns. And what things are sorted by.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::{Board, Grouping};
use crate::library::natural;
use crate::library::query::{Field, Kind};

/// A view, never an edit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arrangement {
    /// `None`: candidates by score, groups by name.
    pub sort: Option<Field>,
    pub reversed: bool,
    pub group: Grouping,
    /// `None`: those that fit, by the width of the board.
    pub columns: Option<Vec<Field>>,
    /// Of candidates with the same patch only the first is shown.
    pub distinct: bool,
}

/// What can stand in a column of the board.
pub const COLUMNS: &[Field] = &[
    Field::Turns,
    Field::ToolCalls,
    Field::PatchAdded,
    Field::PatchFiles,
    Field::Loops,
    Field::CostUsd,
    Field::InputTokens,
    Field::OutputTokens,
    Field::Bytes,
    Field::Reward,
    Field::Attempt,
    Field::Model,
    Field::Format,
    Field::ExitStatus,
];

impl Arrangement {
    pub fn sorted_by(&self) -> Field {
        self.sort.unwrap_or(Field::Score)
    }

    /// The larger first. Of numbers one wants the large ones, of names the beginning of the alphabet.
    pub fn falling(&self) -> bool {
        let field = self.sorted_by();
        let natural = field.kind() != Kind::Text && !matches!(field, Field::Rank | Field::Attempt);
        natural != self.reversed
    }
}

/// What is not a number stands last, whichever way.
pub(super) fn order(a: f64, b: f64, falling: bool) -> Ordering {
    let known = a.is_nan().cmp(&b.is_nan());
    known.then_with(|| if falling { b.total_cmp(&a) } else { a.total_cmp(&b) })
}

impl Board {
    /// What all candidates are sorted by. Texts become their places in natural order.
    pub(super) fn all_keys(&self) -> Vec<f64> {
        let field = self.arrangement.sorted_by();
        if field.kind() != Kind::Text {
            return (0..self.candidates.len()).map(|nth| self.key(nth)).collect();
        }
        let texts: Vec<Option<String>> = self.candidates.iter().map(|it| it.asked().first_text(field)).collect();
        let mut places: HashMap<&str, f64> = texts.iter().flatten().map(|text| (text.as_str(), 0.0)).collect();
        let mut sorted: Vec<&str> = places.keys().copied().collect();
        sorted.sort_by(|a, b| natural(a, b));
        for (place, text) in sorted.into_iter().enumerate() {
            places.insert(text, place as f64);
        }
        texts.iter().map(|text| text.as_deref().map_or(f64::NAN, |text| places[text])).collect()
    }

    /// What one candidate is sorted by, where that is a number.
    pub(super) fn key(&self, nth: usize) -> f64 {
        let candidate = &self.candidates[nth];
        let key = match self.arrangement.sorted_by() {
            Field::Score => candidate.score().map(|score| score.log_odds),
            Field::Resolved => candidate.summary.resolved.map(f64::from),
            field => candidate.asked().number(field),
        };
        key.unwrap_or(f64::NAN)
    }

    /// The order of two candidates in their group.
    pub(super) fn compare(&self, a: usize, b: usize) -> Ordering {
        let seat = |nth: usize| self.candidates[nth].seat;
        let tie = if self.arrangement.reversed { seat(b).cmp(&seat(a)) } else { seat(a).cmp(&seat(b)) };
        order(self.keys[a], self.keys[b], self.arrangement.falling()).then(tie)
    }
}
