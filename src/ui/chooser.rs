//! A list to choose from: what is typed, what fits, and why something cannot be chosen.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Clear, Widget};

use super::canvas::{Canvas, ends, line_of, padded, tail};
use super::{sheet, thousands};
use crate::app::page::{Span, spans_width, wash};
use crate::app::{App, Choice, Chooser, Item, sheet_area};

pub fn draw(app: &App, chooser: &Chooser, area: Rect, canvas: &mut Canvas) {
    let items = chooser.items(app);
    let outer = sheet_area(area, items.len().max(1) + 1);
    if outer.height < 4 || outer.width < 12 {
        return;
    }
    Clear.render(outer, canvas.buffer);
    canvas.wash(outer, "sheet");
    sheet::draw_frame(outer, canvas);
    let inner = Rect { x: outer.x + 2, y: outer.y + 1, width: outer.width - 4, height: outer.height - 2 };
    let base = canvas.theme.style("sheet");
    let cursor = chooser.cursor.min(items.len().saturating_sub(1));
    draw_typed(chooser, line_of(inner, 0), canvas);
    let rows = usize::from(inner.height) - 1;
    let first = (cursor + 1).saturating_sub(rows);
    let columns = items.iter().map(|item| item.name.chars().count()).max().unwrap_or(0).min(28);
    for (nth, item) in items.iter().enumerate().skip(first).take(rows) {
        draw_item(chooser, item, nth == cursor, columns, line_of(inner, 1 + nth - first), canvas);
    }
    if items.is_empty() {
        let said = if app.finding.as_ref().is_some_and(|it| it.running) { "looking …" } else { "nothing here fits" };
        canvas.spans(line_of(inner, 1), &[Span::new(said, "dim")], base);
    }
    let title = [Span::new(format!(" {} ", said(app, chooser)), "title.focus")];
    let position = [Span::new(format!(" {}/{} ", (cursor + 1).min(items.len()), items.len()), "dim")];
    let top = Rect { x: outer.x + 2, width: outer.width - 4, ..line_of(outer, 0) };
    canvas.row(top, &title, &position, base);
    let keys = match items.get(cursor).and_then(|item| item.idle) {
        Some(why) => Span::new(format!(" {why} "), "problem"),
        None => Span::new(" type to narrow   tab completes   enter chooses   esc closes ", "hint"),
    };
    canvas.row(Rect { y: outer.bottom() - 1, ..top }, &[keys], &[], base);
}

/// What is chosen from; for places found, how far the search is.
fn said(app: &App, chooser: &Chooser) -> String {
    let Some(finding) = app.finding.as_ref().filter(|_| chooser.choice == Choice::Found) else {
        return chooser.title().to_owned();
    };
    let way = match (finding.running, finding.cut) {
        (true, _) => "searching …",
        (false, true) => "there is more: say it more exactly",
        (false, false) => "all was searched",
    };
    format!("{} · {}B, {way}", ends(&finding.text, 30), thousands(finding.bytes))
}

fn draw_typed(chooser: &Chooser, row: Rect, canvas: &mut Canvas) {
    let room = usize::from(row.width).saturating_sub(3);
    let typed = tail(&wash(&chooser.query, 0), room);
    let spans = [Span::new("> ", "key"), Span::new(typed, "prompt"), Span::new("▏", "cursor")];
    let base = canvas.theme.style("sheet");
    canvas.spans(row, &spans, base);
}

fn draw_item(chooser: &Chooser, item: &Item, here: bool, columns: usize, row: Rect, canvas: &mut Canvas) {
    let base = if here { canvas.theme.style("selected") } else { canvas.theme.style("sheet") };
    canvas.buffer.set_style(row, base);
    let ink = if item.idle.is_some() { "dim" } else { "text" };
    let mark = match (here, item.marked) {
        (true, _) => Span::new("▌", "cursor"),
        (false, _) => Span::new(" ", "text"),
    };
    let chosen = Span::new(if item.marked { "● " } else { "  " }, "pick");
    let aside = vec![Span::new(ends(&item.aside, usize::from(row.width) / 3), "key")];
    let room = usize::from(row.width).saturating_sub(spans_width(&aside) + 5);
    let spans = if chooser.choice == Choice::Found {
        vec![mark, Span::new(super::canvas::start(&item.name, room), ink)]
    } else {
        let about = super::canvas::start(&item.about, room.saturating_sub(columns + 3));
        vec![mark, chosen, Span::new(padded(&item.name, columns), ink), Span::new(format!("  {about}"), "dim")]
    };
    canvas.row(row, &spans, &aside, Style::new().patch(base));
}
