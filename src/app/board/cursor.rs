//! Where the cursor is on the board, how it moves, what is folded and filtered away, what is in view.

use super::{Board, Judged, Row, Selected};
use crate::library::Query;
use crate::trajectory::join_key;

impl Board {
    pub(super) fn find_cursor(&mut self) {
        let wanted = self.selected.as_ref().filter(|_| self.touched);
        let found = wanted.and_then(|wanted| self.rows.iter().position(|row| self.is(row, wanted)));
        let first = if self.touched { self.cursor } else { 1 };
        self.set_cursor(found.unwrap_or(first));
    }

    fn is(&self, row: &Row, wanted: &Selected) -> bool {
        match (row, wanted) {
            (Row::Task(nth), Selected::Task(id)) => self.tasks[*nth].id == *id,
            (Row::Candidate(nth, _), Selected::Candidate(id)) => self.candidates[*nth].summary.id == *id,
            _ => false,
        }
    }

    fn set_cursor(&mut self, row: usize) {
        self.cursor = row.min(self.rows.len().saturating_sub(1));
        self.selected = self.rows.get(self.cursor).map(|row| match row {
            Row::Task(nth) => Selected::Task(self.tasks[*nth].id.clone()),
            Row::Candidate(nth, _) => Selected::Candidate(self.candidates[*nth].summary.id.clone()),
        });
    }

    pub fn go(&mut self, row: usize) {
        self.touched = true;
        self.set_cursor(row);
    }

    /// To a trajectory, if it is in view.
    pub fn choose(&mut self, id: &str) {
        let wanted = Selected::Candidate(id.to_owned());
        if let Some(row) = self.rows.iter().position(|row| self.is(row, &wanted)) {
            self.go(row);
        }
    }

    pub fn walk(&mut self, rows: isize) {
        self.go(self.cursor.saturating_add_signed(rows));
    }

    /// To the head of the next or previous task.
    pub fn walk_tasks(&mut self, tasks: isize) {
        let heads = |range: std::ops::Range<usize>| range.filter(|row| matches!(self.rows[*row], Row::Task(_)));
        let count = tasks.unsigned_abs().saturating_sub(1);
        let row = if tasks > 0 {
            heads(self.cursor + 1..self.rows.len()).nth(count)
        } else {
            heads(0..self.cursor).rev().nth(count)
        };
        if let Some(row) = row {
            self.go(row);
        }
    }

    /// To the next or previous candidate whose score and outcome disagree.
    pub fn walk_disagreements(&mut self, forward: bool) -> bool {
        let disagrees = |row: &usize| match self.rows[*row] {
            Row::Candidate(nth, _) => self.disagrees(&self.candidates[nth]),
            Row::Task(_) => false,
        };
        let found = if forward {
            (self.cursor + 1..self.rows.len()).find(disagrees)
        } else {
            (0..self.cursor).rev().find(disagrees)
        };
        if let Some(row) = found {
            self.go(row);
        }
        found.is_some()
    }

    /// To another candidate of the task at hand.
    pub fn walk_rivals(&mut self, by: isize) {
        let target = self.cursor.saturating_add_signed(by);
        if let (Some(Row::Candidate(here, _)), Some(Row::Candidate(there, _))) =
            (self.rows.get(self.cursor), self.rows.get(target))
        {
            let key = |nth: &usize| join_key(&self.candidates[*nth].summary.task_id);
            if key(here) == key(there) {
                self.go(target);
            }
        }
    }

    pub fn toggle(&mut self) {
        if let Some(task) = self.task_here() {
            let folded = self.tasks[task].folded;
            self.fold(!folded);
        }
    }

    /// Folds or unfolds the task under the cursor; the cursor goes to its head when its row disappears.
    pub fn fold(&mut self, folded: bool) {
        self.touched = true;
        let Some(task) = self.task_here() else { return };
        self.tasks[task].folded = folded;
        if folded {
            self.selected = Some(Selected::Task(self.tasks[task].id.clone()));
        }
        self.lay_out();
    }

    pub fn toggle_all(&mut self) {
        self.touched = true;
        let folded = self.tasks.iter().any(|task| !task.folded);
        if let (true, Some(task)) = (folded, self.task_here()) {
            self.selected = Some(Selected::Task(self.tasks[task].id.clone()));
        }
        self.tasks.iter_mut().for_each(|task| task.folded = folded);
        self.lay_out();
    }

    fn task_here(&self) -> Option<usize> {
        match self.rows.get(self.cursor)? {
            Row::Task(nth) => Some(*nth),
            Row::Candidate(nth, _) => self.by_task.get(join_key(&self.candidates[*nth].summary.task_id)).copied(),
        }
    }

    pub fn filter(&mut self, filter: Query) {
        self.filter = filter;
        self.touched = true;
        self.lay_out();
    }

    /// Keeps the cursor on the screen, with the head of its task where there is room.
    pub fn follow(&mut self, height: usize) {
        let head = self.rows[..self.cursor.min(self.rows.len())].iter().rposition(|row| matches!(row, Row::Task(_)));
        let upper = match self.rows.get(self.cursor) {
            Some(Row::Candidate(..)) => head.filter(|head| self.cursor - head < height).unwrap_or(self.cursor),
            _ => self.cursor,
        };
        self.top = self.top.min(upper).max((self.cursor + 1).saturating_sub(height));
        self.top = self.top.min(self.rows.len().saturating_sub(height));
    }

    /// All that waits for a score, each with its task.
    pub fn waiting(&self) -> impl Iterator<Item = (usize, &str)> {
        let candidates = self.candidates.iter().enumerate();
        let waiting = candidates.filter(|(_, candidate)| candidate.judged == Judged::Waiting);
        waiting.map(|(nth, candidate)| (nth, join_key(&candidate.summary.task_id)))
    }

    /// What is in view, for the queue: the trajectory under the cursor, its task, the rows on the screen.
    pub fn attention(&self, height: usize) -> (Option<usize>, Option<&str>, Vec<usize>) {
        let cursor = self.trajectory().and_then(|id| self.by_id.get(id)).copied();
        let task = self.task_here().map(|task| self.tasks[task].id.as_str());
        let of_row = |row: &Row| match row {
            Row::Candidate(nth, _) => vec![*nth],
            Row::Task(task) => self.tasks[*task].ranking.clone(),
        };
        (cursor, task, self.rows.iter().skip(self.top).take(height).flat_map(of_row).collect())
    }
}
