//! How long prompts are, found out on a thread of its own: every trajectory is read, worded and cut into tokens.

use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use super::Wake;
use super::reading::{Asking, Shelf};
use super::worker::granting;
use crate::app::{FitMsg, Msg};
use crate::store::caught;

/// Lengths are told at most this often.
const EVERY: Duration = Duration::from_millis(150);

/// A worker that measures the trajectories of a wish, one by one.
pub fn measurer(shelf: &Shelf, asking: Asking, wake: Sender<Wake>) -> std::io::Result<Sender<Vec<String>>> {
    let shelf = shelf.clone();
    granting("measure", 1, move |ids: Vec<String>| {
        let tell = |msg| wake.send(Wake::Msg(msg)).is_ok();
        let (mut lengths, mut told) = (Vec::new(), Instant::now());
        for id in ids {
            let Some(prompter) = asking.get() else {
                tell(Msg::Toast("no judge is there that words prompts (yet)".into()));
                break;
            };
            let length = shelf.load(&id).and_then(|trajectory| {
                caught(|| prompter.uncut(&trajectory)).and_then(|found| found.map_err(|error| error.to_string()))
            });
            lengths.push((id, length));
            // Nobody listens any more: the program is ending.
            if told.elapsed() >= EVERY && !tell(Msg::Fit(FitMsg::Measured(std::mem::take(&mut lengths)))) {
                return;
            }
            if lengths.is_empty() {
                told = Instant::now();
            }
        }
        tell(Msg::Fit(FitMsg::Measured(lengths)));
        tell(Msg::Fit(FitMsg::Done));
    })
}
