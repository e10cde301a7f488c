//! Taking in the list of trajectories: their tasks, their seats, their twins.

use std::collections::HashMap;

use super::{Board, Candidate, Judged, Said, Tally, Task};
use crate::app::judging::{Samples, lot};
use crate::library::{Summary, natural};
use crate::trajectory::join_key;

impl Board {
    /// Takes the whole list as it is known now; scores and folds stay with what they belong to.
    pub fn list(&mut self, summaries: Vec<Summary>) {
        let before = std::mem::take(&mut self.candidates);
        let mut judged: HashMap<String, Judged> = before.into_iter().map(|it| (it.summary.id, it.judged)).collect();
        self.tasks.clear();
        self.tally = Tally::default();
        self.by_id.clear();
        self.by_key.clear();
        self.ruled.clear();
        self.by_task.clear();
        self.by_seat.clear();
        let mut runs = HashMap::new();
        for summary in summaries {
            let judged = judged.remove(&summary.id).unwrap_or_default();
            let next = runs.len();
            let run = *runs.entry(summary.run.clone()).or_insert(next);
            self.push(summary, judged, run);
        }
        self.tasks.sort_by(|a, b| natural(&a.id, &b.id));
        self.by_task = self.tasks.iter().enumerate().map(|(nth, task)| (task.id.clone(), nth)).collect();
        let mut seat = 0;
        for task in 0..self.tasks.len() {
            self.seat(task, &mut seat);
            self.find_twins(task);
            self.by_seat.extend(&self.tasks[task].ranking);
            self.rank(task);
        }
        let sample = |candidate: &Candidate| candidate.sample(lot(&candidate.summary.id));
        self.samples = Samples::new(self.candidates.iter().map(sample).collect());
        self.lay_out_now();
    }

    fn push(&mut self, summary: Summary, judged: Judged, run: usize) {
        let nth = self.candidates.len();
        let task = join_key(&summary.task_id);
        let at = *self.by_task.entry(task.to_owned()).or_insert_with(|| {
            self.tasks.push(Task { id: task.to_owned(), ..Task::default() });
            self.tasks.len() - 1
        });
        self.tasks[at].ranking.push(nth);
        self.by_id.insert(summary.id.clone(), nth);
        if !summary.key.is_empty() {
            self.by_key.entry(summary.key.clone()).or_default().push(nth);
        }
        *self.tally.of(&judged) += 1;
        self.tally.labelled += usize::from(summary.resolved.is_some());
        let (stated, second) = (summary.resolved, self.second_score(&summary.id));
        self.candidates.push(Candidate {
            summary,
            judged,
            twin: false,
            task: at,
            run,
            place: 0,
            stated,
            said: Said::default(),
            second,
            peers: None,
            seat: 0,
        });
    }

    /// Gives the members of a task their seats, by run, attempt and id.
    fn seat(&mut self, task: usize, next: &mut usize) {
        let mut members = std::mem::take(&mut self.tasks[task].ranking);
        members.sort_by(|a, b| {
            let (a, b) = (&self.candidates[*a].summary, &self.candidates[*b].summary);
            natural(&a.run, &b.run).then(a.attempt.cmp(&b.attempt)).then_with(|| natural(&a.id, &b.id))
        });
        for nth in &members {
            let candidate = &mut self.candidates[*nth];
            (candidate.task, candidate.seat) = (task, *next);
            *next += 1;
        }
        self.tasks[task].ranking = members;
    }

    fn find_twins(&mut self, task: usize) {
        let mut count: HashMap<u64, usize> = HashMap::new();
        let members = &self.tasks[task].ranking;
        for hash in members.iter().filter_map(|nth| self.candidates[*nth].patch()) {
            *count.entry(hash).or_default() += 1;
        }
        for nth in members {
            let candidate = &mut self.candidates[*nth];
            candidate.twin = candidate.patch().is_some_and(|hash| count[&hash] > 1);
        }
    }
}
