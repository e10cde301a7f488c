//! The charts: six of them side by side where there is room, else the one that is looked at.

mod bars;
mod curves;
mod numbers;
mod raster;
mod reliability;

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, line_of, start};
use crate::app::page::{Ink, Span, spans_width};
use crate::app::{App, Chart};
use raster::Raster;

/// From this size on, all charts are shown at once.
const GRID: (u16, u16) = (110, 26);

pub fn draw(app: &App, area: Rect, canvas: &mut Canvas) {
    if area.height < 4 || area.width < 20 {
        return;
    }
    let charts = Rect { height: area.height - 1, ..area };
    if area.width >= GRID.0 && area.height >= GRID.1 && !app.zoomed {
        for (nth, chart) in Chart::ALL.into_iter().enumerate() {
            draw_one(app, chart, cell(charts, nth as u16), canvas);
        }
    } else {
        draw_one(app, app.charts.chart, charts, canvas);
    }
    draw_mark(app, line_of(area, usize::from(area.height) - 1), canvas);
}

/// Three in a row, two rows; a column is left between them.
fn cell(area: Rect, nth: u16) -> Rect {
    let (column, row) = (nth % 3, nth / 3);
    let x = |column: u16| area.width * column / 3;
    let y = |row: u16| area.height * row / 2;
    Rect {
        x: area.x + x(column),
        y: area.y + y(row),
        width: (x(column + 1) - x(column)).saturating_sub(u16::from(column < 2)),
        height: y(row + 1) - y(row),
    }
}

fn draw_one(app: &App, chart: Chart, area: Rect, canvas: &mut Canvas) {
    let here = app.charts.chart == chart;
    let (rule, ink) = if here { ("rule.focus", "title.focus") } else { ("rule", "title") };
    let place = Chart::ALL.iter().position(|one| *one == chart).unwrap_or_default() + 1;
    let position = format!(" {place}/{} ", Chart::ALL.len());
    let title = format!(" {} ", title(app, chart));
    let room = usize::from(area.width).saturating_sub(position.len() + 4);
    canvas.rule(line_of(area, 0), rule, &[Span::new(start(&title, room), ink)], &[Span::new(position, "dim")]);
    let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let figures = &app.judging.figures;
    let empty = match chart {
        Chart::Histogram => figures.bars.iter().all(|bar| bar.all() == 0),
        _ => figures.report.judged == 0,
    };
    if empty {
        let what = if chart == Chart::Histogram { "Nothing is scored yet." } else { "No score has an outcome yet." };
        return super::draw_hint(&[what, "", "Outcomes come from reports and --labels."], below, canvas);
    }
    match chart {
        Chart::Histogram => bars::draw(app, below, canvas),
        Chart::Reliability => reliability::draw(app, below, canvas),
        Chart::BestAtK => curves::draw_best(app, below, canvas),
        Chart::Roc => curves::draw_roc(app, below, canvas),
        Chart::Precision => curves::draw_precision(app, below, canvas),
        Chart::Numbers => numbers::draw(app, below, canvas),
    }
}

fn title(app: &App, chart: Chart) -> String {
    let figures = &app.judging.figures;
    let value = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), super::strip::hundredths);
    let binning = if app.charts.by_mass { "equal mass" } else { "equal width" };
    match chart {
        Chart::Reliability => {
            let ece = figures.value(if app.charts.by_mass { "ece.equal_mass" } else { "ece.equal_width" });
            format!("{}  ECE {}  {binning}", chart.title(), value(ece))
        }
        Chart::Roc => format!("{}  AUC {}  recall by false alarms", chart.title(), value(figures.value("auc.pooled"))),
        Chart::Precision => {
            format!("precision by recall  average {}", value(figures.value("average_precision")))
        }
        Chart::Numbers => format!("{}  of {} scored and labelled", chart.title(), figures.report.judged),
        _ => chart.title().to_owned(),
    }
}

