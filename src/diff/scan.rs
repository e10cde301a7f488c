//! The line grammar of patches: every line of the input, in order, with what it is. Counting and parsing share it, so
//! they never disagree. It allocates nothing.
//!
//! Counts in a hunk head decide what is body (`--- x` may be a removed line), but they are a promise that people and
//! models break: too few lines end the hunk, further `+`, `-` and context lines are still taken as its own.

use super::header::HunkHead;
use super::model::LineKind;

/// How much a patch changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stat {
    pub files: usize,
    pub added: usize,
    pub removed: usize,
}

/// Counts files and changed lines without keeping anything. Equal to what [`super::parse()`] finds.
pub fn stat(patch: &str) -> Stat {
    let mut stat = Stat::default();
    for line in Scanner::new(patch) {
        stat.files += usize::from(line.opens_file);
        match line.kind {
            LineKind::Added => stat.added += 1,
            LineKind::Removed => stat.removed += 1,
            _ => {}
        }
    }
    stat
}

/// One line of the input, with its ending.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scanned<'a> {
    pub kind: LineKind,
    pub text: &'a str,
    pub opens_file: bool,
}

pub(super) struct Scanner<'a> {
    rest: &'a str,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    /// No file is open yet.
    Before,
    Header(Names),
    /// In a hunk, whose head promises this many more old and new lines.
    Body {
        old: u32,
        new: u32,
    },
    /// In a file, after a hunk that has ended.
    Between,
    /// The base85 blocks of `GIT binary patch`.
    Binary,
    /// A merge seen from several parents: shown as text.
    Combined,
}

/// Which of the lines `--- old` and `+++ new` a header has had.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Names {
    None,
    Old,
    Both,
}

const EXTENDED: [&str; 13] = [
    "index ",
    "old mode ",
    "new mode ",
    "deleted file mode ",
    "new file mode ",
    "copy from ",
    "copy to ",
    "rename from ",
    "rename to ",
    "rename old ",
    "rename new ",
    "similarity index ",
    "dissimilarity index ",
];

impl<'a> Scanner<'a> {
    pub fn new(patch: &'a str) -> Self {
        Self { rest: patch, state: State::Before }
    }

    fn classify(&mut self, text: &str) -> (LineKind, bool) {
        if let Some(state) = self.opened_by(text) {
            self.state = state;
            return (LineKind::Header, true);
        }
        if let Some(opens) = self.enters_hunk(text) {
            return (LineKind::Hunk, opens);
        }
        let kind = match self.state {
            State::Header(names) => self.header(text, names),
            State::Body { old, new } => self.body(text, old, new),
            State::Binary if text != "--" && text != "-- " => LineKind::Header,
            State::Binary => self.leave(),
            State::Before | State::Between | State::Combined => LineKind::Raw,
        };
        (kind, false)
    }

    /// The state after this line, if it is the first line of a file.
    fn opened_by(&self, text: &str) -> Option<State> {
        if !text.starts_with(['d', '-', 'B']) {
            return None;
        }
        if text.starts_with("diff --git ") {
            return Some(State::Header(Names::None));
        }
        if text.starts_with("diff --cc ") || text.starts_with("diff --combined ") {
            return Some(State::Combined);
        }
        let next = first_line(self.rest);
        if text.starts_with("diff -") && (next.starts_with("--- ") || next.starts_with("Binary files ")) {
            return Some(State::Header(Names::None));
        }
        let in_header = matches!(self.state, State::Header(Names::None) | State::Combined);
        if names_a_file(text, self.rest) {
            return (!in_header && !self.promised()).then_some(State::Header(Names::Old));
        }
        let binary = text.starts_with("Binary files ") && text.ends_with(" differ");
        (binary && !in_header).then_some(State::Header(Names::Both))
    }

    /// A pair of `---` and `+++` lines belongs to the hunk while its head promises more, unless the next hunk follows
    /// too early.
    fn promised(&self) -> bool {
        let State::Body { old, new } = self.state else { return false };
        let hunk_follows = first_line(after_line(self.rest)).starts_with("@@ -");
        (old > 0 && new > 0) && (!hunk_follows || (old == 1 && new == 1))
    }

