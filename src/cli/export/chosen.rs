//! Which trajectories an export is about: what fits the filter, task by task, with scores and outcomes.

use clap::{Args, ValueEnum};

use crate::cli::eval::{
    self,
    evaluation::{Scored, members},
};
use crate::cli::{Bench, open};
use crate::library::{Library, Reviewed, Summary};
use crate::trajectory::join_key;

/// Who decides what is good.
#[derive(Debug, Clone, Args)]
pub struct By {
    /// What makes a trajectory worth choosing: that its outcome is resolved, or its score
    #[arg(long = "by", value_enum, default_value_t = Reason::Resolved)]
    reason: Reason,
    /// With --by score: from this probability on; without it, the profile's threshold
    #[arg(long, value_name = "P")]
    min_score: Option<f64>,
    /// Outcomes as people's verdicts correct them
    #[arg(long)]
    corrected: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Reason {
    Resolved,
    Score,
}

/// Everything an export needs to know, read once.
pub struct Field {
    pub library: Library,
    pub scored: Scored,
    /// Could not be read or scored.
    pub missing: usize,
    reviewed: Option<Reviewed>,
}

/// A trajectory among its rivals.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    pub summary: &'a Summary,
    pub log_odds: Option<f64>,
    /// After correction, where that was asked for.
    pub resolved: Option<bool>,
}

impl Field {
    /// Scores by the first model named, or the first file of scores.
    pub fn of(bench: &Bench, corrected: bool) -> anyhow::Result<Self> {
        let mut library = open::library(&bench.inputs)?;
        let (said, missing) = eval::said(bench, &library)?;
        let scored = said.into_iter().next().ok_or_else(|| anyhow::anyhow!("no scores: neither a model nor a file"))?;
        let kept = members(&library, &scored, &open::query(&bench.inputs)?);
        let ids: std::collections::HashSet<String> =
            kept.iter().map(|index| library.summaries()[*index].id.clone()).collect();
        library.keep(|summary| ids.contains(&summary.id));
        let reviewed = corrected.then(|| eval::reviewed(&library)).transpose()?;
        Ok(Self { library, scored, missing, reviewed })
    }

    /// The candidates of each task, the best-scored first; what has no score comes last. Equal scores stay in the order of
    /// their names.
    pub fn tasks(&self) -> Vec<(&str, Vec<Candidate<'_>>)> {
        let task = |task: crate::library::Task<'_>| {
            let mut members: Vec<Candidate> = task.members.iter().filter_map(|index| self.candidate(*index)).collect();
            let key = |one: &Candidate| one.log_odds.unwrap_or(f64::NEG_INFINITY);
            members.sort_by(|a, b| key(b).total_cmp(&key(a)));
            members
        };
        let named = self.library.tasks().into_iter().map(task).filter(|members| !members.is_empty());
        named.map(|members| (join_key(&members[0].summary.task_id), members)).collect()
    }

    fn candidate(&self, index: usize) -> Option<Candidate<'_>> {
        let summary = self.library.summaries().get(index)?;
        let log_odds = self.scored.scores.get(&summary.id).map(|score| score.log_odds).filter(|odds| !odds.is_nan());
        let tests = summary.resolved;
        let resolved = self.reviewed.as_ref().map_or(tests, |reviewed| reviewed.corrected(index, tests));
        Some(Candidate { summary, log_odds, resolved })
    }

    /// Good, bad, or nothing known: by outcome, or by score.
    pub fn good(&self, by: &By, one: &Candidate) -> Option<bool> {
        match by.reason {
            Reason::Resolved => one.resolved,
            Reason::Score => Some(one.probability()? >= by.min_score.unwrap_or(self.scored.threshold)),
        }
    }
}

impl By {
    pub fn corrected(&self) -> bool {
        self.corrected
    }
}

impl Candidate<'_> {
    pub fn probability(&self) -> Option<f64> {
        self.log_odds.map(crate::trajectory::sigmoid)
    }
}
