//! Key to frame, through the real update and draw, at 200×50: 100,000 trajectories listed, then scored too, with strip,
//! charts, hunt and verdicts; a patch of 20,000 lines, an observation of 10 MB. A frame has 8 ms. What the program leaves
//! to other threads is timed apart; it is part of the first paint.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use rollscope::app::page::Painter;
use rollscope::app::{App, Effect, Intervals, JudgeMsg, Judged, Key, Keymap, LibraryMsg, Msg, Opened, look_through};
use rollscope::library::Summary;
use rollscope::reward::ScorerFacts;
use rollscope::runtime::Book;
use rollscope::trajectory::{Part, Patch, Score, Trajectory, Turn};
use rollscope::ui::{Theme, draw};

const TRAJECTORIES: usize = 100_000;

fn main() {
    // With a word on the command line, only what has to do with scores.
    if std::env::args().any(|word| word == "scored") {
        return scored();
    }
    let (patch, observation) = (patch(), observation());
    walk("board of 100,000 trajectories", Screen::new(Trajectory::default()), "G", "k");
    walk("observation of 10 MB, opened", Screen::new(trajectory("", &observation)), "gj<enter>ZG", "k");
    walk("patch of 20,000 lines", Screen::new(trajectory(&patch, "")), "gj<enter>2", "<pgdn>");
    walk("the same, side by side", Screen::new(trajectory(&patch, "")), "gj<enter>+2", "<pgdn>");
    first_paint("first paint of that patch", &patch);
    scored();
}

/// All that follows from scores, while every one of the 100,000 has one.
fn scored() {
    let folder = tempfile::tempdir().expect("a folder for verdicts");
    let mut screen = Screen::new(Trajectory::default());
    screen.book = Book::new(Some(folder.path().join("verdicts.sqlite")));
    screen.frame(Msg::Judge(JudgeMsg::Loaded(ScorerFacts { threshold: 0.5, ..ScorerFacts::default() })));
    println!("100,000 scored trajectories:");
    // A file of scores is told a part at a time.
    screen.walk("  scores of all of them", TRAJECTORIES / 1_000, |part| {
        let part = part * 1_000..(part + 1) * 1_000;
        Msg::Judge(JudgeMsg::Known(part.map(|nth| (name(nth), score(nth))).collect()))
    });
    let mut nth = 0;
    screen.walk("  a score arrives", 300, |_| {
        nth += 7;
        Msg::Judge(JudgeMsg::Scored { id: name(nth), score: score(nth + 1), at: Duration::ZERO })
    });
    screen.type_over("  board", "jjjnJkK");
    screen.type_over("  filter, typed", "/run-2 score>0.5 resolved:false<esc>");
    screen.type_over("  sorted, grouped, turned around", "RRBru<enter>Bta<enter>");
    screen.type_over("  charts", "C<tab>lll<tab>ll<tab>jj<tab>jjj<tab>jjC");
    screen.type_over("  charts: a bin, and back", "Cl<enter><esc>C");
    screen.type_over("  hunt, opened and left", "VV");
    screen.keys("V");
    screen.type_over("  hunt: verdicts, undo, notes, order", "1234nso<enter>u1f");
    screen.type_over("  hunt: blind", "b1j2jb");
    screen.type_over("  hunt: outcomes corrected", "2cc");
    screen.keys("V");
    screen.tell(Msg::Judge(JudgeMsg::Second("another".into())));
    screen.walk("  a second model speaks", 300, |nth| {
        Msg::Judge(JudgeMsg::Also { id: name(nth), judged: Judged::Scored(score(nth + 5)) })
    });
}

struct Screen {
    app: App,
    painter: Painter,
    book: Book,
    /// What was left to other threads, by what it was.
    works: Vec<(&'static str, Duration)>,
    wished: Vec<Effect>,
    opened: Arc<Opened>,
    terminal: Terminal<TestBackend>,
    theme: Theme,
}

impl Screen {
    fn new(trajectory: Trajectory) -> Self {
        let mut screen = Self {
            app: App::new("bench", Keymap::defaults()),
            painter: Painter::default(),
            book: Book::new(None),
            works: Vec::new(),
            wished: Vec::new(),
            opened: Arc::new(Opened::new(trajectory)),
            terminal: Terminal::new(TestBackend::new(200, 50)).expect("a buffer is always there"),
            theme: Theme::named("dark").expect("it is built in"),
        };
        screen.tell(Msg::Resize(200, 50));
        screen.tell(Msg::Library(LibraryMsg::Listed(summaries())));
        screen.tell(Msg::Library(LibraryMsg::Done));
        screen
    }

    fn tell(&mut self, msg: Msg) {
        let effects = self.app.update(msg);
        self.wished.extend(effects);
    }

    /// A message, and the frame after it: what the thread that draws has to do.
    fn frame(&mut self, msg: Msg) -> Duration {
        timed(|| {
            self.tell(msg);
            let Self { app, terminal, theme, .. } = self;
            let _ = terminal.draw(|frame| draw(app, theme, frame));
        })
    }

    /// Grants what was wished for, as the workers do; gives how long they took, and the frames after their answers.
    fn grant(&mut self) -> (Vec<Duration>, Vec<Duration>) {
        let (mut works, mut frames) = (Vec::new(), Vec::new());
        while let Some(effect) = self.wished.pop() {
            let (mut answer, what) = (None, kind(&effect));
            let took = timed(|| answer = self.answer(effect));
            works.push(took);
            self.works.push((what, took));
            frames.extend(answer.map(|answer| self.frame(answer)));
        }
        (works, frames)
    }

