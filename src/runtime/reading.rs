//! Reading from the disk: the list of what there is, published while it grows, and single trajectories.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::Wake;
use super::importing::Scores;
use super::worker::{granting, spawn};
use crate::app::page::raw_page;
use crate::app::{Against, Leaf, LibraryMsg, Msg, Offer, Opened, PageKey};
use crate::library::{Found, Library, News, Purpose, Sources, Summary, Watch};
use crate::reward::{Prompt, Prompter, Taken, without};
use crate::store::{self, Progress, caught};
use crate::trajectory::{Note, Trajectory};

/// The list is shown anew at most this often, and never costs more than a part of the time.
const EVERY: Duration = Duration::from_millis(100);
const SHARE: u32 = 8;
/// What changed on disk is looked for this often, and never for more than a part of the time.
const LOOK: Duration = Duration::from_secs(1);
const LOOK_SHARE: u32 = 20;

#[derive(Clone, Default)]
pub struct Shelf(Arc<RwLock<Library>>);

/// What makes prompts, as soon as a judge is there.
pub type Asking = Arc<OnceLock<Arc<Prompter>>>;

impl Shelf {
    /// All that is listed now.
    pub fn summaries(&self) -> Vec<Summary> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).summaries().to_vec()
    }

    /// Reads a trajectory again, whole. A panic of a reader is an error like any other.
    pub fn load(&self, id: &str) -> Result<Trajectory, String> {
        let read = || self.0.read().unwrap_or_else(PoisonError::into_inner).load(id);
        caught(read).and_then(|loaded| loaded.map_err(|note| note.to_string()))
    }

    /// The gold patch of a task, as the trajectory of somebody who did nothing else.
    pub fn gold(&self, task: &str) -> Result<Trajectory, String> {
        let read = || self.0.read().unwrap_or_else(PoisonError::into_inner).task(task);
        let facts = caught(read)?.map_err(|note| note.to_string())?;
        let none = || "no gold patch of this task is known; --gold FILE names a file of them".to_owned();
        Ok(Trajectory { patch: Some(facts.gold.ok_or_else(none)?), ..Trajectory::default() })
    }
}

/// Lists all that lies under the roots, on a thread of its own.
pub fn list(shelf: &Shelf, sources: Sources, scores: Scores, wake: Sender<Wake>) -> std::io::Result<()> {
    let shelf = shelf.clone();
    spawn("list", move || {
        let mut watch = Watch::begin(&sources);
        let mut notes = Vec::new();
        let publisher = RwLock::new(Publisher { last: Instant::now(), cost: Duration::ZERO, enough: 0 });
        let insert = |found: Found, purpose: Purpose| {
            let mut library = shelf.0.write().unwrap_or_else(PoisonError::into_inner);
            library.insert(found, purpose);
            let mut publisher = publisher.write().unwrap_or_else(PoisonError::into_inner);
            publisher.now_and_then(&mut library, &wake);
        };
        let scanned = caught(|| sources.read(&Progress::default(), &insert));
        if let Err(panicked) = scanned {
            let root = sources.roots.first().cloned().unwrap_or_default();
            notes.push(Note::problem(&root, format!("reading stopped: {panicked}")).hint("this is a bug of rollscope"));
        }
        let mut library = shelf.0.write().unwrap_or_else(PoisonError::into_inner);
        library.insert(Found { notes, ..Found::default() }, Purpose::Listing);
        library.settle();
        let (told, notes) = scores.told(library.summaries());
        library.insert(Found { notes, ..Found::default() }, Purpose::Listing);
        publish(&mut library, &wake);
        for msg in told {
            let _ = wake.send(Wake::Msg(Msg::Judge(msg)));
        }
        drop(library);
        let _ = wake.send(Wake::Msg(Msg::Library(LibraryMsg::Done)));
        follow(&shelf, &mut watch, &wake);
    })
}

/// Looks for what runs write meanwhile, as long as there is a screen.
fn follow(shelf: &Shelf, watch: &mut Watch, wake: &Sender<Wake>) {
    let mut pause = LOOK;
    loop {
        thread::sleep(pause);
        let begun = Instant::now();
        let heard = Mutex::new(Vec::new());
        let looked = caught(|| {
            watch
                .step(SystemTime::now(), &|news: News| heard.lock().unwrap_or_else(PoisonError::into_inner).push(news));
        });
        let heard = heard.into_inner().unwrap_or_else(PoisonError::into_inner);
        if looked.is_err() {
            return;
        }
        if !heard.is_empty() {
            let mut library = shelf.0.write().unwrap_or_else(PoisonError::into_inner);
            for news in heard {
                library.hear(news);
            }
            publish(&mut library, wake);
        }
        pause = LOOK.max(begun.elapsed() * LOOK_SHARE);
    }
}

