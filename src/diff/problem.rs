//! What is odd about a patch. Odd content is news, not failure: the lines stay where they are.

use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The first line it is about, as an index of the table of lines.
    pub line: usize,
    pub flaw: Flaw,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// The text is no patch at all.
    NotAPatch,
    /// A hunk has other numbers of old and new lines than its head says.
    Counts { said: (u32, u32), found: (u32, u32) },
    /// A line begins with `@@`, but its numbers cannot be read.
    HunkHead,
    /// A hunk stands before any file header.
    NoFile,
    /// A merge, seen from several parents.
    Combined,
    /// Lines inside a file's part that belong to no header and no hunk.
    Stray,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} of the patch: {}", self.line + 1, self.flaw)
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAPatch => f.write_str("this is no patch; shown as text"),
            Self::Counts { said, found } => write!(
                f,
                "the hunk head promises {} old and {} new lines, the hunk has {} and {}",
                said.0, said.1, found.0, found.1
            ),
            Self::HunkHead => f.write_str("a hunk head without readable line numbers"),
            Self::NoFile => f.write_str("a hunk without the name of its file"),
            Self::Combined => f.write_str("a combined diff of a merge; shown as text"),
            Self::Stray => f.write_str("text that is no part of the patch"),
        }
    }
}
