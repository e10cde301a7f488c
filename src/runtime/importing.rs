//! Scores from files, for the screen: the first model of them judges where no other does, the next stands beside it.

use std::path::PathBuf;

use crate::app::{JudgeMsg, Judged};
use crate::library::Summary;
use crate::reward::ScorerFacts;
use crate::reward::imported::{Imported, import};
use crate::trajectory::Note;

/// So many scores are told in a message: frames come between.
const AT_ONCE: usize = 1_000;

/// The files, and which places they have to fill.
pub struct Scores {
    pub files: Vec<PathBuf>,
    /// How many models judge on their own: none, one, or two.
    pub judges: usize,
}

impl Scores {
    /// What the screen is told, and what was refused.
    pub fn told(&self, summaries: &[Summary]) -> (Vec<JudgeMsg>, Vec<Note>) {
        let (imported, notes) = import(&self.files, summaries);
        let mut models = imported.iter();
        let mut told = Vec::new();
        if self.judges == 0 {
            told.extend(models.next().into_iter().flat_map(|first| first_model(first, summaries)));
        }
        if self.judges < 2 {
            told.extend(models.next().into_iter().flat_map(|second| second_model(second, summaries)));
        }
        (told, notes)
    }
}

fn first_model(imported: &Imported, summaries: &[Summary]) -> Vec<JudgeMsg> {
    let device = imported.source.display().to_string();
    let facts = ScorerFacts {
        name: imported.model.clone(),
        profile: "imported".into(),
        device,
        threshold: 0.5,
        ..Default::default()
    };
    let known: Vec<_> = imported.scores.iter().map(|(id, score)| (id.clone(), score.clone())).collect();
    let known = known.chunks(AT_ONCE).map(|part| JudgeMsg::Known(part.to_vec())).collect::<Vec<_>>();
    let missing = summaries.iter().filter(|summary| !imported.scores.contains_key(&summary.id));
    let reason = format!("no score in {}", imported.source.display());
    let missing = missing.map(|summary| JudgeMsg::Failed { id: summary.id.clone(), reason: reason.clone() });
    [JudgeMsg::Loaded(facts)].into_iter().chain(known).chain(missing).collect()
}

fn second_model(imported: &Imported, summaries: &[Summary]) -> Vec<JudgeMsg> {
    let said = |summary: &Summary| {
        let reason = || Judged::Failed(format!("no score in {}", imported.source.display()));
        let judged = imported.scores.get(&summary.id).map_or_else(reason, |score| Judged::Scored(score.clone()));
        JudgeMsg::Also { id: summary.id.clone(), judged }
    };
    [JudgeMsg::Second(imported.model.clone())].into_iter().chain(summaries.iter().map(said)).collect()
}
