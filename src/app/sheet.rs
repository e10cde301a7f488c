//! Sheets that lie over the panes: the keys, and what could not be read. What they say comes from the state.

use ratatui::layout::Rect;

use super::commands::{COMMANDS, Command, Scope, scopes};
use super::page::{Line, Span, spans_width};
use super::{App, Face, Pane};
use crate::trajectory::Severity;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SheetKind {
    Help,
    Problems,
    /// Which trajectories fit into which context.
    Fits,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    pub kind: SheetKind,
    pub scroll: usize,
    /// Only lines with this in them are shown.
    pub query: String,
}

impl Sheet {
    pub fn new(kind: SheetKind) -> Self {
        Self { kind, scroll: 0, query: String::new() }
    }

    pub fn title(&self) -> &'static str {
        match self.kind {
            SheetKind::Help => "keys",
            SheetKind::Problems => "problems",
            SheetKind::Fits => "what fits",
        }
    }

    /// All it says, one line each, narrowed by the query.
    pub fn lines(&self, app: &App) -> Vec<Line> {
        let columns = usize::from(area(app.area, 1).width.saturating_sub(4));
        let lines = match self.kind {
            SheetKind::Help => help(app, &self.query),
            SheetKind::Problems => problems(app, &self.query),
            SheetKind::Fits => app.fit_lines(&self.query, columns),
        };
        if lines.is_empty() {
            return vec![Line { spans: vec![Span::new("nothing here fits", "dim")], ..Line::default() }];
        }
        lines.iter().flat_map(|line| hanging(line, columns)).collect()
    }
}

/// The rows of a line, with its gutter before the first and as much room before the others.
fn hanging(line: &Line, columns: usize) -> impl Iterator<Item = Line> {
    let mut gutter = line.gutter.clone();
    let indent = Span::new(" ".repeat(spans_width(&gutter)), "text");
    line.rows(columns, true).into_iter().map(move |row| {
        let before = std::mem::replace(&mut gutter, vec![indent.clone()]);
        Line { spans: before.into_iter().chain(row).collect(), ..Line::default() }
    })
}

/// Where a sheet of that many lines lies, with its edge.
pub fn area(screen: Rect, lines: usize) -> Rect {
    let width = screen.width.saturating_sub(4).min(104);
    let height = screen.height.saturating_sub(6).min(u16::try_from(lines + 2).unwrap_or(u16::MAX));
    Rect { x: screen.x + (screen.width - width) / 2, y: screen.y + 2, width, height }
}

fn help(app: &App, query: &str) -> Vec<Line> {
    let here = scopes(app);
    let all = [Scope::Board, Scope::Reader, Scope::Compare, Scope::Charts, Scope::Hunt, Scope::Everywhere];
    let elsewhere: Vec<Scope> = all.into_iter().filter(|scope| !here.contains(scope)).collect();
    let mut lines = Vec::new();
    for scope in here.iter().chain(&elsewhere) {
        let commands: Vec<_> = COMMANDS.iter().filter(|it| it.scope == *scope && fits(app, it, query)).collect();
        if commands.is_empty() {
            continue;
        }
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.push(Line { spans: vec![Span::new(scope.heading(), "sheet.heading")], ..Line::default() });
        lines.extend(commands.into_iter().map(|command| help_line(app, command, elsewhere.contains(scope))));
    }
    if query.is_empty() {
        lines.extend(notes());
    }
    lines
}

fn help_line(app: &App, command: &Command, elsewhere: bool) -> Line {
    let gutter = vec![Span::new(format!("  {:<18}", keys(app, command)), "key")];
    let mut spans = vec![Span::new(command.about, if elsewhere { "dim" } else { "text" })];
    if let Some(why) = (command.idle)(app).filter(|_| !elsewhere) {
        spans.push(Span::new(format!("  ({why})"), "dim"));
    }
    Line { gutter, spans, ..Line::default() }
}

pub fn keys(app: &App, command: &Command) -> String {
    let keys: Vec<String> = app.keymap.keys_of(command).iter().map(ToString::to_string).collect();
    keys.join(" ")
}

fn fits(app: &App, command: &Command, query: &str) -> bool {
    let query = query.to_lowercase();
    command.about.to_lowercase().contains(&query) || command.name.contains(&query) || keys(app, command) == query
}

