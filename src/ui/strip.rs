//! Two lines about the judge: what its scores are worth over all that the filter leaves, and what the score on show has
//! meant so far.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::board::probability;
use super::canvas::Canvas;
use crate::app::page::{Span, spans_width, sparkline};
use crate::app::{App, Candidate, Figures, Judged};
use crate::metrics::wilson;
use crate::trajectory::Score;

/// `best@4: ours 41.2 % · random 33.0 % · oracle 58.1 % (145 tasks)   AUC pooled .78 · per task .71 (27 mixed) · …`
pub fn draw(app: &App, row: Rect, canvas: &mut Canvas) {
    let mut left = vec![Span::new(" ", "text")];
    let behind = app.judging.is_behind() || app.board.laid().is_some();
    let right = if behind { vec![Span::new("counting … ", "gauge")] } else { Vec::new() };
    let room = usize::from(row.width).saturating_sub(spans_width(&right));
    for part in parts(&app.judging.figures) {
        if spans_width(&left) + spans_width(&part) < room {
            left.extend(part);
        }
    }
    canvas.row(row, &left, &right, Style::new());
}

fn parts(figures: &Figures) -> Vec<Vec<Span>> {
    let mut parts = Vec::new();
    if let Some(at) = figures.headline() {
        let raw = figures.uncorrected.as_ref().map(|raw| raw.curve.iter().find(|step| step.at.k == at.k));
        let name = if raw.is_some() { "corrected best" } else { "best" };
        let raw = raw.flatten().map(|step| format!(" (tests: {})", percent(step.at.best)));
        parts.push(vec![
            Span::new(format!("{name}@{}: ", at.k), "strip.name"),
            Span::new(format!("ours {}", percent(at.best)), "strip.ours"),
            Span::new(raw.unwrap_or_default(), "strip"),
            Span::new(format!(", random {}, oracle {}", percent(at.random), percent(at.pass)), "strip"),
            Span::new(format!(" ({} {})", at.tasks, if at.tasks == 1 { "task" } else { "tasks" }), "dim"),
        ]);
    }
    let number = |name: &str, value: Option<f64>| {
        let value = value?;
        Some(vec![Span::new(format!("{name} "), "dim"), Span::new(hundredths(value), "strip")])
    };
    parts.extend(number("   AUC pooled", figures.value("auc.pooled")));
    let raw = figures.uncorrected.as_ref().map(|raw| raw.estimate("auc.pooled").value);
    parts.extend(number(" · by the tests", raw.flatten()));
    parts.extend(number(" · per task", figures.value("auc.per_task")).map(|mut part| {
        part.push(Span::new(format!(" ({} mixed)", figures.report.mixed_tasks), "dim"));
        part
    }));
    parts.extend(number(" · within run", figures.value("auc.within_run")));
    parts.extend(number(" · ECE", figures.value("ece.equal_width")));
    parts.push(vec![Span::new(format!(" · of {} scored and labelled", figures.report.judged), "dim")]);
    parts
}

/// `scores like this: 41 of 60 resolved [.57, .79]   pick ahead by 1.3 · 3 of 4 scored · at random 50 %, at best ✓`
pub fn draw_worth(app: &App, row: Rect, canvas: &mut Canvas) {
    let shown = app.reader.shown().filter(|id| !app.hides(id));
    let Some(candidate) = shown.and_then(|id| app.board.candidate(id)) else { return };
    let mut left = vec![Span::new(" ", "text")];
    for part in [without(app, candidate), trace(app), likes(app, candidate), task(app, candidate)] {
        if spans_width(&left) + spans_width(&part) < usize::from(row.width) {
            left.extend(part);
        }
    }
    canvas.row(row, &left, &[], Style::new());
}

/// `without thoughts .60 (drop .31)`: the latest that was asked for.
fn without(app: &App, candidate: &Candidate) -> Vec<Span> {
    let latest = app.board.beside(&candidate.summary.id).and_then(|beside| beside.without.last());
    let Some((part, Judged::Scored(score))) = latest else { return Vec::new() };
    let (left, whole) = (score.probability(), candidate.score().map(Score::probability));
    let drop = whole.map_or_else(String::new, |whole| format!(" (drop {:+.2})", whole - left));
    vec![
        Span::new(format!("without {part}: "), "dim"),
        Span::new(probability(left), "worth"),
        Span::new(format!("{drop}   "), "dim"),
    ]
}

/// `trace ▁▂▂▆█▇ ▲ turn 12 (T)   `: how the score came about, and where it moves most.
fn trace(app: &App) -> Vec<Span> {
    let points = app.trace_points();
    if points.len() < 2 {
        return Vec::new();
    }
    let swing = app.swings().first().map(|swing| {
        let sign = if swing.rises() { '▲' } else { '▼' };
        format!(" {sign} {} (T)", swing.place())
    });
    vec![
        Span::new("trace ", "dim"),
        Span::new(sparkline(points, 16), "score.bar"),
        Span::new(format!("{}   ", swing.unwrap_or_default()), "dim"),
    ]
}

fn likes(app: &App, candidate: &Candidate) -> Vec<Span> {
    let Some(score) = candidate.score() else { return Vec::new() };
    let figures = &app.judging.figures;
    match figures.likeness.at(score.log_odds, candidate.summary.resolved) {
        Some(likes) => {
            let (low, high) = wilson(likes.resolved, likes.count);
            vec![
                Span::new("scores like this: ", "dim"),
                Span::new(format!("{} of {} resolved", likes.resolved, likes.count), "worth"),
                Span::new(format!(" [{}, {}]", hundredths(low), hundredths(high)), "dim"),
            ]
        }
        None => vec![Span::new("too few labelled scores to say what this one means", "dim")],
    }
}

fn task(app: &App, candidate: &Candidate) -> Vec<Span> {
    let Some(task) = app.board.tasks().get(candidate.task) else { return Vec::new() };
    let members = || task.ranking.iter().map(|nth| &app.board.candidates()[*nth]);
    let labelled = members().filter(|it| it.summary.resolved.is_some()).count();
    let resolved = members().filter(|it| it.summary.resolved == Some(true)).count();
    let mut facts = Vec::new();
    facts.extend(app.board.margin(task).map(|margin| format!("pick ahead by {margin:.2}")));
    facts.push(format!("{} of {} scored", app.board.scored(task), task.ranking.len()));
    if labelled > 0 {
        let best = if resolved > 0 { '✓' } else { '✗' };
        facts.push(format!("random {}, oracle {best}", percent(resolved as f64 / labelled as f64)));
    }
    vec![Span::new(format!("   {}", facts.join(" · ")), "dim")]
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// `.71`; 1 is `1.0`.
pub fn hundredths(value: f64) -> String {
    if (0.005..0.995).contains(&value) { probability(value) } else { format!("{value:.1}") }
}
