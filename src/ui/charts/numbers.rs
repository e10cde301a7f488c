//! Every number with its interval and, where there is room, its definition.

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::page::Span;
use crate::app::{App, Chart, NUMBERS};
use crate::ui::canvas::{Canvas, line_of, padded, start};

const NAME: usize = 17;
const VALUE: usize = 7;
const INTERVAL: usize = 16;

pub fn draw(app: &App, area: Rect, canvas: &mut Canvas) {
    let figures = &app.judging.figures;
    let chosen = app.charts.chosen(Chart::Numbers, figures);
    for (nth, number) in NUMBERS.iter().enumerate().take(area.height.into()) {
        let here = app.charts.chart == Chart::Numbers && nth == chosen;
        let row = line_of(area, nth);
        let base = if here { canvas.theme.style("selected") } else { Style::new() };
        canvas.buffer.set_style(row, base);
        let written = |value: f64| format!("{value:.3}").replacen("0.", ".", 1);
        let value = (number.of)(figures).map_or_else(|| "–".to_owned(), written);
        let interval = (number.interval)(&app.judging.intervals).filter(|_| app.judging.is_sure());
        let interval = interval.map_or_else(String::new, |it| format!("[{}, {}]", written(it.low), written(it.high)));
        let room = usize::from(row.width).saturating_sub(NAME + VALUE + INTERVAL + 1);
        let spans = [
            Span::new(if here { "▌" } else { " " }, "cursor"),
            Span::new(padded(number.name, NAME), "soft"),
            Span::new(padded(&value, VALUE), "strip.ours"),
            Span::new(padded(&interval, INTERVAL), "dim"),
            Span::new(if room >= 30 { start(number.definition, room) } else { String::new() }, "dim"),
        ];
        canvas.spans(row, &spans, base);
    }
    let confusion = figures.confusion;
    let decided = format!(
        " at {:.2}: {} tp  {} fp  {} tn  {} fn",
        app.judging.figures.threshold, confusion.tp, confusion.fp, confusion.tn, confusion.fn_
    );
    let foot = [decided, sureness(app)].into_iter().zip(NUMBERS.len()..usize::from(area.height));
    for (text, row) in foot {
        canvas.spans(line_of(area, row), &[Span::new(text, "dim")], Style::new());
    }
}

fn sureness(app: &App) -> String {
    if app.judging.is_sure() {
        format!(" in brackets: 95 % of {} draws", app.judging.intervals.draws)
    } else {
        " intervals are being drawn …".to_owned()
    }
}
