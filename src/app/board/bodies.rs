//! What is known of bodies: which trajectories hold a text. A worker looks; `text:` of the filter asks here.

use std::collections::HashMap;

use crate::library::Summary;
use crate::library::query::Matcher;

/// Answers to this many questions are kept.
const KEPT: usize = 32;

/// What a worker found in a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    pub id: String,
    /// Of the trajectory, when it was looked at: one that has grown since is another.
    pub bytes: u64,
    /// In the order of what was looked for.
    pub holds: Vec<bool>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Bodies {
    /// The latest question last.
    known: Vec<(Matcher, Answers)>,
}

/// By id, how large the body was and whether it holds it.
type Answers = HashMap<String, (u64, bool)>;

impl Bodies {
    /// `None`: nobody has looked.
    pub fn hold(&self, summary: &Summary, matcher: &Matcher) -> Option<bool> {
        let (_, answers) = self.known.iter().rev().find(|(known, _)| known == matcher)?;
        answers.get(&summary.id).filter(|(bytes, _)| *bytes == summary.bytes).map(|(_, holds)| *holds)
    }

    pub fn learn(&mut self, matchers: &[Matcher], looked: &[Looked]) {
        for (nth, matcher) in matchers.iter().enumerate() {
            let answers = self.of(matcher);
            answers.extend(looked.iter().filter_map(|one| Some((one.id.clone(), (one.bytes, *one.holds.get(nth)?)))));
        }
    }

    fn of(&mut self, matcher: &Matcher) -> &mut Answers {
        let at = self.known.iter().position(|(known, _)| known == matcher).unwrap_or_else(|| {
            if self.known.len() == KEPT {
                self.known.remove(0);
            }
            self.known.push((matcher.clone(), HashMap::new()));
            self.known.len() - 1
        });
        &mut self.known[at].1
    }
}
