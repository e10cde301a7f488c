//! How the user wants the board: sorted by what, in which groups, with which columns.

use super::Grouping;
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

    /// Rows stand elsewhere than by another one; columns move no row.
    pub(super) fn moves_rows(&self, other: &Self) -> bool {
        let rows = |it: &Self| (it.sort, it.reversed, it.group, it.distinct);
        rows(self) != rows(other)
    }
}