    fn answer(&mut self, effect: Effect) -> Option<Msg> {
        if let Some(answer) = self.book.grant(&effect) {
            return Some(answer);
        }
        match effect {
            Effect::Open(id) => Some(Msg::Body(id, Ok(self.opened.clone()))),
            Effect::LayOut(key, own, _) => {
                let page = Arc::new(key.leaf.lay_out(&own, &own, &|| Err("nobody asks here".into())));
                Some(Msg::LaidOut(key, Ok(page)))
            }
            Effect::Paint(key, page) => {
                let paint = self.painter.paint(&page, key.block, key.window);
                Some(Msg::Painted(key, paint))
            }
            Effect::LookThrough { key, page, text, pattern } => {
                let found = look_through(&page, &pattern);
                Some(Msg::LookedThrough { key, text, found })
            }
            Effect::GoOn => Some(Msg::GoOn),
            Effect::LineUp(pool) => Some(Msg::LinedUp(Arc::new(pool.line_up()))),
            Effect::Count(census) => Some(Msg::Counted(Arc::new(census.count()))),
            Effect::Intervals(census) => Some(Msg::Intervals(Arc::new(Intervals::of(&census)))),
            _ => None,
        }
    }

    /// Keys with all that follows from them.
    fn keys(&mut self, keys: &str) {
        for key in Key::row(keys) {
            self.frame(Msg::Key(key));
            self.grant();
        }
    }

    /// Messages, each with all that follows.
    fn walk(&mut self, name: &str, count: usize, mut msg: impl FnMut(usize) -> Msg) {
        let mut frames = Vec::new();
        self.works.clear();
        for nth in 0..count {
            frames.push(self.frame(msg(nth)));
            frames.extend(self.grant().1);
        }
        report(name, frames);
        for what in ["count", "intervals", "line up", "disk"] {
            let times: Vec<Duration> = self.works.iter().filter(|(of, _)| *of == what).map(|(_, took)| *took).collect();
            if !times.is_empty() {
                report(&format!("    {what}, on its own"), times);
            }
        }
    }

    /// The same row of keys, over and over.
    fn type_over(&mut self, name: &str, keys: &str) {
        let row = Key::row(keys);
        let count = row.len() * 200_usize.div_ceil(row.len());
        self.walk(name, count, |nth| Msg::Key(row[nth % row.len()]));
    }
}

fn kind(effect: &Effect) -> &'static str {
    match effect {
        Effect::Count(_) => "count",
        Effect::Intervals(_) => "intervals",
        Effect::LineUp(_) => "line up",
        Effect::Record(_) | Effect::Turn { .. } => "disk",
        _ => "",
    }
}

fn name(nth: usize) -> String {
    let nth = nth % TRAJECTORIES;
    format!("task-{}/run-{}", nth / 4, nth % 4)
}

fn score(nth: usize) -> Score {
    let log_odds = (nth.wrapping_mul(2_654_435_761) % 10_007) as f64 / 1000.0 - 5.0;
    Score { log_odds, logit_yes: None, logit_no: None, outputs: Vec::new(), tokens: 900 }
}

fn summaries() -> Vec<Summary> {
    let summary = |nth: usize| Summary {
        id: name(nth),
        key: format!("key-{nth}"),
        task_id: format!("task-{}", nth / 4),
        run: format!("run-{}", nth % 4),
        resolved: Some(nth.is_multiple_of(3)),
        ..Summary::default()
    };
    (0..TRAJECTORIES).map(summary).collect()
}

fn patch() -> String {
    let change = |nth| format!("-    value_{nth} = compute({nth}, other)\n+    value_{nth} = compute({nth}, another)");
    let head = "diff --git a/x.py b/x.py\n--- a/x.py\n+++ b/x.py\n@@ -1,10000 +1,10000 @@";
    let lines: Vec<String> = std::iter::once(head.to_owned()).chain((0..10_000).map(change)).collect();
    lines.join("\n") + "\n"
}

fn observation() -> String {
    "some output of a tool, with words in it\n".repeat(250_000)
}

fn trajectory(patch: &str, observation: &str) -> Trajectory {
    let turns = vec![Turn::assistant(vec![Part::result(observation, None, None)])];
    Trajectory { turns, patch: Some(Patch::given(patch)), ..Trajectory::default() }
}

/// The same key over and over, from where `before` leads: frames apart from what other threads do.
fn walk(name: &str, mut screen: Screen, before: &str, key: &str) {
    screen.keys(before);
    let (mut works, mut frames) = (Vec::new(), Vec::new());
    for key in Key::row(key).into_iter().cycle().take(1_000) {
        frames.push(screen.frame(Msg::Key(key)));
        let (took, after) = screen.grant();
        works.extend(took);
        frames.extend(after);
    }
    report(name, frames);
    if !works.is_empty() {
        report("  highlighting, on its own thread", works);
    }
}

/// From the text of the patch to the frame, its visible lines highlighted.
fn first_paint(name: &str, patch: &str) {
    let mut screen = Screen::new(Trajectory::default());
    screen.keys("gj<enter>2");
    let id = screen.app.reader.shown().unwrap_or_default().to_owned();
    let mut once = || {
        screen.opened = Arc::new(Opened::new(trajectory(patch, "")));
        screen.frame(Msg::Body(id.clone(), Ok(screen.opened.clone())));
        screen.grant();
    };
    report(name, (0..20).map(|_| timed(&mut once)).collect());
}

fn timed(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

fn report(name: &str, mut times: Vec<Duration>) {
    times.sort();
    let worst = times.last().map_or(0.0, |time| time.as_secs_f64() * 1e3);
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)].as_secs_f64() * 1e3;
    println!("{name:<40} median {:7.3} ms   p99 {:7.3} ms   worst {worst:7.3} ms", at(50), at(99));
}
