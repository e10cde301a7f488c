//! One trajectory whole, as `show --format json` prints it.

use serde::Serialize;

use super::Summary;
use crate::trajectory::{Trajectory, Turn};

/// The head fields of `list`, then the patch and the turns.
#[derive(Debug, Serialize)]
pub struct Full<'a> {
    #[serde(flatten)]
    head: Summary,
    patch: Option<&'a str>,
    turns: Vec<Numbered<'a>>,
}

#[derive(Debug, Serialize)]
struct Numbered<'a> {
    index: usize,
    #[serde(flatten)]
    turn: &'a Turn,
}

impl<'a> Full<'a> {
    pub fn of(trajectory: &'a Trajectory) -> Self {
        let turns = trajectory.turns.iter().enumerate().map(|(index, turn)| Numbered { index, turn });
        Self {
            head: Summary::of(trajectory),
            patch: trajectory.patch.as_ref().map(|patch| patch.text.as_str()),
            turns: turns.collect(),
        }
    }
}
