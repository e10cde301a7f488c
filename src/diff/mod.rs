//! Patch text -> files and hunks; words within a line; patch against patch. Knows nothing of trajectories beyond their
//! text, and nothing of colours: a row says what it is, the screen says how that looks.

mod header;
mod model;
mod parse;
mod problem;
mod scan;
#[cfg(test)]
mod tests;

pub use model::{Diff, FileDiff, Hunk, Line, LineKind, Modes, Status};
pub use parse::parse;
pub use problem::{Flaw, Problem};
pub use scan::{Stat, stat};
