//! Everything the screen can ask of the outside world, one sentence each.

use std::sync::Arc;

use super::msg::PaintKey;
use super::reader::Opened;

#[derive(Debug, Clone)]
pub enum Effect {
    /// Read a trajectory whole; the answer is `Msg::Body`. Only the latest wish counts.
    Open(String),
    /// Highlight a block of an opened trajectory; the answer is `Msg::Painted`.
    Paint(PaintKey, Arc<Opened>),
    /// Score this trajectory: the answer to `JudgeMsg::Ready`.
    Score(String),
    /// Put text on the clipboard.
    Copy(String),
    /// Turn the capture of the mouse on or off.
    Mouse(bool),
    /// Stop the program as `ctrl-z` does, with the terminal as it was.
    Suspend,
    Quit,
}
