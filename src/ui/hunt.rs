//! The hunt: the queue, and below it what is known of the one under the cursor and what was said about it.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::board::{outcome_ink, probability};
use super::canvas::{Canvas, ends, line_of};
use super::strip::hundredths;
use crate::app::page::{Line, Span, spans_width};
use crate::app::{App, Candidate, Pane, Quarry, say_ruling};
use crate::metrics::wilson;
use crate::trajectory::{Ruling, Verdict};

pub fn draw(app: &App, area: Rect, canvas: &mut Canvas) {
    if area.height < 4 {
        return;
    }
    draw_title(app, line_of(area, 0), canvas);
    let items = app.hunt.items();
    if items.is_empty() {
        let below = Rect { y: area.y + 1, height: area.height - 1, ..area };
        let why = if app.hunt.is_behind() { "The queue is being ordered …" } else { "There is nothing to hunt for." };
        let lines = [why, "", "esc goes back to the board."];
        return super::draw_hint(&lines, below, canvas);
    }
    let rows = app.layout().hunt_rows();
    for (row, (place, item)) in items.iter().enumerate().skip(app.hunt.top).take(rows).enumerate() {
        draw_item(app, item, place == app.hunt.cursor(), line_of(area, row + 1), canvas);
    }
    draw_card(app, app.layout().hunt_card(), canvas);
}

fn draw_title(app: &App, row: Rect, canvas: &mut Canvas) {
    let focused = app.focus == Pane::Board;
    let (rule, ink) = if focused { ("rule.focus", "title.focus") } else { ("rule", "title") };
    let order = if app.hunt.blind { "blind, by lot" } else { app.hunt.order.say() };
    let all = app.hunt.items().len();
    let ordering = if app.hunt.is_behind() && all > 0 { "ordering … " } else { "" };
    let position = format!(" {ordering}{}/{all} ", (app.hunt.cursor() + 1).min(all));
    canvas.rule(row, rule, &[Span::new(format!(" hunt: {order} "), ink)], &[Span::new(position, "dim")]);
}

fn draw_item(app: &App, item: &Quarry, selected: bool, area: Rect, canvas: &mut Canvas) {
    let Some(candidate) = app.board.candidates().get(item.nth) else { return };
    let base = match (selected, app.focus) {
        (true, Pane::Board) => canvas.theme.style("selected"),
        (true, Pane::Reader) => canvas.theme.style("selected.away"),
        (false, _) => Style::new(),
    };
    canvas.buffer.set_style(area, base);
    let mut left = vec![if selected { Span::new("▌", "cursor") } else { Span::new(" ", "text") }];
    left.extend(worth(app, candidate));
    left.push(Span::new(if item.random { "~ " } else { "  " }, "dim"));
    let right = said(app, candidate);
    let room = usize::from(area.width).saturating_sub(spans_width(&left) + spans_width(&right) + 1);
    let name = format!("{} · {}", candidate.summary.task_id, candidate.summary.run);
    left.push(Span::new(ends(&name, room), "run"));
    canvas.row(area, &left, &right, base);
}

/// ` .97 ✗ `, or nothing of it while it is hidden.
fn worth(app: &App, candidate: &Candidate) -> Vec<Span> {
    if app.hides(&candidate.summary.id) {
        return vec![Span::new("   ?  ? ", "dim")];
    }
    let outcome = candidate.outcome();
    let score = candidate.score().map_or_else(|| "···".to_owned(), |score| probability(score.probability()));
    vec![Span::new(format!("{score:>5} "), "score"), Span::new(format!("{} ", outcome.mark()), outcome_ink(outcome))]
}

/// The key of the verdict given, and what else was left there.
fn said(app: &App, candidate: &Candidate) -> Vec<Span> {
    let Some(verdict) = app.hunt.ledger.mine(&candidate.summary.subject()) else { return Vec::new() };
    let mut text = String::new();
    text.push_str(if verdict.flag { "f" } else { " " });
    text.push_str(if verdict.note.is_empty() { " " } else { "n" });
    let key = verdict.ruling.and_then(|ruling| Ruling::ALL.iter().position(|other| *other == ruling));
    text.push_str(&key.map_or_else(|| if verdict.skip { "s" } else { " " }.to_owned(), |key| (key + 1).to_string()));
    let saved = app.hunt.ledger.is_saved(&verdict.subject);
    vec![Span::new(text, "hunt.said"), Span::new(if saved { " " } else { "!" }, "problem")]
}

fn draw_card(app: &App, area: Rect, canvas: &mut Canvas) {
    let Some((item, candidate)) = app
        .hunt
        .item()
        .and_then(|item| Some((item, app.board.candidates().get(item.nth)?)))
        .filter(|_| area.height > 1)
    else {
        return;
    };
    let done = format!(" {} done ", app.hunt.counts.done);
    canvas.rule(line_of(area, 0), "rule", &[Span::new(" why here ", "title")], &[Span::new(done, "dim")]);
    let columns = usize::from(area.width).saturating_sub(2);
    let lines = card(app, item, candidate);
    let rows = lines.iter().flat_map(|line| line.rows(columns, true));
    for (nth, row) in rows.take(usize::from(area.height) - 1).enumerate() {
        let place = line_of(area, nth + 1);
        canvas.spans(Rect { x: place.x + 1, width: place.width.saturating_sub(1), ..place }, &row, Style::new());
    }
}

