//! The search over all trajectories: what was asked, what was found so far, and going there. And going from place to
//! place in a page. No thread, no disk.

use std::collections::VecDeque;

use super::search::{Search, Wish};
use super::{App, Choice, Chooser, Effect, PageKey, Pane, Tab};

/// More than anybody looks through; the search stops here and says so.
pub const MOST: usize = 2_000;

/// A place where a text was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The trajectory it is in.
    pub id: String,
    /// Its task and run, for the eye.
    pub name: String,
    /// The line around it, washed.
    pub text: String,
}

#[derive(Debug, Clone, Default)]
pub struct Finding {
    /// As it was typed.
    pub text: String,
    pub hits: Vec<Hit>,
    /// Bytes looked through.
    pub bytes: u64,
    pub running: bool,
    /// There is more than [`MOST`].
    pub cut: bool,
    /// Goes up with each search: what an older one still finds is not looked at.
    pub number: u64,
}

/// What a search says while it goes on.
#[derive(Debug, Clone)]
pub enum FindMsg {
    Found { number: u64, hits: Vec<Hit>, bytes: u64 },
    Done { number: u64, cut: bool },
}

impl App {
    /// Starts over with another text.
    pub(super) fn find_everywhere(&mut self, text: &str) -> Vec<Effect> {
        if text.is_empty() {
            return Vec::new();
        }
        let number = self.finding.as_ref().map_or(0, |finding| finding.number) + 1;
        self.finding = Some(Finding { text: text.to_owned(), running: true, number, ..Finding::default() });
        self.chooser = Some(Chooser::new(Choice::Found));
        vec![Effect::Find { number, text: text.to_owned() }]
    }

    pub(super) fn on_found(&mut self, msg: FindMsg) {
        let Some(finding) = &mut self.finding else { return };
        match msg {
            FindMsg::Found { number, hits, bytes } if number == finding.number => {
                finding.hits.extend(hits);
                finding.bytes = bytes;
            }
            FindMsg::Done { number, cut } if number == finding.number => (finding.running, finding.cut) = (false, cut),
            _ => {}
        }
    }

    /// Goes to a place that was found: its trajectory, and in it the first place that fits, in the turns, the patch or the
    /// record.
    pub(super) fn visit(&mut self, nth: usize) -> Vec<Effect> {
        let Some(finding) = &self.finding else { return Vec::new() };
        let Some(hit) = finding.hits.get(nth) else { return Vec::new() };
        let (id, text) = (hit.id.clone(), finding.text.clone());
        if !self.board.choose(&id) {
            self.say("the filter hides this trajectory: esc on the board clears it");
            return Vec::new();
        }
        self.focus = Pane::Reader;
        self.reader.show_tab(Tab::Turns);
        self.reader.search = Search::parse(&text).ok();
        if let Some(search) = &mut self.reader.search {
            search.trail = Some([Tab::Patch, Tab::Raw].into());
            search.wish(Wish { forward: true, strictly: false, from: None });
        }
        Vec::new()
    }

    /// To the next place in the page, or the one before; as soon as the places are known.
    pub(super) fn seek(&mut self, forward: bool) {
        if let Some(search) = &mut self.reader.search {
            search.wish(Wish { forward, strictly: true, from: None });
        }
        self.go_where_wished();
    }

    /// A page has been looked through.
    pub(super) fn looked_through(&mut self, key: &PageKey, text: &str, found: Vec<(usize, usize)>) {
        if self.reader.search.as_mut().is_some_and(|search| search.take(key, text, found)) {
            self.go_where_wished();
        }
    }

    fn go_where_wished(&mut self) {
        let frame = self.frame();
        let Some(search) = &mut self.reader.search else { return };
        let Some(wish) = search.due() else { return };
        if !search.found.is_empty() {
            search.trail = None;
            return self.reader.go(wish, frame);
        }
        match search.trail.as_mut().map(VecDeque::pop_front) {
            None => self.reader.go(wish, frame),
            Some(Some(next)) => {
                search.wish(wish);
                self.reader.show_tab(next);
            }
            Some(None) => {
                self.reader.show_tab(Tab::Turns);
                self.say("its file holds this, but nothing that is shown of it");
            }
        }
    }
}
