//! The first and the last two rows: what was opened, how far the scoring is, which keys help now.

use std::time::Duration;

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, ends, start, tail};
use super::thousands;
use crate::app::page::{Span, spans_width, wash, width};
use crate::app::{App, Phase, Probe, Prompt, PromptKind, Tally, hints};

/// Of what was opened at least this much can be read.
const TITLE: usize = 10;

pub fn draw_header(app: &App, row: Rect, canvas: &mut Canvas) {
    let candidates = app.board.candidates();
    let mut facts = vec![
        count(candidates.len(), "trajectory", "trajectories"),
        count(app.board.tasks().len(), "task", "tasks"),
        format!("{} labelled", app.board.tally().labelled),
    ];
    if !app.complete {
        facts.push("reading …".to_owned());
    }
    let right = filtered(app);
    // What the filter leaves is told before how many there are of everything.
    let room = usize::from(row.width).saturating_sub(spans_width(&right) + 16);
    let mut said = facts.join(" · ");
    while facts.len() > 1 && width(&said) + TITLE > room {
        facts.remove(facts.len().min(3) - 1);
        said = facts.join(" · ");
    }
    let facts = format!("  {said}");
    let room = room.saturating_sub(width(&facts));
    let left = [
        Span::new(" rollscope ", "header.name"),
        Span::new(format!(" {}", ends(&app.title, room)), "header"),
        Span::new(facts, "dim"),
    ];
    canvas.row(row, &left, &right, Style::new());
}

/// How far a new layout is; the filter, what it leaves, and how many of the bodies that it asks for have been read.
fn filtered(app: &App) -> Vec<Span> {
    let laid = app.board.laid().map(|share| format!("  laying out {:.0} % ", 100.0 * share));
    if app.board.filter().is_empty() {
        return laid.map(|text| vec![Span::new(text, "gauge")]).unwrap_or_default();
    }
    let read = |probe: &Probe| format!("· read {} of {} ", probe.done, probe.all);
    let left = || format!("  {} of {} ", app.board.shown(), app.board.candidates().len());
    vec![
        Span::new(format!("filter: {}", ends(&app.board.filter().text, 30)), "header.filter"),
        Span::new(laid.unwrap_or_else(left), "header"),
        Span::new(app.probe.as_ref().map_or_else(String::new, read), "gauge"),
    ]
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

pub fn draw_status(app: &App, row: Rect, canvas: &mut Canvas) {
    if let Some(prompt) = &app.prompt {
        return draw_prompt(prompt, row, canvas);
    }
    let right = match app.problems() {
        0 => Vec::new(),
        problems => vec![Span::new(format!("! {} ", count(problems, "problem", "problems")), "problem")],
    };
    let room = usize::from(row.width).saturating_sub(spans_width(&right) + 2);
    let mut left = vec![Span::new(" ", "text")];
    for part in parts(app) {
        let free = room.saturating_sub(spans_width(&left) + 3);
        let part = fitted(part, free);
        if part.is_empty() {
            break;
        }
        if left.len() > 1 {
            left.push(Span::new(" · ", "dim"));
        }
        left.extend(part);
    }
    canvas.row(row, &left, &right, Style::new());
}

/// A sentence may be cut, and shows it; anything else is left out whole.
fn fitted(part: Vec<Span>, room: usize) -> Vec<Span> {
    match part.as_slice() {
        _ if spans_width(&part) <= room => part,
        [sentence] if room > 30 => vec![Span::new(start(&sentence.text, room), sentence.ink)],
        _ => Vec::new(),
    }
}

/// What the status line says, most important first.
fn parts(app: &App) -> Vec<Vec<Span>> {
    let said = |text: String, ink| vec![Span::new(text, ink)];
    match &app.judge.phase {
        Phase::Absent => vec![said("no reward model: nothing is scored".to_owned(), "dim")],
        Phase::Loading(name) => {
            vec![
                said(format!("loading {} …", ends(name, 40)), "gauge"),
                said("reading works meanwhile".to_owned(), "dim"),
            ]
        }
        Phase::Gone(reason) => {
            let mut parts = vec![said(format!("the model stopped: {}", start(reason, 160)), "problem")];
            parts.push(progress(app));
            parts
        }
        Phase::Ready(facts) => {
            let mut parts = vec![progress(app)];
            if app.judge.current().is_some() {
                parts.extend(
                    app.judge.speed().map(|speed| said(format!("{} tok/s", thousands(speed as u64)), "status")),
                );
                let rest = app.board.tally().open;
                parts.extend(app.judge.remaining(rest).map(|left| said(format!("{} left", duration(left)), "status")));
            }
            parts.push(said(format!("{} on {}", ends(&facts.name, 40), facts.device), "status"));
            parts.extend((!facts.worth.is_empty()).then(|| said(facts.worth.clone(), "dim")));
            parts
        }
    }
}

fn progress(app: &App) -> Vec<Span> {
    const CELLS: usize = 10;
    let all = app.board.candidates().len();
    let Tally { scored, too_long, failed, open, .. } = app.board.tally();
    let mut spans = Vec::new();
    if open > 0 {
        let full = ((all - open) * CELLS).checked_div(all).unwrap_or_default();
        spans.push(Span::new(format!("scored {scored}/{all} "), "status"));
        spans.push(Span::new("▰".repeat(full), "gauge"));
        spans.push(Span::new("▱".repeat(CELLS - full), "gauge.track"));
    } else {
        spans.push(Span::new(format!("{scored} of {all} scored"), "status"));
    }
    for (number, what) in [(too_long, "too long"), (failed, "failed")] {
        if number > 0 {
            spans.push(Span::new(format!(" · {number} {what}"), "problem"));
        }
    }
    spans
}

fn duration(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..100 => format!("{seconds} s"),
        seconds @ 100..6000 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{} h", seconds.div_ceil(3600)),
    }
}

