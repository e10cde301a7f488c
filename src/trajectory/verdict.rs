//! What a person said about a trajectory. Plain data; one JSON object per verdict is also how it travels between stores.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What one person said about one trajectory. A later one by the same person about the same trajectory replaces it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Verdict {
    /// Who says so.
    pub annotator: String,
    #[serde(flatten)]
    pub subject: Subject,
    /// Nothing yet where only a note, a flag or a skip was left.
    #[serde(rename = "verdict")]
    pub ruling: Option<Ruling>,
    /// Does the rollout solve its task, in the person's own eyes: what a blind verdict says before the reveal.
    pub answer: Option<bool>,
    /// Names of the person's own taxonomy.
    pub failures: Vec<String>,
    pub note: String,
    pub flag: bool,
    pub skip: bool,
    /// Score and outcome were hidden until the verdict was given.
    pub blind: bool,
    /// Whether the reveal behind a blind verdict changed it; unknown where nothing was revealed.
    pub changed_mind: Option<bool>,
    pub shown: Shown,
    /// When, in Unix milliseconds.
    pub at: i64,
    /// What a newer program or another tool wrote beside it: kept and passed on.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// Which trajectory is meant. The key finds it again when files move; the id says where it was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Subject {
    pub id: String,
    /// [`super::Trajectory::key`]; empty where nobody knew it.
    pub key: String,
    pub task_id: String,
    pub run: String,
}

/// Who is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    /// The tests' outcome stands, the score is wrong.
    JudgeWrong,
    /// The outcome is not what the tests say.
    TestsWrong,
    BothRight,
    Unclear,
}

/// What the person had before them, as it stood at that moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Shown {
    /// Probability in [0, 1].
    pub score: Option<f64>,
    /// What the tests said.
    pub resolved: Option<bool>,
    /// The model that gave the score.
    pub model: Option<String>,
}

impl Ruling {
    pub const ALL: [Self; 4] = [Self::JudgeWrong, Self::TestsWrong, Self::BothRight, Self::Unclear];

    /// As files spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::JudgeWrong => "judge_wrong",
            Self::TestsWrong => "tests_wrong",
            Self::BothRight => "both_right",
            Self::Unclear => "unclear",
        }
    }

    /// What a person's own answer means, once score and outcome are known. An outcome that is not known cannot be wrong.
    pub fn of_answer(answer: bool, judge: Option<bool>, tests: Option<bool>) -> Self {
        match (tests == Some(answer), judge == Some(answer)) {
            (false, _) if tests.is_some() => Self::TestsWrong,
            (_, false) if judge.is_some() => Self::JudgeWrong,
            (true, _) | (_, true) => Self::BothRight,
            _ => Self::Unclear,
        }
    }
}

impl Verdict {
    /// Nothing is said: what clearing a verdict leaves.
    pub fn is_empty(&self) -> bool {
        let Self { ruling, answer, failures, note, flag, skip, .. } = self;
        ruling.is_none() && answer.is_none() && failures.is_empty() && note.is_empty() && !flag && !skip
    }

    /// Who speaks of what: a later verdict with the same pair replaces this one.
    pub fn about(&self) -> (&str, &str) {
        let Subject { id, key, .. } = &self.subject;
        (&self.annotator, if key.is_empty() { id } else { key })
    }

    /// The outcome this person holds true: the one shown, its opposite, or no opinion.
    pub fn truth(&self) -> Option<bool> {
        match self.ruling? {
            Ruling::TestsWrong => self.shown.resolved.map(|resolved| !resolved),
            Ruling::JudgeWrong | Ruling::BothRight => self.shown.resolved.or(self.answer),
            Ruling::Unclear => None,
        }
    }
}

impl Subject {
    /// Equal content, or, where one side does not know its content, the same place.
    pub fn is(&self, other: &Self) -> bool {
        if self.key.is_empty() || other.key.is_empty() { self.id == other.id } else { self.key == other.key }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_becomes_a_ruling_once_both_sides_are_known() {
        let cases = [
            (true, Some(true), Some(true), Ruling::BothRight),
            (true, Some(true), Some(false), Ruling::TestsWrong),
            (true, Some(false), Some(true), Ruling::JudgeWrong),
            (false, Some(true), Some(false), Ruling::JudgeWrong),
            (false, Some(false), Some(true), Ruling::TestsWrong),
            (false, None, Some(false), Ruling::BothRight),
            (false, Some(true), None, Ruling::JudgeWrong),
            (false, Some(false), None, Ruling::BothRight),
            (true, None, None, Ruling::Unclear),
        ];
        for (answer, judge, tests, expected) in cases {
            assert_eq!(Ruling::of_answer(answer, judge, tests), expected, "{answer} {judge:?} {tests:?}");
        }
    }

    #[test]
    fn the_truth_is_the_outcome_shown_unless_the_tests_were_wrong() {
        let of = |ruling, resolved| {
            let shown = Shown { resolved, ..Shown::default() };
            Verdict { ruling, shown, ..Verdict::default() }.truth()
        };
        assert_eq!(of(Some(Ruling::TestsWrong), Some(false)), Some(true));
        assert_eq!(of(Some(Ruling::JudgeWrong), Some(false)), Some(false));
        assert_eq!(of(Some(Ruling::BothRight), Some(true)), Some(true));
        for (ruling, resolved) in
            [(Some(Ruling::Unclear), Some(true)), (None, Some(true)), (Some(Ruling::TestsWrong), None)]
        {
            assert_eq!(of(ruling, resolved), None);
        }
    }

    #[test]
    fn a_row_keeps_what_it_does_not_know() {
        let row = r#"{"annotator":"ann","id":"a.traj","verdict":"judge_wrong","mood":"sure"}"#;
        let verdict: Verdict = serde_json::from_str(row).unwrap();
        assert_eq!((verdict.subject.id.as_str(), verdict.ruling), ("a.traj", Some(Ruling::JudgeWrong)));
        let again = serde_json::to_value(&verdict).unwrap();
        assert_eq!(again["mood"], "sure");
        assert_eq!(again["verdict"], "judge_wrong");
        assert_eq!(serde_json::from_value::<Verdict>(again).unwrap(), verdict);
    }
}
