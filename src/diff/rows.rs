//! What stands in which row of the screen, as indices of the table of lines: built once for a patch of any size, drawn
//! only where it is visible.

use super::model::{Diff, LineKind};
use super::pairs::{Pairs, beside};
use std::ops::Range;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// A line over the whole width: every line when unified; headers and text when side by side.
    Line(usize),
    /// The old line at the left, the new one at the right; the same line on both sides, where it is context.
    Sides { left: Option<usize>, right: Option<usize> },
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    pub rows: Vec<Row>,
    /// The row in which each file begins, ascending.
    pub files: Vec<usize>,
    /// The row of each hunk's head, ascending, over all files.
    pub hunks: Vec<usize>,
}

/// One row per line of a range: of the whole patch (`0..diff.lines.len()`), or of one file (`file.lines`).
pub fn unified(diff: &Diff, lines: Range<usize>) -> Rows {
    let mut rows = Rows::default();
    for line in lines {
        rows.mark(diff, line);
        rows.rows.push(Row::Line(line));
    }
    rows
}

/// Old and new beside each other: paired lines share a row, the others have their row alone.
pub fn side_by_side(diff: &Diff, lines: Range<usize>, pairs: &Pairs) -> Rows {
    let mut rows = Rows::default();
    let mut sides = Sides::default();
    for line in lines {
        let Some(kind) = diff.lines.get(line).map(|line| line.kind) else { break };
        if sides.ends_before(kind) {
            sides.flush(&mut rows.rows, pairs);
        }
        rows.mark(diff, line);
        match kind {
            LineKind::Removed | LineKind::Added | LineKind::NoNewline => sides.take(line, kind),
            LineKind::Context => {
                sides.last = LineKind::Context;
                rows.rows.push(Row::Sides { left: Some(line), right: Some(line) });
            }
            LineKind::Raw | LineKind::Header | LineKind::Hunk => rows.rows.push(Row::Line(line)),
        }
    }
    sides.flush(&mut rows.rows, pairs);
    rows
}

impl Rows {
    fn mark(&mut self, diff: &Diff, line: usize) {
        let row = self.rows.len();
        if diff.lines.get(line).is_some_and(|line| line.kind == LineKind::Hunk) {
            self.hunks.push(row);
        }
        if diff.files.binary_search_by_key(&line, |file| file.lines.start).is_ok() {
            self.files.push(row);
        }
    }

    /// The row in which a line stands.
    pub fn row_of(&self, line: usize) -> Option<usize> {
        self.rows.iter().position(|row| match row {
            Row::Line(own) => *own == line,
            Row::Sides { left, right } => *left == Some(line) || *right == Some(line),
        })
    }

    pub fn next_hunk(&self, row: usize) -> Option<usize> {
        after(&self.hunks, row)
    }

    pub fn previous_hunk(&self, row: usize) -> Option<usize> {
        before(&self.hunks, row)
    }

    pub fn next_file(&self, row: usize) -> Option<usize> {
        after(&self.files, row)
    }

    pub fn previous_file(&self, row: usize) -> Option<usize> {
        before(&self.files, row)
    }
}

fn after(starts: &[usize], row: usize) -> Option<usize> {
    starts.get(starts.partition_point(|start| *start <= row)).copied()
}

fn before(starts: &[usize], row: usize) -> Option<usize> {
    starts[..starts.partition_point(|start| *start < row)].last().copied()
}

/// The changed lines that wait for their partners.
struct Sides {
    left: Vec<usize>,
    right: Vec<usize>,
    /// What the line before was: a remark on a missing newline belongs to its side.
    last: LineKind,
}

impl Default for Sides {
    fn default() -> Self {
        Self { left: vec![], right: vec![], last: LineKind::Context }
    }
}

impl Sides {
    fn ends_before(&self, kind: LineKind) -> bool {
        match kind {
            LineKind::Added | LineKind::NoNewline => false,
            LineKind::Removed => !self.right.is_empty(),
            _ => true,
        }
    }

    fn take(&mut self, line: usize, kind: LineKind) {
        if kind != LineKind::NoNewline {
            self.last = kind;
        }
        if self.last != LineKind::Added {
            self.left.push(line);
        }
        if self.last != LineKind::Removed {
            self.right.push(line);
        }
    }

    /// Ends a block of changes: its lines become rows, partners level.
    fn flush(&mut self, rows: &mut Vec<Row>, pairs: &Pairs) {
        let place = |line: usize| self.right.binary_search(&pairs.partner(line)?).ok();
        let known: Vec<_> = (0..self.left.len()).filter_map(|at| Some((at, place(self.left[at])?))).collect();
        for (left, right) in beside(self.left.len(), self.right.len(), &known) {
            rows.push(Row::Sides { left: left.map(|at| self.left[at]), right: right.map(|at| self.right[at]) });
        }
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::parse;

    const PATCH: &str = "\
diff --git a/x b/x
--- a/x
+++ b/x
@@ -1,4 +1,5 @@
 keep
-alpha = one()
-beta = two()
+log()
+alpha = one(1)
+beta = two(2)
 end
\\ No newline at end of file
@@ -20 +21 @@
-old
\\ No newline at end of file
+new
diff --git a/y b/y
";

    fn columns(diff: &Diff, rows: &Rows) -> String {
        let said = |line: &Option<usize>| line.map_or("", |line| diff.said(line)).to_owned();
        let row = |row: &Row| match row {
            Row::Line(line) => format!("{}\n", diff.said(*line)),
            Row::Sides { left, right } => format!("{} | {}\n", said(left), said(right)),
        };
        rows.rows.iter().map(row).collect()
    }

    #[test]
    fn sides_stand_beside_their_partners() {
        let diff = parse(PATCH);
        let all = 0..diff.lines.len();
        let rows = side_by_side(&diff, all.clone(), &Pairs::of(&diff, all));
        let expected = "\
diff --git a/x b/x
--- a/x
+++ b/x
@@ -1,4 +1,5 @@
keep | keep
 | log()
alpha = one() | alpha = one(1)
beta = two() | beta = two(2)
end | end
\\ No newline at end of file | \\ No newline at end of file
@@ -20 +21 @@
old | new
\\ No newline at end of file | 
diff --git a/y b/y
";
        assert_eq!(columns(&diff, &rows), expected);
        assert_eq!((rows.files.as_slice(), rows.hunks.as_slice()), ([0, 13].as_slice(), [3, 10].as_slice()));
    }

    #[test]
    fn keys_find_the_next_hunk_and_file() {
        let diff = parse(PATCH);
        let rows = unified(&diff, 0..diff.lines.len());
        assert_eq!(rows.rows.len(), diff.lines.len());
        assert_eq!((rows.next_hunk(0), rows.next_hunk(3), rows.next_hunk(12)), (Some(3), Some(12), None));
        assert_eq!((rows.previous_hunk(12), rows.previous_hunk(3)), (Some(3), None));
        assert_eq!((rows.next_file(0), rows.previous_file(16)), (Some(16), Some(0)));
        assert_eq!(rows.row_of(12), Some(12));
    }
}
