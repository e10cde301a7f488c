//! Lines that only moved: taken out in one place and put in, as they were, in another.

use super::model::{Diff, LineKind};
use std::collections::{BTreeMap, HashMap};

/// A block must hold this many letters and digits to count: braces and blank lines are alike everywhere. As in git's
/// `--color-moved`.
const LEAST_INK: usize = 20;
/// How many places a line is looked for.
const MOST_PLACES: usize = 16;

/// Moved lines, each with its other place: from removed to added and back. Indentation may differ.
///
/// Blocks are found greedily, longest first at each added line; time is linear in the number of changed lines.
pub fn moves(diff: &Diff) -> BTreeMap<usize, usize> {
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for line in changed(diff, LineKind::Removed) {
        let held = places.entry(diff.said(line).trim()).or_default();
        if held.len() < MOST_PLACES {
            held.push(line);
        }
    }
    let mut moved = BTreeMap::new();
    let mut skip = 0;
    for line in changed(diff, LineKind::Added) {
        let candidates = places.get(diff.said(line).trim()).filter(|_| line >= skip);
        let blocks = candidates.into_iter().flatten().map(|from| (block(diff, *from, line), *from));
        let Some((length, from)) = blocks.max_by_key(|(length, from)| (*length, usize::MAX - from)) else { continue };
        skip = line + length;
        if ink(diff, line, length) >= LEAST_INK {
            moved.extend((0..length).flat_map(|at| [(from + at, line + at), (line + at, from + at)]));
        }
    }
    moved
}

fn changed(diff: &Diff, kind: LineKind) -> impl Iterator<Item = usize> {
    (0..diff.lines.len()).filter(move |line| diff.lines[*line].kind == kind)
}

/// How many lines from here on are equal.
fn block(diff: &Diff, removed: usize, added: usize) -> usize {
    let is = |line: usize, kind| diff.lines.get(line).is_some_and(|line| line.kind == kind);
    let equal = |at: &usize| {
        let (from, to) = (removed + at, added + at);
        is(from, LineKind::Removed) && is(to, LineKind::Added) && diff.said(from).trim() == diff.said(to).trim()
    };
    (0..diff.lines.len()).take_while(equal).count()
}

fn ink(diff: &Diff, line: usize, length: usize) -> usize {
    let lines = (line..line + length).map(|line| diff.said(line));
    lines.map(|said| said.chars().filter(|c| c.is_alphanumeric()).count()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::parse;

    #[test]
    fn a_moved_block_is_found_and_small_change_is_not() {
        let patch = "--- a/x\n+++ b/x\n@@ -1,4 +1 @@\n-def helper(value):\n-    return value + 1\n-}\n a\n\
                     @@ -9 +6,4 @@\n b\n+    def helper(value):\n+        return value + 1\n+}\n+}\n";
        let found: Vec<_> = moves(&parse(patch)).into_iter().collect();
        assert_eq!(found, [(3, 9), (4, 10), (5, 11), (9, 3), (10, 4), (11, 5)]);
    }
}
