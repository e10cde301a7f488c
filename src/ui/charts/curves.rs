//! The ROC and the precision-recall curve, and what picking the best of k is worth.

use ratatui::layout::Rect;

use super::{Plot, legend, unit_ticks};
use crate::app::page::Ink;
use crate::app::{App, Chart, Figures, Operating};
use crate::metrics::AtK;
use crate::ui::canvas::{Canvas, line_of};

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Recall against false alarms.
pub fn draw_roc(app: &App, area: Rect, canvas: &mut Canvas) {
    let figures = &app.judging.figures;
    let (resolved, unresolved) = (figures.report.resolved, figures.report.judged - figures.report.resolved);
    let place = |point: &Operating| (share(point.fp, unresolved), share(point.tp, resolved));
    let Some(mut plot) = Plot::new(area, (0.0, 1.0)) else { return };
    plot.raster.line((0.0, 0.0), (1.0, 1.0), 3, "plot.random");
    trace(app, Chart::Roc, &mut plot, Some((0.0, 0.0)), place);
    plot.finish(&unit_ticks(), canvas);
}

/// Precision against recall; dotted, what calling all resolved would give.
pub fn draw_precision(app: &App, area: Rect, canvas: &mut Canvas) {
    let figures = &app.judging.figures;
    let place = |point: &Operating| (share(point.tp, figures.report.resolved), share(point.tp, point.tp + point.fp));
    let Some(mut plot) = Plot::new(area, (0.0, 1.0)) else { return };
    let blind = share(figures.report.resolved, figures.report.judged);
    plot.raster.line((0.0, blind), (1.0, blind), 3, "plot.random");
    trace(app, Chart::Precision, &mut plot, None, place);
    plot.finish(&unit_ticks(), canvas);
}

/// The curve through all thresholds, with the one chosen and the one the judge decides at.
fn trace(
    app: &App,
    chart: Chart,
    plot: &mut Plot,
    origin: Option<(f64, f64)>,
    place: impl Fn(&Operating) -> (f64, f64),
) {
    let points = &app.judging.figures.operating;
    let mut before = origin;
    for at in points.iter().map(&place) {
        plot.raster.line(before.unwrap_or(at), at, 1, "plot.ours");
        before = Some(at);
    }
    let threshold = app.judging.figures.report.threshold;
    if let Some(decides) = points.iter().rfind(|point| point.threshold >= threshold) {
        plot.raster.sign(place(decides), '○', "plot.threshold");
        plot.raster.words(place(decides), &format!("{threshold:.2}"), "plot.threshold");
    }
    if app.charts.chart == chart
        && let Some(point) = points.get(app.charts.chosen(chart, &app.judging.figures))
    {
        plot.raster.sign(place(point), '◆', "plot.chosen");
    }
}

const OURS: (&str, Ink) = ("● ours", "plot.ours");
const RANDOM: (&str, Ink) = ("· random", "plot.random");
const ORACLE: (&str, Ink) = ("○ oracle", "plot.oracle");

/// One of the lines: its value, one dot in how many is drawn, its sign and its style.
type Curve = (fn(&AtK) -> f64, usize, char, Ink);

pub fn draw_best(app: &App, area: Rect, canvas: &mut Canvas) {
    let figures = &app.judging.figures;
    legend(line_of(area, 0), &[OURS, ORACLE, RANDOM], canvas);
    let below = Rect { y: area.y + 1, height: area.height - 1, ..area };
    let Some(mut plot) = Plot::new(below, span(figures)) else { return };
    let last = figures.curve().len().saturating_sub(1).max(1) as f64;
    let x = |at: &AtK| 0.03 + 0.94 * (at.k - 1) as f64 / last;
    for step in app.judging.intervals().map_or(&[][..], |intervals| intervals.report.curve.as_slice()) {
        if let Some(interval) = step.intervals[0] {
            let x = x(&step.at);
            plot.raster.line((x, plot.up(interval.low)), (x, plot.up(interval.high)), 2, "plot.interval");
        }
    }
    let lines: [Curve; 3] = [
        (|at| at.random, 4, '·', "plot.random"),
        (|at| at.pass, 2, '○', "plot.oracle"),
        (|at| at.best, 1, '●', "plot.ours"),
    ];
    let chosen = app.charts.chosen(Chart::BestAtK, figures);
    for (value, every, sign, ink) in lines {
        let place = |at: &AtK| (x(at), plot.up(value(at)));
        let places: Vec<(f64, f64)> = figures.curve().map(place).collect();
        for pair in places.windows(2) {
            plot.raster.line(pair[0], pair[1], every, ink);
        }
        for (nth, at) in places.into_iter().enumerate() {
            let here = app.charts.chart == Chart::BestAtK && nth == chosen && sign == '●';
            let (sign, ink) = if here { ('◆', "plot.chosen") } else { (sign, ink) };
            plot.raster.sign(at, sign, ink);
        }
    }
    let every = figures.curve().len().div_ceil(usize::from(below.width / 5).max(1));
    let ticks = figures.curve().step_by(every).map(|at| (x(at), at.k.to_string()));
    plot.finish(&ticks.collect::<Vec<_>>(), canvas);
}

/// The part of the y axis that the curves and what is known of their intervals need, in whole tenths.
fn span(figures: &Figures) -> (f64, f64) {
    let values = || figures.curve().flat_map(|at| [at.best, at.pass, at.random]);
    let low = values().fold(1.0, f64::min);
    let high = values().fold(0.0, f64::max);
    let low = ((low - 0.05).max(0.0) * 10.0).floor() / 10.0;
    let high = (((high + 0.05) * 10.0).ceil() / 10.0).min(1.0);
    (low, high.max(low + 0.1))
}
