//! The state and its rules: `update(&mut self, Msg) -> Vec<Effect>`. No IO, no drawing, no clock: times come in messages.

mod asked;
pub mod board;
mod bookmarks;
mod charting;
mod chooser;
mod commands;
mod comparing;
mod effect;
mod finding;
mod fitting;
mod hunting;
mod judge;
mod judging;
mod keys;
mod layout;
mod leaf;
mod lending;
mod motion;
mod mouse;
mod msg;
pub mod page;
mod probing;
mod prompt;
mod reader;
mod remembered;
mod scoring;
mod search;
mod sheet;
mod tracing;
mod typing;
mod weighing;

use std::time::Duration;

use ratatui::layout::Rect;

pub use asked::Made;
pub use board::{
    Arrangement, Board, COLUMNS, Candidate, Group, Grouping, Judged, Looked, Row, Said, Selected, Tally, Task, Trace,
};
pub use chooser::{Choice, Chooser, Item};
pub use commands::{COMMANDS, Command, Move, Scope};
pub use effect::Effect;
pub use finding::{FindMsg, Finding, Hit, MOST};
pub use fitting::{FitMsg, Fits};
pub use hunting::Turned;
pub use judge::{Judge, Phase, Wanted};
pub use judging::{
    BARS, Bar, Census, Chart, Charts, Failure, Figures, Hunt, Intervals, Judging, Ledger, Likes, Operating, Order,
    Pool, Quarry, Queue, Reliable, Sample, Why, bar_at, bar_edge, say as say_ruling, taxonomy,
};
pub use keys::{Key, Keymap};
pub use layout::{Layout, Wishes, layout};
pub use leaf::{Against, Asker, Leaf, Opened, PageKey};
pub use msg::{JudgeMsg, LibraryMsg, Mouse, Msg, PaintKey};
pub use page::Form;
pub use probing::{Probe, ProbeMsg};
pub use prompt::{Prompt, PromptKind};
pub use reader::{Body, Comparing, Reader, Tab};
pub use search::{Search, look_through};
pub use sheet::{Sheet, SheetKind, area as sheet_area, hints};
pub use tracing::{Swing, swings};
pub use weighing::{Offer, Offers};

use crate::trajectory::{Note, Severity};
use typing::Count;

/// How long a toast stays.
const TOAST: Duration = Duration::from_secs(4);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Pane {
    #[default]
    Board,
    Reader,
}

/// What the screen is for right now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Face {
    /// Board and reader.
    #[default]
    Board,
    /// The charts, over the whole screen.
    Charts,
    /// The queue of verdicts and the reader.
    Hunt,
}

/// Everything on the screen, and everything it follows from.
#[derive(Debug, Clone)]
pub struct App {
    /// What was opened, in the user's words.
    pub title: String,
    pub area: Rect,
    pub face: Face,
    pub focus: Pane,
    pub zoomed: bool,
    pub board: Board,
    pub reader: Reader,
    pub judge: Judge,
    pub judging: Judging,
    pub charts: Charts,
    pub hunt: Hunt,
    pub sheet: Option<Sheet>,
    pub prompt: Option<Prompt>,
    /// A list that lies over everything and takes all keys.
    pub chooser: Option<Chooser>,
    /// The search over all trajectories.
    pub finding: Option<Finding>,
    /// How long prompts are.
    pub fits: Fits,
    /// What can be taken out of the trajectory on show, while one chooses.
    pub offers: Option<Offers>,
    /// Themes to choose from, and the one on the screen.
    pub themes: Vec<String>,
    pub theme: String,
    /// The line between the panes.
    pub divider: Divider,
    /// What could not be understood of the user's configuration.
    pub complaints: Vec<String>,
    pub notes: Vec<Note>,
    /// All sources have been read.
    pub complete: bool,
    pub mouse: bool,
    pub keymap: Keymap,
    pub now: Duration,
    /// When what could not be saved is tried again.
    try_again: Duration,
    toast: Option<(String, Duration)>,
    count: Count,
    /// Bodies that the filter asks for, while they are looked into; and how many times that was begun.
    pub probe: Option<Probe>,
    probes: u64,
    /// Where one was in the last session, and whether reading there.
    return_to: Option<(String, bool)>,
    /// A turn to go to, by index, as soon as the turns are on show.
    going: Option<usize>,
}

