//! Tasks and the ranking of their candidates: the pick, how far it lies ahead, who ends in the same patch.

use std::collections::HashSet;

use super::order::Key;
use super::{Board, Candidate};

/// One problem, and who tried it.
#[derive(Debug, Clone, Default)]
pub struct Task {
    pub id: String,
    /// Candidates by index, best first; those without a score keep the order of their names, after the scored.
    pub ranking: Vec<usize>,
}

impl Board {
    pub fn task_of(&self, id: &str) -> Option<&Task> {
        self.tasks.get(self.candidate(id)?.task)
    }

    /// The place of a trajectory among the candidates of its task, from 1, and how many they are.
    pub fn place_of(&self, id: &str) -> Option<(usize, usize)> {
        Some((self.candidate(id)?.place + 1, self.task_of(id)?.ranking.len()))
    }

    /// Members of a task that the filter leaves, best first, by index.
    pub fn members<'a>(&'a self, task: &'a Task) -> impl Iterator<Item = usize> + 'a {
        task.ranking.iter().copied().filter(|nth| self.is_shown(*nth))
    }

    /// The one that would be picked now.
    pub fn pick(&self, task: &Task) -> Option<&Candidate> {
        self.candidates.get(*task.ranking.first()?).filter(|candidate| candidate.score().is_some())
    }

    /// How far the pick of a task lies ahead of the next, in log-odds.
    pub fn margin(&self, task: &Task) -> Option<f64> {
        let [first, second, ..] = task.ranking.as_slice() else { return None };
        let odds = |nth: usize| Some(self.candidates.get(nth)?.score()?.log_odds);
        Some(odds(*first)? - odds(*second)?)
    }

    /// How many candidates of a task have a score.
    pub fn scored(&self, task: &Task) -> usize {
        task.ranking.iter().filter(|nth| self.candidates[**nth].score().is_some()).count()
    }

    /// How many different patches the candidates of a task end in; those without one count as one each.
    pub fn distinct_patches(&self, task: &Task) -> usize {
        let mut seen = HashSet::new();
        task.ranking.iter().filter(|nth| self.candidates[**nth].patch().is_none_or(|patch| seen.insert(patch))).count()
    }

    /// All candidates of its task that end in its patch, itself included, best first.
    pub fn twins<'a>(&'a self, candidate: &'a Candidate) -> impl Iterator<Item = &'a Candidate> {
        let rivals = self.tasks.get(candidate.task).map_or(&[][..], |task| task.ranking.as_slice());
        let same = |other: &&Candidate| candidate.patch().is_some() && other.patch() == candidate.patch();
        rivals.iter().map(|nth| &self.candidates[*nth]).filter(same)
    }

    /// Puts the candidates of a task in the order of their scores.
    pub(super) fn rank(&mut self, task: usize) {
        let mut ranking = std::mem::take(&mut self.tasks[task].ranking);
        ranking.sort_by_key(|nth| {
            let candidate = &self.candidates[*nth];
            let odds = candidate.score().map(|score| Key::number(score.log_odds, true));
            (odds.unwrap_or_default(), candidate.seat)
        });
        for (place, nth) in ranking.iter().enumerate() {
            self.candidates[*nth].place = place;
        }
        self.tasks[task].ranking = ranking;
    }
}
