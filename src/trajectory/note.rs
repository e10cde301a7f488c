//! Notes: what could not be read, where, why, and what to try. They travel beside the data and never replace it.

use std::fmt;
use std::path::{Path, PathBuf};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know; nothing is missing.
    Remark,
    /// Something was skipped, unreadable or contradictory.
    Problem,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub severity: Severity,
    pub path: PathBuf,
    /// `line 7`, `byte 1024`, `item 3`: the place within the file.
    pub place: Option<String>,
    pub reason: String,
    pub hint: Option<String>,
}

impl Note {
    pub fn problem(path: &Path, reason: impl Into<String>) -> Self {
        Self { severity: Severity::Problem, path: path.into(), place: None, reason: reason.into(), hint: None }
    }

    pub fn remark(path: &Path, reason: impl Into<String>) -> Self {
        Self { severity: Severity::Remark, ..Self::problem(path, reason) }
    }

    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(place) = &self.place {
            write!(f, ", {place}")?;
        }
        write!(f, ": {}", self.reason)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}