/// What one types into, with its end in sight.
fn draw_prompt(prompt: &Prompt, row: Rect, canvas: &mut Canvas) {
    let (name, text) = (name(prompt), wash(&prompt.text, 0));
    let room = usize::from(row.width).saturating_sub(width(name) + 2);
    let typed = Span::new(tail(&text, room), "prompt");
    canvas.row(row, &[Span::new(name, "key"), typed, Span::new("▏", "cursor")], &[], Style::new());
}

fn name(prompt: &Prompt) -> &'static str {
    match prompt.kind {
        PromptKind::Filter => " filter /",
        PromptKind::Search => " search /",
        PromptKind::Sheet => " look for /",
        PromptKind::Everywhere => " search everything &",
        PromptKind::Note => " note: ",
        PromptKind::Failure => " how it fails: ",
    }
}

/// Under the prompt: what is wrong with what is typed, right under its place; else what can be typed.
fn draw_advice(app: &App, prompt: &Prompt, row: Rect, canvas: &mut Canvas) {
    let Some(problem) = &prompt.problem else {
        let advice = match prompt.kind {
            PromptKind::Filter => {
                "word  !word  score>0.8  resolved:false  file:name  text:words (enter reads)  /regex/  and or ( )"
                    .to_owned()
            }
            PromptKind::Search => "words, or /a regular expression/".to_owned(),
            PromptKind::Sheet => "words".to_owned(),
            PromptKind::Note => "beside your verdict".to_owned(),
            PromptKind::Failure => start(&failures(app, &prompt.text), usize::from(row.width).saturating_sub(30)),
            PromptKind::Everywhere => "words, or /a regular expression/; enter searches all trajectories".to_owned(),
        };
        let left = [Span::new(format!(" {advice}"), "dim")];
        return canvas.row(row, &left, &[Span::new("enter keeps  esc forgets ", "hint")], Style::new());
    };
    let (column, length) = prompt.place.unwrap_or_default();
    let before: String = prompt.text.chars().take(column).collect();
    let indent = width(name(prompt)) + width(&before);
    let mark = "^".repeat(length);
    let reason = format!(" {problem}");
    let columns = usize::from(row.width);
    // Where the reason does not fit behind the mark, it stands before it.
    let spans = if indent + mark.len() + width(&reason) <= columns {
        [Span::new(" ".repeat(indent), "text"), Span::new(mark, "prompt.problem"), Span::new(reason, "prompt.problem")]
    } else {
        let reason = start(&reason, indent.max(columns / 2));
        let gap = " ".repeat(indent.saturating_sub(width(&reason)));
        [Span::new(reason, "prompt.problem"), Span::new(gap, "text"), Span::new(mark, "prompt.problem")]
    };
    canvas.row(row, &spans, &[], Style::new());
}

/// Names of the taxonomy that fit what is typed.
fn failures(app: &App, typed: &str) -> String {
    let word = typed.rsplit(' ').next().unwrap_or_default();
    let names = app.hunt.ledger.taxonomy.iter().filter(|failure| failure.name.starts_with(word));
    names.map(|failure| failure.name.as_str()).collect::<Vec<_>>().join(" ")
}

pub fn draw_footer(app: &App, row: Rect, canvas: &mut Canvas) {
    if let Some(prompt) = &app.prompt {
        return draw_advice(app, prompt, row, canvas);
    }
    let right = app.pending().map(|count| Span::new(format!("{count} "), "prompt")).into_iter().collect::<Vec<_>>();
    if let Some(toast) = app.toast() {
        return canvas.row(
            row,
            &[Span::new(" ", "text"), Span::new(start(toast, row.width.into()), "toast")],
            &right,
            Style::new(),
        );
    }
    let mut left = vec![Span::new(" ", "text")];
    for (key, word) in hints(app) {
        let (key, word) = (Span::new(key, "key"), Span::new(format!(" {word}   "), "hint"));
        if spans_width(&left) + key.width() + word.width() <= usize::from(row.width) {
            left.extend([key, word]);
        }
    }
    canvas.row(row, &left, &right, Style::new());
}
