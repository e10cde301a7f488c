//! What the commands do: moving about, folding, turning to tabs and sheets.

use super::{App, Effect, Face, Key, Move, Pane, PromptKind, Selected, Sheet, SheetKind, Tab};
use crate::app::page::{Chapter, Class, Deed, Frame, Page, View};

impl Key {
    /// The letter of a ctrl chord.
    pub fn typed_with_ctrl(self) -> Option<char> {
        Self { ctrl: false, ..self }.typed()
    }
}

impl App {
    pub(super) fn travel(&mut self, by: Move) {
        if self.sheet.is_some() {
            return self.travel_sheet(by);
        }
        match self.focus {
            _ if self.face == Face::Charts => self.travel_charts(by),
            Pane::Board if self.face == Face::Hunt => self.travel_hunt(by),
            Pane::Board => self.travel_board(by),
            Pane::Reader => self.travel_reader(by),
        }
    }

    pub(super) fn travel_sheet(&mut self, by: Move) {
        let Some(sheet) = &self.sheet else { return };
        let lines = sheet.lines(self).len();
        let rows = usize::from(super::sheet_area(self.area, lines).height.saturating_sub(2)).max(1);
        let last = lines.saturating_sub(rows);
        let Some(sheet) = &mut self.sheet else { return };
        sheet.scroll = match by {
            Move::Rows(rows) => sheet.scroll.saturating_add_signed(rows).min(last),
            Move::Halves(halves) => sheet.scroll.saturating_add_signed(halves * rows as isize / 2).min(last),
            Move::Top => 0,
            Move::Bottom => last,
        };
    }

    fn travel_board(&mut self, by: Move) {
        let half = (self.layout().board_rows() / 2).max(1) as isize;
        match by {
            Move::Rows(rows) => self.board.walk(rows),
            Move::Halves(halves) => self.board.walk(halves * half),
            Move::Top => self.board.go(0),
            Move::Bottom => self.board.go(usize::MAX),
        }
    }

    fn travel_reader(&mut self, by: Move) {
        let half = |frame: Frame| (frame.rows / 2).max(1) as isize;
        self.read(|page, view, frame| match by {
            Move::Rows(rows) => view.walk(page, rows, frame),
            Move::Halves(halves) => view.leap(page, halves * half(frame), frame),
            Move::Top => view.open_at(0),
            Move::Bottom => view.end(page, frame),
        });
    }

    /// Does something to the page on show.
    pub(super) fn read<T>(&mut self, work: impl FnOnce(&Page, &mut View, Frame) -> T) -> Option<T> {
        let frame = self.frame();
        let (page, view) = self.reader.look()?;
        Some(work(&page, view, frame))
    }

    pub(super) fn enter(&mut self) {
        if self.sheet.is_some() {
            return;
        }
        match (self.focus, self.board.selected()) {
            (Pane::Board, _) if self.face == Face::Hunt => self.other_pane(),
            (Pane::Board, Some(Selected::Head(_))) => self.board.toggle(),
            (Pane::Board, Some(Selected::Candidate(_))) => self.other_pane(),
            (Pane::Board, None) => {}
            (Pane::Reader, _) => self.fold(),
        }
    }

    pub(super) fn other_pane(&mut self) {
        self.sheet = None;
        self.focus = match self.focus {
            Pane::Board if self.reader.shown().is_some() => Pane::Reader,
            _ => Pane::Board,
        };
        self.refit();
    }

    pub(super) fn fold(&mut self) {
        match self.focus {
            Pane::Board => self.board.toggle(),
            Pane::Reader => {
                if self.read(|page, view, frame| view.toggle(page, frame)) == Some(false) {
                    self.say("nothing is folded here");
                }
            }
        }
    }

    pub(super) fn fold_all(&mut self) {
        match self.focus {
            Pane::Board => self.board.toggle_all(),
            Pane::Reader => {
                self.read(|page, view, frame| view.toggle_all(page, frame));
            }
        }
    }

    pub(super) fn disagreement(&mut self, forward: bool) {
        if !self.board.walk_disagreements(forward) {
            let way = if forward { "below" } else { "above" };
            self.say(format!("score and outcome disagree nowhere {way}"));
        }
    }

    /// To another turn or file.
    pub(super) fn chapter(&mut self, by: isize) {
        self.read(|page, view, frame| {
            let Some(last) = page.chapters.len().checked_sub(1) else { return };
            let here = view.chapter_of(page, view.cursor.line);
            let head = page.chapters.get(here).map_or(0, |it| view.first_line(it.block));
            // Back goes to the head of this chapter first.
            let within = by < 0 && view.cursor.line > head;
            let target = here.saturating_add_signed(by + isize::from(within)).min(last);
            let line = page.chapters.get(target).map_or(0, |it| view.first_line(it.block));
            view.jump_to_top(page, line, frame);
        });
    }

    pub(super) fn error(&mut self, forward: bool) {
        self.turn_that(forward, "turn failed", |turn, _| turn.failed);
    }

    pub(super) fn edit(&mut self, forward: bool) {
        self.turn_that(forward, "turn edits", |turn, _| turn.deed == Deed::Edit);
    }

    pub(super) fn same_file(&mut self, forward: bool) {
        let name = |turn: &Chapter| turn.file.as_deref().map(|file| file.rsplit('/').next().unwrap_or(file).to_owned());
        self.turn_that(forward, "turn is on the same file", |turn, here| {
            name(here).is_some_and(|file| name(turn).is_some_and(|other| other == file))
        });
    }

    pub(super) fn same_deed(&mut self, forward: bool) {
        self.turn_that(forward, "turn is of this kind", |turn, here| turn.deed == here.deed);
    }

