//! Where the gold patch and the issue of a task are written. The texts are read when they are looked at.

use std::collections::HashMap;

use super::{Purpose, Summary, natural};
use crate::trajectory::{TaskFacts, join_key};

/// One record that tells about a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskSource {
    pub task_id: String,
    /// The record, in the words that open it again.
    pub id: String,
    pub gold: bool,
    pub issue: bool,
}

impl TaskSource {
    pub fn of(facts: &TaskFacts) -> Self {
        let TaskFacts { task_id, id, gold, issue } = facts;
        Self { task_id: task_id.clone(), id: id.clone(), gold: gold.is_some(), issue: issue.is_some() }
    }

    /// A prediction that the user named as gold.
    pub fn of_gold(summary: &Summary) -> Self {
        Self { task_id: summary.task_id.clone(), id: summary.id.clone(), gold: summary.has_patch(), issue: false }
    }
}

/// The records of all tasks, by the id that joins them.
#[derive(Debug, Default)]
pub struct Facts {
    gold: HashMap<String, Place>,
    issues: HashMap<String, Place>,
}

/// What the user named goes before what was found; then the order of names decides, so that no run of the program
/// differs from another.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    named: bool,
    id: String,
}

impl Place {
    fn id(&self) -> &str {
        &self.id
    }

    fn goes_before(&self, other: &Self) -> bool {
        other.named.cmp(&self.named).then_with(|| natural(&self.id, &other.id)).is_lt()
    }
}

impl Facts {
    pub fn insert(&mut self, source: &TaskSource, purpose: Purpose) {
        let says = [
            (source.gold, purpose == Purpose::Gold, &mut self.gold),
            (source.issue, purpose == Purpose::Tasks, &mut self.issues),
        ];
        for (_, named, places) in says.into_iter().filter(|(says, ..)| *says) {
            let place = Place { named: named || purpose == Purpose::Tasks, id: source.id.clone() };
            let key = join_key(&source.task_id);
            if places.get(key).is_none_or(|known| place.goes_before(known)) {
                places.insert(key.to_owned(), place);
            }
        }
    }

    /// The records with the gold patch and with the issue of a task.
    pub fn of(&self, task_id: &str) -> (Option<&str>, Option<&str>) {
        let key = join_key(task_id);
        (self.gold.get(key).map(Place::id), self.issues.get(key).map(Place::id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(task_id: &str, id: &str, gold: bool, issue: bool) -> TaskSource {
        TaskSource { task_id: task_id.into(), id: id.into(), gold, issue }
    }

    #[test]
    fn named_sources_go_first_and_then_names_decide() {
        let mut facts = Facts::default();
        facts.insert(&source("a__b-1_7", "z.jsonl#10", true, true), Purpose::Listing);
        facts.insert(&source("a__b-1", "z.jsonl#9", true, false), Purpose::Listing);
        assert_eq!(facts.of("a__b-1"), (Some("z.jsonl#9"), Some("z.jsonl#10")));
        facts.insert(&source("a__b-1", "zz#1", true, false), Purpose::Gold);
        facts.insert(&source("a__b-1", "zzz#1", true, true), Purpose::Tasks);
        assert_eq!(facts.of("a__b-1.pr_2"), (Some("zz#1"), Some("zzz#1")));
        assert_eq!(facts.of("a__b-2"), (None, None));
    }
}
