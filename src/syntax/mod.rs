//! Code -> named roles, line by line. Names, never colours: a theme turns them into styles at the last moment.
//!
//! The grammars (bat's, by way of two-face) are unpacked when the first language is asked for, never at start: 2 ms, and
//! 1 to 10 more for the first line of each language. After that a line costs 30 to 300 µs: work for a background effect.

mod hunk;
mod language;
mod line;
mod role;
mod window;

pub use hunk::HunkSyntax;
pub use language::Language;
pub use line::{Highlighter, LONGEST_LINE, Spans};
pub use role::Role;
pub use window::Checkpoints;
