//! Code -> named roles, line by line. Names, never colours: a theme turns them into styles at the last moment.
//!
//! The grammars (bat's, by way of two-face) are unpacked when the first language is asked for, never at start. Ask from
//! a background effect: that first question costs some tens of milliseconds.

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
