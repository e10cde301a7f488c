//! The board: a row per task, a row per candidate. Outcome, score and doubt can be read without colour.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, bar, ends, line_of, padded, right_aligned};
use super::thousands;
use crate::app::page::{Span, spans_width};
use crate::app::{App, Arrangement, Candidate, Group, Grouping, Judged, Pane, Phase, Row, Task};
use crate::library::query::Field;
use crate::trajectory::Outcome;

/// Where the parts of a candidate's row stand, by the width of the board.
#[derive(Debug, Clone)]
struct Columns {
    bar: usize,
    facts: Vec<Field>,
    marks: usize,
}

/// The name of a candidate keeps at least this much.
const NAME: usize = 10;

impl Columns {
    /// Without a judge there is no bar to show. Columns that the user chose stay as long as the name can be read.
    fn of(app: &App, width: usize) -> Self {
        let mut columns = Self::with_bar(width);
        if app.judge.phase == Phase::Absent {
            columns.bar = 0;
        }
        if let Some(chosen) = &app.board.arrangement().columns {
            let mut room = width.saturating_sub(columns.bar + 14 + NAME + columns.marks);
            let fits = |field: &&Field| {
                let fits = room >= column_width(**field, width);
                room = room.saturating_sub(column_width(**field, width));
                fits
            };
            columns.facts = chosen.iter().take_while(fits).copied().collect();
        }
        columns
    }

    fn with_bar(width: usize) -> Self {
        let (bar, facts, marks): (usize, &[Field], usize) = match width {
            0..=43 => (0, &[Field::PatchAdded], 3),
            44..=51 => (5, &[Field::PatchAdded], 3),
            52..=66 => (8, &[Field::Turns, Field::PatchAdded], 3),
            _ => (12, &[Field::Turns, Field::PatchAdded], 4),
        };
        Self { bar, facts: facts.to_vec(), marks }
    }
}

fn column_width(field: Field, width: usize) -> usize {
    match field {
        Field::PatchAdded => match width {
            0..=51 => 8,
            52..=66 => 10,
            _ => 11,
        },
        Field::Turns | Field::ToolCalls | Field::PatchFiles | Field::Attempt | Field::Loops => 5,
        Field::Model | Field::Format | Field::ExitStatus => 14,
        _ => 8,
    }
}

pub fn draw(app: &App, area: Rect, canvas: &mut Canvas) {
    if area.height == 0 {
        return;
    }
    draw_title(app, line_of(area, 0), canvas);
    let below = Rect { y: area.y + 1, height: area.height - 1, ..area };
    if app.board.row_count() == 0 {
        return draw_empty(app, below, canvas);
    }
    for nth in 0..usize::from(below.height) {
        let index = app.board.top + nth;
        let Some(row) = app.board.row(index) else { return };
        draw_row(app, row, index == app.board.cursor(), line_of(below, nth), canvas);
    }
}

fn draw_title(app: &App, row: Rect, canvas: &mut Canvas) {
    let focused = app.focus == Pane::Board;
    let (rule, title) = if focused { ("rule.focus", "title.focus") } else { ("rule", "title") };
    let position = match app.board.row_count() {
        0 => String::new(),
        rows => format!(" {}/{rows} ", app.board.cursor() + 1),
    };
    let mut left = vec![Span::new(" candidates ", title)];
    let said = arranged(app.board.arrangement());
    if let Some(second) = &app.board.second {
        let first = if let Phase::Ready(facts) = &app.judge.phase { facts.name.as_str() } else { "" };
        left.push(Span::new(format!("{} | {} ", ends(first, 24), ends(second, 24)), "dim"));
    }
    if !said.is_empty() {
        left.push(Span::new(format!("{said} "), "dim"));
    }
    canvas.rule(row, rule, &left, &[Span::new(position, "dim")]);
}

/// How the board is arranged, where that is not as always: `per run, ↓ turns`.
fn arranged(arrangement: &Arrangement) -> String {
    let mut said = Vec::new();
    match arrangement.group {
        Grouping::Task => {}
        Grouping::Nothing => said.push("ungrouped".to_owned()),
        by @ Grouping::By(_) => said.push(format!("per {}", by.name())),
    }
    if arrangement.sort.is_some() || arrangement.reversed {
        let arrow = if arrangement.falling() { "↓" } else { "↑" };
        said.push(format!("{arrow} {}", arrangement.sorted_by().name()));
    }
    if arrangement.distinct {
        said.push("equal patches folded".to_owned());
    }
    said.join(", ")
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
        Row::Head(nth) => app.board.group(nth).map(|group| head_row(app, nth, group, width)),
        Row::Candidate(nth) => app.board.candidates().get(nth).map(|candidate| candidate_row(app, candidate, width)),
    }
    .unwrap_or_default();
    left.insert(0, if selected { Span::new("▌", "cursor") } else { Span::new(" ", "text") });
    canvas.row(area, &left, &right, base);
}

