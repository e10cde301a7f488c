//! What would turn A into B, as a patch: apply it to the base with A applied, and the base with B applied comes out. Being
//! a patch, it is shown by whatever shows patches.

use super::compare::{Comparison, FileComparison, Place, Region, Side, compare};
use super::model::{Diff, FileDiff, LineKind, Modes, Status};
use super::regions::Both;
use super::turn::Step;
use std::fmt::Write;
use std::ops::Range;

/// Lines of context around a change, where the two patches show them.
const CONTEXT: usize = 3;

/// The patch from A's result to B's; empty for equal patches. It knows no more of the base than the two patches show.
///
/// Binary contents cannot be told from patches alone: that they differ is said as git says it.
pub fn interdiff(a: &Diff, b: &Diff) -> String {
    let Comparison { files } = compare(a, b);
    let both = Both { a, b };
    files.iter().filter(|file| !file.is_same()).map(|file| both.patch(file)).collect()
}

/// A line of the patch to be written.
struct Flat {
    kind: LineKind,
    place: Place,
    /// Its number in A's result and in B's; of a line that one lacks, the number of the next.
    a_no: i64,
    b_no: i64,
}

impl<'d> Both<'d> {
    fn patch(self, file: &FileComparison) -> String {
        let mut text = self.header(file);
        let lines = flat(file);
        for hunk in hunks(&lines) {
            self.write_hunk(&lines[hunk], &mut text);
        }
        text
    }

    fn header(self, file: &FileComparison) -> String {
        let (a, b) = (self.last_of(Side::A, &file.a), self.last_of(Side::B, &file.b));
        let old = a.map_or_else(|| untouched(b), result);
        let new = b.map_or_else(|| untouched(a), result);
        let (from, to) = (old.or(new).unwrap_or(&file.path), new.or(old).unwrap_or(&file.path));
        let mut text = format!("diff --git {} {}\n", quoted('a', from), quoted('b', to));
        match (old, new) {
            (None, _) => text.push_str("new file mode 100644\n"),
            (_, None) => text.push_str("deleted file mode 100644\n"),
            (Some(_), Some(_)) => text.push_str(&self.modes(file)),
        }
        if old.is_some() && new.is_some() && from != to {
            let _ = writeln!(text, "rename from {from}\nrename to {to}");
        }
        let name =
            |prefix, name: Option<&str>| name.map_or_else(|| "/dev/null".to_owned(), |name| quoted(prefix, name));
        let (old, new) = (name('a', old), name('b', new));
        if a.into_iter().chain(b).any(|file| file.binary) {
            let _ = writeln!(text, "Binary files {old} and {new} differ");
        } else if file.regions.iter().any(|region| !region.steps.iter().all(is_kept)) {
            let _ = writeln!(text, "--- {old}\n+++ {new}");
        }
        text
    }

    fn modes(self, file: &FileComparison) -> String {
        let (a, b) = (self.last_of(Side::A, &file.a), self.last_of(Side::B, &file.b));
        let modes = |file: &'d FileDiff| file.modes.as_ref();
        let (old, new) = match (a.and_then(modes), b.and_then(modes)) {
            (Some(a), Some(b)) => (&a.new, &b.new),
            (Some(Modes { old, new }), None) => (new, old),
            (None, Some(Modes { old, new })) => (old, new),
            (None, None) => return String::new(),
        };
        if old == new { String::new() } else { format!("old mode {old}\nnew mode {new}\n") }
    }

    fn last_of(self, side: Side, at: &[usize]) -> Option<&'d FileDiff> {
        side.of(self.a, self.b).files.get(*at.last()?)
    }

    fn write_hunk(self, lines: &[Flat], text: &mut String) {
        let Some(first) = lines.first() else { return };
        let count = |lacks: LineKind| lines.iter().filter(|line| line.kind != lacks).count();
        let (old, new) = (count(LineKind::Added), count(LineKind::Removed));
        let start = |number: i64, count: usize| number - i64::from(count == 0);
        let _ = writeln!(text, "@@ -{},{old} +{},{new} @@", start(first.a_no, old), start(first.b_no, new));
        for line in lines {
            let content = self.content(line.place);
            let marker = match line.kind {
                LineKind::Removed => '-',
                LineKind::Added => '+',
                _ => ' ',
            };
            let end = if content.newline { "" } else { "\\ No newline at end of file\n" };
            let _ = write!(text, "{marker}{}\n{end}", content.text);
        }
    }
}

