//! How far the judging is: which trajectory is next, how fast it goes, how long it will take. No thread, no clock.

use std::collections::VecDeque;
use std::time::Duration;

use crate::reward::{Queue, ScorerFacts, Taken};

/// Measurements older than this say nothing about the speed now.
const WINDOW: Duration = Duration::from_secs(45);

#[derive(Debug, Clone, Default, PartialEq)]
pub enum Phase {
    /// Nobody has said that there will be a model.
    #[default]
    Absent,
    Loading(String),
    Ready(ScorerFacts),
    Gone(String),
}

/// What can be asked of the model besides a score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The score without a part.
    Without(Taken),
    /// The score after each turn.
    Trace,
}

#[derive(Debug, Clone, Default)]
pub struct Judge {
    pub phase: Phase,
    /// Candidates of the board that wait for a score, by index.
    pub queue: Queue<usize>,
    /// What else somebody waits for, by trajectory.
    pub wishes: VecDeque<(String, Wanted)>,
    /// How many scorers have asked for work and got none.
    pub idle: usize,
    /// The trajectories being scored, when each was begun, and its tokens done so far.
    running: Vec<(String, Duration, usize)>,
    /// Tokens done, and when.
    steps: VecDeque<(Duration, usize)>,
    /// How long each of the last trajectories took, and when it was done.
    finished: VecDeque<(Duration, Duration)>,
}

impl Judge {
    /// Of the model that scores.
    pub fn name(&self) -> Option<&str> {
        match &self.phase {
            Phase::Ready(facts) => Some(&facts.name),
            _ => None,
        }
    }

    /// The one that was begun first of those being scored.
    pub fn current(&self) -> Option<&str> {
        self.running.first().map(|(id, _, _)| id.as_str())
    }

    pub fn started(&mut self, id: String, at: Duration) {
        self.running.push((id, at, 0));
        self.steps.push_back((at, 0));
    }

    pub fn progressed(&mut self, id: &str, done: usize, at: Duration) {
        let Some((_, _, before)) = self.running.iter_mut().find(|(running, _, _)| running == id) else { return };
        self.steps.push_back((at, done.saturating_sub(*before)));
        *before = done;
        while self.steps.front().is_some_and(|(then, _)| at.saturating_sub(*then) > WINDOW) {
            self.steps.pop_front();
        }
    }

    /// A trajectory is done with, scored or not.
    pub fn ended(&mut self, id: &str, at: Option<Duration>) {
        let Some(nth) = self.running.iter().position(|(running, _, _)| running == id) else { return };
        let beside = self.running.len() as u32;
        let (_, begun, _) = self.running.remove(nth);
        if let Some(at) = at {
            // Of several at once, each took its share of the time.
            self.finished.push_back((at, at.saturating_sub(begun) / beside));
        }
        if self.finished.len() > 32 {
            self.finished.pop_front();
        }
    }

    /// Nobody works any more; what was being scored.
    pub fn give_up(&mut self) -> Vec<String> {
        std::mem::take(&mut self.running).into_iter().map(|(id, _, _)| id).collect()
    }

    /// Tokens per second, over the last steps.
    pub fn speed(&self) -> Option<f64> {
        let (first, last) = (self.steps.front()?.0, self.steps.back()?.0);
        let seconds = last.checked_sub(first)?.as_secs_f64();
        let tokens: usize = self.steps.iter().skip(1).map(|(_, tokens)| tokens).sum();
        (seconds > 0.2 && tokens > 0).then(|| tokens as f64 / seconds)
    }

    /// How long the rest will take, going by the trajectories done so far.
    pub fn remaining(&self, trajectories: usize) -> Option<Duration> {
        if self.finished.len() < 2 || trajectories == 0 {
            return None;
        }
        let spent: Duration = self.finished.iter().map(|(_, took)| *took).sum();
        Some(spent.mul_f64(trajectories as f64 / self.finished.len() as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn speed_and_estimate_follow_the_times_in_the_messages() {
        let mut judge = Judge::default();
        assert_eq!(judge.speed(), None);
        for start in [0, 10] {
            judge.started("a".into(), at(start));
            judge.progressed("a", 500, at(start + 5));
            judge.progressed("a", 1000, at(start + 10));
            judge.ended("a", Some(at(start + 10)));
        }
        assert_eq!(judge.speed(), Some(100.0));
        assert_eq!(judge.remaining(3), Some(at(30)));
        assert_eq!(judge.current(), None);
    }

    #[test]
    fn nothing_is_estimated_from_one_trajectory() {
        let mut judge = Judge::default();
        judge.started("a".into(), at(0));
        judge.ended("a", Some(at(4)));
        assert_eq!(judge.remaining(5), None);
    }
}