fn head_row(app: &App, nth: usize, group: &Group, width: usize) -> (Vec<Span>, Vec<Span>) {
    let by_task = app.board.grouping() == Grouping::Task;
    let task = app.board.tasks().get(nth).filter(|_| by_task);
    let mut right = Vec::new();
    if let Some(task) = task.filter(|_| app.board.arrangement().distinct) {
        let (all, patches) = (task.ranking.len(), app.board.distinct_patches(task));
        if patches < all {
            let long = format!("{all} candidates, {patches} distinct patches  ");
            let short = format!("{patches} of {all} patches  ");
            let said = if width > long.len() + 32 { long } else { short };
            right.push(Span::new(said, "dim"));
        }
    }
    let left: Vec<usize> = task.map_or_else(|| group.members().to_vec(), |task| app.board.members(task).collect());
    for outcome in [Outcome::Resolved, Outcome::Unresolved, Outcome::Unknown] {
        let count = left.iter().filter(|nth| app.board.candidates()[**nth].outcome() == outcome).count();
        if count > 0 {
            right.push(Span::new(format!("{count}{} ", outcome.mark()), outcome_ink(outcome)));
        }
    }
    if let Some(task) = task {
        right.splice(0..0, lead(app, task, width));
    }
    match task.and_then(|task| app.board.pick(task)) {
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
    if spans_width(&right) + NAME + 5 > width && right.len() > 1 && right[0].ink == "dim" {
        right.remove(0);
    }
    let fold = if group.folded { "▸ " } else { "▾ " };
    let room = width.saturating_sub(spans_width(&right) + 5);
    let name = if group.name.is_empty() { "(unnamed)".to_owned() } else { ends(&group.name, room) };
    (vec![Span::new(fold, "task.fold"), Span::new(name, "task")], right)
}

/// `2 of 4  +1.3  `: how many are scored while some are not, and how far the pick lies ahead.
fn lead(app: &App, task: &Task, width: usize) -> Vec<Span> {
    let (scored, all) = (app.board.scored(task), task.ranking.len());
    let mut spans = Vec::new();
    if (1..all).contains(&scored) {
        spans.push(Span::new(format!("{scored} of {all}  "), "dim"));
    }
    spans.extend(
        app.board.margin(task).filter(|_| width >= 44).map(|margin| Span::new(format!("+{margin:.2}  "), "soft")),
    );
    spans
}

fn candidate_row(app: &App, candidate: &Candidate, width: usize) -> (Vec<Span>, Vec<Span>) {
    let columns = Columns::of(app, width);
    let right = facts(app, candidate, &columns, width);
    let outcome = candidate.outcome();
    let scored = candidate.score().is_some();
    let rank = if scored { (candidate.place + 1).to_string() } else { String::new() };
    let mark = if scored && candidate.place == 0 { "▲ " } else { "  " };
    let mut left = vec![Span::new(format!("{rank:>2} "), "rank"), Span::new(mark, "pick")];
    left.extend(stale(app, candidate, columns.bar).unwrap_or_else(|| judged(&candidate.judged, columns.bar)));
    left.push(Span::new(format!(" {} ", outcome.mark()), outcome_ink(outcome)));
    let folded = folded_twins(app, candidate);
    let room = width.saturating_sub(spans_width(&left) + spans_width(&right) + 2);
    let name = ends(&run_name(app, candidate), room.saturating_sub(spans_width(&folded)));
    left.push(Span::new(name, "run"));
    left.extend(folded);
    (left, right)
}

/// Where equal patches are folded: how many there are, and how differently the judge sees the same patch.
fn folded_twins(app: &App, candidate: &Candidate) -> Vec<Span> {
    if !candidate.twin || !app.board.arrangement().distinct {
        return Vec::new();
    }
    let twins: Vec<&Candidate> = app.board.twins(candidate).collect();
    let scores: Vec<f64> = twins.iter().filter_map(|twin| Some(twin.score()?.probability())).collect();
    let mut text = format!(" ×{}", twins.len());
    if let (Some(high), Some(low), true) = (scores.first(), scores.last(), scores.len() > 1) {
        text = format!("{text} {}–{}", probability(*low), probability(*high));
    }
    vec![Span::new(text, "mark.twin")]
}

fn run_name(app: &App, candidate: &Candidate) -> String {
    let summary = &candidate.summary;
    let rivals = app.board.tasks().get(candidate.task).map_or(0, |task| task.ranking.len());
    let run = if summary.run.is_empty() { summary.model.as_deref().unwrap_or("unnamed") } else { &summary.run };
    let run = match summary.attempt {
        Some(attempt) if rivals > 1 => format!("{run} #{attempt}"),
        _ => run.to_owned(),
    };
    match app.board.grouping() {
        Grouping::Task => run,
        Grouping::By(Field::Run) => summary.task_id.clone(),
        // The number of a task tells it from others, its owner hardly ever.
        _ => format!("{} {run}", summary.task_id.rsplit("__").next().unwrap_or_default()),
    }
}

/// `~.61 stale`: what was said when the question was another one, while there is nothing newer.
fn stale(app: &App, candidate: &Candidate, cells: usize) -> Option<Vec<Span>> {
    let stale = app.board.beside(&candidate.summary.id)?.stale.as_ref()?;
    let waiting = matches!(candidate.judged, Judged::Waiting | Judged::TooLong { .. } | Judged::Failed(_));
    let text = format!("~{} stale", probability(stale.score.probability()));
    let text: String = text.chars().take(cells + 5).collect();
    waiting.then(|| vec![Span::new(padded(&text, cells + 5), "score.none")])
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

fn facts(app: &App, candidate: &Candidate, columns: &Columns, width: usize) -> Vec<Span> {
    let mut spans: Vec<Span> =
        columns.facts.iter().flat_map(|field| column(candidate, *field, column_width(*field, width))).collect();
    spans.splice(0..0, second(app, candidate));
    spans.extend(marks(app, candidate, columns.marks));
    spans
}

/// What a second model says, and `≠` where the two lie far apart.
fn second(app: &App, candidate: &Candidate) -> Vec<Span> {
    if app.board.second.is_none() {
        return Vec::new();
    }
    let id = &candidate.summary.id;
    let said = app.board.second_score(id).map_or_else(String::new, probability);
    let sign = if app.board.models_differ(id) { "≠ " } else { "  " };
    vec![Span::new(format!(" {said:>4}"), "score"), Span::new(sign, "mark.doubt")]
}

/// One fact, with a sign that tells it from others.
fn column(candidate: &Candidate, field: Field, columns: usize) -> Vec<Span> {
    if field == Field::PatchAdded {
        return lines(candidate, columns);
    }
    let asked = candidate.asked();
    let value = asked.number(field);
    let text = match (field, value) {
        (Field::Model | Field::Format | Field::ExitStatus, _) => {
            let text = asked.first_text(field).unwrap_or_default();
            return vec![Span::new(format!(" {}", padded(&ends(&text, columns - 1), columns - 1)), "turns")];
        }
        (_, None) | (Field::Turns | Field::ToolCalls | Field::PatchFiles, Some(0.0)) => String::new(),
        (Field::Loops, Some(value)) if value < 3.0 => String::new(),
        (Field::Turns, Some(value)) => format!("{value}t"),
        (Field::ToolCalls, Some(value)) => format!("{value}c"),
        (Field::PatchFiles, Some(value)) => format!("{value}f"),
        (Field::Attempt, Some(value)) => format!("#{value}"),
        (Field::Loops, Some(value)) => format!("↻{value}"),
        (Field::CostUsd, Some(value)) => format!("${value:.2}"),
        (Field::InputTokens, Some(value)) => format!("{} in", thousands(value as u64)),
        (Field::OutputTokens, Some(value)) => format!("{} out", thousands(value as u64)),
        (Field::Bytes, Some(value)) => format!("{}B", thousands(value as u64)),
        (Field::Reward, Some(value)) => format!("r {value:.2}"),
        (_, Some(value)) => format!("{value}"),
    };
    vec![Span::new(right_aligned(&text, columns), "turns")]
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
    let told = app.board.arrangement().columns.as_ref().is_some_and(|columns| columns.contains(&Field::Loops));
    if candidate.summary.loops >= 3 && !told {
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
    let lines: [&str; 3] = if app.board.laid().is_some() {
        ["Laying out …", "", ""]
    } else if !app.board.filter().is_empty() {
        ["No candidate fits the filter.", "", "esc clears it, / changes it."]
    } else if app.complete {
        ["No trajectory was found here.", "", "Try `rollscope demo`, or see p for what could not be read."]
    } else {
        ["Looking for trajectories …", "", ""]
    };
    super::draw_hint(&lines, area, canvas);
}