    /// Whether this line is a hunk head; and if so, whether it also opens a file that has no header.
    fn enters_hunk(&mut self, text: &str) -> Option<bool> {
        if !text.starts_with("@@") || matches!(self.state, State::Combined | State::Binary) {
            return None;
        }
        let nameless = self.state == State::Before;
        match HunkHead::read(text) {
            Some(head) => self.state = State::Body { old: head.old_count, new: head.new_count },
            None if nameless || text.starts_with("@@@") => return None,
            None => self.state = State::Body { old: 0, new: 0 },
        }
        Some(nameless)
    }

    fn header(&mut self, text: &str, names: Names) -> LineKind {
        let next = match names {
            Names::None if text.starts_with("--- ") && names_a_file(text, self.rest) => State::Header(Names::Old),
            Names::Old if text.starts_with("+++ ") => State::Header(Names::Both),
            Names::None if text == "GIT binary patch" => State::Binary,
            Names::None if text.starts_with("Binary files ") => State::Header(Names::Both),
            Names::None if EXTENDED.iter().any(|start| text.starts_with(start)) => self.state,
            _ => return LineKind::Raw,
        };
        self.state = next;
        LineKind::Header
    }

    fn body(&mut self, text: &str, old: u32, new: u32) -> LineKind {
        let kept = old > 0 || new > 0;
        let kind = match text.as_bytes().first() {
            Some(b'\\') if text.starts_with("\\ ") => return LineKind::NoNewline,
            Some(b'-') if kept || !is_signature(text) => LineKind::Removed,
            Some(b'+') => LineKind::Added,
            Some(b' ') => LineKind::Context,
            // Mailers and models strip the space of an empty context line.
            None if (old > 0 && new > 0) || (!kept && goes_on(self.rest)) => LineKind::Context,
            // The head promises more: perhaps a context line that lost its first space. Not the end.
            _ if kept => return LineKind::Raw,
            _ => return self.leave(),
        };
        let takes_old = u32::from(kind != LineKind::Added);
        let takes_new = u32::from(kind != LineKind::Removed);
        self.state = State::Body { old: old.saturating_sub(takes_old), new: new.saturating_sub(takes_new) };
        kind
    }

    fn leave(&mut self) -> LineKind {
        self.state = State::Between;
        LineKind::Raw
    }
}

impl<'a> Iterator for Scanner<'a> {
    type Item = Scanned<'a>;

    fn next(&mut self) -> Option<Scanned<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let (text, rest) = self.rest.split_at(line_length(self.rest));
        self.rest = rest;
        let (kind, opens_file) = self.classify(without_ending(text));
        Some(Scanned { kind, text, opens_file })
    }
}

/// `--- old` with `+++ new` right below it.
fn names_a_file(text: &str, rest: &str) -> bool {
    text.starts_with("--- ") && rest.starts_with("+++ ")
}

/// What `git format-patch` puts below its patch.
fn is_signature(text: &str) -> bool {
    text == "-- " || text == "--"
}

/// After an empty line that no head promised, and perhaps a few more: does the hunk go on?
fn goes_on(mut rest: &str) -> bool {
    for _ in 0..3 {
        rest = rest.strip_prefix('\r').unwrap_or(rest);
        rest = rest.strip_prefix('\n').unwrap_or(rest);
    }
    let next = first_line(rest);
    next.starts_with([' ', '+', '-']) && !is_signature(next) && !names_a_file(next, after_line(rest))
}

fn line_length(text: &str) -> usize {
    memchr::memchr(b'\n', text.as_bytes()).map_or(text.len(), |at| at + 1)
}

fn first_line(text: &str) -> &str {
    without_ending(&text[..line_length(text)])
}

fn after_line(text: &str) -> &str {
    &text[line_length(text)..]
}

pub(super) fn without_ending(line: &str) -> &str {
    let line = line.strip_suffix('\n').unwrap_or(line);
    line.strip_suffix('\r').unwrap_or(line)
}