#[derive(Debug, Clone, Copy, Default)]
pub struct Divider {
    /// Columns of the board, where the user has dragged it.
    pub columns: Option<u16>,
    /// The mouse holds it.
    held: bool,
}

impl App {
    pub fn new(title: impl Into<String>, keymap: Keymap) -> Self {
        Self {
            title: title.into(),
            area: Rect::new(0, 0, 80, 24),
            face: Face::Board,
            focus: Pane::Board,
            zoomed: false,
            board: Board::default(),
            reader: Reader::default(),
            judge: Judge::default(),
            judging: Judging::default(),
            charts: Charts::default(),
            hunt: Hunt::default(),
            sheet: None,
            prompt: None,
            chooser: None,
            finding: None,
            fits: Fits::default(),
            offers: None,
            themes: Vec::new(),
            theme: String::new(),
            divider: Divider::default(),
            complaints: Vec::new(),
            notes: Vec::new(),
            complete: false,
            mouse: true,
            keymap,
            now: Duration::ZERO,
            try_again: Duration::ZERO,
            toast: None,
            count: Count::default(),
            probe: None,
            probes: 0,
            return_to: None,
            going: None,
        }
    }

    /// The one place where the state changes. What the outside world has to do about it is returned.
    pub fn update(&mut self, msg: Msg) -> Vec<Effect> {
        let mut effects = match msg {
            Msg::Key(key) => self.key(key),
            Msg::Paste(text) => self.paste(&text),
            Msg::Mouse(mouse) => self.on_mouse(mouse),
            Msg::Resize(width, height) => self.resize(width, height),
            Msg::Tick(now) => self.tick(now),
            Msg::Library(msg) => self.library(msg),
            Msg::Body(id, body) => self.body(id, body),
            Msg::LaidOut(key, page) => {
                if self.reader.laid_out(&key, page) {
                    self.refit();
                    self.first_difference();
                }
                Vec::new()
            }
            Msg::Painted(key, paint) => {
                self.reader.painted(&key, paint);
                Vec::new()
            }
            Msg::Judge(msg) => self.on_judge(msg),
            Msg::Counted(figures) => {
                self.judging.arrived(figures);
                Vec::new()
            }
            Msg::Intervals(intervals) => {
                self.judging.drawn(intervals);
                Vec::new()
            }
            Msg::Find(msg) => {
                self.on_found(msg);
                Vec::new()
            }
            Msg::LookedThrough { key, text, found } => {
                self.looked_through(&key, &text, found);
                Vec::new()
            }
            Msg::Probed(msg) => {
                self.on_probed(msg);
                Vec::new()
            }
            Msg::Fit(msg) => {
                self.on_fit(msg);
                Vec::new()
            }
            Msg::GoOn => {
                self.board.go_on();
                Vec::new()
            }
            Msg::LinedUp(queue) => {
                self.lined_up(queue);
                Vec::new()
            }
            Msg::Offers(id, offers) => {
                self.offered(id, offers);
                Vec::new()
            }
            Msg::Verdicts(all) => {
                self.verdicts(all);
                Vec::new()
            }
            Msg::Recorded(verdict, done) => self.recorded(&verdict, done),
            Msg::Turned { redo, done } => {
                self.turned(redo, done);
                Vec::new()
            }
            Msg::Toast(text) => {
                self.say(text);
                Vec::new()
            }
        };
        effects.extend(self.settle());
        effects
    }

