//! Makes patches and applies them: the yardstick for comparing, written without the code it measures.

use crate::diff::{Diff, LineKind, parse};
use proptest::prelude::*;
use proptest::sample::Index;
use similar::TextDiff;

/// A `git diff` of one file; empty for equal texts.
pub fn patch(path: &str, old: &str, new: &str, context: usize) -> String {
    if old == new {
        return String::new();
    }
    let diff = TextDiff::from_lines(old, new);
    let (from, to) = (format!("a/{path}"), format!("b/{path}"));
    let hunks = diff.unified_diff().context_radius(context).header(&from, &to).to_string();
    format!("diff --git {from} {to}\n{hunks}")
}

/// What a patch of one file makes of a text. Panics where the patch does not fit.
pub fn apply(diff: &Diff, base: &str) -> String {
    let base: Vec<&str> = base.split_inclusive('\n').collect();
    let (mut result, mut next) = (String::new(), 0);
    for hunk in diff.files.iter().flat_map(|file| &file.hunks) {
        let start = (hunk.old_start as usize + usize::from(hunk.old_count == 0)) - 1;
        result.extend(base[next..start].iter().copied());
        next = start;
        for line in hunk.body() {
            let ends = diff.lines.get(line + 1).is_some_and(|next| next.kind == LineKind::NoNewline);
            let text = format!("{}{}", diff.said(line), if ends { "" } else { "\n" });
            match diff.lines[line].kind {
                LineKind::Added => result.push_str(&text),
                kind @ (LineKind::Context | LineKind::Removed) => {
                    assert_eq!(base[next], text, "line {} of\n{}", line + 1, diff.text());
                    next += 1;
                    result.push_str(if kind == LineKind::Context { &text } else { "" });
                }
                _ => {}
            }
        }
    }
    result.extend(base[next..].iter().copied());
    result
}

/// Lines out of a few, so that they repeat; sometimes without a final newline.
pub fn text() -> impl Strategy<Value = String> {
    (prop::collection::vec(line(), 1..30), prop::bool::weighted(0.9)).prop_map(|(lines, newline)| {
        let text = lines.join("\n");
        if newline { text + "\n" } else { text }
    })
}

fn line() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "",
        "}",
        "    return x",
        "    return x + 1",
        "a = b",
        "a  =  b",
        "if a == b:",
        "pass",
        "end",
    ])
}

/// Takes out, puts in and replaces lines.
pub fn edited(base: String) -> impl Strategy<Value = String> {
    let edit = (any::<Index>(), 0..3_usize, prop::collection::vec(line(), 0..3));
    prop::collection::vec(edit, 0..4).prop_map(move |edits| {
        let mut lines: Vec<String> = base.split_inclusive('\n').map(String::from).collect();
        for (at, take, put) in edits {
            let at = at.index(lines.len() + 1);
            let end = (at + take).min(lines.len());
            lines.splice(at..end, put.iter().map(|line| format!("{line}\n")));
        }
        let last = lines.len().saturating_sub(1);
        lines.iter_mut().take(last).filter(|line| !line.ends_with('\n')).for_each(|line| line.push('\n'));
        lines.concat()
    })
}

/// The same patch with its files and the hunks of each file in another order.
pub fn reordered(diff: &Diff) -> String {
    let mut text = String::new();
    for file in diff.files.iter().rev() {
        let head = file.hunks.first().map_or(file.lines.end, |hunk| hunk.lines.start);
        let hunks = file.hunks.iter().rev().flat_map(|hunk| hunk.lines.clone());
        text.extend((file.lines.start..head).chain(hunks).map(|line| diff.whole(line)));
    }
    text
}

#[test]
fn the_yardstick_is_straight() {
    let (old, new) = ("a\nb\nc\nd\n", "a\nc\nd\ne");
    assert_eq!(apply(&parse(&patch("x", old, new, 3)), old), new);
}
