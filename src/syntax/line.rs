//! One line after another: the state a grammar is in, and the roles it gives.

use super::language::{Language, grammars};
use super::role::Role;
use std::ops::Range;
use syntect::parsing::{BasicScopeStackOp, ParseState, ScopeStack, ScopeStackOp};

/// Byte ranges of a line with their roles: ascending, not overlapping. What lies between is plain.
pub type Spans = Vec<(Range<usize>, Role)>;

/// Lines with more bytes than this come back plain and leave the state as it was: grammars are regular expressions, and
/// their cost on one line has no bound. Code has no such lines; data has.
pub const LONGEST_LINE: usize = 2_000;

/// Deeper nesting is not code either; the state begins afresh, so that it cannot grow with the input.
const DEEPEST: usize = 500;

/// A place between two lines of a text. Cloning it keeps the place.
#[derive(Debug, Clone)]
pub struct Highlighter {
    language: Language,
    parse: ParseState,
    scopes: ScopeStack,
    /// The role at each depth of `scopes`.
    roles: Vec<Option<Role>>,
}

impl Highlighter {
    /// Before the first line.
    pub fn new(language: Language) -> Self {
        Self { language, parse: language.start(), scopes: ScopeStack::new(), roles: vec![] }
    }

    /// The roles within the next line (with or without its ending). A line that the grammar fails on is plain.
    pub fn line(&mut self, line: &str) -> Spans {
        let line = line.trim_end_matches(['\n', '\r']);
        if line.len() > LONGEST_LINE || self.language.is_plain() {
            return vec![];
        }
        let ended = format!("{line}\n");
        let Ok(changes) = self.parse.parse_line(&ended, grammars()) else {
            *self = Self::new(self.language);
            return vec![];
        };
        let spans = self.follow(line, changes);
        if self.roles.len() > DEEPEST {
            *self = Self::new(self.language);
        }
        spans
    }

    fn follow(&mut self, line: &str, changes: Vec<(usize, ScopeStackOp)>) -> Spans {
        let mut spans = Spans::new();
        let mut from = 0;
        for (at, change) in changes {
            let at = at.min(line.len());
            self.push(&mut spans, line, from..at);
            from = at.max(from);
            self.apply(&change);
        }
        self.push(&mut spans, line, from..line.len());
        spans
    }

    fn apply(&mut self, change: &ScopeStackOp) {
        let roles = &mut self.roles;
        let applied = self.scopes.apply_with_hook(change, |basic, _| match basic {
            BasicScopeStackOp::Push(scope) => {
                let around = roles.last().copied().flatten();
                roles.push(Role::inside(around, scope));
            }
            BasicScopeStackOp::Pop => drop(roles.pop()),
        });
        if applied.is_err() {
            (self.scopes, self.roles) = (ScopeStack::new(), vec![]);
        }
    }

    fn push(&self, spans: &mut Spans, line: &str, range: Range<usize>) {
        let Some(role) = self.roles.last().copied().flatten() else { return };
        let blank = line.get(range.clone()).is_none_or(|text| text.trim().is_empty());
        match spans.last_mut() {
            _ if range.is_empty() => {}
            Some((last, same)) if *same == role && last.end == range.start => last.end = range.end,
            _ if blank => {}
            _ => spans.push((range, role)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `text:role` of every span of every line.
    fn roles(language: &str, text: &str) -> Vec<String> {
        let mut highlighter = Highlighter::new(Language::named(language));
        let mut found = Vec::new();
        for line in text.lines() {
            let spans = highlighter.line(line);
            found.extend(spans.into_iter().map(|(span, role)| format!("{}:{}", &line[span], role.name())));
        }
        found
    }

    fn has(language: &str, text: &str, expected: &[&str]) {
        let found = roles(language, text);
        for one in expected {
            assert!(found.iter().any(|role| role == one), "{one} not among {found:?}");
        }
    }

    #[test]
    fn languages_speak_the_same_roles() {
        has(
            "python",
            "def f(x):\n    return 'a' # b\n",
            &["def:keyword", "f:function", "return:keyword", "'a':string", "# b:comment"],
        );
        has("python", "x = f\"a{y}b\" + 1", &["+:operator", "1:number"]);
        has("rust", "fn main() { let x: Vec<u8> = 3; }", &["fn:keyword", "main:function", "3:number"]);
        has(
            "json",
            "{\"key\": \"value\", \"n\": 1.5, \"t\": true}",
            &["\"key\":attribute", "\"value\":string", "1.5:number", "true:constant"],
        );
        has("bash", "if grep -r \"x\" . | head; then exit 1; fi", &["if:keyword", "grep:function", "\"x\":string"]);
        has("html", "<a href=\"x\">y</a>", &["a:tag", "href:attribute", "\"x\":string"]);
        has("md", "# Title\n\nsome **bold** text\n", &["# Title:heading"]);
        has("diff", "--- a\n+++ b\n@@ -1 +1 @@\n-old\n+new\n", &["-old:removed", "+new:added"]);
    }

    #[test]
    fn what_is_inside_a_placeholder_is_no_string() {
        let found = roles("python", "x = f\"a{y}b\"");
        assert!(!found.iter().any(|role| role.contains('y') && role.ends_with(":string")), "{found:?}");
    }

    #[test]
    fn the_state_goes_from_line_to_line() {
        let mut highlighter = Highlighter::new(Language::named("python"));
        let _ = highlighter.line("x = '''one\n");
        let inside = highlighter.line("def two");
        assert!(inside.iter().all(|(_, role)| matches!(role, Role::String | Role::Comment)), "{inside:?}");
        assert!(!inside.is_empty());
    }

    #[test]
    fn hostile_lines_are_harmless() {
        let mut highlighter = Highlighter::new(Language::json());
        assert_eq!(highlighter.line(&"\"x\",".repeat(1_000)), []);
        for _ in 0..200 {
            highlighter.line(&"[".repeat(100));
        }
        assert!(highlighter.roles.len() <= DEEPEST);
        highlighter.line("\u{0}\u{1b}[31m\u{202e}é\r\n");
        assert!(Highlighter::new(Language::plain()).line("def f").is_empty());
    }
}
