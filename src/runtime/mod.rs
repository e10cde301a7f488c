//! The outside world: terminal, event loop, effects, the thread that owns the model. The loop itself waits for nothing
//! but messages.

mod configuration;
mod finding;
mod fitting;
mod importing;
mod input;
mod judging;
mod memory;
mod outside;
mod probing;
mod reading;
mod terminal;
mod theme;
mod verdicts;
mod worker;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use anyhow::Context;
use regex::Regex;

pub use judging::MakeJudge;
pub use verdicts::Book;

use crate::app::page::{Page, Painter};
use crate::app::{
    App, Census, Effect, Failure, Figures, Intervals, Msg, Opened, PageKey, PaintKey, Pool, look_through,
};
use crate::library::{Query, Sources};
use crate::store::caught;
use crate::trajectory::Verdict;
use crate::ui::Theme;
use configuration::Configuration;
use finding::Searcher;
use importing::Scores;
use judging::Order;
use probing::Prober;
use reading::{Asking, Shelf, Wish};
use terminal::Terminal;
use worker::{granting, granting_with};

/// A frame is drawn at most this often.
const FRAME: Duration = Duration::from_millis(8);
/// Toasts and estimates are looked at this often, while there are any.
const TICK: Duration = Duration::from_millis(250);

/// What the screen is opened with.
pub struct Options {
    /// What was opened, in the user's words.
    pub title: String,
    pub sources: Sources,
    /// What the board shows at first.
    pub filter: Query,
    /// `auto`, or the name of a theme; without it, as configured.
    pub theme: Option<String>,
    /// Leave the mouse to the terminal.
    pub no_mouse: bool,
    /// Draw with ASCII alone.
    pub ascii: bool,
    /// Who gives verdicts, and where they are kept.
    pub annotator: String,
    pub verdicts: Option<PathBuf>,
    /// Names for failures.
    pub taxonomy: Vec<Failure>,
    /// The name of the judge, and how it is made. Without one nothing is scored.
    pub judge: Option<(String, MakeJudge)>,
    /// How many models that is.
    pub judges: usize,
    /// Files with scores made elsewhere.
    pub scores: Vec<PathBuf>,
}

/// Why the loop wakes up.
enum Wake {
    Msg(Msg),
    /// The terminal is gone, or a signal asks to end.
    Leave,
}

/// Shows the screen until the user leaves it. The terminal is as before when this returns, or panics.
pub fn run(options: Options) -> anyhow::Result<()> {
    let start = Instant::now();
    let configuration = Configuration::read();
    let settings = &configuration.settings;
    let ascii = options.ascii || settings.ascii.unwrap_or_else(theme::only_ascii);
    let wanted = options.theme.as_ref().or(settings.theme.as_ref()).map_or("auto", String::as_str);
    let (theme, name) = theme::choose(wanted, &configuration, ascii)?;
    let (wake, woken) = mpsc::channel();
    let place = memory::place(&options.sources.roots);
    let mut app = prepared(&options, &configuration, name, place.as_deref());
    let mut book = Book::new(options.verdicts.clone());
    open_book(&mut app, &options, book.all());
    let mut terminal = Terminal::take(app.mouse).context("the terminal cannot be taken over")?;
    let (width, height) = terminal.size()?;
    app.update(Msg::Resize(width, height));
    terminal.draw(&app, &theme)?;
    let world = World::new(options, &wake, start)?;
    let mut screen = Loop { app, theme, configuration, terminal, world, book, start };
    let ended = screen.run(&woken);
    if let Some(place) = place {
        memory::remember(&screen.app, &place);
    }
    ended
}

/// The state before anything has happened, as the user has set it up and left it.
fn prepared(options: &Options, configuration: &Configuration, theme: String, place: Option<&Path>) -> App {
    let settings = &configuration.settings;
    let mut app = App::new(options.title.clone(), configuration.keymap.clone());
    if let Some(place) = place {
        memory::recall(&mut app, place);
    }
    app.complain(&configuration.problems);
    app.mouse = !options.no_mouse && settings.mouse.unwrap_or(true);
    app.reader.wrap = settings.wrap.unwrap_or(app.reader.wrap);
    app.reader.outline = settings.outline.unwrap_or(app.reader.outline);
    (app.theme, app.themes) = (theme, configuration.theme_names());
    app.board.start_with(options.filter.clone());
    app
}

struct Loop {
    app: App,
    theme: Theme,
    configuration: Configuration,
    terminal: Terminal,
    world: World,
    book: Book,
    start: Instant,
}

