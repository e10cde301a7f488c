//! The board: a row per task, a row per candidate. Outcome, score and doubt can be read without colour.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, bar, ends, line_of, padded, right_aligned};
use crate::app::page::{Span, spans_width};
use crate::app::{App, Candidate, Judged, Pane, Phase, Row, Task};
use crate::trajectory::Outcome;

/// Where the columns of a candidate stand, by the width of the board.
#[derive(Debug, Clone, Copy)]
struct Columns {
    bar: usize,
    turns: bool,
    lines: usize,
    marks: usize,
}

impl Columns {
    /// Without a judge there is no bar to show.
    fn of(app: &App, width: usize) -> Self {
        let columns = Self::with_bar(width);
        let judged = app.judge.phase != Phase::Absent;
        Self { bar: if judged { columns.bar } else { 0 }, ..columns }
    }

    fn with_bar(width: usize) -> Self {
        match width {
            0..=43 => Self { bar: 0, turns: false, lines: 8, marks: 3 },
            44..=51 => Self { bar: 5, turns: false, lines: 8, marks: 3 },
            52..=66 => Self { bar: 8, turns: true, lines: 10, marks: 3 },
            _ => Self { bar: 12, turns: true, lines: 11, marks: 4 },
        }
    }
}

pub fn draw(app: &App, area: Rect, canvas: &mut Canvas) {
    if area.height == 0 {
        return;
    }
    draw_title(app, line_of(area, 0), canvas);
    let below = Rect { y: area.y + 1, height: area.height - 1, ..area };
    if app.board.rows().is_empty() {
        return draw_empty(app, below, canvas);
    }
    let rows = app.board.rows().iter().enumerate().skip(app.board.top).take(below.height.into());
    for (nth, (index, row)) in rows.enumerate() {
        draw_row(app, *row, index == app.board.cursor(), line_of(below, nth), canvas);
    }
}

fn draw_title(app: &App, row: Rect, canvas: &mut Canvas) {
    let focused = app.focus == Pane::Board;
    let (rule, title) = if focused { ("rule.focus", "title.focus") } else { ("rule", "title") };
    let position = match app.board.rows().len() {
        0 => String::new(),
        rows => format!(" {}/{rows} ", app.board.cursor() + 1),
    };
    canvas.rule(row, rule, &[Span::new(" candidates ", title)], &[Span::new(position, "dim")]);
}

fn draw_row(app: &App, row: Row, selected: bool, area: Rect, canvas: &mut Canvas) {
    let base = match (selected, app.focus) {
        (true, Pane::Board) => canvas.theme.style("selected"),
        (true, Pane::Reader) => canvas.theme.style("selected.away"),
        (false, _) => Style::new(),
    };
    canvas.buffer.set_style(area, base);
    let width = usize::from(area.width);
    let (mut left, right) = match row {
        Row::Task(nth) => app.board.tasks().get(nth).map(|task| task_row(app, task, width)),
        Row::Candidate(nth, place) => {
            app.board.candidates().get(nth).map(|candidate| candidate_row(app, candidate, place, width))
        }
    }
    .unwrap_or_default();
    left.insert(0, if selected { Span::new("▌", "cursor") } else { Span::new(" ", "text") });
    canvas.row(area, &left, &right, base);
}

fn task_row(app: &App, task: &Task, width: usize) -> (Vec<Span>, Vec<Span>) {
    let mut right = Vec::new();
    for outcome in [Outcome::Resolved, Outcome::Unresolved, Outcome::Unknown] {
        let count = app.board.members(task).filter(|nth| app.board.candidates()[*nth].outcome() == outcome).count();
        if count > 0 {
            right.push(Span::new(format!("{count}{} ", outcome.mark()), outcome_ink(outcome)));
        }
    }
    match app.board.pick(task) {
        Some(pick) => {
            let mark = pick.outcome().mark().to_string();
            right.extend([
                Span::new(" ▲", "pick"),
                Span::new(mark, outcome_ink(pick.outcome())),
                Span::new(" ", "text"),
            ]);
        }
        None => right.push(Span::new("    ", "text")),
    }
    let fold = if task.folded { "▸ " } else { "▾ " };
    let room = width.saturating_sub(spans_width(&right) + 5);
    let name = ends(&task.id, room);
    (vec![Span::new(fold, "task.fold"), Span::new(name, "task")], right)
}

fn candidate_row(app: &App, candidate: &Candidate, place: usize, width: usize) -> (Vec<Span>, Vec<Span>) {
    let columns = Columns::of(app, width);
    let right = facts(app, candidate, columns);
    let outcome = candidate.outcome();
    let picked = place == 0 && candidate.score().is_some();
    let rank = if candidate.score().is_some() { (place + 1).to_string() } else { String::new() };
    let mut left = vec![Span::new(format!("{rank:>2} "), "rank"), Span::new(if picked { "▲ " } else { "  " }, "pick")];
    left.extend(judged(&candidate.judged, columns.bar));
    left.push(Span::new(format!(" {} ", outcome.mark()), outcome_ink(outcome)));
    let room = width.saturating_sub(spans_width(&left) + spans_width(&right) + 2);
    let name = run_name(app, candidate);
    left.push(Span::new(ends(&name, room), "run"));
    (left, right)
}

