//! What would turn A into B: the steps from the lines that one patch leaves behind to those of the other.

use super::compare::Place;
use super::edits::Content;
use super::pairs::{align, beside};
use super::regions::Both;
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// One line's way from A's result to B's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Equal in both. `from` is A's line, `to` is B's.
    Keep {
        from: Place,
        to: Place,
    },
    /// Alike in both: the words tell.
    Change {
        from: Place,
        to: Place,
    },
    Remove(Place),
    Add(Place),
}

/// Beyond this product of lengths the middle is replaced as a whole: equal lines are looked for at both ends only.
const MOST_COMPARISONS: usize = 20_000_000;

/// Swapping the sides gives the same steps the other way round.
pub(super) fn steps(both: Both<'_>, a: &[Place], b: &[Place]) -> Vec<Step> {
    let (texts_a, texts_b) = (texts(both, a), texts(both, b));
    // As in `words`: of several shortest edits, the one chosen must not depend on the side one looks from.
    let swap = texts_a > texts_b;
    let ops = if swap { line_ops(&texts_b, &texts_a) } else { line_ops(&texts_a, &texts_b) };
    let mut steps = Vec::new();
    for op in ops {
        let (one, two) = (op.old_range(), op.new_range());
        let (from, to) = if swap { (two, one) } else { (one, two) };
        let equal = matches!(op, DiffOp::Equal { .. });
        let (from, to) = (&a[from], &b[to]);
        if equal {
            steps.extend(from.iter().zip(to).map(|(from, to)| Step::Keep { from: *from, to: *to }));
        } else {
            changes(both, from, to, &mut steps);
        }
    }
    steps
}

/// A stretch without equal lines: like ones become changes.
fn changes(both: Both<'_>, from: &[Place], to: &[Place], steps: &mut Vec<Step>) {
    let said = |places: &[Place]| places.iter().map(|place| both.content(*place).text).collect::<Vec<_>>();
    let pairs = align(&said(from), &said(to));
    for (left, right) in beside(from.len(), to.len(), &pairs) {
        let (from, to) = (left.map(|at| from[at]), right.map(|at| to[at]));
        match (from, to) {
            (Some(from), Some(to)) if pairs.binary_search(&(left.unwrap_or(0), right.unwrap_or(0))).is_ok() => {
                steps.push(Step::Change { from, to });
            }
            _ => steps.extend(from.map(Step::Remove).into_iter().chain(to.map(Step::Add))),
        }
    }
}

fn texts<'d>(both: Both<'d>, places: &[Place]) -> Vec<Content<'d>> {
    places.iter().map(|place| both.content(*place)).collect()
}

fn line_ops(old: &[Content<'_>], new: &[Content<'_>]) -> Vec<DiffOp> {
    if old.len().saturating_mul(new.len()) <= MOST_COMPARISONS {
        return capture_diff_slices(Algorithm::Myers, old, new);
    }
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let rest = old[head..].iter().rev().zip(new[head..].iter().rev());
    let tail = rest.take_while(|(a, b)| a == b).count();
    let (old_end, new_end) = (old.len() - tail, new.len() - tail);
    vec![
        DiffOp::Equal { old_index: 0, new_index: 0, len: head },
        DiffOp::Replace { old_index: head, old_len: old_end - head, new_index: head, new_len: new_end - head },
        DiffOp::Equal { old_index: old_end, new_index: new_end, len: tail },
    ]
}
