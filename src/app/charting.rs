//! What the keys do on the charts.

use super::{App, Effect, Face, Move, Pane};
use crate::library::Query;

impl App {
    pub(super) fn show_charts(&mut self) {
        if !self.may_uncover() {
            return;
        }
        self.sheet = None;
        self.face = if self.face == Face::Charts { Face::Board } else { Face::Charts };
        self.focus = Pane::Board;
    }

    pub(super) fn travel_charts(&mut self, by: Move) {
        let steps = match by {
            Move::Rows(rows) => rows,
            Move::Halves(halves) => halves * 5,
            Move::Top => isize::MIN,
            Move::Bottom => isize::MAX,
        };
        self.charts.walk(steps, &self.judging.figures);
    }

    /// Puts exactly the trajectories of the chosen bin or point on the board.
    pub(super) fn open_mark(&mut self) {
        let Some(mark) = self.charts.mark(&self.judging.figures).filter(|mark| !mark.filter.is_empty()) else {
            return self.say("this chart has nothing to put on the board");
        };
        let before = self.board.filter().text.clone();
        let text = if before.trim().is_empty() { mark.filter } else { format!("({before}) {}", mark.filter) };
        match Query::parse(&text) {
            Ok(query) => {
                self.board.set_filter(query);
                self.charts.before = Some(before);
                self.face = Face::Board;
                self.say("esc goes back to the charts");
            }
            Err(misread) => self.say(misread.reason),
        }
    }

    /// From a bin on the board back to the charts; false where no bin is on it.
    pub(super) fn back_to_charts(&mut self) -> bool {
        let Some(before) = self.charts.before.take() else { return false };
        self.board.set_filter(Query::parse(&before).unwrap_or_default());
        self.face = Face::Charts;
        true
    }

    /// While the charts are open, somebody wants to know how sure the numbers are.
    pub(super) fn draw_lots(&mut self) -> Option<Effect> {
        let due = self.face == Face::Charts && self.judging.wants_intervals();
        due.then(|| self.judging.ask_intervals(self.census()))
    }
}
