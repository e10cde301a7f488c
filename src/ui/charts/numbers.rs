//! Every number with its interval and, where there is room, its definition.

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::page::Span;
use crate::app::{App, Chart};
use crate::metrics::{Interval, MEASURES, Measure};
use crate::ui::canvas::{Canvas, line_of, padded, start};

const NAME: usize = 24;
const VALUE: usize = 6;
const INTERVAL: usize = 14;

pub fn draw(app: &App, area: Rect, canvas: &mut Canvas) {
    let chosen = app.charts.chosen(Chart::Numbers, &app.judging.figures);
    for (nth, measure) in MEASURES.iter().enumerate().take(area.height.into()) {
        let here = app.charts.chart == Chart::Numbers && nth == chosen;
        draw_measure(app, measure, here, line_of(area, nth), canvas);
    }
    let foot = [decided(app), sureness(app)].into_iter().zip(MEASURES.len()..usize::from(area.height));
    for (text, row) in foot {
        canvas.spans(line_of(area, row), &[Span::new(text, "dim")], Style::new());
    }
}

fn draw_measure(app: &App, measure: &Measure, here: bool, row: Rect, canvas: &mut Canvas) {
    let base = if here { canvas.theme.style("selected") } else { Style::new() };
    canvas.buffer.set_style(row, base);
    let value = app.judging.figures.value(measure.key).map_or_else(|| "–".to_owned(), written);
    let raw = app.judging.figures.uncorrected.as_ref().and_then(|raw| raw.estimate(measure.key).value);
    let raw = raw.map_or_else(String::new, |raw| format!("tests: {}  ", written(raw)));
    let interval = app.judging.intervals().and_then(|it| it.report.estimate(measure.key).interval);
    let between = |it: Interval| format!("[{}, {}]", written(it.low), written(it.high));
    let interval = interval.map_or_else(String::new, between);
    // A narrow pane drops the end of a name before a bound of an interval.
    let name = usize::from(row.width).saturating_sub(VALUE + INTERVAL + 1).clamp(1, NAME);
    let room = usize::from(row.width).saturating_sub(NAME + VALUE + INTERVAL + 3);
    let spans = [
        Span::new(if here { "▌" } else { " " }, "cursor"),
        Span::new(padded(&start(measure.name, name - 1), name), "soft"),
        Span::new(padded(&value, VALUE), "strip.ours"),
        Span::new(padded(&interval, INTERVAL), "dim"),
        Span::new(raw, "soft"),
        Span::new(if room >= 30 { format!(" {}", start(measure.definition, room)) } else { String::new() }, "dim"),
    ];
    canvas.spans(row, &spans, base);
}

/// `.531`
fn written(value: f64) -> String {
    let text = format!("{value:.3}");
    text.strip_prefix('0').map_or_else(|| format!("{value:.2}"), str::to_owned)
}

fn decided(app: &App) -> String {
    let report = &app.judging.figures.report;
    let it = report.confusion;
    format!(" at {:.2}: {} tp  {} fp  {} tn  {} fn", report.threshold, it.tp, it.fp, it.tn, it.fn_)
}

fn sureness(app: &App) -> String {
    match app.judging.intervals() {
        Some(intervals) => format!(" in brackets: 95 % of {} draws", intervals.draws),
        None => " intervals are being drawn …".to_owned(),
    }
}
