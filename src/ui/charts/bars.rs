//! Scores by outcome: a bar to the left for the unresolved, one to the right for the resolved, highest scores on top.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::legend;
use crate::app::page::{Span, spans_width};
use crate::app::{App, BARS, Bar, Chart, bar_at, bar_edge};
use crate::ui::canvas::{Canvas, bar, line_of, right_aligned};

/// Columns for the scores, and for counts beside bars.
const SCORES: usize = 9;
const COUNT: usize = 6;

pub fn draw(app: &App, area: Rect, canvas: &mut Canvas) {
    legend(
        line_of(area, 0),
        &[("✗ unresolved", "outcome.unresolved"), ("✓ resolved", "outcome.resolved"), ("· unknown", "outcome.unknown")],
        canvas,
    );
    // Where there is room, bars are two or three rows thick.
    let thick = (usize::from(area.height - 1) / BARS).clamp(1, 3);
    let figures = &app.judging.figures;
    let chosen = app.charts.chosen(Chart::Histogram, figures);
    let most = figures.bars.iter().map(|bar| bar.resolved.max(bar.unresolved)).max().unwrap_or_default().max(1);
    for row in 0..(BARS * thick).min(usize::from(area.height - 1)) {
        let nth = row / thick;
        let here = app.charts.chart == Chart::Histogram && nth == chosen;
        let first = row % thick == 0;
        draw_bar(bar_at(figures, nth), first, most, here, line_of(area, row + 1), canvas);
    }
}

/// `first`: the row that says what a bar is; the others make it thicker.
fn draw_bar((at, counts): (usize, Bar), first: bool, most: usize, here: bool, row: Rect, canvas: &mut Canvas) {
    let base = if here { canvas.theme.style("selected") } else { Style::new() };
    canvas.buffer.set_style(row, base);
    let share = |count: usize| count as f64 / most as f64;
    let half = (usize::from(row.width).saturating_sub(SCORES + 3 * COUNT + 2) / 2).max(1);
    let number = |count: usize| if count == 0 || !first { String::new() } else { count.to_string() };
    let scores = format!("{:.1} – {:.1}", bar_edge(at), bar_edge(at + 1));
    let left = (share(counts.unresolved) * half as f64 * 2.0).round() as usize;
    let left = format!("{}{}", if left % 2 == 1 { "▐" } else { "" }, "█".repeat(left / 2));
    let (right, rest) = bar(share(counts.resolved), half);
    let mut spans = vec![
        Span::new(if here { "▌" } else { " " }, "cursor"),
        Span::new(if first { scores } else { String::new() }, "axis.label"),
    ];
    spans.push(Span::new(" ".repeat((SCORES + 1).saturating_sub(spans_width(&spans))), "text"));
    spans.extend([
        Span::new(right_aligned(&number(counts.unresolved), COUNT - 1), "soft"),
        Span::new(right_aligned(&left, half + 1), "outcome.unresolved"),
        Span::new("│", "axis"),
        Span::new(right, "outcome.resolved"),
        Span::new(rest, "text"),
        Span::new(format!(" {:<5}", number(counts.resolved)), "soft"),
        Span::new(
            if counts.unknown == 0 || !first { String::new() } else { format!("·{}", counts.unknown) },
            "outcome.unknown",
        ),
    ]);
    canvas.spans(row, &spans, base);
}
