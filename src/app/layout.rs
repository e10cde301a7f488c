//! Where everything stands, from the size of the terminal alone. Update and drawing both ask here.

use ratatui::layout::Rect;

use super::{Face, Pane};

/// From this width on, board and reader stand side by side.
const SIDE_BY_SIDE: u16 = 100;
/// From this width on, the heads of two candidates stand in one row.
const HEADS_BESIDE: u16 = 100;
/// From this height on there is room for the strip.
const STRIP_FROM: u16 = 16;
/// From this height of the reader on there is room for what a score has meant.
const WORTH_FROM: u16 = 10;
const BOARD: (u16, u16) = (38, 58);
/// As narrow as board and reader can be dragged.
const NARROWEST: (u16, u16) = (24, 44);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Layout {
    pub header: Rect,
    /// In the place of board and reader.
    pub charts: Rect,
    /// With its title row.
    pub board: Rect,
    /// The line between the panes, when they stand side by side.
    pub divider: Rect,
    /// With its title row.
    pub reader: Rect,
    pub tabs: Rect,
    /// Of two candidates that are compared.
    pub heads: Rect,
    pub outline: Rect,
    pub outline_divider: Rect,
    pub text: Rect,
    /// What the scores are worth, above the status.
    pub strip: Rect,
    /// What the score on show has meant, at the foot of the reader.
    pub worth: Rect,
    pub status: Rect,
    pub footer: Rect,
}

/// What the sizes depend on beside the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wishes {
    pub face: Face,
    pub focus: Pane,
    /// The focused pane takes everything.
    pub zoomed: bool,
    /// The width from which the reader has an outline beside its text, if it has one at all.
    pub outline_from: Option<u16>,
    /// Above the text stand the heads of two candidates.
    pub heads: bool,
    /// There are numbers for the strip.
    pub strip: bool,
    /// Columns of the board beside the reader, where the user has said.
    pub board: Option<u16>,
}

pub fn layout(area: Rect, wishes: Wishes) -> Layout {
    let Rect { x, y, width, height } = area;
    let row = |at: u16| Rect { x, y: y + at.min(height), width, height: u16::from(at < height) };
    let mut layout = Layout {
        header: row(0),
        status: row(height.saturating_sub(2).max(1)),
        footer: row(height.saturating_sub(1).max(1)),
        ..Layout::default()
    };
    let strip = u16::from(wishes.strip && height >= STRIP_FROM);
    if strip > 0 {
        layout.strip = row(height - 3);
    }
    let main = Rect { x, y: y + 1, width, height: height.saturating_sub(3 + strip) };
    match (wishes.zoomed, wishes.focus) {
        _ if wishes.face == Face::Charts => layout.charts = main,
        (true, Pane::Board) => layout.board = main,
        (true, Pane::Reader) => layout.reader = main,
        (false, _) if width >= SIDE_BY_SIDE => side_by_side(&mut layout, main, wishes.board),
        (false, focus) => stacked(&mut layout, main, focus),
    }
    reader(&mut layout, wishes);
    layout
}

fn side_by_side(layout: &mut Layout, main: Rect, wanted: Option<u16>) {
    let board = match wanted {
        Some(wanted) => wanted.clamp(NARROWEST.0, main.width - NARROWEST.1),
        None => (main.width * 3 / 8).clamp(BOARD.0, BOARD.1),
    };
    layout.board = Rect { width: board, ..main };
    layout.divider = Rect { x: main.x + board, width: 1, ..main };
    layout.reader = Rect { x: main.x + board + 1, width: main.width - board - 1, ..main };
}

/// One above the other; the one in focus gets more.
fn stacked(layout: &mut Layout, main: Rect, focus: Pane) {
    let board = match focus {
        Pane::Board => main.height * 3 / 5,
        Pane::Reader => (main.height / 3).min(7),
    };
    layout.board = Rect { height: board, ..main };
    layout.reader = Rect { y: main.y + board, height: main.height - board, ..main };
}

fn reader(layout: &mut Layout, wishes: Wishes) {
    let Rect { x, mut y, width, mut height } = layout.reader;
    if wishes.strip && height >= WORTH_FROM {
        height -= 1;
        layout.worth = Rect { x, y: y + height, width, height: 1 };
    }
    if height < 2 {
        return;
    }
    layout.tabs = Rect { x, y: y + 1, width, height: 1 };
    if wishes.heads {
        let rows = if width < HEADS_BESIDE { 2 } else { 1 };
        let rows = rows.min(height - 2);
        layout.heads = Rect { x, y: y + 2, width, height: rows };
        (y, height) = (y + rows, height - rows);
    }
    let below = Rect { x, y: y + 2, width, height: height - 2 };
    layout.text = below;
    if wishes.outline_from.is_some_and(|from| width >= from) {
        let side = (width / 4).clamp(18, 44);
        layout.outline = Rect { width: side, ..below };
        layout.outline_divider = Rect { x: x + side, width: 1, ..below };
        layout.text = Rect { x: x + side + 1, width: width - side - 1, ..below };
    }
}

impl Layout {
    /// Rows of the hunt's queue: below them stands what is known of the one under the cursor.
    pub fn hunt_rows(&self) -> usize {
        usize::from(self.hunt_card().y.saturating_sub(self.board.y + 1))
    }

    /// At the foot of the hunt.
    pub fn hunt_card(&self) -> Rect {
        let height = (self.board.height / 2).min(14);
        Rect { y: self.board.bottom() - height, height, ..self.board }
    }

    /// Rows of candidates on the screen.
    pub fn board_rows(&self) -> usize {
        usize::from(self.board.height.saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_overlaps_or_leaves_the_terminal_at_any_size() {
        for (width, height) in [(0, 0), (1, 1), (10, 3), (80, 24), (99, 30), (100, 30), (120, 40), (200, 50), (400, 9)]
        {
            for (face, focus) in [(Face::Board, Pane::Board), (Face::Board, Pane::Reader), (Face::Charts, Pane::Board)]
            {
                for (zoomed, outline_from, strip) in
                    [(false, Some(64), false), (false, Some(64), true), (true, None, true), (true, Some(64), false)]
                {
                    let area = Rect::new(0, 0, width, height);
                    let board = Some(width);
                    let it = layout(area, Wishes { face, focus, zoomed, outline_from, heads: zoomed, strip, board });
                    let panes = [it.header, it.board, it.divider, it.tabs, it.heads, it.outline, it.text, it.charts];
                    let lines = [it.strip, it.worth, it.status, it.footer];
                    let leaves = [panes.as_slice(), &lines].concat();
                    for (nth, rect) in leaves.iter().enumerate() {
                        assert_eq!(rect.intersection(area).area(), rect.area(), "{width}x{height}: {it:?}");
                        for other in &leaves[..nth] {
                            assert_eq!(rect.intersection(*other).area(), 0, "{width}x{height}: {it:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_small_terminal_keeps_the_ranking_in_sight() {
        let wishes = Wishes {
            face: Face::Board,
            focus: Pane::Reader,
            zoomed: false,
            outline_from: Some(64),
            heads: false,
            strip: false,
            board: None,
        };
        let it = layout(Rect::new(0, 0, 80, 24), wishes);
        assert_eq!((it.board_rows(), it.text.height, it.text.width), (6, 12, 59));
        let wide = layout(Rect::new(0, 0, 120, 40), wishes);
        assert_eq!((wide.board.width, wide.text.width), (45, 55));
    }
}
