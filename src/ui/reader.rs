//! The reader: a head, tabs, an outline beside the text. Only the rows on the screen are made.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::board::{outcome_ink, probability};
use super::canvas::{Canvas, ends, line_of, start};
use super::strip::hundredths;
use super::{compare, thousands};
use crate::app::page::{
    Chapter, Deed, Entry, Ink, Line, Listed, Page, Position, Span, View, duration, halves, spans_width, width,
};
use crate::app::{App, Candidate, Judged, Layout, Pane, Swing, Tab};

pub fn draw(app: &App, layout: &Layout, canvas: &mut Canvas) {
    if layout.reader.height == 0 {
        return;
    }
    let candidate = app.reader.shown().and_then(|id| app.board.candidate(id));
    draw_title(app, candidate, line_of(layout.reader, 0), canvas);
    let Some(candidate) = candidate else {
        let below = layout.reader.union(layout.tabs);
        return super::draw_hint(&["A trajectory is read here.", "", "Choose one on the board."], below, canvas);
    };
    draw_tabs(app, candidate, layout.tabs, canvas);
    compare::draw_heads(app, candidate, layout, canvas);
    match (app.reader.trouble(), app.reader.page(), app.reader.view()) {
        (Some(reason), ..) => {
            let reason = start(reason, layout.text.width.into());
            let what = match app.reader.tab() {
                Tab::Compare => "These cannot be compared.",
                _ => "This trajectory cannot be shown.",
            };
            super::draw_hint(&[what, "", &reason], layout.text, canvas);
        }
        (_, Some(page), _) if page.blocks.is_empty() => draw_nothing(app.reader.tab(), layout.text, canvas),
        (_, Some(page), Some(view)) => {
            draw_outline(app, page, view, layout, canvas);
            draw_text(app, page, view, layout.text, canvas);
        }
        _ if app.reader.tab() == Tab::Compare && app.against().is_none() => {
            super::draw_hint(&["This task has no other candidate to compare with."], layout.text, canvas);
        }
        _ => super::draw_hint(&["Reading …"], layout.text, canvas),
    }
}

fn draw_nothing(tab: Tab, area: Rect, canvas: &mut Canvas) {
    let lines: [&str; 3] = match tab {
        Tab::Turns => ["This trajectory has no turns.", "", "2 shows its patch."],
        Tab::Patch => ["There is no patch: nothing was changed.", "", "1 shows the turns."],
        Tab::Compare | Tab::Raw | Tab::Score | Tab::Prompt => ["There is nothing to show.", "", "1 shows the turns."],
    };
    super::draw_hint(&lines, area, canvas);
}

fn draw_title(app: &App, candidate: Option<&Candidate>, row: Rect, canvas: &mut Canvas) {
    let focused = app.focus == Pane::Reader;
    let (rule, ink) = if focused { ("rule.focus", "title.focus") } else { ("rule", "title") };
    let position = position(app);
    let room = usize::from(row.width).saturating_sub(width(&position) + 6);
    let name = candidate.map_or_else(String::new, |candidate| {
        let summary = &candidate.summary;
        format!(" {} · {} ", ends(&summary.task_id, room), ends(&summary.run, room))
    });
    canvas.rule(row, rule, &[Span::new(ends(&name, room), ink)], &[Span::new(position, "dim")]);
}

/// `turn 7/24`, `hunk 2/9 · file 1/3`, `match 3/17`: where one is.
fn position(app: &App) -> String {
    let (Some(page), Some(view)) = (app.reader.page(), app.reader.view()) else { return String::new() };
    let mut places = Vec::new();
    if let Some(search) = &app.reader.search {
        let at = search.at.map_or(0, |at| at + 1);
        let found = search.found.len();
        places.push(if search.is_running() { "searching …".to_owned() } else { format!("match {at}/{found}") });
    }
    let tab = app.reader.tab();
    if tab == Tab::Turns && !app.reader.hidden.is_empty() {
        let names: Vec<_> = app.reader.hidden.iter().map(|class| class.name()).collect();
        places.push(format!("without {}", names.join(", ")));
    }
    if !page.stops.is_empty() {
        let before = page.stops.partition_point(|stop| view.first_line(*stop) <= view.cursor.line);
        let name = if tab == Tab::Compare { "difference" } else { "hunk" };
        places.push(match (before, page.stops.len()) {
            (0, 1) => format!("1 {name}"),
            (0, all) => format!("{all} {name}s"),
            (before, all) => format!("{name} {before}/{all}"),
        });
    }
    if !page.chapters.is_empty() {
        let name = match tab {
            Tab::Turns => "turn",
            Tab::Prompt => "message",
            _ => "file",
        };
        places.push(format!("{name} {}/{}", view.chapter_of(page, view.cursor.line) + 1, page.chapters.len()));
    }
    if places.is_empty() { String::new() } else { format!(" {} ", places.join(" · ")) }
}

