//! Everything that can happen to the screen, one sentence each.

use std::sync::Arc;
use std::time::Duration;

use super::asked::Made;
use super::board::{Judged, Stale};
use super::finding::FindMsg;
use super::fitting::FitMsg;
use super::hunting::Turned;
use super::judging::{Figures, Intervals, Queue};
use super::keys::Key;
use super::leaf::{Opened, PageKey};
use super::page::{Page, Paint};
use super::probing::ProbeMsg;
use super::weighing::Offer;
use crate::library::Summary;
use crate::reward::ScorerFacts;
use crate::trajectory::{Note, Score, TracePoint, Verdict};

#[derive(Debug, Clone)]
pub enum Msg {
    Key(Key),
    /// Text pasted into the terminal.
    Paste(String),
    Mouse(Mouse),
    /// The terminal has this many columns and rows.
    Resize(u16, u16),
    /// Time since the start; toasts and estimates follow it.
    Tick(Duration),
    Library(LibraryMsg),
    /// A trajectory that was asked for, or why it cannot be shown.
    Body(String, Result<Arc<Opened>, String>),
    /// A page that was asked for, or why it cannot be shown.
    LaidOut(PageKey, Result<Arc<Page>, String>),
    /// A window of a block of a page, highlighted.
    Painted(PaintKey, Paint),
    Judge(JudgeMsg),
    /// What a worker counted: the answer to `Effect::Count`.
    Counted(Arc<Figures>),
    /// How sure those numbers are: the answer to `Effect::Intervals`.
    Intervals(Arc<Intervals>),
    /// What can be taken out of a trajectory, and at which cost: the answer to `Effect::Weigh`.
    Offers(String, Result<Vec<Offer>, String>),
    Find(FindMsg),
    /// Where a text stands in a page: block and line within it. The answer to `Effect::LookThrough`.
    LookedThrough {
        key: PageKey,
        text: String,
        found: Vec<(usize, usize)>,
    },
    Probed(ProbeMsg),
    /// How long prompts are.
    Fit(FitMsg),
    /// Go on with what is done a part at a time: the answer to `Effect::GoOn`.
    GoOn,
    /// The order of the hunt: the answer to `Effect::LineUp`.
    LinedUp(Arc<Queue>),
    /// All verdicts that stand in the store.
    Verdicts(Vec<Verdict>),
    /// A verdict is on the disk, or why not: the answer to `Effect::Record`.
    Recorded(Box<Verdict>, Result<(), String>),
    /// The answer to `Effect::Turn`; nothing: there was nothing to take back.
    Turned {
        redo: bool,
        done: Result<Option<Box<Turned>>, String>,
    },
    /// Something to say in passing.
    Toast(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mouse {
    Click {
        column: u16,
        row: u16,
    },
    /// Moved with the button held down.
    Drag {
        column: u16,
        row: u16,
    },
    /// The button is let go.
    Release,
    /// Rows to scroll, downwards positive.
    Wheel {
        column: u16,
        row: u16,
        rows: i16,
    },
}

#[derive(Debug, Clone)]
pub enum LibraryMsg {
    /// All trajectories known now, labels joined.
    Listed(Vec<Summary>),
    /// All notes taken up to now.
    Notes(Vec<Note>),
    /// All sources have been read.
    Done,
}

/// What the scorer's thread says. Times are since the start of the program.
#[derive(Debug, Clone)]
pub enum JudgeMsg {
    Loading(String),
    Loaded(ScorerFacts),
    /// It has nothing to do, and asks for the next trajectory.
    Ready,
    Started {
        id: String,
        at: Duration,
    },
    Progress {
        id: String,
        done: usize,
        total: usize,
        at: Duration,
    },
    Scored {
        id: String,
        score: Score,
        at: Duration,
    },
    /// Scores known from before.
    Known(Vec<(String, Score)>),
    TooLong {
        id: String,
        tokens: usize,
        limit: usize,
    },
    Failed {
        id: String,
        reason: String,
    },
    /// How a score was made, now or in an earlier run.
    Made {
        id: String,
        made: Made,
    },
    /// What the same model said when it was asked in another way.
    Stale {
        id: String,
        stale: Stale,
    },
    /// A second model judges beside the first: its name.
    Second(String),
    /// What the second model says.
    Also {
        id: String,
        judged: Judged,
    },
    /// What the first model says without a part: the answer to `Effect::ScoreWithout`.
    Without {
        id: String,
        part: String,
        judged: Judged,
    },
    /// What it says after each turn, or why it does not.
    Traced {
        id: String,
        trace: Result<Vec<TracePoint>, String>,
    },
    /// There is no model, or it broke: nothing will be scored any more.
    Gone(String),
}

/// Which window of which block of which page.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PaintKey {
    pub page: PageKey,
    pub block: usize,
    pub window: usize,
}
