//! The search over all trajectories, on a thread of its own; a new one, or a wish to stop, ends the one before.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::Sender;

use super::Wake;
use super::reading::Shelf;
use super::worker::spawn;
use crate::app::page::wash;
use crate::app::{FindMsg, Hit, MOST, Msg};
use crate::library::{Finder, FoundIn, Summary, Wanted};
use crate::store::caught;

pub struct Searcher {
    shelf: Shelf,
    roots: Vec<PathBuf>,
    wake: Sender<Wake>,
    stop: Arc<AtomicBool>,
}

impl Searcher {
    pub fn new(shelf: Shelf, roots: Vec<PathBuf>, wake: Sender<Wake>) -> Self {
        Self { shelf, roots, wake, stop: Arc::default() }
    }

    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    pub fn start(&mut self, number: u64, text: &str) {
        self.stop();
        self.stop = Arc::default();
        let tell = |wake: &Sender<Wake>, msg| drop(wake.send(Wake::Msg(msg)));
        let wanted = match Wanted::parse(text) {
            Ok(wanted) => wanted,
            Err(reason) => {
                tell(&self.wake, Msg::Find(FindMsg::Done { number, cut: false }));
                return tell(&self.wake, Msg::Toast(reason));
            }
        };
        let (shelf, roots, wake, stop) = (self.shelf.clone(), self.roots.clone(), self.wake.clone(), self.stop.clone());
        let search = move || {
            let summaries = shelf.summaries();
            let cut = caught(|| run(&summaries, &roots, &wanted, &stop, number, &wake)).unwrap_or_default();
            tell(&wake, Msg::Find(FindMsg::Done { number, cut }));
        };
        if let Err(error) = spawn("find", search) {
            tell(&self.wake, Msg::Toast(format!("the search cannot be started: {error}")));
        }
    }
}

/// True: there is more than is shown.
fn run(
    summaries: &[Summary],
    roots: &[PathBuf],
    wanted: &Wanted,
    stop: &AtomicBool,
    number: u64,
    wake: &Sender<Wake>,
) -> bool {
    let (bytes, count, cut) = (AtomicU64::new(0), AtomicUsize::new(0), AtomicBool::new(false));
    Finder::of(summaries).find(roots, wanted, stop, &|found, searched| {
        let bytes = bytes.fetch_add(searched, Ordering::Relaxed) + searched;
        let before = count.fetch_add(found.len(), Ordering::Relaxed);
        let room = MOST.saturating_sub(before);
        if found.len() > room {
            cut.store(true, Ordering::Relaxed);
            stop.store(true, Ordering::Relaxed);
        }
        let hits: Vec<Hit> = found.iter().take(room).map(hit).collect();
        let _ = wake.send(Wake::Msg(Msg::Find(FindMsg::Found { number, hits, bytes })));
    });
    cut.into_inner()
}

fn hit(found: &FoundIn) -> Hit {
    let name = format!("{} · {}", found.task_id, found.run);
    Hit { id: found.id.clone(), name, text: wash(found.text.trim(), 0).into_owned() }
}
