//! The heads of the two candidates that are compared: which, how they rank, what they are worth, how large they are.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::board::{outcome_ink, probability};
use super::canvas::{Canvas, ends, line_of};
use crate::app::page::{Span, halves, spans_width};
use crate::app::{App, Candidate, Comparing, Form, Layout, Tab};

pub fn draw_heads(app: &App, own: &Candidate, layout: &Layout, canvas: &mut Canvas) {
    let area = layout.heads;
    let gold = app.reader.comparing == Comparing::Gold;
    let other = app.against().and_then(|id| app.board.candidate(&id).cloned());
    if area.height == 0 || (other.is_none() && !gold) {
        return;
    }
    let abreast = app.reader.comparing == Comparing::Actions || app.form() == Form::Beside;
    let (left, right) = if area.height == 1 {
        // Level with the halves of the text below.
        let (columns, before) = (usize::from(layout.text.width).saturating_sub(2), layout.text.x - area.x);
        let left = if abreast { before + 1 + halves(columns).0 as u16 } else { area.width / 2 }.min(area.width);
        (Rect { width: left, ..area }, Rect { x: area.x + left, width: area.width - left, ..area })
    } else {
        (line_of(area, 0), line_of(area, 1))
    };
    if let Some(other) = other.filter(|_| !gold) {
        draw_head(app, "A", &other, left, canvas);
    } else {
        canvas.wash(left, "compare.head");
        let gold = [Span::new(" A ", "compare.side"), Span::new(" the gold patch", "run")];
        canvas.row(left, &gold, &[], Style::new());
    }
    draw_head(app, "B", own, right, canvas);
}

/// `A run-3   rank 1/4  .94 ✓  +12 −3`
fn draw_head(app: &App, name: &'static str, candidate: &Candidate, row: Rect, canvas: &mut Canvas) {
    let mut facts = Vec::new();
    let hidden = app.hides(&candidate.summary.id);
    if let Some((place, all)) = app.board.place_of(&candidate.summary.id).filter(|_| !hidden) {
        facts.push(Span::new(format!("rank {place}/{all}  "), "dim"));
    }
    match candidate.score().filter(|_| !hidden) {
        Some(score) => facts.push(Span::new(probability(score.probability()), "score")),
        None => facts.push(Span::new("···", "score.none")),
    }
    let outcome = candidate.outcome();
    let mark = if hidden { '?' } else { outcome.mark() };
    let ink = if hidden { "dim" } else { outcome_ink(outcome) };
    facts.push(Span::new(format!("  {mark}  "), ink));
    match (candidate.summary.patch_added, candidate.summary.patch_removed) {
        (Some(added), Some(removed)) => facts.extend([
            Span::new(format!("+{added}"), "lines.added"),
            Span::new(format!(" −{removed} "), "lines.removed"),
        ]),
        _ => facts.push(Span::new("no patch ", "dim")),
    }
    canvas.wash(row, "compare.head");
    let room = usize::from(row.width).saturating_sub(spans_width(&facts) + 5);
    let run = match candidate.summary.attempt {
        Some(attempt) => format!("{} #{attempt}", candidate.summary.run),
        None => candidate.summary.run.clone(),
    };
    let left = [Span::new(format!(" {name} "), "compare.side"), Span::new(format!(" {}", ends(&run, room)), "run")];
    canvas.row(row, &left, &facts, Style::new());
}

/// The tab's word: what is compared now.
pub fn tab_word(app: &App) -> &'static str {
    match app.reader.tab() {
        Tab::Compare if app.reader.comparing == Comparing::Gold => "3 compare gold",
        Tab::Compare if app.reader.comparing == Comparing::Actions => "3 compare actions",
        _ => "3 compare",
    }
}
