//! Everything the screen can ask of the outside world, one sentence each.

use std::sync::Arc;

use regex::Regex;

use super::judging::{Census, Pool};
use super::leaf::{Opened, PageKey};
use super::msg::PaintKey;
use super::page::Page;
use crate::library::query::Matcher;
use crate::reward::Taken;
use crate::trajectory::Verdict;

#[derive(Debug, Clone)]
pub enum Effect {
    /// Read a trajectory whole; the answer is `Msg::Body`. Only the latest wish counts.
    Open(String),
    /// Lay out a page of an opened trajectory; the other one that it takes is read, if it is not given. The answer is
    /// `Msg::LaidOut`.
    LayOut(PageKey, Arc<Opened>, Option<Arc<Opened>>),
    /// Highlight a window of a block of a page; the answer is `Msg::Painted`.
    Paint(PaintKey, Arc<Page>),
    /// Score this trajectory: the answer to `JudgeMsg::Ready`.
    Score(String),
    /// Find out which parts can be taken out of a trajectory, and what it would cost to score the rest; the answer is
    /// `Msg::Offers`.
    Weigh(String, Arc<Opened>),
    /// Score this trajectory without a part: the answer to `JudgeMsg::Ready`, like `Score`.
    ScoreWithout(String, Taken),
    /// Score this trajectory after each of its turns: the answer to `JudgeMsg::Ready`, like `Score`.
    Trace(String),
    /// Count what the scores are worth; the answer is `Msg::Counted`.
    Count(Arc<Census>),
    /// Find out how sure those numbers are; the answer is `Msg::Intervals`.
    Intervals(Arc<Census>),
    /// Come back soon with `Msg::GoOn`, after the keys that wait.
    GoOn,
    /// Order the hunt; the answer is `Msg::LinedUp`.
    LineUp(Arc<Pool>),
    /// Put a verdict on the disk before anything else is looked at; the answer is `Msg::Recorded`.
    Record(Box<Verdict>),
    /// Take the annotator's latest verdict back, or give again what was taken back; the answer is `Msg::Turned`.
    Turn {
        annotator: String,
        redo: bool,
    },
    /// Put text on the clipboard.
    Copy(String),
    /// Look for a text in everything that was opened; answers are `Msg::Find` with this number.
    Find {
        number: u64,
        text: String,
    },
    StopFinding,
    /// Look for a text in a page; the answer is `Msg::LookedThrough`. Only the latest wish counts.
    LookThrough {
        key: PageKey,
        page: Arc<Page>,
        text: String,
        pattern: Regex,
    },
    /// Look into the bodies of these trajectories for what the filter asks; answers are `Msg::Probed` with this number.
    Probe {
        number: u64,
        ids: Vec<String>,
        matchers: Vec<Matcher>,
    },
    StopProbing,
    /// Find out how long the whole prompts of these trajectories are; answers are `Msg::Fit`.
    Measure(Vec<String>),
    /// Open the source of a trajectory in the user's editor, at the line that holds this text.
    Edit {
        id: String,
        text: String,
    },
    /// Hand a text to the user's pager.
    Pager(String),
    /// Paint with the theme of this name.
    Theme(String),
    /// Turn the capture of the mouse on or off.
    Mouse(bool),
    /// Stop the program as `ctrl-z` does, with the terminal as it was.
    Suspend,
    Quit,
}