fn draw_tabs(app: &App, candidate: &Candidate, row: Rect, canvas: &mut Canvas) {
    let summary = &candidate.summary;
    let ink = |tab| if app.reader.tab() == tab { "tab.active" } else { "tab" };
    let mut left = vec![
        Span::new(" ", "text"),
        Span::new("1 turns", ink(Tab::Turns)),
        Span::new("   ", "text"),
        Span::new("2 patch", ink(Tab::Patch)),
    ];
    if let (Some(added), Some(removed)) = (summary.patch_added, summary.patch_removed) {
        left.push(Span::new(format!(" +{added}"), "lines.added"));
        left.push(Span::new(format!(" −{removed}"), "lines.removed"));
    }
    left.extend([Span::new("   ", "text"), Span::new(compare::tab_word(app), ink(Tab::Compare))]);
    left.extend([Span::new("   ", "text"), Span::new("4 score", ink(Tab::Score))]);
    left.extend([Span::new("   ", "text"), Span::new("5 raw", ink(Tab::Raw))]);
    if app.reader.tab() == Tab::Prompt {
        left.extend([Span::new("   ", "text"), Span::new("P prompt", "tab.active")]);
    }
    canvas.row(
        row,
        &left,
        &verdict(app, candidate, usize::from(row.width).saturating_sub(spans_width(&left))),
        Style::new(),
    );
}

/// `24 turns · 31k tok · $0.42 · submitted   rank 1/4  .94  ✓`, as much of it as fits.
fn verdict(app: &App, candidate: &Candidate, room: usize) -> Vec<Span> {
    if app.hides(&candidate.summary.id) {
        return vec![Span::new("hidden until your verdict ", "dim")];
    }
    let outcome = candidate.outcome();
    let mut spans = Vec::new();
    if let Some(reason) = unscored(&candidate.judged) {
        return vec![Span::new(start(&reason, room.saturating_sub(4)), "score.trouble"), Span::new(" ", "text")];
    }
    if let (Some(score), Some((place, all))) = (candidate.score(), app.board.place_of(&candidate.summary.id)) {
        spans.push(Span::new(format!("rank {place}/{all}  "), "dim"));
        spans.push(Span::new(probability(score.probability()), "score"));
        spans.push(Span::new("  ", "text"));
    }
    spans.push(Span::new(format!("{} ", outcome.mark()), outcome_ink(outcome)));
    for fact in facts(candidate).into_iter().rev() {
        if spans_width(&spans) + width(&fact) + 6 < room {
            spans.insert(0, Span::new(format!("{fact}   "), "facts"));
        }
    }
    spans
}

/// Why there is no score, and will be none.
fn unscored(judged: &Judged) -> Option<String> {
    match judged {
        Judged::TooLong { tokens, limit } => {
            Some(format!("not scored: {} of at most {} tokens", thousands(*tokens as u64), thousands(*limit as u64)))
        }
        Judged::Failed(reason) => Some(format!("not scored: {reason}")),
        _ => None,
    }
}

fn facts(candidate: &Candidate) -> Vec<String> {
    let summary = &candidate.summary;
    let tokens = summary
        .input_tokens
        .or(summary.output_tokens)
        .map(|_| thousands(summary.input_tokens.unwrap_or_default() + summary.output_tokens.unwrap_or_default()));
    let mut facts = Vec::new();
    facts.extend(tokens.map(|tokens| format!("{tokens} tok")));
    facts.extend(summary.cost_usd.filter(|cost| *cost > 0.0).map(|cost| format!("${cost:.2}")));
    facts.extend(summary.exit_status.as_ref().map(|status| ends(status, 24)));
    facts
}

fn draw_outline(app: &App, page: &Page, view: &View, layout: &Layout, canvas: &mut Canvas) {
    let area = layout.outline;
    if area.width == 0 {
        return;
    }
    canvas.vertical(layout.outline_divider, "rule");
    let here = view.chapter_of(page, view.cursor.line);
    let first = view.outline_top(page, usize::from(area.height));
    let swings = if app.reader.tab() == Tab::Turns { app.swings() } else { Vec::new() };
    for nth in first..page.entries().min(first + usize::from(area.height)) {
        let row = line_of(area, nth - first);
        if let Some(entry) = page.tree.get(nth) {
            draw_entry(page, entry, here, row, canvas);
        } else {
            let swing = swings.iter().find(|swing| swing.turns.0 == nth);
            draw_chapter(app.reader.tab(), page, nth, (here, swing), row, canvas);
        }
    }
}

