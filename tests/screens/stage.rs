//! A screen without a terminal: invented trajectories, keys in, text out. Effects are answered at once.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::Color;
use rollscope::app::page::Painter;
use rollscope::app::{
    Against, App, Effect, Intervals, JudgeMsg, Key, Keymap, LibraryMsg, Msg, Opened, Selected, look_through, taxonomy,
};
use rollscope::library::Summary;
use rollscope::reward::ScorerFacts;
use rollscope::trajectory::{Score, Trajectory, Verdict};
use rollscope::ui::{Theme, draw};

pub struct Stage {
    pub app: App,
    bodies: HashMap<String, Arc<Opened>>,
    /// Everything that was told to the state, in order.
    pub log: Vec<Msg>,
    /// What was asked of the world and not answered here.
    pub effects: Vec<Effect>,
}

impl Stage {
    pub fn new(width: u16, height: u16, trajectories: Vec<(Summary, Trajectory)>) -> Self {
        let mut stage = Self { app: app(), bodies: HashMap::new(), log: Vec::new(), effects: Vec::new() };
        let mut summaries = Vec::new();
        for (summary, trajectory) in trajectories {
            stage.bodies.insert(summary.id.clone(), Arc::new(Opened::new(trajectory)));
            summaries.push(summary);
        }
        stage.tell(Msg::Resize(width, height));
        stage.tell(Msg::Library(LibraryMsg::Listed(summaries)));
        stage.tell(Msg::Library(LibraryMsg::Done));
        stage
    }

    pub fn tell(&mut self, msg: Msg) {
        self.log.push(msg.clone());
        for effect in self.app.update(msg) {
            match effect {
                Effect::Open(id) => {
                    let body = self.bodies.get(&id).cloned().ok_or_else(|| "the file is gone".to_owned());
                    self.tell(Msg::Body(id, body));
                }
                Effect::LayOut(key, own, _) => {
                    let other = match key.leaf.against() {
                        Some(Against::Candidate(id)) => Ok(&self.bodies[id]),
                        Some(Against::Gold(task)) => Err(format!("no gold patch of {task}")),
                        None => Ok(&own),
                    };
                    let page =
                        other.map(|other| Arc::new(key.leaf.lay_out(&own, other, &|| Err("nobody asks here".into()))));
                    self.tell(Msg::LaidOut(key, page));
                }
                Effect::Paint(key, page) => {
                    let paint = Painter::default().paint(&page, key.block, key.window);
                    self.tell(Msg::Painted(key, paint));
                }
                Effect::LookThrough { key, page, text, pattern } => {
                    let found = look_through(&page, &pattern);
                    self.tell(Msg::LookedThrough { key, text, found });
                }
                Effect::LineUp(pool) => self.tell(Msg::LinedUp(Arc::new(pool.line_up()))),
                Effect::Count(census) => self.tell(Msg::Counted(Arc::new(census.count()))),
                other => self.effects.push(other),
            }
        }
    }

    pub fn keys(&mut self, row: &str) -> &mut Self {
        for key in Key::row(row) {
            self.tell(Msg::Key(key));
        }
        self
    }

    /// Walks the cursor of the board to a trajectory, from the top.
    pub fn go_to(&mut self, id: &str) -> &mut Self {
        self.keys("g");
        let on = |stage: &Self| stage.app.board.selected() == Some(&Selected::Candidate(id.to_owned()));
        for _ in 0..self.app.board.row_count() {
            if !on(self) {
                self.keys("j");
            }
        }
        assert!(on(self), "{id} is not on the board");
        self
    }

    pub fn judge(&mut self) -> &mut Self {
        let worth = "weak: AUC .71 on 40 tasks".to_owned();
        let name = "toy-judge".to_owned();
        let facts = ScorerFacts { name, device: "cpu".into(), threshold: 0.5, worth, ..ScorerFacts::default() };
        self.tell(Msg::Judge(JudgeMsg::Loaded(facts)));
        self
    }

    pub fn score(&mut self, id: &str, log_odds: f64, seconds: u64) -> &mut Self {
        let begun = Duration::from_secs(seconds.saturating_sub(2));
        self.tell(Msg::Judge(JudgeMsg::Started { id: id.into(), at: begun }));
        let at = Duration::from_secs(seconds);
        self.tell(Msg::Judge(JudgeMsg::Progress { id: id.into(), done: 900, total: 900, at }));
        self.tell(Msg::Judge(JudgeMsg::Scored { id: id.into(), score: score(log_odds), at }));
        self
    }

    pub fn buffer(&self, theme: &Theme) -> Buffer {
        let backend = TestBackend::new(self.app.area.width, self.app.area.height);
        let mut terminal = Terminal::new(backend).unwrap();
        terminal.draw(|frame| draw(&self.app, theme, frame)).unwrap();
        terminal.backend().buffer().clone()
    }

    /// Lets the worker find out how sure the numbers are, as far as that was asked.
    pub fn draw_intervals(&mut self) -> &mut Self {
        for effect in std::mem::take(&mut self.effects) {
            match effect {
                Effect::Intervals(census) => self.tell(Msg::Intervals(Arc::new(Intervals::of(&census)))),
                other => self.effects.push(other),
            }
        }
        self
    }

    /// Answers what was asked to be recorded, the same to all; what that was.
    pub fn recorded(&mut self, done: &Result<(), String>) -> Vec<Verdict> {
        let mut given = Vec::new();
        while let Some(at) = self.effects.iter().position(|effect| matches!(effect, Effect::Record(_))) {
            let Effect::Record(verdict) = self.effects.remove(at) else { break };
            given.push((*verdict).clone());
            self.tell(Msg::Recorded(verdict, done.clone()));
        }
        given
    }

    /// The screen as text.
    pub fn text(&self) -> String {
        let buffer = self.buffer(&Theme::default());
        let mut text = String::new();
        for y in 0..buffer.area.height {
            let row: String = (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect();
            let _ = writeln!(text, "{}", row.trim_end());
        }
        text
    }

    /// The screen as text, and after each row the names of the styles in it, from left to right.
    pub fn text_and_styles(&self) -> String {
        let names = Theme::named("dark").unwrap().style_names();
        let buffer = self.buffer(&Theme::probe(&names));
        let mut text = String::new();
        for y in 0..buffer.area.height {
            let row: String = (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect();
            let mut styles: Vec<&str> = Vec::new();
            for x in 0..buffer.area.width {
                let cell = &buffer[(x, y)];
                let Color::Indexed(nth) = cell.fg else { continue };
                let name = names[usize::from(nth)].as_str();
                if cell.symbol() != " " && styles.last() != Some(&name) {
                    styles.push(name);
                }
            }
            let _ = writeln!(text, "{}\n        {}", row.trim_end(), styles.join(", "));
        }
        text
    }
}

/// Who sits here has a name and a taxonomy.
fn app() -> App {
    let mut app = App::new("rollouts", Keymap::defaults());
    "ann".clone_into(&mut app.hunt.ledger.annotator);
    app.hunt.ledger.taxonomy = taxonomy(include_str!("../../assets/failures.toml")).unwrap();
    app
}

pub fn score(log_odds: f64) -> Score {
    Score { log_odds, logit_yes: None, logit_no: None, outputs: Vec::new(), tokens: 900 }
}