    /// What follows from any change: the reader shows what the cursor is on, and what is visible gets highlighted.
    fn settle(&mut self) -> Vec<Effect> {
        let height = self.layout().board_rows();
        self.board.follow(height);
        let more = self.board.wants_to_go_on();
        let counting = self.count();
        let lining = self.line_up();
        let drawing = self.draw_lots();
        let rows = self.layout().hunt_rows();
        self.hunt.follow(rows);
        let opening = self.reader.turn_to(self.looked_at().map(str::to_owned).as_deref());
        let leaf = self.leaf();
        let (turned, laying) = self.reader.show(leaf);
        if turned {
            self.refit();
        }
        self.arrive();
        let searching = self.reader.look_through();
        let probing = self.look_into_bodies();
        let frame = self.frame();
        opening
            .into_iter()
            .chain(laying)
            .chain(searching)
            .chain(probing)
            .chain(counting)
            .chain(lining)
            .chain(drawing)
            .chain(self.reader.paint(frame))
            .chain(more.then_some(Effect::GoOn))
            .collect()
    }

    pub fn layout(&self) -> Layout {
        let wishes = Wishes {
            face: self.face,
            focus: self.focus,
            zoomed: self.zoomed,
            outline_from: self.outline_from(),
            strip: self.judging.figures.report.judged > 0,
            heads: self.reader.tab() == Tab::Compare,
            board: self.divider.columns,
        };
        layout(self.area, wishes)
    }

    fn outline_from(&self) -> Option<u16> {
        let chapters = self.reader.page().map_or(0, |page| page.chapters.len());
        match (self.reader.tab(), self.reader.leaf()) {
            _ if !self.reader.outline => None,
            (Tab::Turns, _) => Some(70),
            (_, Some(Leaf::Patch(Form::Unified) | Leaf::Compare { form: Form::Unified, .. })) => {
                (chapters > 1).then_some(100)
            }
            _ => (chapters > 1).then_some(140),
        }
    }

    /// The window onto the reader's text. One column is left for the cursor's mark.
    pub fn frame(&self) -> page::Frame {
        let text = self.layout().text;
        page::Frame {
            columns: usize::from(text.width.saturating_sub(2)).max(8),
            rows: usize::from(text.height).max(1),
            wrap: self.reader.wrap,
        }
    }

    pub fn toast(&self) -> Option<&str> {
        self.toast.as_ref().map(|(text, _)| text.as_str())
    }

    pub fn problems(&self) -> usize {
        self.complaints.len() + self.notes.iter().filter(|note| note.severity == Severity::Problem).count()
    }

    /// Whether something on the screen changes with time alone.
    pub fn wants_ticks(&self) -> bool {
        self.toast.is_some() || self.hunt.ledger.unsaved() > 0 || self.judge.current().is_some()
    }

    fn say(&mut self, text: impl Into<String>) {
        self.toast = Some((text.into(), self.now + TOAST));
    }

    /// What could not be understood of the user's configuration: all in the sheet of problems, the first at once.
    pub fn complain(&mut self, problems: &[String]) {
        self.complaints.extend(problems.iter().cloned());
        if let Some(first) = problems.first() {
            self.say(first.clone());
        }
    }

    fn tick(&mut self, now: Duration) -> Vec<Effect> {
        self.now = now;
        if self.toast.as_ref().is_some_and(|(_, until)| *until <= now) {
            self.toast = None;
        }
        self.retry()
    }

    fn resize(&mut self, width: u16, height: u16) -> Vec<Effect> {
        self.area = Rect::new(0, 0, width, height);
        self.refit();
        Vec::new()
    }

    /// The text has another width now.
    fn refit(&mut self) {
        let frame = self.frame();
        if let Some((page, view)) = self.reader.look() {
            view.refit(&page, frame);
        }
    }

    fn library(&mut self, msg: LibraryMsg) -> Vec<Effect> {
        match msg {
            LibraryMsg::Listed(summaries) => {
                self.board.list(summaries);
                self.return_to_place();
                self.spread_all();
                self.judge.queue.clear();
                self.judge.queue.extend(self.board.waiting());
            }
            LibraryMsg::Notes(notes) => self.notes = notes,
            LibraryMsg::Done => self.complete = true,
        }
        self.feed()
    }

    fn body(&mut self, id: String, body: Result<std::sync::Arc<Opened>, String>) -> Vec<Effect> {
        self.reader.arrived(id, body);
        Vec::new()
    }
}
