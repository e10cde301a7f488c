//! A sheet over the panes, with a frame and a position.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Clear, Widget};

use super::canvas::{Canvas, line_of};
use crate::app::page::Span;
use crate::app::{App, Sheet, sheet_area};

pub fn draw(app: &App, sheet: &Sheet, area: Rect, canvas: &mut Canvas) {
    let lines = sheet.lines(app);
    let outer = sheet_area(area, lines.len());
    if outer.height < 3 || outer.width < 12 {
        return;
    }
    Clear.render(outer, canvas.buffer);
    canvas.wash(outer, "sheet");
    draw_edge(sheet, lines.len(), outer, canvas);
    let inner = Rect { x: outer.x + 2, y: outer.y + 1, width: outer.width - 4, height: outer.height - 2 };
    let base = canvas.theme.style("sheet");
    for (nth, line) in lines.iter().skip(sheet.scroll).take(inner.height.into()).enumerate() {
        canvas.spans(line_of(inner, nth), &line.spans, base);
    }
}

/// The edge of anything that lies over the panes.
pub fn draw_frame(area: Rect, canvas: &mut Canvas) {
    let across = "─".repeat(usize::from(area.width).saturating_sub(2));
    let style = canvas.theme.style("sheet.edge");
    for (y, left, right) in [(area.top(), '╭', '╮'), (area.bottom() - 1, '╰', '╯')] {
        canvas.buffer.set_stringn(area.x, y, format!("{left}{across}{right}"), area.width.into(), style);
    }
    for y in area.top() + 1..area.bottom() - 1 {
        canvas.buffer.set_stringn(area.x, y, "│", 1, style);
        canvas.buffer.set_stringn(area.right() - 1, y, "│", 1, style);
    }
}

fn draw_edge(sheet: &Sheet, lines: usize, area: Rect, canvas: &mut Canvas) {
    draw_frame(area, canvas);
    let base = canvas.theme.style("sheet");
    let inner = usize::from(area.height) - 2;
    let end = (sheet.scroll + inner).min(lines);
    let title = [Span::new(format!(" {} ", sheet.title()), "title.focus")];
    let position = [Span::new(format!(" {end}/{lines} "), "dim")];
    let top = Rect { x: area.x + 2, width: area.width - 4, ..line_of(area, 0) };
    canvas.row(top, &title, &position, base);
    let keys = [Span::new(" / looks for   esc closes ", "hint")];
    canvas.row(Rect { y: area.bottom() - 1, ..top }, &keys, &[], Style::new().patch(base));
}
