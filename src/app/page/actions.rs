//! What two agents did, abreast: their actions aligned, equal ones level.

use std::collections::HashMap;
use std::fmt::Write;
use std::ops::Range;

use regex::Regex;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::block::washed;
use super::call::{Deed, digest};
use super::line::{Half, Ink, Line, Span};
use crate::trajectory::{Part, PartKind, Trajectory};

/// Rows of actions.
#[derive(Debug, Clone, Default)]
pub struct Actions(pub Vec<Level>);

/// What stands in one row.
#[derive(Debug, Clone)]
pub struct Level {
    pub left: Option<Action>,
    pub right: Option<Action>,
    pub likeness: Likeness,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    Same,
    /// The same deed on the same thing, in other words.
    Like,
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// From 1.
    pub turn: usize,
    deed: Deed,
    title: String,
    failed: bool,
    /// Tool and arguments: what makes two actions the same.
    key: String,
}

/// All that a trajectory did, in order.
pub fn actions_of(trajectory: &Trajectory) -> Vec<Action> {
    let turns = trajectory.turns.iter().enumerate();
    let calls = turns.flat_map(|(nth, turn)| turn.parts.iter().map(move |part| (nth, turn, part)));
    calls
        .filter(|(_, _, part)| part.kind == PartKind::ToolCall)
        .map(|(nth, turn, call)| {
            let (deed, title) = digest(call);
            Action { turn: nth + 1, deed, title, failed: turn.failed(), key: key(call) }
        })
        .collect()
}

fn key(call: &Part) -> String {
    let arguments = call.arguments.as_ref().map_or_else(String::new, ToString::to_string);
    format!("{} {arguments}", call.name.as_deref().unwrap_or_default())
}

/// Aligns two rows of actions: equal ones first, between them those that look alike.
pub fn align(a: &[Action], b: &[Action]) -> Vec<Level> {
    let mut levels = Vec::new();
    for op in ops(a, b, |action| action.key.clone()) {
        let (a, b) = (&a[op.old_range()], &b[op.new_range()]);
        if matches!(op, DiffOp::Equal { .. }) {
            levels.extend(level(a, b, Likeness::Same));
            continue;
        }
        for op in ops(a, b, |action| format!("{:?} {}", action.deed, action.title)) {
            let likeness = if matches!(op, DiffOp::Equal { .. }) { Likeness::Like } else { Likeness::Other };
            levels.extend(level(&a[op.old_range()], &b[op.new_range()], likeness));
        }
    }
    levels
}

fn level(a: &[Action], b: &[Action], likeness: Likeness) -> impl Iterator<Item = Level> {
    let rows: Range<usize> = 0..a.len().max(b.len());
    rows.map(move |nth| Level { left: a.get(nth).cloned(), right: b.get(nth).cloned(), likeness })
}

fn ops(a: &[Action], b: &[Action], key: impl Fn(&Action) -> String) -> Vec<DiffOp> {
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let mut number = |action: &Action| {
        let next = numbers.len();
        *numbers.entry(key(action)).or_insert(next)
    };
    let a: Vec<usize> = a.iter().map(&mut number).collect();
    let b: Vec<usize> = b.iter().map(&mut number).collect();
    capture_diff_slices(Algorithm::Myers, &a, &b)
}

impl Actions {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn find(&self, pattern: &Regex, found: &mut Vec<usize>) {
        let says = |action: &Option<Action>| action.as_ref().is_some_and(|action| pattern.is_match(&action.title));
        let rows = self.0.iter().enumerate().filter(|(_, level)| says(&level.left) || says(&level.right));
        found.extend(rows.map(|(nth, _)| nth));
    }

    /// A line for each action: whose it is, its turn, what it does.
    pub fn written(&self) -> String {
        let mut written = String::new();
        for level in &self.0 {
            for (side, action) in [("A", &level.left), ("B", &level.right)] {
                if let Some(action) = action {
                    let _ = writeln!(written, "{side} {:>4} {}", action.turn, action.title);
                }
            }
        }
        written
    }

    pub fn show(&self, nth: usize, search: Option<&Regex>) -> Line {
        let Some(level) = self.0.get(nth) else { return Line::default() };
        let half = |action: &Option<Action>| match action {
            Some(action) => action.half(level.likeness, search),
            None => (Vec::new(), Vec::new()),
        };
        let ((gutter, spans), (right_gutter, right_spans)) = (half(&level.left), half(&level.right));
        let divider = match level.likeness {
            Likeness::Same => Span::new("=", "diff.same"),
            Likeness::Like => Span::new("~", "diff.remark"),
            Likeness::Other if level.left.is_none() => Span::new("▸", "diff.verdict"),
            Likeness::Other if level.right.is_none() => Span::new("◂", "diff.verdict"),
            Likeness::Other => Span::new("≠", "diff.verdict"),
        };
        let beside = Half { divider, gutter: right_gutter, spans: right_spans, base: "" };
        Line { gutter, spans, beside: Some(Box::new(beside)), ..Line::default() }
    }
}

impl Action {
    fn half(&self, likeness: Likeness, search: Option<&Regex>) -> (Vec<Span>, Vec<Span>) {
        let ink: Ink = match (likeness, self.deed) {
            (Likeness::Same, _) => "diff.same",
            (_, Deed::Edit) => "outline.edit",
            _ => "outline",
        };
        let mut spans = washed(&self.title, &[(0..self.title.len(), ink)], &[], search);
        if self.failed {
            spans.push(Span::new(" ✗", "outline.failed"));
        }
        let number = Span::new(format!("{:>4} ", self.turn), ink);
        (vec![number, Span::new(format!("{} ", self.deed.mark()), ink)], spans)
    }
}

#[cfg(test)]
mod tests {
    use super::Likeness::{Other, Same};
    use super::*;
    use crate::trajectory::Turn;
    use serde_json::json;

    fn acting(commands: &[&str]) -> Vec<Action> {
        let turn = |command: &&str| Turn::assistant(vec![Part::call("bash", json!({ "command": command }), None)]);
        actions_of(&Trajectory { turns: commands.iter().map(turn).collect(), ..Trajectory::default() })
    }

    #[test]
    fn a_planted_fork_is_found_where_it_was_planted() {
        let a = acting(&["ls", "cat x", "sed -i s/a/b/ x", "pytest", "submit"]);
        let b = acting(&["ls", "cat x", "vim x", "pytest", "submit"]);
        let levels = align(&a, &b);
        let parts: Vec<_> = levels.iter().map(|level| level.likeness).collect();
        assert_eq!(parts, [Same, Same, Other, Same, Same]);
        assert_eq!(levels[2].left.as_ref().map(|action| action.turn), Some(3));
    }

    #[test]
    fn the_same_deed_in_other_words_is_alike() {
        let a = acting(&["cat > x <<E\none\nE"]);
        let b = acting(&["cat > x <<E\ntwo\nE"]);
        assert_eq!(align(&a, &b)[0].likeness, Likeness::Like);
    }

    #[test]
    fn nothing_is_lost_on_either_side() {
        let a = acting(&["ls", "ls", "pytest"]);
        let b = acting(&["pytest", "ls"]);
        let levels = align(&a, &b);
        assert_eq!(levels.iter().filter_map(|level| level.left.clone()).collect::<Vec<_>>(), a);
        assert_eq!(levels.iter().filter_map(|level| level.right.clone()).collect::<Vec<_>>(), b);
    }
}
