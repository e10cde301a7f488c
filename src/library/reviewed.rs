//! Verdicts find the trajectories they speak of, and correct their outcomes for whoever asks for that.

use std::collections::HashMap;

use super::Summary;
use crate::trajectory::Verdict;

/// All verdicts that stand, sorted by what they are good for here. None is dropped.
#[derive(Debug, Default)]
pub struct Reviewed {
    /// By index of the summary.
    about: HashMap<usize, Vec<Verdict>>,
    /// About something at the place of a trajectory that is no longer what was judged.
    pub changed: Vec<Verdict>,
    /// About trajectories that are not here.
    pub orphans: Vec<Verdict>,
}

/// What people's verdicts come to about one trajectory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// Most of those with an opinion say so.
    Agreed(bool),
    /// As many say the one as the other.
    Contested,
}

impl Reviewed {
    /// Content counts, not place: a verdict goes where its key is, and to all copies. Only one that knows no content goes by
    /// its id.
    pub fn of(summaries: &[Summary], verdicts: Vec<Verdict>) -> Self {
        let (mut keys, mut ids) = (HashMap::<&str, Vec<usize>>::new(), HashMap::new());
        for (index, summary) in summaries.iter().enumerate() {
            keys.entry(&summary.key).or_default().push(index);
            ids.insert(summary.id.as_str(), index);
        }
        let mut reviewed = Self::default();
        for verdict in verdicts {
            let by_key = keys.get(verdict.subject.key.as_str()).filter(|_| !verdict.subject.key.is_empty());
            let by_id = ids.get(verdict.subject.id.as_str()).copied();
            match (by_key, by_id) {
                (Some(copies), _) => {
                    for index in copies {
                        reviewed.about.entry(*index).or_default().push(verdict.clone());
                    }
                }
                (None, Some(index)) if verdict.subject.key.is_empty() => {
                    reviewed.about.entry(index).or_default().push(verdict);
                }
                (None, Some(_)) => reviewed.changed.push(verdict),
                (None, None) => reviewed.orphans.push(verdict),
            }
        }
        reviewed
    }

    /// What was said about the trajectory at this index.
    pub fn about(&self, index: usize) -> &[Verdict] {
        self.about.get(&index).map_or(&[], Vec::as_slice)
    }

    /// How many trajectories here have a verdict.
    pub fn count(&self) -> usize {
        self.about.len()
    }

    /// What most people hold true about it; nothing where nobody has an opinion.
    pub fn truth(&self, index: usize) -> Option<Truth> {
        let opinions: Vec<bool> = self.about(index).iter().filter_map(Verdict::truth).collect();
        let resolved = opinions.iter().filter(|resolved| **resolved).count();
        match resolved.cmp(&(opinions.len() - resolved)) {
            _ if opinions.is_empty() => None,
            std::cmp::Ordering::Equal => Some(Truth::Contested),
            more => Some(Truth::Agreed(more.is_gt())),
        }
    }

    /// The outcome after correction: what people agree on, else what the tests say.
    pub fn corrected(&self, index: usize, resolved: Option<bool>) -> Option<bool> {
        match self.truth(index) {
            Some(Truth::Agreed(truth)) => Some(truth),
            _ => resolved,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trajectory::{Ruling, Shown, Subject};

    fn summary(id: &str, key: &str) -> Summary {
        Summary { id: id.into(), key: key.into(), ..Summary::default() }
    }

    fn verdict(annotator: &str, id: &str, key: &str, ruling: Ruling) -> Verdict {
        let subject = Subject { id: id.into(), key: key.into(), ..Subject::default() };
        let shown = Shown { resolved: Some(false), ..Shown::default() };
        Verdict { annotator: annotator.into(), subject, ruling: Some(ruling), shown, ..Verdict::default() }
    }

    #[test]
    fn content_decides_place_only_where_content_is_not_known() {
        let here = [summary("a", "ka"), summary("b", "kb"), summary("copy of a", "ka")];
        let said = [("moved", "ka"), ("b", ""), ("b", "other"), ("gone", "kz"), ("gone", "")];
        let verdicts = said.map(|(id, key)| verdict("ann", id, key, Ruling::TestsWrong)).to_vec();
        let reviewed = Reviewed::of(&here, verdicts);
        assert_eq!([0, 1, 2].map(|index| reviewed.about(index).len()), [1, 1, 1]);
        assert_eq!((reviewed.changed.len(), reviewed.orphans.len(), reviewed.count()), (1, 2, 3));
    }

    #[test]
    fn most_opinions_correct_an_outcome_and_a_draw_does_not() {
        use Ruling::{BothRight, JudgeWrong, TestsWrong, Unclear};
        let cases: [(&[Ruling], Option<Truth>, bool); 5] = [
            (&[], None, false),
            (&[Unclear], None, false),
            (&[TestsWrong, Unclear], Some(Truth::Agreed(true)), true),
            (&[TestsWrong, JudgeWrong], Some(Truth::Contested), false),
            (&[TestsWrong, BothRight, JudgeWrong], Some(Truth::Agreed(false)), false),
        ];
        for (rulings, truth, corrected) in cases {
            let each = rulings.iter().enumerate();
            let verdicts = each.map(|(n, ruling)| verdict(&n.to_string(), "a", "ka", *ruling)).collect();
            let reviewed = Reviewed::of(&[summary("a", "ka")], verdicts);
            assert_eq!(reviewed.truth(0), truth, "{rulings:?}");
            assert_eq!(reviewed.corrected(0, Some(false)), Some(corrected), "{rulings:?}");
        }
    }
}
