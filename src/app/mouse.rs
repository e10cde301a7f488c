//! What the mouse does: it chooses, turns its wheel, drags the line between the panes.

use super::{App, Effect, Face, Mouse, Move, Pane, Row};

impl App {
    pub(super) fn toggle_mouse(&mut self) -> Vec<Effect> {
        self.mouse = !self.mouse;
        self.say(if self.mouse { "the mouse is ours" } else { "the mouse is the terminal's; m takes it back" });
        vec![Effect::Mouse(self.mouse)]
    }

    pub(super) fn on_mouse(&mut self, mouse: Mouse) -> Vec<Effect> {
        let layout = self.layout();
        match mouse {
            _ if self.chooser.is_some() => self.mouse_on_chooser(mouse),
            _ if self.face == Face::Charts => {
                if let Mouse::Wheel { rows, .. } = mouse {
                    self.travel(Move::Rows(isize::from(rows.signum())));
                }
            }
            _ if self.sheet.is_some() => {
                if let Mouse::Wheel { rows, .. } = mouse {
                    self.travel_sheet(Move::Rows(isize::from(rows)));
                }
            }
            Mouse::Wheel { column, row, rows } if layout.board.contains((column, row).into()) => {
                let rows = isize::from(rows.signum());
                if self.face == Face::Hunt { self.travel_hunt(Move::Rows(rows)) } else { self.board.walk(rows) }
            }
            Mouse::Wheel { rows, .. } => {
                self.read(|page, view, frame| view.scroll(page, isize::from(rows), frame));
            }
            Mouse::Click { column, .. } if layout.divider.height > 0 && column == layout.divider.x => {
                self.divider.held = true;
            }
            Mouse::Click { column, row } => self.click(column, row),
            Mouse::Drag { column, .. } if self.divider.held => {
                self.divider.columns = Some(column.saturating_sub(self.area.x));
                self.refit();
            }
            Mouse::Release => self.divider.held = false,
            Mouse::Drag { .. } => {}
        }
        Vec::new()
    }

    /// The wheel moves the cursor; everything else is typed.
    fn mouse_on_chooser(&mut self, mouse: Mouse) {
        if let (Mouse::Wheel { rows, .. }, Some(chooser)) = (mouse, &mut self.chooser) {
            chooser.cursor = chooser.cursor.saturating_add_signed(isize::from(rows.signum()));
        }
    }

    fn click(&mut self, column: u16, row: u16) {
        let layout = self.layout();
        let at = ratatui::layout::Position::new(column, row);
        if layout.board.contains(at) && self.face == Face::Hunt {
            self.focus = Pane::Board;
            let nth = usize::from(row - layout.board.y).saturating_sub(1);
            if nth < layout.hunt_rows() {
                self.hunt_go(nth + self.hunt.top);
            }
        } else if layout.board.contains(at) {
            self.focus = Pane::Board;
            let Some(nth) = usize::from(row - layout.board.y).checked_sub(1).map(|nth| nth + self.board.top) else {
                return;
            };
            let again = nth == self.board.cursor();
            if nth < self.board.row_count() {
                self.board.go(nth);
            }
            if let (true, Some(Row::Head(_))) = (again, self.board.row(nth)) {
                self.board.toggle();
            }
        } else if layout.reader.contains(at) {
            self.focus = Pane::Reader;
            self.click_reader(&layout, at);
        }
    }

    fn click_reader(&mut self, layout: &super::Layout, at: ratatui::layout::Position) {
        let down = |rect: ratatui::layout::Rect| isize::try_from(at.y.saturating_sub(rect.y)).unwrap_or_default();
        if layout.outline.contains(at) {
            self.read(|page, view, frame| {
                let first = view.outline_top(page, usize::from(layout.outline.height));
                let Some(chapter) = page.chapter_at(first + down(layout.outline) as usize) else { return };
                view.jump_to_top(page, view.first_line(chapter.block), frame);
            });
        } else if layout.text.contains(at) {
            self.read(|page, view, frame| {
                let target = view.step(page, view.top, down(layout.text), frame);
                if view.cursor == target {
                    view.toggle(page, frame);
                } else {
                    view.cursor = target;
                }
            });
        }
    }
}
