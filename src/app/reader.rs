//! The reader: which trajectory is shown, which of its pages, and where one is on each of them.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::bookmarks::Bookmarks;
use super::effect::Effect;
use super::leaf::{Against, Leaf, Opened, PageKey};
use super::msg::PaintKey;
use super::page::{Class, Form, Frame, Page, Paint, View};
use super::search::{Search, Wish};

/// As many trajectories, and as many pages, stay in memory as one is likely to flip through.
const KEPT: usize = 12;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Tab {
    #[default]
    Turns,
    Patch,
    Compare,
    Raw,
    /// What a judge said.
    Score,
    /// What exactly it was asked.
    Prompt,
}

/// What of two candidates is compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Comparing {
    #[default]
    Patches,
    Actions,
    /// The patch, with the gold patch of the task.
    Gold,
}

/// What there is to see of the trajectory under the cursor.
#[derive(Debug, Clone)]
pub enum Body {
    Loading,
    Open(Arc<Opened>),
    Failed(String),
}

/// A page, as far as it is made.
#[derive(Debug, Clone)]
enum Laid {
    Asked,
    Done(Arc<Page>),
    Failed(String),
}

#[derive(Debug, Clone)]
pub struct Reader {
    chosen: Tab,
    pub wrap: bool,
    pub outline: bool,
    /// How patches stand; none: as the width allows.
    pub form: Option<Form>,
    pub comparing: Comparing,
    /// What is left out of the turns.
    pub hidden: Vec<Class>,
    /// Escape sequences in results are shown as symbols, not as the colours they mean.
    pub symbols: bool,
    /// With which candidate those of a task are compared, by task.
    pub against: HashMap<String, String>,
    pub search: Option<Search>,
    shown: Option<String>,
    /// The page on show.
    key: Option<PageKey>,
    /// The latest last.
    bodies: VecDeque<(String, Body)>,
    pages: VecDeque<(PageKey, Laid)>,
    views: HashMap<PageKey, View>,
    bookmarks: Bookmarks,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            chosen: Tab::Turns,
            wrap: true,
            outline: true,
            form: None,
            comparing: Comparing::default(),
            hidden: Vec::new(),
            symbols: false,
            against: HashMap::new(),
            search: None,
            shown: None,
            key: None,
            bodies: VecDeque::new(),
            pages: VecDeque::new(),
            views: HashMap::new(),
            bookmarks: Bookmarks::default(),
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
        self.open(self.shown.as_deref()?)
    }

    /// A trajectory that is in memory.
    fn open(&self, id: &str) -> Option<&Arc<Opened>> {
        match self.bodies.iter().find(|(of, _)| of == id)? {
            (_, Body::Open(opened)) => Some(opened),
            _ => None,
        }
    }

    pub fn chosen(&self) -> Tab {
        self.chosen
    }

    /// The tab on show: the one chosen, or the patch where there is nothing but a patch.
    pub fn tab(&self) -> Tab {
        let only_patch =
            |opened: &Arc<Opened>| opened.trajectory.turns.is_empty() && !opened.diff.text().trim().is_empty();
        match self.chosen {
            Tab::Turns if self.opened().is_some_and(only_patch) => Tab::Patch,
            chosen => chosen,
        }
    }

    fn laid(&self) -> Option<&Laid> {
        let key = self.key.as_ref()?;
        self.pages.iter().find(|(of, _)| of == key).map(|(_, laid)| laid)
    }

    pub fn leaf(&self) -> Option<&Leaf> {
        self.key.as_ref().map(|key| &key.leaf)
    }

    pub fn page(&self) -> Option<&Arc<Page>> {
        match self.laid()? {
            Laid::Done(page) => Some(page),
            _ => None,
        }
    }

    /// Why the page cannot be shown.
    pub fn trouble(&self) -> Option<&str> {
        match (self.body()?, self.laid()) {
            (Body::Failed(reason), _) | (_, Some(Laid::Failed(reason))) => Some(reason),
            _ => None,
        }
    }

    pub fn view(&self) -> Option<&View> {
        self.views.get(self.key.as_ref()?)
    }

    /// The page on show and where one is on it.
    pub fn look(&mut self) -> Option<(Arc<Page>, &mut View)> {
        let page = self.page()?.clone();
        let key = self.key.clone()?;
        let view = self.views.entry(key).or_insert_with_key(|key| {
            let mut view = View::new(&page);
            if let Some(mark) = self.bookmarks.of(key) {
                view.return_to(&page, mark);
            }
            view
        });
        Some((page, view))
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
                self.forget(|key| key.id == gone);
            }
        }
    }

    /// Where one was on each page, and what was unfolded there.
    pub fn bookmarks(&self) -> Bookmarks {
        let mut all = self.bookmarks.clone();
        self.views.iter().for_each(|(key, view)| all.put(key, view.bookmark()));
        all
    }

    pub fn take_bookmarks(&mut self, bookmarks: Bookmarks) {
        self.bookmarks = bookmarks;
    }

    /// What was highlighted goes with its page; a mark stays.
    fn forget(&mut self, gone: impl Fn(&PageKey) -> bool) {
        self.pages.retain(|(key, _)| !gone(key));
        for (key, view) in self.views.extract_if(|key, _| gone(key)) {
            self.bookmarks.put(&key, view.bookmark());
        }
    }

    pub fn arrived(&mut self, id: String, body: Result<Arc<Opened>, String>) {
        self.bodies.retain(|(of, _)| *of != id);
        let against = Against::Candidate(id.clone());
        self.forget(|key| key.id == id || key.leaf.against() == Some(&against));
        self.keep(id, body.map_or_else(Body::Failed, Body::Open));
    }

    pub fn show_tab(&mut self, tab: Tab) {
        self.chosen = tab;
    }

    /// Puts a page on show; asks for it if it is not made yet. True: another than before is on show now.
    pub fn show(&mut self, leaf: Option<Leaf>) -> (bool, Option<Effect>) {
        let key = self.shown.clone().zip(leaf).map(|(id, leaf)| PageKey { id, leaf });
        let turned = self.key != key;
        let before = if turned { std::mem::replace(&mut self.key, key) } else { None };
        let (Some(key), Some(opened)) = (self.key.clone(), self.opened().cloned()) else { return (turned, None) };
        let known = self.pages.iter().position(|(of, _)| *of == key).and_then(|at| self.pages.remove(at));
        // A wish may be forgotten once one has turned away: who comes back wishes again.
        if let Some(page) = known.filter(|(_, laid)| !turned || matches!(laid, Laid::Done(_))) {
            self.pages.push_back(page);
            if turned {
                self.come_from(before);
            }
            return (turned, None);
        }
        self.pages.push_back((key.clone(), Laid::Asked));
        if self.pages.len() > 2 * KEPT {
            self.pages.pop_front();
        }
        let other = match key.leaf.against() {
            Some(Against::Candidate(id)) => self.open(id).cloned(),
            _ => None,
        };
        (turned, Some(Effect::LayOut(key, opened, other)))
    }

    /// A page that was asked for. True: it is the one on show.
    pub fn laid_out(&mut self, key: &PageKey, page: Result<Arc<Page>, String>) -> bool {
        if let Some((_, laid)) = self.pages.iter_mut().find(|(of, _)| of == key) {
            *laid = page.map_or_else(Laid::Failed, Laid::Done);
        }
        let on_show = self.key.as_ref() == Some(key);
        if on_show {
            self.come_from(None);
        }
        on_show
    }

    /// Makes the view of a page that has just come on show, and searches it. A patch that now stands in another form is
    /// shown from the same line on.
    fn come_from(&mut self, before: Option<PageKey>) {
        let other_form = |key: &PageKey| match key.leaf {
            Leaf::Patch(Form::Unified) => Some(PageKey { leaf: Leaf::Patch(Form::Beside), ..key.clone() }),
            Leaf::Patch(Form::Beside) => Some(PageKey { leaf: Leaf::Patch(Form::Unified), ..key.clone() }),
            _ => None,
        };
        let Some(key) = self.key.clone() else { return };
        let before = before.or_else(|| other_form(&key)).filter(|before| other_form(before).as_ref() == Some(&key));
        let line = before.and_then(|before| self.line_of(&before));
        let Some((page, view)) = self.look() else { return };
        if let Some((block, row)) = line.and_then(|line| page.row_of(line)) {
            view.open_at(view.first_line(block) + row);
        }
        if let Some(search) = &mut self.search {
            search.begin_anew();
        }
    }

    /// Asks for the places of what is searched for on the page on show, unless that was asked already.
    pub fn look_through(&mut self) -> Option<Effect> {
        let (key, page) = (self.key.clone()?, self.page()?.clone());
        let search = self.search.as_mut().filter(|search| !search.text.is_empty())?;
        let asks = search.wants(&key);
        asks.then(|| Effect::LookThrough { key, page, text: search.text.clone(), pattern: search.pattern.clone() })
    }

    /// The line of the patch that the cursor of a page is on.
    fn line_of(&self, key: &PageKey) -> Option<usize> {
        let (_, laid) = self.pages.iter().find(|(of, _)| of == key)?;
        let (Laid::Done(page), Some(view)) = (laid, self.views.get(key)) else { return None };
        if view.cursor.line == 0 {
            return None;
        }
        let (block, row) = view.place(page, view.cursor.line);
        page.line_of(block, row)
    }

    pub fn painted(&mut self, key: &PaintKey, paint: Paint) {
        if let Some(view) = self.views.get_mut(&key.page) {
            view.painted(key.block, key.window, paint);
        }
    }

    /// Shows what is wanted, and asks for the highlighting of what is on the screen.
    pub fn paint(&mut self, frame: Frame) -> Vec<Effect> {
        let Some(key) = self.key.clone() else { return Vec::new() };
        let (hidden, symbols) = (self.hidden.clone(), self.symbols);
        let Some((page, view)) = self.look() else { return Vec::new() };
        view.hide(&page, &hidden, frame);
        view.show_symbols(symbols);
        let wanting = view.unpainted(&page, frame);
        let effect = |(block, window)| Effect::Paint(PaintKey { page: key.clone(), block, window }, page.clone());
        wanting.into_iter().map(effect).collect()
    }

    /// Goes to a place that was found.
    pub fn go(&mut self, wish: Wish, frame: Frame) {
        if let (Some(from), Some((page, view))) = (wish.from, self.look()) {
            view.stand(&page, from, frame);
        }
        if let Some(mut search) = self.search.take() {
            self.seek_with(&mut search, wish, frame);
            self.search = Some(search);
        }
    }

    fn seek_with(&mut self, search: &mut Search, wish: Wish, frame: Frame) {
        let Some((page, view)) = self.look() else { return };
        let here = view.place(&page, view.cursor.line);
        if let Some((block, line)) = search.next_from(here, wish.forward, wish.strictly) {
            // What was left out comes back when something is found in it.
            let class = page.blocks.get(block).and_then(|block| block.class);
            self.hidden.retain(|hidden| Some(*hidden) != class);
            let hidden = self.hidden.clone();
            let Some((_, view)) = self.look() else { return };
            view.hide(&page, &hidden, frame);
            let line = view.reveal(&page, block, line, frame);
            view.jump(&page, line, frame);
            view.to_hit(&page, &search.pattern, frame);
        }
    }
}
