//! Patch text -> files and hunks; words within a line; patch against patch. Knows nothing of trajectories beyond their
//! text, and nothing of colours: a row says what it is, the screen says how that looks.

mod header;
mod model;
mod pairs;
mod parse;
mod problem;
mod rows;
mod scan;
#[cfg(test)]
mod tests;
mod words;

pub use model::{Diff, FileDiff, Hunk, Line, LineKind, Modes, Status};
pub use pairs::Pairs;
pub use parse::parse;
pub use problem::{Flaw, Problem};
pub use rows::{Row, Rows, side_by_side, unified};
pub use scan::{Stat, stat};
pub use words::{Change, Words, words};
