//! A score trace as a chart of letters: a bar per point, both axes in words, marks where it moves most.

use crate::app::Swing;
use crate::trajectory::{TracePoint, sigmoid};

/// What stands of it on the narrowest screen, without the axis.
const COLUMNS: usize = 48;
const ROWS: usize = 4;
const LEVELS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const AXIS: usize = 6;

/// A chart of a trace, drawn already: equal charts are equal pages.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TraceChart {
    pub text: String,
}

impl TraceChart {
    /// `points`: at least one.
    pub fn of(points: &[TracePoint], swings: &[Swing]) -> Self {
        let places = Places::of(points.len());
        let values = places.values(points);
        let mut lines: Vec<String> =
            (0..ROWS).rev().map(|row| format!("{}{}", label(row), bars(&values, row))).collect();
        lines.push(format!("{:>5}┼{}", "0.0 ", "─".repeat(values.len())));
        let marks = marks(&places, swings);
        if !marks.is_empty() {
            lines.push(marks);
        }
        lines.push(turns(points, values.len()));
        Self { text: lines.join("\n") }
    }
}

/// One row of bars, for a line of text.
pub fn sparkline(points: &[TracePoint], columns: usize) -> String {
    let shown = points.len().min(columns);
    let point = |column: usize| &points[(column + 1) * points.len() / shown - 1];
    (0..shown).map(|column| level(sigmoid(point(column).log_odds), 1, 0)).collect()
}

fn label(row: usize) -> String {
    match row {
        3 => " 1.0 ┤".into(),
        1 => " 0.5 ┤".into(),
        _ => "     │".into(),
    }
}

fn bars(values: &[f64], row: usize) -> String {
    let text: String = values.iter().map(|value| level(*value, ROWS, row)).collect();
    text.trim_end().to_owned()
}

/// How much of a row a value fills; of the lowest at least a line, so that nothing looks like nothing known.
fn level(value: f64, rows: usize, row: usize) -> char {
    let eighths = ((value * (8 * rows) as f64).round() as usize).max(1);
    LEVELS[eighths.saturating_sub(8 * row).min(8)]
}

/// Where points stand: several columns each where there are few, one column for several where there are many.
struct Places {
    points: usize,
    columns: usize,
}

impl Places {
    fn of(points: usize) -> Self {
        let each = (COLUMNS / points.max(1)).clamp(1, 4);
        Self { points, columns: (points * each).min(COLUMNS) }
    }

    /// The last point of each column.
    fn values(&self, points: &[TracePoint]) -> Vec<f64> {
        let point = |column: usize| ((column + 1) * self.points).div_ceil(self.columns) - 1;
        (0..self.columns).filter_map(|column| points.get(point(column))).map(|it| sigmoid(it.log_odds)).collect()
    }

    /// The first column in which a point is seen.
    fn column(&self, point: usize) -> usize {
        point * self.columns / self.points.max(1)
    }
}

/// `▲17` under the column where it rises most, `▼23` where it falls most; the sharper one where both do not fit.
fn marks(places: &Places, swings: &[Swing]) -> String {
    let mut row: Vec<char> = Vec::new();
    for swing in swings {
        let sign = if swing.rises() { '▲' } else { '▼' };
        let mark: Vec<char> = format!("{sign}{}", swing.turns.0 + 1).chars().collect();
        let at = AXIS + places.column(swing.point);
        let end = at + mark.len();
        row.resize(row.len().max(end), ' ');
        let around = &row[at.saturating_sub(1)..(end + 1).min(row.len())];
        if around.iter().all(|c| *c == ' ') {
            row[at..end].copy_from_slice(&mark);
        }
    }
    row.into_iter().collect::<String>().trim_end().to_owned()
}

/// `score, had it ended after turn 2 … turn 40`
fn turns(points: &[TracePoint], columns: usize) -> String {
    let number = |point: Option<&TracePoint>| point.map_or(0, |point| point.turn + 1);
    let (first, last) = (format!("turn {}", number(points.first())), format!("turn {}", number(points.last())));
    let room = columns.saturating_sub(first.len() + last.len()).max(2);
    format!("{}{first}{}{last}", " ".repeat(AXIS), " ".repeat(room))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trajectory::log_odds_of;

    fn trace(scores: &[f64]) -> Vec<TracePoint> {
        let point = |(nth, score): (usize, &f64)| TracePoint { turn: 2 * nth + 2, log_odds: log_odds_of(*score) };
        scores.iter().enumerate().map(point).collect()
    }

    #[test]
    fn a_chart_has_words_on_both_axes_and_a_mark_under_the_fall() {
        let points = trace(&[0.25, 0.5, 1.0, 0.01]);
        let fall = Swing { point: 3, turns: (7, 8), before: 1.0, after: 0.01 };
        let chart = TraceChart::of(&points, &[fall]).text;
        let expected = [
            " 1.0 ┤        ████",
            "     │        ████",
            " 0.5 ┤    ████████",
            "     │████████████▁▁▁▁",
            " 0.0 ┼────────────────",
            "                  ▼8",
            "      turn 3    turn 9",
        ];
        assert_eq!(chart.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn every_chart_fits_whatever_the_number_of_points() {
        for count in [1, 2, 3, 12, 13, 47, 48, 49, 97, 500] {
            let points = trace(&(0..count).map(|nth| nth as f64 / count as f64).collect::<Vec<_>>());
            let swing = |point, rises: bool| Swing {
                point,
                turns: (999, 999),
                before: f64::from(u8::from(!rises)),
                after: f64::from(u8::from(rises)),
            };
            let chart = TraceChart::of(&points, &[swing(count - 1, true), swing(count / 2, false)]).text;
            assert!(chart.lines().all(|line| line.chars().count() <= AXIS + COLUMNS + 4), "{count}:\n{chart}");
            let bars = chart.lines().nth(ROWS - 1).unwrap().chars().count() - AXIS;
            assert!(bars >= count.min(COLUMNS) && bars <= COLUMNS, "{count}: {bars}\n{chart}");
            assert_eq!(sparkline(&points, 16).chars().count(), count.min(16));
        }
        assert_eq!(sparkline(&trace(&[0.0, 1.0]), 16), "▁█");
        assert_eq!(sparkline(&[], 16), "");
    }
}