/// What is chosen, in words, and what enter does with it.
fn draw_mark(app: &App, row: Rect, canvas: &mut Canvas) {
    let Some(mark) = app.charts.mark(&app.judging.figures) else { return };
    let right = if mark.filter.is_empty() { Vec::new() } else { vec![Span::new("enter: these ", "hint")] };
    let room = usize::from(row.width).saturating_sub(spans_width(&right) + 2);
    canvas.row(row, &[Span::new(" ", "text"), Span::new(start(&mark.about, room), "soft")], &right, Style::new());
}

/// Axes from 0 to 1 in both directions around a raster, which is drawn here.
struct Plot {
    area: Rect,
    pub raster: Raster,
    /// What the y axis begins and ends with.
    y: (f64, f64),
}

/// Columns for the numbers of the y axis, and rows for those of the x axis.
const AXIS: (u16, u16) = (4, 2);

impl Plot {
    fn new(area: Rect, y: (f64, f64)) -> Option<Self> {
        if area.width < AXIS.0 + 8 || area.height < AXIS.1 + 3 {
            return None;
        }
        let raster = Raster::new(usize::from(area.width - AXIS.0), usize::from(area.height - AXIS.1));
        Some(Self { area, raster, y })
    }

    /// A value on the y axis, as a share of its height.
    fn up(&self, value: f64) -> f64 {
        (value - self.y.0) / (self.y.1 - self.y.0)
    }

    /// Draws axes, numbers and raster. `ticks`: what stands under the x axis, each with its share of the width.
    fn finish(self, ticks: &[(f64, String)], canvas: &mut Canvas) {
        let Rect { x, y, width, height } = self.area;
        let (rows, left) = (height - AXIS.1, AXIS.0 - 1);
        for row in 0..rows {
            canvas.spans(
                Rect { x: x + left, y: y + row, width: 1, height: 1 },
                &[Span::new("│", "axis")],
                Style::new(),
            );
        }
        for (share, row) in [(1.0, 0), (0.5, rows / 2), (0.0, rows - 1)] {
            let value = self.y.0 + share * (self.y.1 - self.y.0);
            let label = format!("{:>3}", super::strip::hundredths(value));
            canvas.spans(
                Rect { x, y: y + row, width: left, height: 1 },
                &[Span::new(label, "axis.label")],
                Style::new(),
            );
        }
        let line = format!("└{}", "─".repeat(usize::from(width - AXIS.0)));
        canvas.spans(
            Rect { x: x + left, y: y + rows, width: width - left, height: 1 },
            &[Span::new(line, "axis")],
            Style::new(),
        );
        for (share, text) in ticks {
            let columns = width - AXIS.0;
            let at = (share * f64::from(columns - 1)).round() as u16;
            let at = at.saturating_sub(text.len() as u16 / 2).min(columns.saturating_sub(text.len() as u16));
            let row = Rect { x: x + AXIS.0 + at, y: y + rows + 1, width: columns - at, height: 1 };
            canvas.spans(row, &[Span::new(text.clone(), "axis.label")], Style::new());
        }
        self.raster.draw(Rect { x: x + AXIS.0, y, width: width - AXIS.0, height: rows }, canvas);
    }
}

/// Numbers under an axis that goes from 0 to 1.
fn unit_ticks() -> Vec<(f64, String)> {
    [(0.0, "0"), (0.25, ".25"), (0.5, ".5"), (0.75, ".75"), (1.0, "1")].map(|(at, text)| (at, text.to_owned())).into()
}

/// A row of signs and what they mean.
fn legend(row: Rect, entries: &[(&str, Ink)], canvas: &mut Canvas) {
    let mut spans = vec![Span::new(" ", "text")];
    spans.extend(entries.iter().map(|(text, ink)| Span::new(format!("{text}   "), ink)));
    canvas.spans(row, &spans, Style::new());
}
