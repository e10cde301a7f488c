//! What changes on the board while one looks on: scores that arrive, and what people say.

use std::collections::BTreeSet;

use super::{Arrangement, Board, Grouping, Judged, Said};
use crate::library::query::Field;

impl Board {
    /// Says what is known now about a trajectory's score, and ranks its task anew.
    pub fn judge(&mut self, id: &str, judged: Judged) {
        self.judge_all(vec![(id.to_owned(), judged)]);
    }

    /// The same for many at once.
    pub fn judge_all(&mut self, all: Vec<(String, Judged)>) {
        let (mut moved, mut tasks) = (BTreeSet::new(), BTreeSet::new());
        for (id, judged) in all {
            let Some(&nth) = self.by_id.get(&id) else { continue };
            let moves = !matches!(judged, Judged::Scoring { .. });
            *self.tally.of(&self.candidates[nth].judged) -= 1;
            *self.tally.of(&judged) += 1;
            self.candidates[nth].judged = judged;
            if moves {
                self.sample(nth);
                moved.insert(nth);
                tasks.insert(self.candidates[nth].task);
            }
        }
        for task in tasks {
            self.rank(task);
        }
        self.moved(moved);
    }

    /// What people said about candidates, and with it the outcomes that count; without a truth, the tests'.
    pub fn set_said(&mut self, all: impl IntoIterator<Item = (usize, Said)>) {
        let verdicts_move = self.asks_for_verdicts();
        let mut moved = BTreeSet::new();
        for (nth, said) in all {
            if self.note_said(nth, said) || verdicts_move {
                moved.insert(nth);
            }
        }
        self.moved(moved);
    }

    /// A verdict can move its candidate, even where it corrects no outcome.
    fn asks_for_verdicts(&self) -> bool {
        let Arrangement { group, .. } = self.arrangement;
        self.filter.mentions(Field::Verdict)
            || group == Grouping::By(Field::Verdict)
            || self.arrangement.sorted_by() == Field::Verdict
    }

    /// True: the outcome that counts is another one now.
    fn note_said(&mut self, nth: usize, said: Said) -> bool {
        let Some(candidate) = self.candidates.get_mut(nth) else { return false };
        let (before, resolved) = (candidate.summary.resolved, said.truth.or(candidate.stated));
        let changes = candidate.said != said || before != resolved;
        candidate.said = said;
        candidate.summary.resolved = resolved;
        if changes {
            self.sample(nth);
        }
        self.tally.labelled += usize::from(resolved.is_some());
        self.tally.labelled -= usize::from(before.is_some());
        if said.ruling.is_some() {
            self.ruled.insert(nth);
        } else {
            self.ruled.remove(&nth);
        }
        before != resolved
    }

    /// Something about a candidate that numbers or queues need has changed.
    pub(super) fn sample(&mut self, nth: usize) {
        self.samples.set(nth, self.candidates[nth].sample(self.samples[nth].lot));
    }
}