struct Publisher {
    last: Instant,
    cost: Duration,
    /// As many trajectories are worth telling anew: each time a quarter more, so that a long list is told few times.
    enough: usize,
}

impl Publisher {
    fn now_and_then(&mut self, library: &mut Library, wake: &Sender<Wake>) {
        if library.count() < self.enough || self.last.elapsed() < EVERY.max(self.cost * SHARE) {
            return;
        }
        let begun = Instant::now();
        publish(library, wake);
        self.last = Instant::now();
        self.cost = begun.elapsed();
        self.enough = library.count() + library.count() / 4;
    }
}

fn publish(library: &mut Library, wake: &Sender<Wake>) {
    library.settle();
    let listed = LibraryMsg::Listed(library.summaries().to_vec());
    let notes = LibraryMsg::Notes(library.notes().cloned().collect());
    for msg in [listed, notes] {
        let _ = wake.send(Wake::Msg(Msg::Library(msg)));
    }
}

/// A worker that opens trajectories for the reader. Only the latest wish counts.
pub fn opener(shelf: &Shelf, wake: Sender<Wake>) -> std::io::Result<Sender<String>> {
    let shelf = shelf.clone();
    granting("open", 1, move |id: String| {
        let body = shelf.load(&id).and_then(opened);
        let _ = wake.send(Wake::Msg(Msg::Body(id, body)));
    })
}

/// A page to lay out, of which trajectory, against which other one.
pub type Wish = (PageKey, Arc<Opened>, Option<Arc<Opened>>);

/// A worker that lays pages out, and reads the other trajectory where a page takes two.
pub fn layer(shelf: &Shelf, asking: Asking, wake: Sender<Wake>) -> std::io::Result<Sender<Wish>> {
    let shelf = shelf.clone();
    granting("lay out", 8, move |(key, own, known): Wish| {
        let other = match (key.leaf.against(), known) {
            (None, _) => Ok(own.clone()),
            (_, Some(known)) => Ok(known),
            (Some(Against::Candidate(id)), None) => shelf.load(id).and_then(opened),
            (Some(Against::Gold(task)), None) => shelf.gold(task).and_then(opened),
        };
        let record = || if key.leaf == Leaf::Raw { store::raw(&key.id) } else { None };
        let page = other.and_then(|other| {
            caught(|| match record() {
                Some(record) => Arc::new(raw_page(&record, None)),
                None => Arc::new(key.leaf.lay_out(&own, &other, &|| asked(&asking, &own.trajectory))),
            })
        });
        let _ = wake.send(Wake::Msg(Msg::LaidOut(key, page)));
    })
}

/// A worker that finds out what scoring without a part would cost. Only the latest wish counts.
pub fn weigher(asking: Asking, wake: Sender<Wake>) -> std::io::Result<Sender<(String, Arc<Opened>)>> {
    granting("weigh", 1, move |(id, opened): (String, Arc<Opened>)| {
        let offers = match asking.get() {
            Some(prompter) => caught(|| offers(prompter, &opened.trajectory)),
            None => Err("these scores come from a file: there is no model to ask".to_owned()),
        };
        let _ = wake.send(Wake::Msg(Msg::Offers(id, offers)));
    })
}

fn offers(prompter: &Prompter, whole: &Trajectory) -> Vec<Offer> {
    let offer = |taken: Taken| {
        let rest = without(whole, &taken)?;
        let tokens = prompter.prompt(&rest).map(|prompt| prompt.token_ids.len()).map_err(|error| error.to_string());
        Some(Offer { taken, tokens })
    };
    Taken::all(whole).into_iter().filter_map(offer).collect()
}

fn asked(asking: &Asking, trajectory: &Trajectory) -> Result<Prompt, String> {
    let prompter = asking.get().ok_or("no judge is there that makes prompts (yet)")?;
    prompter.prompt(trajectory).map_err(|error| error.to_string())
}

fn opened(trajectory: Trajectory) -> Result<Arc<Opened>, String> {
    caught(|| Arc::new(Opened::new(trajectory)))
}