impl Loop {
    /// Takes one message, drains the rest, draws.
    fn run(&mut self, woken: &Receiver<Wake>) -> anyhow::Result<()> {
        loop {
            let drawn = Instant::now();
            let first = if self.app.wants_ticks() {
                woken.recv_timeout(TICK)
            } else {
                woken.recv().map_err(|_| RecvTimeoutError::Disconnected)
            };
            self.take(Wake::Msg(Msg::Tick(self.start.elapsed())))?;
            match first {
                Ok(first) => {
                    let due = if is_key(&first) { drawn } else { drawn + FRAME };
                    if self.take(first)? || self.drain(woken, due)? {
                        return Ok(());
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            self.terminal.draw(&self.app, &self.theme)?;
        }
    }

    /// Takes all that has come, and what comes until the next frame is due; a key is answered at once. True: it is time to
    /// leave.
    fn drain(&mut self, woken: &Receiver<Wake>, mut due: Instant) -> anyhow::Result<bool> {
        // A flood of messages must not starve the screen.
        let latest = due + FRAME * 5;
        loop {
            let now = Instant::now();
            let next = if now < due { woken.recv_timeout(due - now).ok() } else { woken.try_recv().ok() };
            let Some(next) = next else { return Ok(false) };
            if is_key(&next) {
                due = now;
            }
            if self.take(next)? {
                return Ok(true);
            }
            if now > latest {
                return Ok(false);
            }
        }
    }

    fn take(&mut self, wake: Wake) -> anyhow::Result<bool> {
        let Wake::Msg(msg) = wake else { return Ok(true) };
        let mut effects = VecDeque::from(self.app.update(msg));
        while let Some(effect) = effects.pop_front() {
            // A verdict is on the disk before the next message is looked at.
            if let Some(answer) = self.book.grant(&effect) {
                effects.extend(self.app.update(answer));
                continue;
            }
            match effect {
                Effect::Quit => return Ok(true),
                Effect::Suspend => self.terminal.suspend()?,
                Effect::Mouse(on) => self.terminal.set_mouse(on)?,
                Effect::Copy(text) => {
                    Terminal::copy(&text)?;
                    let said = match text.lines().count() {
                        0 | 1 => format!("copied: {}", text.trim_end()),
                        lines => format!("copied: {lines} lines"),
                    };
                    effects.extend(self.app.update(Msg::Toast(said)));
                }
                Effect::Theme(name) => self.repaint(&name),
                Effect::Edit { id, text } => self.edit(&id, &text)?,
                Effect::Pager(text) => self.page(&text)?,
                other => self.world.grant(other),
            }
        }
        Ok(false)
    }
}

fn is_key(wake: &Wake) -> bool {
    matches!(wake, Wake::Msg(Msg::Key(_)))
}

impl Loop {
    fn repaint(&mut self, name: &str) {
        match theme::named(name, &self.configuration, self.theme.ascii) {
            Ok(_) if theme::has_no_colors() => {
                self.say("NO_COLOR is set, or the terminal is dumb: there are no colours to choose".to_owned());
            }
            Ok(theme) => self.theme = theme,
            Err(error) => self.say(error.to_string()),
        }
    }

    fn say(&mut self, text: String) {
        self.app.update(Msg::Toast(text));
    }

    fn edit(&mut self, id: &str, text: &str) -> anyhow::Result<()> {
        match outside::source(&self.world.shelf, id, text) {
            Ok(source) => self.lend(|| outside::edit(&source)),
            Err(error) => {
                self.say(format!("{error:#}"));
                Ok(())
            }
        }
    }

    fn page(&mut self, text: &str) -> anyhow::Result<()> {
        self.lend(|| outside::page(text))
    }

    /// Lends the terminal out; what went wrong there is said here.
    fn lend(&mut self, work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
        if let Err(error) = self.terminal.lend(work)? {
            self.say(format!("{error:#}"));
        }
        let (width, height) = self.terminal.size()?;
        self.app.update(Msg::Resize(width, height));
        Ok(())
    }
}

fn open_book(app: &mut App, options: &Options, verdicts: Result<Vec<Verdict>, String>) {
    app.hunt.ledger.annotator.clone_from(&options.annotator);
    app.hunt.ledger.taxonomy.clone_from(&options.taxonomy);
    match verdicts {
        Ok(all) => drop(app.update(Msg::Verdicts(all))),
        Err(reason) => drop(app.update(Msg::Toast(format!("verdicts: {reason}")))),
    }
}

/// The threads that do what takes time.
struct World {
    wake: Sender<Wake>,
    shelf: Shelf,
    searcher: Searcher,
    prober: Prober,
    measurer: Sender<Vec<String>>,
    opener: Sender<String>,
    weigher: Sender<(String, Arc<Opened>)>,
    layer: Sender<Wish>,
    painter: Sender<(PaintKey, Arc<Page>)>,
    looker: Sender<Search>,
    liner: Sender<Arc<Pool>>,
    counter: Sender<Arc<Census>>,
    drawer: Sender<Arc<Census>>,
    judge: Option<Sender<Order>>,
}

impl World {
    fn new(options: Options, wake: &Sender<Wake>, start: Instant) -> anyhow::Result<Self> {
        let shelf = Shelf::default();
        input::listen(wake.clone())?;
        let opener = reading::opener(&shelf, wake.clone())?;
        let asking = Asking::default();
        let layer = reading::layer(&shelf, asking.clone(), wake.clone())?;
        let measurer = fitting::measurer(&shelf, asking.clone(), wake.clone())?;
        let weigher = reading::weigher(asking.clone(), wake.clone())?;
        let painter = painter(wake.clone())?;
        let looker = looker(wake.clone())?;
        let liner = liner(wake.clone())?;
        let counter = counter(wake.clone())?;
        let drawer = drawer(wake.clone())?;
        let prober = Prober::new(shelf.clone(), wake.clone());
        let searcher = Searcher::new(shelf.clone(), options.sources.roots.clone(), wake.clone());
        let scores = Scores { files: options.scores, judges: options.judges };
        reading::list(&shelf, options.sources, scores, wake.clone())?;
        let judge = match options.judge {
            Some((name, make)) => Some(judging::start(name, make, (shelf.clone(), asking), wake.clone(), start)?),
            None => None,
        };
        Ok(Self {
            wake: wake.clone(),
            shelf,
            searcher,
            prober,
            measurer,
            opener,
            weigher,
            layer,
            painter,
            looker,
            liner,
            counter,
            drawer,
            judge,
        })
    }

    /// A worker that is gone has said so already: then a wish is lost, and nothing else.
    fn grant(&mut self, effect: Effect) {
        match effect {
            Effect::Open(id) => drop(self.opener.send(id)),
            Effect::LayOut(key, own, other) => drop(self.layer.send((key, own, other))),
            Effect::Paint(key, page) => drop(self.painter.send((key, page))),
            Effect::GoOn => drop(self.wake.send(Wake::Msg(Msg::GoOn))),
            Effect::LineUp(pool) => drop(self.liner.send(pool)),
            Effect::Count(census) => drop(self.counter.send(census)),
            Effect::Intervals(census) => drop(self.drawer.send(census)),
            Effect::Score(id) => drop(self.judge.as_ref().map(|judge| judge.send(Order::Score(id)))),
            Effect::ScoreWithout(id, taken) => {
                drop(self.judge.as_ref().map(|judge| judge.send(Order::Without(id, taken))));
            }
            Effect::Trace(id) => drop(self.judge.as_ref().map(|judge| judge.send(Order::Trace(id)))),
            Effect::Weigh(id, opened) => drop(self.weigher.send((id, opened))),
            Effect::Find { number, text } => self.searcher.start(number, &text),
            Effect::StopFinding => self.searcher.stop(),
            Effect::LookThrough { key, page, text, pattern } => drop(self.looker.send((key, page, text, pattern))),
            Effect::Probe { number, ids, matchers } => self.prober.start(number, ids, matchers),
            Effect::StopProbing => self.prober.stop(),
            Effect::Measure(ids) => drop(self.measurer.send(ids)),
            // The loop's own.
            Effect::Copy(_)
            | Effect::Mouse(_)
            | Effect::Theme(_)
            | Effect::Edit { .. }
            | Effect::Pager(_)
            | Effect::Suspend
            | Effect::Record(_)
            | Effect::Turn { .. }
            | Effect::Quit => {}
        }
    }
}

fn painter(wake: Sender<Wake>) -> std::io::Result<Sender<(PaintKey, Arc<Page>)>> {
    // What the grammars remember cannot change threads: it is made where it stays.
    granting_with("paint", 256, move || {
        let mut painter = Painter::default();
        move |(key, page): (PaintKey, Arc<Page>)| {
            if let Ok(paint) = caught(|| painter.paint(&page, key.block, key.window)) {
                let _ = wake.send(Wake::Msg(Msg::Painted(key, paint)));
            }
        }
    })
}

/// A page, and what to look for in it.
type Search = (PageKey, Arc<Page>, String, Regex);

fn looker(wake: Sender<Wake>) -> std::io::Result<Sender<Search>> {
    granting("look", 1, move |(key, page, text, pattern): Search| {
        let found = caught(|| look_through(&page, &pattern)).unwrap_or_default();
        let _ = wake.send(Wake::Msg(Msg::LookedThrough { key, text, found }));
    })
}

fn liner(wake: Sender<Wake>) -> std::io::Result<Sender<Arc<Pool>>> {
    granting("hunt", 1, move |pool: Arc<Pool>| {
        let queue = caught(|| pool.line_up()).unwrap_or_default();
        let _ = wake.send(Wake::Msg(Msg::LinedUp(Arc::new(queue))));
    })
}

fn counter(wake: Sender<Wake>) -> std::io::Result<Sender<Arc<Census>>> {
    granting("count", 1, move |census: Arc<Census>| {
        let nothing = || Figures { version: census.version, ..Figures::default() };
        let figures = caught(|| census.count()).unwrap_or_else(|_| nothing());
        let _ = wake.send(Wake::Msg(Msg::Counted(Arc::new(figures))));
    })
}

fn drawer(wake: Sender<Wake>) -> std::io::Result<Sender<Arc<Census>>> {
    granting("intervals", 1, move |census: Arc<Census>| match caught(|| Intervals::of(&census)) {
        Ok(intervals) => drop(wake.send(Wake::Msg(Msg::Intervals(Arc::new(intervals))))),
        Err(panicked) => drop(wake.send(Wake::Msg(Msg::Toast(format!("no intervals: {panicked}"))))),
    })
}
