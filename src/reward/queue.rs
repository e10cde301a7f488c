//! What to score next. Plain data: the thread that owns the model asks whenever it is ready, so priorities cost nothing,
//! and cancelling is removing from a list.

use std::collections::HashMap;
use std::hash::Hash;

/// Trajectories that wait for a score, each with its task.
#[derive(Debug, Clone)]
pub struct Queue<K> {
    /// In the order of their arrival.
    waiting: Vec<(K, String)>,
    /// Task of the one taken last: its rivals share the start of their prompt, which is not computed twice.
    last_task: Option<String>,
}

/// What the person is looking at, now.
#[derive(Debug, Clone, Copy)]
pub struct Attention<'a, K> {
    pub cursor: Option<K>,
    /// Task under the cursor, also where the cursor's own trajectory needs no score.
    pub task: Option<&'a str>,
    /// What is on the screen, top to bottom.
    pub visible: &'a [K],
}

impl<K> Default for Attention<'_, K> {
    fn default() -> Self {
        Self { cursor: None, task: None, visible: &[] }
    }
}

impl<K> Default for Queue<K> {
    fn default() -> Self {
        Self { waiting: Vec::new(), last_task: None }
    }
}

impl<K: Copy + Eq + Hash> Queue<K> {
    /// Adds a trajectory; one that waits already keeps its place.
    pub fn push(&mut self, key: K, task: &str) {
        if !self.contains(key) {
            self.waiting.push((key, task.to_string()));
        }
    }

    /// Adds many at once.
    pub fn extend<'a>(&mut self, more: impl IntoIterator<Item = (K, &'a str)>) {
        let mut known: std::collections::HashSet<K> = self.waiting.iter().map(|(key, _)| *key).collect();
        let new = more.into_iter().filter(|(key, _)| known.insert(*key));
        self.waiting.extend(new.map(|(key, task)| (key, task.to_string())));
    }

    pub fn cancel(&mut self, key: K) {
        self.waiting.retain(|(waiting, _)| *waiting != key);
    }

    pub fn clear(&mut self) {
        self.waiting.clear();
    }

    pub fn contains(&self, key: K) -> bool {
        self.waiting.iter().any(|(waiting, _)| *waiting == key)
    }

    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Takes the most useful trajectory: the one under the cursor, then its rivals, then what is visible, then the rest;
    /// among equals those of the task before, then in order of the screen or of arrival.
    pub fn take(&mut self, attention: &Attention<'_, K>) -> Option<K> {
        let on_screen: HashMap<K, usize> = attention.visible.iter().enumerate().map(|(row, key)| (*key, row)).collect();
        let urgency = |(arrival, (key, task)): (usize, &(K, String))| {
            let other_task = self.last_task.as_ref() != Some(task);
            if attention.cursor == Some(*key) {
                (0, false, 0)
            } else if attention.task == Some(task) {
                (1, false, arrival)
            } else if let Some(row) = on_screen.get(key) {
                (2, other_task, *row)
            } else {
                (3, other_task, arrival)
            }
        };
        let next = (0..self.waiting.len()).min_by_key(|index| urgency((*index, &self.waiting[*index])))?;
        let (key, task) = self.waiting.remove(next);
        self.last_task = Some(task);
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue() -> Queue<u32> {
        let mut queue = Queue::default();
        queue.extend([(1, "a"), (2, "b"), (3, "a"), (4, "c"), (5, "b"), (6, "c")]);
        queue
    }

    fn all(mut queue: Queue<u32>, attention: &Attention<'_, u32>) -> Vec<u32> {
        std::iter::from_fn(|| queue.take(attention)).collect()
    }

    #[test]
    fn candidates_of_a_task_come_together() {
        assert_eq!(all(queue(), &Attention::default()), [1, 3, 2, 5, 4, 6]);
    }

    #[test]
    fn the_cursor_comes_first_then_its_rivals_then_the_screen() {
        let attention = Attention { cursor: Some(6), task: Some("c"), visible: &[5, 3] };
        assert_eq!(all(queue(), &attention), [6, 4, 5, 3, 1, 2]);
    }

    #[test]
    fn attention_may_move_between_takes() {
        let mut queue = queue();
        assert_eq!(queue.take(&Attention { cursor: Some(4), task: Some("c"), visible: &[] }), Some(4));
        assert_eq!(
            queue.take(&Attention { cursor: Some(9), task: Some("b"), visible: &[] }),
            Some(2),
            "rivals of a scored one"
        );
        assert_eq!(queue.take(&Attention::default()), Some(5), "the task stays together");
    }

    #[test]
    fn cancelled_and_doubled_entries_are_not_scored() {
        let mut queue = queue();
        queue.push(1, "a");
        queue.extend([(2, "b"), (7, "d"), (7, "d")]);
        assert_eq!(queue.len(), 7);
        queue.cancel(1);
        assert!(!queue.contains(1));
        assert_eq!(all(queue.clone(), &Attention::default()).len(), 6);
        queue.clear();
        assert_eq!(queue.take(&Attention::default()), None);
        assert!(queue.is_empty());
    }
}
