//! Patch text -> files and hunks; words within a line; patch against patch. Knows nothing of trajectories beyond their
//! text, and nothing of colours: a row says what it is, the screen says how that looks.

mod abreast;
mod compare;
mod edits;
mod header;
mod interdiff;
mod model;
mod moves;
mod normal;
mod pairs;
mod parse;
mod problem;
mod regions;
mod reverse;
mod rows;
mod scan;
#[cfg(test)]
mod tests;
mod turn;
mod words;

pub use abreast::{AbreastRow, abreast};
pub use compare::{Comparison, FileComparison, Piece, Place, Region, Side, Verdict, compare, words_between};
pub use interdiff::interdiff;
pub use model::{Diff, FileDiff, Hunk, Line, LineKind, Modes, Status};
pub use moves::moves;
pub use normal::{normal_form, normal_key};
pub use pairs::Pairs;
pub use parse::parse;
pub use problem::{Flaw, Problem};
pub use reverse::reverse;
pub use rows::{Row, Rows, side_by_side, unified};
pub use scan::{Stat, stat};
pub use turn::Step;
pub use words::{Change, Words, words};
