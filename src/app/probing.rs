//! Looking into bodies for a filter that asks for their text: what is being looked for, and how far that is. No thread,
//! no disk.

use super::board::Looked;
use super::{App, Effect};
use crate::library::query::Matcher;

/// Bodies that are being looked into.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    pub done: usize,
    pub all: usize,
    matchers: Vec<Matcher>,
    number: u64,
}

/// What is said while bodies are looked into.
#[derive(Debug, Clone)]
pub enum ProbeMsg {
    Looked { number: u64, looked: Vec<Looked> },
    Done { number: u64 },
}

impl App {
    /// The filter may ask for bodies that nobody has looked into; where it no longer asks for any, the looking ends.
    pub(super) fn look_into_bodies(&mut self) -> Option<Effect> {
        let wanted: Vec<Matcher> = self.board.filter().texts().into_iter().cloned().collect();
        if self.probe.as_ref().is_some_and(|probe| probe.matchers != wanted) {
            self.probe = None;
            if wanted.is_empty() {
                return Some(Effect::StopProbing);
            }
        }
        if self.probe.is_some() {
            return None;
        }
        let (ids, matchers) = self.board.unread()?;
        self.probes += 1;
        let number = self.probes;
        self.probe = Some(Probe { done: 0, all: ids.len(), matchers: matchers.clone(), number });
        Some(Effect::Probe { number, ids, matchers })
    }

    pub(super) fn on_probed(&mut self, msg: ProbeMsg) {
        match (msg, &mut self.probe) {
            (ProbeMsg::Looked { number, looked }, Some(probe)) if probe.number == number => {
                probe.done += looked.len();
                let matchers = probe.matchers.clone();
                self.board.learn(&matchers, &looked);
            }
            (ProbeMsg::Done { number }, Some(probe)) if probe.number == number => self.probe = None,
            // Nobody waits for it any more.
            _ => {}
        }
    }
}
