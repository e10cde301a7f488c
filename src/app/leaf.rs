//! Which page of the reader: whose, and what of it; and how it is made of what was read.

use std::sync::Arc;

use super::page::{
    Account, Form, Page, actions_page, compare_page, patch_page, prompt_page, raw_page, score_page, turns_page,
};
use crate::diff::{self, Diff};
use crate::library::{Full, Warning, warning_signs};
use crate::reward::Prompt;
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
    /// What a judge said, and what it was asked; who can be asked now.
    Score(Account, Asker),
    /// The exact prompt.
    Prompt(Asker),
}

/// Whether somebody is there who makes prompts: a page that was laid out before is laid out again afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asker {
    Absent,
    Ready,
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
            _ => None,
        }
    }

    /// Lays the page out. Slow: meant for another thread. `asked` makes the prompt of the trajectory. `other` is what [`Leaf::against`] names. Of a raw page, what
    /// was read of the record: the record itself is known to those who can open it.
    pub fn lay_out(&self, own: &Opened, other: &Opened, asked: &dyn Fn() -> Result<Prompt, String>) -> Page {
        match self {
            Self::Turns => turns_page(&own.trajectory),
            Self::Patch(form) => patch_page(&own.diff, *form),
            Self::Compare { form, .. } => compare_page(&other.diff, &own.diff, *form),
            Self::Actions { .. } => actions_page(&other.trajectory, &own.trajectory),
            Self::Score(account, _) => score_page(account, &asked()),
            Self::Prompt(_) => match asked() {
                Ok(prompt) => prompt_page(&prompt),
                Err(reason) => score_page(&Account::default(), &Err(reason)),
            },
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