fn run_name(app: &App, candidate: &Candidate) -> String {
    let summary = &candidate.summary;
    let alone = app.board.task_of(&summary.id).is_none_or(|task| task.ranking.len() < 2);
    let run = if summary.run.is_empty() { summary.model.as_deref().unwrap_or("unnamed") } else { &summary.run };
    match summary.attempt {
        Some(attempt) if !alone => format!("{run} #{attempt}"),
        _ => run.to_owned(),
    }
}

/// Five columns of words and a bar: `.94 ████▌`, ` 61% ▒▒▒`, ` ···`.
fn judged(judged: &Judged, cells: usize) -> Vec<Span> {
    let words = |text: &str, ink| vec![Span::new(padded(text, cells + 5), ink)];
    match judged {
        Judged::Scored(score) => {
            let (full, rest) = bar(score.probability(), cells);
            let number = Span::new(format!("{:>4} ", probability(score.probability())), "score");
            vec![number, Span::new(full, "score.bar"), Span::new(rest, "score.track")]
        }
        Judged::Scoring { done, total } => {
            let fraction = if *total == 0 { 0.0 } else { *done as f64 / *total as f64 };
            let full = (fraction * cells as f64).round() as usize;
            vec![
                Span::new(format!("{:>3}% ", (fraction * 100.0) as usize), "gauge"),
                Span::new("▰".repeat(full.min(cells)), "gauge"),
                Span::new("▱".repeat(cells - full.min(cells)), "gauge.track"),
            ]
        }
        Judged::Waiting => words(" ···", "score.none"),
        Judged::TooLong { .. } if cells == 0 => words("long", "score.trouble"),
        Judged::TooLong { .. } => words("too long", "score.trouble"),
        Judged::Failed(_) if cells == 0 => words("fail", "score.trouble"),
        Judged::Failed(_) => words("failed", "score.trouble"),
    }
}

/// `.94`; the ends say that they are ends.
pub fn probability(value: f64) -> String {
    match value {
        value if value >= 0.995 => ">.99".to_owned(),
        value if value < 0.005 => "<.01".to_owned(),
        value => format!("{value:.2}").trim_start_matches('0').to_owned(),
    }
}

fn facts(app: &App, candidate: &Candidate, columns: Columns) -> Vec<Span> {
    let summary = &candidate.summary;
    let mut spans = Vec::new();
    if columns.turns {
        let turns = if summary.turns == 0 { String::new() } else { format!("{}t", summary.turns) };
        spans.push(Span::new(right_aligned(&turns, 5), "turns"));
    }
    spans.extend(lines(candidate, columns.lines));
    spans.extend(marks(app, candidate, columns.marks));
    spans
}

/// `+12 −3`, right-aligned.
fn lines(candidate: &Candidate, columns: usize) -> Vec<Span> {
    let summary = &candidate.summary;
    let (Some(added), Some(removed)) = (summary.patch_added, summary.patch_removed) else {
        return vec![Span::new(" ".repeat(columns), "text")];
    };
    if summary.patch_files == Some(0) {
        return vec![Span::new(right_aligned("∅", columns), "mark.empty")];
    }
    let (added, removed) = (format!("+{}", short(added)), format!(" −{}", short(removed)));
    let room = columns.saturating_sub(crate::app::page::width(&removed));
    vec![Span::new(right_aligned(&added, room), "lines.added"), Span::new(removed, "lines.removed")]
}

fn short(count: usize) -> String {
    if count < 1000 { count.to_string() } else { format!("{}k", count / 1000) }
}

fn marks(app: &App, candidate: &Candidate, columns: usize) -> Vec<Span> {
    let mut spans = vec![Span::new(" ", "text")];
    if app.board.disagrees(candidate) {
        spans.push(Span::new("!", "mark.doubt"));
    }
    if candidate.twin {
        spans.push(Span::new("=", "mark.twin"));
    }
    if candidate.summary.loops >= 3 {
        spans.push(Span::new(format!("↻{}", candidate.summary.loops.min(99)), "mark.loop"));
    }
    let missing = (columns + 1).saturating_sub(spans_width(&spans));
    spans.push(Span::new(" ".repeat(missing), "text"));
    spans
}

pub fn outcome_ink(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Resolved => "outcome.resolved",
        Outcome::Unresolved => "outcome.unresolved",
        Outcome::Unknown => "outcome.unknown",
    }
}

/// What to do when there is nothing to see.
fn draw_empty(app: &App, area: Rect, canvas: &mut Canvas) {
    let lines: [&str; 3] = if !app.board.filter.is_empty() {
        ["No candidate fits the filter.", "", "esc clears it, / changes it."]
    } else if app.complete {
        ["No trajectory was found here.", "", "Try `rollscope demo`, or see p for what could not be read."]
    } else {
        ["Looking for trajectories …", "", ""]
    };
    super::draw_hint(&lines, area, canvas);
}