    /// To the next turn that is so, seen from the one under the cursor.
    fn turn_that(&mut self, forward: bool, what: &str, is: impl Fn(&Chapter, &Chapter) -> bool) {
        let found = self.read(|page, view, frame| {
            let here = view.chapter_of(page, view.cursor.line);
            let Some(own) = page.chapters.get(here) else { return false };
            let fits = |nth: &usize| is(&page.chapters[*nth], own);
            let target = if forward { (here + 1..page.chapters.len()).find(fits) } else { (0..here).rev().find(fits) };
            let Some(target) = target else { return false };
            view.jump_to_top(page, view.first_line(page.chapters[target].block), frame);
            true
        });
        if found == Some(false) {
            self.say(format!("no {what} {} this one", if forward { "after" } else { "before" }));
        }
    }

    /// Leaves a class of parts out of the turns, or shows it again.
    pub(super) fn toggle(&mut self, class: Class) {
        let hidden = &mut self.reader.hidden;
        let before = hidden.len();
        hidden.retain(|other| *other != class);
        let hides = hidden.len() == before;
        if hides {
            hidden.push(class);
        }
        self.say(format!("{} are {}", class.name(), if hides { "left out" } else { "shown" }));
    }

    pub(super) fn toggle_colours(&mut self) {
        self.reader.symbols = !self.reader.symbols;
        let now = if self.reader.symbols { "escape sequences as symbols" } else { "results in their colours" };
        self.say(now);
    }

    /// To another hunk, or to another difference.
    pub(super) fn stop(&mut self, by: isize) {
        let found = self.read(|page, view, frame| {
            let here = view.cursor.line;
            let lines: Vec<usize> = page.stops.iter().map(|block| view.first_line(*block)).collect();
            let count = by.unsigned_abs() - 1;
            let target = if by > 0 {
                lines.iter().filter(|line| **line > here).nth(count)
            } else {
                lines.iter().rev().filter(|line| **line < here).nth(count)
            };
            target.map(|line| view.jump_to_top(page, *line, frame)).is_some()
        });
        if found == Some(false) {
            let what = if self.reader.tab() == Tab::Patch { "hunk" } else { "difference" };
            self.say(format!("no {what} {}", if by > 0 { "below" } else { "above" }));
        }
    }

    pub(super) fn rival(&mut self, by: isize) {
        self.board.walk_rivals(by);
    }

    pub(super) fn sideways(&mut self, by: isize) {
        self.read(|_, view, _| view.sideways = view.sideways.saturating_add_signed(by));
    }

    pub(super) fn show_tab(&mut self, tab: Tab) {
        self.sheet = None;
        self.reader.show_tab(tab);
    }

    pub(super) fn toggle_wrap(&mut self) {
        self.reader.wrap = !self.reader.wrap;
        self.read(|_, view, _| view.sideways = 0);
        self.refit();
    }

    pub(super) fn toggle_outline(&mut self) {
        self.reader.outline = !self.reader.outline;
        self.refit();
    }

    pub(super) fn zoom(&mut self) {
        self.zoomed = !self.zoomed;
        self.refit();
    }

    pub(super) fn show_help(&mut self) {
        let open = self.sheet.as_ref().is_some_and(|sheet| sheet.kind == SheetKind::Help);
        self.sheet = (!open).then(|| Sheet::new(SheetKind::Help));
    }

    pub(super) fn show_problems(&mut self) {
        let open = self.sheet.as_ref().is_some_and(|sheet| sheet.kind == SheetKind::Problems);
        self.sheet = (!open).then(|| Sheet::new(SheetKind::Problems));
    }

    /// Closes the nearest thing that is open.
    pub(super) fn back(&mut self) {
        let closed = self.sheet.take().is_some();
        if closed || (self.focus == Pane::Reader && self.reader.search.take().is_some()) {
            return;
        }
        match () {
            () if self.focus == Pane::Reader => self.other_pane(),
            () if self.face == Face::Charts => self.show_charts(),
            () if self.face == Face::Hunt => self.show_hunt(),
            () if self.back_to_charts() => {}
            () if self.board.filter().is_empty() => self.say("q leaves the program"),
            () => self.board.set_filter(crate::library::Query::default()),
        }
    }

    pub(super) fn leave(&mut self) -> Vec<Effect> {
        if self.sheet.take().is_some() {
            return Vec::new();
        }
        if self.focus == Pane::Reader {
            self.other_pane();
            return Vec::new();
        }
        match self.face {
            Face::Charts => self.show_charts(),
            Face::Hunt => self.show_hunt(),
            Face::Board if self.hunt.ledger.unsaved() > 0 => {
                let count = self.hunt.ledger.unsaved();
                self.say(format!("{count} of your verdicts are not saved; ctrl-c leaves all the same"));
            }
            Face::Board => return vec![Effect::Quit],
        }
        Vec::new()
    }

    /// Scrolls the reader from the queue of the hunt, in thirds of its height.
    pub(super) fn scroll_reader(&mut self, by: isize) {
        self.read(|page, view, frame| view.scroll(page, by * (frame.rows / 3).max(1) as isize, frame));
    }

    pub(super) fn turn_tab(&mut self, by: isize) {
        const TABS: [Tab; 3] = [Tab::Turns, Tab::Patch, Tab::Compare];
        let here = TABS.iter().position(|tab| *tab == self.reader.tab()).unwrap_or_default() as isize;
        self.show_tab(TABS[(here + by).rem_euclid(TABS.len() as isize) as usize]);
    }

    pub(super) fn prompt_for_search(&mut self) {
        let kind = match (&self.sheet, self.focus) {
            (Some(_), _) => PromptKind::Sheet,
            (None, Pane::Board) => PromptKind::Filter,
            (None, Pane::Reader) => PromptKind::Search,
        };
        self.open_prompt(kind);
    }
}
