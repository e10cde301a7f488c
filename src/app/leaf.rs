//! Which page of the reader: whose, and what of it; and how it is made of what was read.

use std::sync::Arc;

use super::page::{Form, Page, actions_page, compare_page, patch_page, raw_page, turns_page};
use crate::diff::{self, Diff};
use crate::library::{Full, Warning, warning_signs};
use crate::trajectory::Trajectory;

/// A trajectory read whole, its patch taken apart.
#[derive(Debug, Default)]
pub struct Opened {
    pub trajectory: Trajectory,
    pub diff: Arc<Diff>,
    /// What often goes with rollouts that look better than they are.
    pub warnings: Vec<Warning>,
}

/// Whose page, and which.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PageKey {
    pub id: String,
    pub leaf: Leaf,
}

/// What a page shows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Leaf {
    Turns,
    Patch(Form),
    /// Another patch (A) against its own (B).
    Compare {
        against: Against,
        form: Form,
    },
    /// The actions of another candidate beside its own.
    Actions {
        against: Against,
    },
    /// The record as its source has it.
    Raw,
}

/// What a candidate is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Against {
    /// Another candidate, by id.
    Candidate(String),
    /// The gold patch of a task, by the task's id.
    Gold(String),
}

impl Leaf {
    /// What else it takes.
    pub fn against(&self) -> Option<&Against> {
        match self {
            Self::Compare { against, .. } | Self::Actions { against } => Some(against),
            Self::Turns | Self::Patch(_) | Self::Raw => None,
        }
    }

    /// Lays the page out. Slow: meant for another thread. `other` is what [`Leaf::against`] names. Of a raw page, what
    /// was read of the record: the record itself is known to those who can open it.
    pub fn lay_out(&self, own: &Opened, other: &Opened) -> Page {
        match self {
            Self::Turns => turns_page(&own.trajectory),
            Self::Patch(form) => patch_page(&own.diff, *form),
            Self::Compare { form, .. } => compare_page(&other.diff, &own.diff, *form),
            Self::Actions { .. } => actions_page(&other.trajectory, &own.trajectory),
            Self::Raw => {
                let read = serde_json::to_string(&Full::of(&own.trajectory)).unwrap_or_default();
                raw_page(&read, Some("Its source is no single record of a text file. This is what was read of it."))
            }
        }
    }
}

impl Opened {
    pub fn new(trajectory: Trajectory) -> Self {
        let patch = trajectory.patch.as_ref().map_or("", |patch| patch.text.as_str());
        let warnings = warning_signs(&trajectory);
        Self { diff: Arc::new(diff::parse(patch)), warnings, trajectory }
    }
}