fn card(app: &App, item: &Quarry, candidate: &Candidate) -> Vec<Line> {
    let line = |spans: Vec<Span>| Line { spans, ..Line::default() };
    let subject = candidate.summary.subject();
    let hidden = app.hides(&candidate.summary.id);
    let mine = app.hunt.ledger.mine(&subject);
    let mut lines = Vec::new();
    lines.extend(trouble(app).map(|text| line(vec![Span::new(text, "problem")])));
    let why = if hidden { "hidden until your verdict" } else { item.why.say() };
    lines.push(line(vec![Span::new(why, "worth")]));
    lines.push(line(keys(app, mine)));
    lines.extend(mine.map(|verdict| line(yours(app, verdict))));
    lines.push(line(vec![Span::new("signs: ", "dim"), Span::new(signs(app, candidate), "soft")]));
    if !hidden {
        let others = app.hunt.ledger.all(&subject).iter().filter(|it| it.annotator != app.hunt.ledger.annotator);
        for other in others {
            let ruling = other.ruling.map_or("nothing", say_ruling);
            lines.push(line(vec![Span::washed(&format!("{}: {ruling} {}", other.annotator, other.note), "soft", 0)]));
        }
    }
    lines.extend(tallies(app).map(|text| line(vec![Span::new(text, "dim")])));
    lines
}

/// What did not reach the disk: said first, and until it has.
fn trouble(app: &App) -> Option<String> {
    let ledger = &app.hunt.ledger;
    let reason = ledger.trouble.as_ref()?;
    let reason = reason.strip_prefix("not saved: ").unwrap_or(reason);
    Some(format!("NOT SAVED ({}): {}", ledger.unsaved(), super::canvas::start(reason, 200)))
}

fn keys(app: &App, mine: Option<&Verdict>) -> Vec<Span> {
    let answers = app.hunt.blind && mine.is_none_or(|verdict| verdict.ruling.is_none());
    let words: &[(&str, &str)] = if answers {
        &[("1", "solves it"), ("2", "does not"), ("4", "unclear")]
    } else {
        &[("1", "judge wrong"), ("2", "tests wrong"), ("3", "both right"), ("4", "unclear")]
    };
    let word = |(key, word): &(&'static str, &'static str)| {
        [Span::new(format!("{key}\u{a0}"), "key"), Span::new(format!("{}  ", word.replace(' ', "\u{a0}")), "hint")]
    };
    words.iter().flat_map(word).collect()
}

/// `yours: judge wrong (incomplete), saved`
fn yours(app: &App, verdict: &Verdict) -> Vec<Span> {
    let mut text = verdict.ruling.map_or(if verdict.skip { "skipped" } else { "no verdict" }, say_ruling).to_owned();
    if let (true, Some(answer)) = (verdict.blind, verdict.answer) {
        text.push_str(if answer { ", blind: solves it" } else { ", blind: does not" });
    }
    if !verdict.failures.is_empty() {
        text = format!("{text} ({})", verdict.failures.join(", "));
    }
    if verdict.flag {
        text.push_str(", flagged");
    }
    if !verdict.note.is_empty() {
        text = format!("{text}, “{}”", verdict.note);
    }
    let saved = app.hunt.ledger.is_saved(&verdict.subject);
    let safe = if saved { Span::new(", saved", "dim") } else { Span::new(", not saved yet", "problem") };
    vec![Span::new("yours: ", "dim"), Span::washed(&text, "worth", 0), safe]
}

fn signs(app: &App, candidate: &Candidate) -> String {
    let opened = app.reader.opened().filter(|_| app.reader.shown() == Some(candidate.summary.id.as_str()));
    let Some(opened) = opened else { return "…".to_owned() };
    let said: Vec<String> = opened.warnings.iter().map(|warning| warning.say()).collect();
    if said.is_empty() { "none of those that often mislead".to_owned() } else { said.join(" · ") }
}

/// How often the judge is wrong, from the random slice alone; how often the reveal changed a mind.
fn tallies(app: &App) -> impl Iterator<Item = String> {
    let counts = app.hunt.counts;
    let slice = (counts.random > 0).then(|| {
        let (low, high) = wilson(counts.random_wrong, counts.random);
        let (wrong, all) = (counts.random_wrong, counts.random);
        format!("random slice (~): judge wrong in {wrong} of {all} [{}, {}]", hundredths(low), hundredths(high))
    });
    let changed = (counts.blind > 0)
        .then(|| format!("blind: the reveal changed {} of {} verdicts", counts.changed, counts.blind));
    slice.into_iter().chain(changed)
}
