//! Where the cursor is on the board, how it moves, what is folded and filtered away, what is in view.

use super::{Arrangement, Board, Judged, Row, Selected};
use crate::library::Query;

impl Board {
    pub(super) fn find_cursor(&mut self) {
        let wanted = self.selected.as_ref().filter(|_| self.touched);
        let found = wanted.and_then(|wanted| match wanted {
            Selected::Head(name) => self.group_named(name).and_then(|group| self.head_row(group)),
            Selected::Candidate(id) => self.row_of(*self.by_id.get(id)?),
        });
        let first = if self.touched { self.cursor } else { 1 };
        self.set_cursor(found.unwrap_or(first));
    }

    fn set_cursor(&mut self, row: usize) {
        self.cursor = row.min(self.row_count().saturating_sub(1));
        self.selected = self.row(self.cursor).and_then(|row| match row {
            Row::Head(nth) => self.group(nth).map(|group| Selected::Head(group.name.clone())),
            Row::Candidate(nth) => Some(Selected::Candidate(self.candidates[nth].summary.id.clone())),
        });
    }

    pub fn go(&mut self, row: usize) {
        self.touched = true;
        self.set_cursor(row);
    }

    /// To a trajectory, if it is in view. Its group is unfolded.
    pub fn choose(&mut self, id: &str) -> bool {
        let Some(&nth) = self.by_id.get(id) else { return false };
        if let Some(group) = self.group_of(Row::Candidate(nth)) {
            self.fold_groups(Some(group), false);
        }
        let row = self.row_of(nth);
        if let Some(row) = row {
            self.go(row);
        }
        row.is_some()
    }

    /// Somebody has moved the cursor.
    pub fn is_touched(&self) -> bool {
        self.touched
    }

    /// To where one was in the last session. What is folded stays folded: then to the head over it.
    pub fn return_to(&mut self, id: &str) -> bool {
        let Some(&nth) = self.by_id.get(id) else { return false };
        let group = self.group_of(Row::Candidate(nth));
        let row = self.row_of(nth).or_else(|| self.head_row(group?));
        if let Some(row) = row {
            self.go(row);
        }
        row.is_some()
    }

    pub fn walk(&mut self, rows: isize) {
        self.go(self.cursor.saturating_add_signed(rows));
    }

    /// To the head of the next or previous group.
    pub fn walk_tasks(&mut self, tasks: isize) {
        let count = tasks.unsigned_abs().saturating_sub(1);
        let row = if tasks > 0 {
            self.heads().filter(|row| *row > self.cursor).nth(count)
        } else {
            self.heads().rev().filter(|row| *row < self.cursor).nth(count)
        };
        if let Some(row) = row {
            self.go(row);
        }
    }

    /// To the next or previous candidate whose score and outcome disagree.
    pub fn walk_disagreements(&mut self, forward: bool) -> bool {
        let disagrees = |row: &usize| match self.row(*row) {
            Some(Row::Candidate(nth)) => self.disagrees(&self.candidates[nth]),
            _ => false,
        };
        let found = if forward {
            (self.cursor + 1..self.row_count()).find(disagrees)
        } else {
            (0..self.cursor).rev().find(disagrees)
        };
        if let Some(row) = found {
            self.go(row);
        }
        found.is_some()
    }

    /// To another candidate of the task at hand, in the order of its ranking.
    pub fn walk_rivals(&mut self, by: isize) {
        let Some(Row::Candidate(here)) = self.row(self.cursor) else { return };
        let in_view = |nth: &usize| self.row_of(*nth);
        let rivals: Vec<usize> = self.tasks[self.candidates[here].task].ranking.clone();
        let rows: Vec<usize> = rivals.iter().filter_map(in_view).collect();
        let Some(at) = rows.iter().position(|row| *row == self.cursor) else { return };
        if let Some(row) = at.checked_add_signed(by).and_then(|to| rows.get(to)) {
            self.go(*row);
        }
    }

    pub fn toggle(&mut self) {
        if let Some(group) = self.group_here() {
            let folded = self.group(group).is_some_and(|group| group.folded);
            self.fold(!folded);
        }
    }

    /// Folds or unfolds the group under the cursor; the cursor goes to its head when its row disappears.
    pub fn fold(&mut self, folded: bool) {
        self.touched = true;
        let Some(nth) = self.group_here() else { return };
        if let (true, Some(group)) = (folded, self.group(nth)) {
            self.selected = Some(Selected::Head(group.name.clone()));
        }
        self.fold_groups(Some(nth), folded);
    }

    pub fn toggle_all(&mut self) {
        self.touched = true;
        let folded = self.any_unfolded();
        if let (true, Some(group)) = (folded, self.group_here().and_then(|nth| self.group(nth))) {
            self.selected = Some(Selected::Head(group.name.clone()));
        }
        self.fold_groups(None, folded);
    }

    fn group_here(&self) -> Option<usize> {
        self.group_of(self.row(self.cursor)?)
    }

    /// The filter that the program was started with: the cursor is still at the beginning.
    pub fn start_with(&mut self, filter: Query) {
        self.filter = filter;
    }

    pub fn arrange(&mut self, arrangement: Arrangement) {
        let moves = arrangement.moves_rows(&self.arrangement);
        self.arrangement = arrangement;
        if moves {
            self.lay_out();
        }
    }

    /// What is shown. A view, never an edit.
    pub fn set_filter(&mut self, filter: Query) {
        self.filter = filter;
        self.touched = true;
        self.lay_out();
    }

    /// Keeps the cursor on the screen, with the head of its group where there is room.
    pub fn follow(&mut self, height: usize) {
        let head = self.group_here().and_then(|group| self.head_row(group));
        let upper = head.filter(|head| *head <= self.cursor && self.cursor - head < height).unwrap_or(self.cursor);
        self.top = self.top.min(upper).max((self.cursor + 1).saturating_sub(height));
        self.top = self.top.min(self.row_count().saturating_sub(height));
    }

    /// All that waits for a score, each with its task.
    pub fn waiting(&self) -> impl Iterator<Item = (usize, &str)> {
        let candidates = self.candidates.iter().enumerate();
        let waiting = candidates.filter(|(_, candidate)| candidate.judged == Judged::Waiting);
        waiting.map(|(nth, candidate)| (nth, self.tasks[candidate.task].id.as_str()))
    }

    /// What is in view, for the queue: the trajectory under the cursor, its task, the rows on the screen.
    pub fn attention(&self, height: usize) -> (Option<usize>, Option<&str>, Vec<usize>) {
        let cursor = self.trajectory().and_then(|id| self.by_id.get(id)).copied();
        let task = cursor.map(|nth| self.tasks[self.candidates[nth].task].id.as_str());
        let of_row = |row| match row {
            Row::Candidate(nth) => vec![nth],
            // Of a group as large as a run nobody looks at all.
            Row::Head(group) => {
                self.group(group).map_or_else(Vec::new, |it| it.members().iter().take(64).copied().collect())
            }
        };
        let rows = (self.top..self.top + height).map_while(|row| self.row(row));
        (cursor, task, rows.flat_map(of_row).collect())
    }
}
