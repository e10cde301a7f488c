//! The reader: which trajectory is shown, which of its pages, and where one is on each of them.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::effect::Effect;
use super::msg::PaintKey;
use super::page::{Frame, Page, Paint, View, patch_page, turns_page};
use super::search::Search;
use crate::trajectory::Trajectory;

/// As many trajectories stay in memory as one is likely to flip through.
const KEPT: usize = 12;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Tab {
    #[default]
    Turns,
    Patch,
}

/// A trajectory read whole, and its pages.
#[derive(Debug, Default)]
pub struct Opened {
    pub trajectory: Trajectory,
    turns: Page,
    patch: Page,
}

impl Opened {
    pub fn new(trajectory: Trajectory) -> Self {
        let patch = trajectory.patch.as_ref().map_or_else(Page::default, |patch| patch_page(&patch.text));
        Self { turns: turns_page(&trajectory), patch, trajectory }
    }

    pub fn page(&self, tab: Tab) -> &Page {
        match tab {
            Tab::Turns => &self.turns,
            Tab::Patch => &self.patch,
        }
    }
}

/// What there is to see of the trajectory under the cursor.
#[derive(Debug, Clone)]
pub enum Body {
    Loading,
    Open(Arc<Opened>),
    Failed(String),
}

#[derive(Debug, Clone)]
pub struct Reader {
    chosen: Tab,
    pub wrap: bool,
    pub outline: bool,
    pub search: Option<Search>,
    shown: Option<String>,
    /// The latest last.
    bodies: VecDeque<(String, Body)>,
    views: HashMap<(String, Tab), View>,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            chosen: Tab::Turns,
            wrap: true,
            outline: true,
            search: None,
            shown: None,
            bodies: VecDeque::new(),
            views: HashMap::new(),
        }
    }
}

impl Reader {
    pub fn shown(&self) -> Option<&str> {
        self.shown.as_deref()
    }

    pub fn body(&self) -> Option<&Body> {
        let id = self.shown.as_deref()?;
        self.bodies.iter().find(|(of, _)| of == id).map(|(_, body)| body)
    }

    pub fn opened(&self) -> Option<&Arc<Opened>> {
        match self.body()? {
            Body::Open(opened) => Some(opened),
            _ => None,
        }
    }

    pub fn chosen(&self) -> Tab {
        self.chosen
    }

    /// The tab on show: the one chosen, or the patch where there is nothing but a patch.
    pub fn tab(&self) -> Tab {
        let only_patch = |opened: &Arc<Opened>| opened.turns.blocks.is_empty() && !opened.patch.blocks.is_empty();
        if self.opened().is_some_and(only_patch) { Tab::Patch } else { self.chosen }
    }

    pub fn page(&self) -> Option<&Page> {
        self.opened().map(|opened| opened.page(self.tab()))
    }

    pub fn view(&self) -> Option<&View> {
        self.views.get(&(self.shown.clone()?, self.tab()))
    }

    /// The page on show and where one is on it.
    pub fn look(&mut self) -> Option<(Arc<Opened>, &mut View)> {
        let opened = self.opened()?.clone();
        let tab = self.tab();
        let view = self.views.entry((self.shown.clone()?, tab)).or_insert_with(|| View::new(opened.page(tab)));
        Some((opened, view))
    }

    /// Turns to a trajectory; asks for it if it is not in memory.
    pub fn turn_to(&mut self, id: Option<&str>) -> Option<Effect> {
        if self.shown.as_deref() == id {
            return None;
        }
        self.shown = id.map(str::to_owned);
        let id = id?;
        if let Some(at) = self.bodies.iter().position(|(of, body)| of == id && matches!(body, Body::Open(_))) {
            let kept = self.bodies.remove(at)?;
            self.bodies.push_back(kept);
            self.settle();
            return None;
        }
        self.bodies.retain(|(of, _)| of != id);
        self.keep(id.to_owned(), Body::Loading);
        Some(Effect::Open(id.to_owned()))
    }

    fn keep(&mut self, id: String, body: Body) {
        self.bodies.push_back((id, body));
        while self.bodies.len() > KEPT {
            if let Some((gone, _)) = self.bodies.pop_front() {
                // Places are remembered; what was highlighted goes with its text.
                self.views.retain(|(of, _), _| *of != gone);
            }
        }
    }

    pub fn arrived(&mut self, id: String, body: Result<Arc<Opened>, String>) {
        self.bodies.retain(|(of, _)| *of != id);
        self.views.retain(|(of, _), _| *of != id);
        self.keep(id, body.map_or_else(Body::Failed, Body::Open));
        self.settle();
    }

    pub fn show_tab(&mut self, tab: Tab) {
        self.chosen = tab;
        self.settle();
    }

    /// Makes the view, and searches a page that has just come on show.
    fn settle(&mut self) {
        let tab = self.tab();
        let Some((opened, _)) = self.look() else { return };
        if let Some(search) = &mut self.search {
            search.look(opened.page(tab));
        }
    }

    pub fn painted(&mut self, key: &PaintKey, paint: Paint) {
        if let Some(view) = self.views.get_mut(&(key.id.clone(), key.tab)) {
            view.painted(key.block, paint);
        }
    }

    /// Asks for the highlighting of what is on the screen.
    pub fn paint(&mut self, frame: Frame) -> Vec<Effect> {
        let (Some(id), tab) = (self.shown.clone(), self.tab()) else { return Vec::new() };
        let Some((opened, view)) = self.look() else { return Vec::new() };
        let wanting = view.unpainted(opened.page(tab), frame);
        let effect = |block| Effect::Paint(PaintKey { id: id.clone(), tab, block }, opened.clone());
        wanting.into_iter().map(effect).collect()
    }

    /// To the next place the search found. `strictly` leaves the line one is on.
    pub fn seek(&mut self, frame: Frame, forward: bool, strictly: bool) {
        if let Some(mut search) = self.search.take() {
            self.seek_with(&mut search, frame, forward, strictly);
            self.search = Some(search);
        }
    }

    fn seek_with(&mut self, search: &mut Search, frame: Frame, forward: bool, strictly: bool) {
        let tab = self.tab();
        let Some((opened, view)) = self.look() else { return };
        let page = opened.page(tab);
        let here = view.place(page, view.cursor.line);
        if let Some((block, line)) = search.next_from(here, forward, strictly) {
            let line = view.reveal(page, block, line, frame);
            view.jump(page, line, frame);
        }
    }
}