/// `here`: the chapter under the cursor; `swing`: the score moves most at this one.
fn draw_chapter(
    tab: Tab,
    page: &Page,
    nth: usize,
    (here, swing): (usize, Option<&Swing>),
    row: Rect,
    canvas: &mut Canvas,
) {
    let Some(chapter) = page.chapters.get(nth) else { return };
    let mut marks = chapter_marks(tab, chapter, row.width.into());
    if let Some(swing) = swing {
        let (sign, ink) = if swing.rises() { ('▲', "lines.added") } else { ('▼', "lines.removed") };
        marks.insert(0, Span::new(format!("{sign}{} ", hundredths((swing.after - swing.before).abs())), ink));
    }
    let room = usize::from(row.width).saturating_sub(spans_width(&marks) + 7);
    canvas.row(row, &chapter_row(tab, chapter, nth == here, room), &marks, Style::new());
}

/// A file or a folder of the tree; however deep it lies, some of its name can be read.
fn draw_entry(page: &Page, entry: &Entry, here: usize, row: Rect, canvas: &mut Canvas) {
    let counts = |added: usize, removed: usize| {
        if added + removed == 0 {
            return Vec::new();
        }
        vec![Span::new(format!("+{added}"), "lines.added"), Span::new(format!(" −{removed}"), "lines.removed")]
    };
    let (mark, title, name, counts) = match &entry.what {
        Listed::Folder { name, added, removed, .. } => {
            (" ", "outline.number", format!("{name}/"), counts(*added, *removed))
        }
        Listed::Chapter(nth, name) => {
            let Some(chapter) = page.chapters.get(*nth) else { return };
            let (mark, title) = match (*nth == here, chapter.relation) {
                (true, _) => ("▸", "outline.here"),
                (false, Some("=")) => (" ", "diff.same"),
                _ => (" ", "outline"),
            };
            let counts = match chapter.relation {
                Some(relation) => chapter_relation(relation),
                None => counts(chapter.added, chapter.removed),
            };
            (mark, title, name.clone(), counts)
        }
    };
    let room = usize::from(row.width).saturating_sub(spans_width(&counts) + 3);
    let indent = (2 * entry.depth).min(room / 2);
    let left = [
        Span::new(mark, "cursor"),
        Span::new(" ".repeat(indent), "text"),
        Span::new(ends(&name, room - indent), title),
    ];
    canvas.row(row, &left, &counts, Style::new());
}

/// How a file stands to the other patch.
fn chapter_relation(relation: &'static str) -> Vec<Span> {
    vec![Span::new(relation, if relation == "=" { "diff.same" } else { "diff.verdict" })]
}

fn chapter_row(tab: Tab, chapter: &Chapter, here: bool, room: usize) -> Vec<Span> {
    let title: Ink = match (here, chapter.deed, tab) {
        (true, ..) => "outline.here",
        (_, Deed::Edit, Tab::Turns) => "outline.edit",
        _ if chapter.relation == Some("=") => "diff.same",
        _ => "outline",
    };
    let mark = if tab == Tab::Turns { chapter.deed.mark() } else { ' ' };
    vec![
        if here { Span::new("▸", "cursor") } else { Span::new(" ", "text") },
        Span::new(format!("{:>3} ", chapter.number), "outline.number"),
        Span::new(mark.to_string(), title),
        Span::new(if tab == Tab::Turns { start(&chapter.title, room) } else { ends(&chapter.title, room) }, title),
    ]
}

/// What stands at the right of an entry: as many of a turn's figures as there is room for, then what is wrong with it.
fn chapter_marks(tab: Tab, chapter: &Chapter, width: usize) -> Vec<Span> {
    let mut marks = Vec::new();
    if let Some(relation) = chapter.relation {
        marks.extend(chapter_relation(relation));
    } else if tab != Tab::Turns {
        marks.push(Span::new(format!("+{}", chapter.added), "lines.added"));
        marks.push(Span::new(format!(" −{}", chapter.removed), "lines.removed"));
    } else {
        marks.extend(figures(chapter, width).into_iter().map(|figure| Span::new(figure, "outline.number")));
    }
    let figured = spans_width(&marks);
    if chapter.repeats >= 3 {
        marks.push(Span::new(format!("↻{}", chapter.repeats), "mark.loop"));
    }
    if chapter.failed {
        let code = chapter.exit_code.filter(|code| *code != 1 && width >= 24);
        marks.push(Span::new(code.map_or_else(|| "✗".to_owned(), |code| format!("✗{code}")), "outline.failed"));
    }
    if tab == Tab::Turns && figured > 0 {
        // Figures stand in columns, whatever is wrong behind them.
        let flags = spans_width(&marks) - figured;
        marks.insert(marks.len() - usize::from(chapter.failed) - usize::from(chapter.repeats >= 3), blank(flags, 4));
    }
    marks
}

fn blank(used: usize, columns: usize) -> Span {
    Span::new(" ".repeat(columns.saturating_sub(used)), "text")
}