/// What no single key explains.
fn notes() -> Vec<Line> {
    const NOTES: [(&str, &str); 11] = [
        ("", ""),
        ("Marks", ""),
        ("▲", "would be picked now: the best score of its task"),
        ("✓ ✗ ·", "the hidden tests pass, fail, are not known"),
        ("!", "score and outcome disagree"),
        ("=", "another candidate of the task ends in the same patch"),
        ("∅", "the patch is empty"),
        ("↻3", "the same action three times in a row"),
        ("Counts", ""),
        ("10j 03K", "a number before a key repeats it; a single digit wants a 0 before it, since 1 and 2 are tabs"),
        ("shift", "held down, lets the terminal select text with the mouse"),
    ];
    let line = |(mark, text): (&str, &str)| match (mark, text) {
        ("", _) => Line::default(),
        (heading, "") => Line { spans: vec![Span::new(heading, "sheet.heading")], ..Line::default() },
        (mark, text) => Line {
            gutter: vec![Span::new(format!("  {mark:<18}"), "key")],
            spans: vec![Span::new(text, "text")],
            ..Line::default()
        },
    };
    NOTES.into_iter().map(line).collect()
}

/// As much of a note as anybody reads: some quote the data they are about.
fn first(text: &str) -> &str {
    text.char_indices().nth(1_000).map_or(text, |(at, _)| &text[..at])
}

fn problems(app: &App, query: &str) -> Vec<Line> {
    if app.notes.is_empty() && app.complaints.is_empty() {
        let all_well = "Everything that was found could be read.";
        return vec![Line { spans: vec![Span::new(all_well, "text")], ..Line::default() }];
    }
    let query = query.to_lowercase();
    let mut told: Vec<_> = app.notes.iter().filter(|note| note.to_string().to_lowercase().contains(&query)).collect();
    told.sort_by_key(|note| std::cmp::Reverse(note.severity));
    let complaint = |text: &String| Line {
        gutter: vec![Span::new("! ", "problem")],
        spans: vec![Span::washed(text, "text", 2)],
        ..Line::default()
    };
    let complaints = app.complaints.iter().filter(|text| text.to_lowercase().contains(&query)).map(complaint);
    let notes = told.into_iter().flat_map(|note| {
        let mark = if note.severity == Severity::Problem { ("! ", "problem") } else { ("· ", "dim") };
        let place = note.place.as_ref().map_or_else(String::new, |place| format!(", {place}"));
        let path = Span::washed(first(&format!("{}{place}", note.path.display())), "path", 2);
        let line = |before: Span, said| Line { gutter: vec![before], spans: vec![said], ..Line::default() };
        let head = line(Span::new(mark.0, mark.1), path);
        let reason = line(Span::new("  ", "text"), Span::washed(first(&note.reason), "text", 2));
        let hint = note.hint.as_ref();
        let hint = hint.map(|hint| line(Span::new("  → ", "dim"), Span::washed(first(hint), "hint", 4)));
        [Some(head), Some(reason), hint].into_iter().flatten()
    });
    complaints.chain(notes).collect()
}

/// The keys worth knowing right now: footer hints, from the table.
pub fn hints(app: &App) -> Vec<(String, &'static str)> {
    let focus = match app.focus {
        Pane::Board => 0,
        Pane::Reader => 1,
    };
    let here = scopes(app);
    // Beside its own keys, a face that is not the board names only the way out and the help.
    let apart = |command: &Command| app.face == Face::Board || ["back", "help"].contains(&command.name);
    let word = |command: &Command| match command.scope {
        Scope::Everywhere if !apart(command) => "",
        Scope::Everywhere if app.face != Face::Board => command.hints[1],
        _ => command.hints[focus],
    };
    let worth = |command: &&Command| {
        here.contains(&command.scope) && !word(command).is_empty() && (command.idle)(app).is_none()
    };
    let first_key = |command: &Command| app.keymap.keys_of(command).first().map(ToString::to_string);
    let chosen = COMMANDS.iter().filter(worth);
    chosen.filter_map(|command| Some((first_key(command)?, word(command)))).collect()
}
