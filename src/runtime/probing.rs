//! Looking into bodies for the board's filter, on threads of its own; a new wish, or the wish to stop, ends the one before.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Wake;
use super::reading::Shelf;
use super::worker::spawn;
use crate::app::{Looked, Msg, ProbeMsg};
use crate::library::query::Matcher;
use crate::library::{Summary, look_into};
use crate::store::caught;

/// Answers are told together, this often.
const EVERY: Duration = Duration::from_millis(60);

pub struct Prober {
    shelf: Shelf,
    wake: Sender<Wake>,
    stop: Arc<AtomicBool>,
}

impl Prober {
    pub fn new(shelf: Shelf, wake: Sender<Wake>) -> Self {
        Self { shelf, wake, stop: Arc::default() }
    }

    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    pub fn start(&mut self, number: u64, ids: Vec<String>, matchers: Vec<Matcher>) {
        self.stop();
        self.stop = Arc::default();
        let (shelf, wake, stop) = (self.shelf.clone(), self.wake.clone(), self.stop.clone());
        let probe = move || {
            let told = Answers { number, wake: &wake, waiting: Mutex::new((Vec::new(), Instant::now())) };
            let ids: HashSet<String> = ids.into_iter().collect();
            let summaries = shelf.summaries();
            let wanted: Vec<&Summary> = summaries.iter().filter(|summary| ids.contains(&summary.id)).collect();
            let looked = caught(|| look_into(&wanted, &matchers, &stop, &|summary, holds| told.tell(summary, holds)));
            told.flush();
            if let Err(panicked) = looked {
                let _ = wake.send(Wake::Msg(Msg::Toast(format!("not all bodies were looked into: {panicked}"))));
            }
            let _ = wake.send(Wake::Msg(Msg::Probed(ProbeMsg::Done { number })));
        };
        if let Err(error) = spawn("probe", probe) {
            let _ = self.wake.send(Wake::Msg(Msg::Toast(format!("bodies cannot be looked into: {error}"))));
        }
    }
}

/// What was found and not told yet, and when it was last told.
struct Answers<'a> {
    number: u64,
    wake: &'a Sender<Wake>,
    waiting: Mutex<(Vec<Looked>, Instant)>,
}

impl Answers<'_> {
    fn tell(&self, summary: &Summary, holds: Vec<bool>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.0.push(Looked { id: summary.id.clone(), bytes: summary.bytes, holds });
        let due = waiting.1.elapsed() >= EVERY;
        drop(waiting);
        if due {
            self.flush();
        }
    }

    fn flush(&self) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (looked, number) = (std::mem::take(&mut waiting.0), self.number);
        waiting.1 = Instant::now();
        if !looked.is_empty() {
            let _ = self.wake.send(Wake::Msg(Msg::Probed(ProbeMsg::Looked { number, looked })));
        }
    }
}
