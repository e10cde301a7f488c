//! &App -> cells. Pure: the same state gives the same screen. Colours come in at the last moment, from the theme.

mod ascii;
mod board;
mod canvas;
mod charts;
mod chooser;
mod compare;
mod hunt;
mod reader;
mod sheet;
mod status;
mod strip;
mod theme;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;

pub use theme::Theme;

use crate::app::page::{Span, spans_width};
use crate::app::{App, Face};
use canvas::{Canvas, line_of};

/// Draws the whole screen.
pub fn draw(app: &App, theme: &Theme, frame: &mut Frame) {
    let layout = app.layout();
    let area = frame.area();
    let mut canvas = Canvas { buffer: frame.buffer_mut(), theme };
    canvas.wash(area, "screen");
    canvas.wash(area, "text");
    status::draw_header(app, layout.header, &mut canvas);
    if app.face == Face::Charts {
        charts::draw(app, layout.charts, &mut canvas);
    } else {
        match app.face {
            Face::Hunt => hunt::draw(app, layout.board, &mut canvas),
            _ => board::draw(app, layout.board, &mut canvas),
        }
        canvas.vertical(layout.divider, "rule");
        canvas.spans(line_of(layout.divider, 0), &[Span::new("┬", "rule")], Style::new());
        reader::draw(app, &layout, &mut canvas);
    }
    strip::draw(app, layout.strip, &mut canvas);
    strip::draw_worth(app, layout.worth, &mut canvas);
    status::draw_status(app, layout.status, &mut canvas);
    status::draw_footer(app, layout.footer, &mut canvas);
    if let Some(sheet) = &app.sheet {
        sheet::draw(app, sheet, area, &mut canvas);
    }
    if let Some(chooser) = &app.chooser {
        chooser::draw(app, chooser, area, &mut canvas);
    }
    if theme.ascii {
        ascii::flatten(canvas.buffer);
    }
}

/// A few words in the middle of an empty area.
fn draw_hint(lines: &[&str], area: Rect, canvas: &mut Canvas) {
    let first = usize::from(area.height).saturating_sub(lines.len()) / 3;
    for (nth, line) in lines.iter().enumerate().take(area.height.into()) {
        let span = Span::new(*line, if nth == 0 { "soft" } else { "dim" });
        let indent = usize::from(area.width).saturating_sub(spans_width(std::slice::from_ref(&span))) / 2;
        let row = line_of(area, (first + nth).min(usize::from(area.height) - 1));
        let row = Rect { x: row.x + indent as u16, width: row.width.saturating_sub(indent as u16), ..row };
        canvas.spans(row, &[span], Style::new());
    }
}

/// `31k`, `1.2k`, `950`.
fn thousands(number: u64) -> String {
    match number {
        0..1_000 => number.to_string(),
        1_000..10_000 => format!("{:.1}k", number as f64 / 1_000.0),
        10_000..1_000_000 => format!("{}k", number / 1_000),
        _ => format!("{:.1}M", number as f64 / 1_000_000.0),
    }
}
