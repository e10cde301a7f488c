//! What the hidden tests said. Unknown is not failure.

use std::path::PathBuf;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    Resolved,
    Unresolved,
    #[default]
    Unknown,
}

/// One statement about one outcome, by one source, about whatever trajectory fits it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    pub task_id: String,
    /// Narrows the label to runs of this name, where the source says so.
    pub run: Option<String>,
    /// Narrows the label to one file, where the source names it.
    pub trajectory: Option<PathBuf>,
    pub outcome: Outcome,
    /// Why, where it matters: `empty patch`, `error`, `infrastructure`.
    pub detail: Option<&'static str>,
    /// The file that says so.
    pub source: PathBuf,
}

impl Label {
    /// In place of a task: whatever else the source speaks of. Some reports list nothing but the resolved.
    pub const REST: &str = "*";
}

impl Outcome {
    /// `true`, `false`, or `None` for unknown.
    pub fn resolved(self) -> Option<bool> {
        match self {
            Self::Resolved => Some(true),
            Self::Unresolved => Some(false),
            Self::Unknown => None,
        }
    }

    /// ✓, ✗ or ·
    pub fn mark(self) -> char {
        match self {
            Self::Resolved => '✓',
            Self::Unresolved => '✗',
            Self::Unknown => '·',
        }
    }
}

impl From<bool> for Outcome {
    fn from(resolved: bool) -> Self {
        if resolved { Self::Resolved } else { Self::Unresolved }
    }
}

impl From<Option<bool>> for Outcome {
    fn from(resolved: Option<bool>) -> Self {
        resolved.map_or(Self::Unknown, Self::from)
    }
}
