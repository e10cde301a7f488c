//! One judge on one set of trajectories: all of them, and by run, by policy and with a patch. No printing.

use std::collections::{BTreeMap, HashMap};

use crate::cli::open;
use crate::library::query::{self, Query};
use crate::library::{Library, Reviewed, Summary, Truth};
use crate::metrics::{Draws, Judged, Report};
use crate::trajectory::{Score, join_key};

/// What one model says, by the ids of trajectories.
pub struct Scored {
    pub model: String,
    /// How often it is right, in its maker's words; empty if nobody measured.
    pub worth: String,
    /// From this probability on its decision is "resolved".
    pub threshold: f64,
    pub scores: HashMap<String, Score>,
}

pub struct Setting<'a> {
    pub threshold: f64,
    pub draws: Draws,
    pub query: &'a Query,
    pub reviewed: Option<&'a Reviewed>,
}

pub struct Evaluation {
    pub scored: Scored,
    pub draws: Draws,
    /// What fits the filter; of these, how many have a score, and an outcome.
    pub trajectories: usize,
    pub with_score: usize,
    pub labelled: usize,
    /// Of what fits, the places in the library.
    pub members: Vec<usize>,
    pub report: Report,
    pub slices: Vec<Slice>,
    pub corrected: Option<Corrected>,
}

/// A part of the same trajectories.
pub struct Slice {
    /// `run`, `policy`, `patch`.
    pub kind: &'static str,
    pub name: String,
    pub report: Report,
}

/// The same with outcomes as people's verdicts correct them.
pub struct Corrected {
    pub report: Report,
    /// Trajectories that somebody gave a verdict on, whose outcome turned, and on which people are divided.
    pub reviewed: usize,
    pub turned: usize,
    pub contested: usize,
}

impl Evaluation {
    pub fn of(library: &Library, scored: Scored, setting: &Setting) -> Self {
        let members = members(library, &scored, setting.query);
        let summaries = library.summaries();
        let outcome = |index: usize| summaries.get(index).and_then(|summary| summary.resolved);
        let report = |members: &[usize], outcome: &dyn Fn(usize) -> Option<bool>| {
            Report::of(&judged(summaries, &scored, members, outcome), setting.threshold, setting.draws)
        };
        let slices = slices(summaries, &members).into_iter().filter_map(|(kind, name, members)| {
            let report = report(&members, &outcome);
            (report.judged > 0).then_some(Slice { kind, name, report })
        });
        let corrected = setting.reviewed.map(|reviewed| {
            let count = |test: &dyn Fn(usize) -> bool| members.iter().filter(|index| test(**index)).count();
            Corrected {
                report: report(&members, &|index| reviewed.corrected(index, outcome(index))),
                reviewed: count(&|index| !reviewed.about(index).is_empty()),
                turned: count(&|index| reviewed.corrected(index, outcome(index)) != outcome(index)),
                contested: count(&|index| reviewed.truth(index) == Some(Truth::Contested)),
            }
        });
        Self {
            trajectories: members.len(),
            with_score: members.iter().filter(|index| scored.scores.contains_key(&summaries[**index].id)).count(),
            labelled: members.iter().filter(|index| outcome(**index).is_some()).count(),
            report: report(&members, &outcome),
            slices: slices.collect(),
            corrected,
            draws: setting.draws,
            members,
            scored,
        }
    }
}

/// What fits the filter, now that scores and ranks are known.
pub fn members(library: &Library, scored: &Scored, query: &Query) -> Vec<usize> {
    let summaries = library.summaries();
    if query.is_empty() {
        return (0..summaries.len()).collect();
    }
    let score = |index: usize| scored.scores.get(&summaries.get(index)?.id);
    let mut members = Vec::new();
    for task in library.tasks() {
        let odds: Vec<f64> =
            task.members.iter().filter_map(|index| score(*index)).map(|score| score.log_odds).collect();
        let rank = |score: &Score| 1 + odds.iter().filter(|other| **other > score.log_odds).count();
        members.extend(task.members.iter().copied().filter(|index| {
            let score = score(*index);
            let row = query::Row::from(&summaries[*index]);
            open::fits(
                library,
                query,
                query::Row { score: score.map(Score::probability), rank: score.map(rank), ..row },
            )
        }));
    }
    members.sort_unstable();
    members
}

/// Those with a score and an outcome, tasks and runs numbered.
pub fn judged(
    summaries: &[Summary],
    scored: &Scored,
    members: &[usize],
    outcome: &dyn Fn(usize) -> Option<bool>,
) -> Vec<Judged> {
    let (mut tasks, mut runs) = (HashMap::new(), HashMap::new());
    let one = |index: &usize| {
        let summary = summaries.get(*index)?;
        let (log_odds, resolved) = (scored.scores.get(&summary.id)?.log_odds, outcome(*index)?);
        Some(Judged {
            task: number(&mut tasks, join_key(&summary.task_id)),
            run: number(&mut runs, &summary.run),
            log_odds,
            resolved,
        })
    };
    members.iter().filter_map(one).filter(|one| !one.log_odds.is_nan()).collect()
}

fn number<'a>(known: &mut HashMap<&'a str, usize>, name: &'a str) -> usize {
    let next = known.len();
    *known.entry(name).or_insert(next)
}

/// Parts worth a look of their own, where there is more than one.
fn slices(summaries: &[Summary], members: &[usize]) -> Vec<(&'static str, String, Vec<usize>)> {
    let with_patch: Vec<usize> = members.iter().copied().filter(|index| summaries[*index].has_patch()).collect();
    let mut slices = Vec::new();
    if with_patch.len() < members.len() {
        slices.push(("patch", "not empty".to_owned(), with_patch));
    }
    let policy = |summary: &Summary| summary.model.clone().unwrap_or_else(|| "not said".into());
    for (kind, groups) in [
        ("policy", grouped(summaries, members, policy)),
        ("run", grouped(summaries, members, |summary| summary.run.clone())),
    ] {
        if groups.len() > 1 {
            slices.extend(groups.into_iter().map(|(name, members)| (kind, name, members)));
        }
    }
    slices
}

fn grouped(
    summaries: &[Summary],
    members: &[usize],
    name: impl Fn(&Summary) -> String,
) -> BTreeMap<String, Vec<usize>> {
    let mut groups = BTreeMap::<String, Vec<usize>>::new();
    for index in members {
        groups.entry(name(&summaries[*index])).or_default().push(*index);
    }
    groups
}