/// All lines that are known of both results, in order.
fn flat(file: &FileComparison) -> Vec<Flat> {
    let mut flat = Vec::new();
    let (mut shift_a, mut shift_b) = (0, 0);
    let mut from = 0;
    let keep = |flat: &mut Vec<Flat>, lines: Range<u32>, shift_a: i64, shift_b: i64| {
        let known = (lines.start < lines.end).then(|| file.base.range(lines)).into_iter().flatten();
        flat.extend(known.map(|(number, place)| Flat {
            kind: LineKind::Context,
            place: *place,
            a_no: i64::from(*number) + shift_a,
            b_no: i64::from(*number) + shift_b,
        }));
    };
    for region in &file.regions {
        keep(&mut flat, from..region.base.start, shift_a, shift_b);
        let start = i64::from(region.base.start);
        let (end_a, end_b) = flat_region(region, start + shift_a, start + shift_b, &mut flat);
        let end = i64::from(region.base.end);
        (shift_a, shift_b, from) = (end_a - end, end_b - end, region.base.end);
    }
    keep(&mut flat, from..u32::MAX, shift_a, shift_b);
    flat
}

/// Lines of one region, removed before added wherever nothing is kept; and the numbers after it.
fn flat_region(region: &Region, mut a_no: i64, mut b_no: i64, flat: &mut Vec<Flat>) -> (i64, i64) {
    for block in region.steps.chunk_by(|one, two| is_kept(one) == is_kept(two)) {
        for step in block {
            if let Step::Keep { from: place, .. } = *step {
                flat.push(Flat { kind: LineKind::Context, place, a_no, b_no });
                (a_no, b_no) = (a_no + 1, b_no + 1);
            }
        }
        for step in block {
            if let Step::Remove(place) | Step::Change { from: place, .. } = *step {
                flat.push(Flat { kind: LineKind::Removed, place, a_no, b_no });
                a_no += 1;
            }
        }
        for step in block {
            if let Step::Add(place) | Step::Change { to: place, .. } = *step {
                flat.push(Flat { kind: LineKind::Added, place, a_no, b_no });
                b_no += 1;
            }
        }
    }
    (a_no, b_no)
}

fn is_kept(step: &Step) -> bool {
    matches!(step, Step::Keep { .. })
}

/// Ranges of lines that become hunks: changes, with the context that adjoins them.
fn hunks(lines: &[Flat]) -> Vec<Range<usize>> {
    let adjoins =
        |at: usize| at > 0 && lines[at].a_no - lines[at - 1].a_no <= 1 && lines[at].b_no - lines[at - 1].b_no <= 1;
    let mut wanted = vec![false; lines.len()];
    let mut reach = 0;
    for at in 0..lines.len() {
        let changes = lines[at].kind != LineKind::Context;
        reach = if changes {
            CONTEXT + 1
        } else if adjoins(at) {
            reach
        } else {
            0
        };
        wanted[at] |= reach > 0;
        reach = reach.saturating_sub(1);
    }
    reach = 0;
    for at in (0..lines.len()).rev() {
        let changes = lines[at].kind != LineKind::Context;
        reach = if changes { CONTEXT + 1 } else { reach };
        wanted[at] |= reach > 0;
        reach = if adjoins(at) { reach.saturating_sub(1) } else { 0 };
    }
    let kept: Vec<usize> = (0..lines.len()).filter(|at| wanted[*at]).collect();
    let runs = kept.chunk_by(|one, two| one + 1 == *two && adjoins(*two));
    runs.filter_map(|run| Some(*run.first()?..run.last()? + 1)).collect()
}

/// The name of a file once its patch is applied; none, if it is gone.
fn result(file: &FileDiff) -> Option<&str> {
    (file.status != Status::Deleted).then(|| file.path())
}

/// The name of a file that a patch leaves alone, as the other one knows it; none, if the other creates it.
fn untouched(other: Option<&FileDiff>) -> Option<&str> {
    other.filter(|file| file.status != Status::Copied).and_then(|file| file.old_path.as_deref())
}

/// A name with its prefix, between quotes where git would put them.
fn quoted(prefix: char, name: &str) -> String {
    let plain = name.chars().all(|c| !c.is_control() && c != '"' && c != '\\');
    if plain {
        return format!("{prefix}/{name}");
    }
    let mut text = format!("\"{prefix}/");
    for c in name.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            c if c.is_ascii_control() => _ = write!(text, "\\{:03o}", c as u32),
            c => text.push(c),
        }
    }
    text.push('"');
    text
}