/// Size, time and cost of a turn, in columns.
fn figures(chapter: &Chapter, width: usize) -> Vec<String> {
    let mut figures = Vec::new();
    if width >= 28 {
        figures.push(format!("{:>5} ", thousands(chapter.bytes as u64)));
    }
    if width >= 34 && chapter.seconds.is_some() {
        figures.push(format!("{:>5} ", chapter.seconds.map(duration).unwrap_or_default()));
    }
    if width >= 40 && chapter.cost_usd.is_some() {
        figures.push(format!("{:>6} ", chapter.cost_usd.map(|cost| format!("${cost:.2}")).unwrap_or_default()));
    }
    figures
}

fn draw_text(app: &App, page: &Page, view: &View, area: Rect, canvas: &mut Canvas) {
    let frame = app.frame();
    let search = app.reader.search.as_ref().map(|search| &search.pattern);
    let focused = app.focus == Pane::Reader;
    let mut at = view.top;
    let mut y = 0;
    while y < usize::from(area.height) && at.line < view.lines() {
        let line = view.show(page, at.line, search);
        let rows = line.level_rows(frame.columns, frame.wrap);
        for (nth, row) in rows.iter().enumerate().skip(at.row).take(usize::from(area.height) - y) {
            let here = focused && at.line == view.cursor.line && nth == view.cursor.row;
            let looks = Looks { first: nth == 0, here, sideways: view.sideways };
            draw_line(&line, row, looks, line_of(area, y), canvas);
            y += 1;
        }
        at = Position { line: at.line + 1, row: 0 };
    }
}

/// What changes how a row of a line looks.
#[derive(Clone, Copy)]
struct Looks {
    /// It is the first of the line's rows.
    first: bool,
    /// The cursor is on it.
    here: bool,
    sideways: usize,
}

fn draw_line(line: &Line, (left, right): &(Vec<Span>, Vec<Span>), looks: Looks, area: Rect, canvas: &mut Canvas) {
    let mark = if looks.here { Span::new("▌", "cursor") } else { Span::new(" ", "text") };
    canvas.spans(Rect { width: 1.min(area.width), ..area }, &[mark], Style::new());
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(1), ..area };
    let Some(half) = &line.beside else {
        return draw_half(line, &line.gutter, left, line.base, looks, area, canvas);
    };
    let (left_columns, _) = halves(usize::from(area.width).saturating_sub(1));
    let left_area = Rect { width: left_columns as u16, ..area };
    let divider = Rect { x: left_area.right(), width: 1, ..area };
    let right_area = Rect { x: divider.right(), width: area.right().saturating_sub(divider.right()), ..area };
    draw_half(line, &line.gutter, left, line.base, looks, left_area, canvas);
    let sign = if looks.first { half.divider.clone() } else { Span::new("│", "rule") };
    canvas.spans(divider, &[sign], Style::new());
    draw_half(line, &half.gutter, right, half.base, looks, right_area, canvas);
}

fn draw_half(line: &Line, gutter: &[Span], row: &[Span], base: Ink, looks: Looks, area: Rect, canvas: &mut Canvas) {
    let mut style = canvas.theme.style(if base.is_empty() { "text" } else { base });
    if looks.here {
        style = style.patch(canvas.theme.style("selected"));
    }
    canvas.buffer.set_style(area, style);
    let mut spans = if looks.first { gutter.to_vec() } else { vec![continuation(gutter)] };
    spans.extend(shifted(row, looks.sideways));
    if let Some(fill) = line.fill {
        let missing = usize::from(area.width).saturating_sub(spans_width(&spans) + spans_width(&line.right) + 4);
        spans.push(Span::new(format!(" {} ", fill.to_string().repeat(missing)), "rule"));
    }
    let alone = line.beside.is_none();
    let area = Rect { width: area.width.saturating_sub(u16::from(alone)), ..area };
    canvas.row(area, &spans, if looks.first && alone { &line.right } else { &[] }, style);
}

/// The gutter of a row that goes on: its bar, without numbers and signs.
fn continuation(gutter: &[Span]) -> Span {
    match gutter {
        [bar] => bar.clone(),
        _ => Span::new(" ".repeat(spans_width(gutter)), "text"),
    }
}

/// Spans without their first columns.
fn shifted(spans: &[Span], columns: usize) -> Vec<Span> {
    let mut left = columns;
    let mut rest = Vec::new();
    for span in spans {
        let wide = span.width();
        if left >= wide {
            left -= wide;
        } else if left == 0 {
            rest.push(span.clone());
        } else {
            let mut skipped = 0;
            let beyond = |c: &char| {
                let before = skipped;
                skipped += width(c.encode_utf8(&mut [0; 4]));
                before < left
            };
            rest.push(Span { text: span.text.chars().skip_while(beyond).collect(), ..span.clone() });
            left = 0;
        }
    }
    rest
}
