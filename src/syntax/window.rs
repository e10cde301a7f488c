//! Highlighting of what is visible of a long text: the state is kept every few lines, so that a window anywhere costs
//! little more than its own lines.

use super::language::Language;
use super::line::{Highlighter, Spans};
use std::collections::BTreeMap;
use std::ops::Range;

/// A state is kept before every line whose number is a multiple of this.
const EVERY: usize = 64;
/// Nothing known within this many lines above a window: begin afresh shortly above it.
const FARTHEST: usize = 1_000;

/// The states known of one text. It belongs to that text: drop it when the text changes.
#[derive(Debug, Clone)]
pub struct Checkpoints {
    language: Language,
    known: BTreeMap<usize, Highlighter>,
}

impl Checkpoints {
    pub fn new(language: Language) -> Self {
        Self { language, known: BTreeMap::new() }
    }

    /// The roles within a window of lines; `line` gives the text of any line up to its end.
    ///
    /// A leap of more than 1,000 lines into the unknown does not read what it leaps over: the lines there may then take
    /// the inside of a long string or comment for code, until it ends.
    pub fn spans<'t>(&mut self, window: Range<usize>, line: impl Fn(usize) -> &'t str) -> Vec<Spans> {
        let (from, mut highlighter) = self.nearest(window.start);
        let mut spans = Vec::with_capacity(window.len());
        for at in from..window.end {
            if at % EVERY == 0 {
                self.known.entry(at).or_insert_with(|| highlighter.clone());
            }
            let found = highlighter.line(line(at));
            if at >= window.start {
                spans.push(found);
            }
        }
        spans
    }

    fn nearest(&self, line: usize) -> (usize, Highlighter) {
        let known = self.known.range(..=line).next_back().map(|(at, state)| (*at, state.clone()));
        let (from, state) = known.unwrap_or_else(|| (0, Highlighter::new(self.language)));
        if line - from <= FARTHEST {
            return (from, state);
        }
        (line - line % EVERY - EVERY, Highlighter::new(self.language))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    fn text(lines: usize) -> Vec<String> {
        (0..lines).map(|n| if n % 7 == 0 { format!("'''doc {n}") } else { format!("x_{n} = {n} # '''") }).collect()
    }

    #[test]
    fn a_window_shows_what_the_whole_shows() {
        let text = text(900);
        let line = |at: usize| text[at].as_str();
        let whole = Checkpoints::new(Language::named("python")).spans(0..900, line);
        let mut checkpoints = Checkpoints::new(Language::named("python"));
        for window in [600..640, 100..130, 0..10, 630..700, 890..900] {
            assert_eq!(checkpoints.spans(window.clone(), line), whole[window]);
        }
    }

    #[test]
    fn a_second_look_reads_few_lines() {
        let text = text(50_000);
        let read = Cell::new(0);
        let line = |at: usize| {
            read.set(read.get() + 1);
            text[at].as_str()
        };
        let mut checkpoints = Checkpoints::new(Language::named("python"));
        checkpoints.spans(0..900, line);
        for window in [800..850, 40_000..40_050, 40_020..40_070, 39_990..40_020] {
            read.set(0);
            checkpoints.spans(window, line);
            assert!(read.get() <= 50 + 2 * EVERY, "{} lines read", read.get());
        }
    }
}
