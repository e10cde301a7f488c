//! What only bodies can tell: whether a trajectory holds a text. Each source is read once, whatever lies in it.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::Summary;
use super::query::{Matcher, holds};
use crate::formats::Reading;
use crate::store::{self, Progress};
use crate::trajectory::Trajectory;

/// Looks for everything wanted in each of these, on all cores, in no order, until told to stop. What can no longer be
/// read holds nothing. `on` gets an answer for each, in the order of what is wanted.
pub fn look_into(
    summaries: &[&Summary],
    wanted: &[Matcher],
    stop: &AtomicBool,
    on: &(dyn Fn(&Summary, Vec<bool>) + Sync),
) {
    let by_id: HashMap<&str, &Summary> = summaries.iter().map(|one| (one.id.as_str(), *one)).collect();
    let sources: HashSet<PathBuf> = summaries.iter().map(|one| source(&one.path)).collect();
    let sources: Vec<PathBuf> = sources.into_iter().collect();
    let answered = Mutex::new(HashSet::new());
    let first = |id: &str| answered.lock().is_ok_and(|mut answered| answered.insert(id.to_owned()));
    sources.par_iter().with_max_len(1).for_each(|source| {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        store::scan(std::slice::from_ref(source), &Progress::default(), &|reading: Reading| {
            for trajectory in reading.trajectories {
                let asked = by_id.get(trajectory.id.as_str());
                if let Some(summary) = asked.filter(|it| !stop.load(Ordering::Relaxed) && first(&it.id)) {
                    on(summary, wanted.iter().map(|matcher| is_in(&trajectory, summary, matcher)).collect());
                }
            }
        });
    });
    if !stop.load(Ordering::Relaxed) {
        summaries.iter().filter(|one| first(&one.id)).for_each(|one| on(one, vec![false; wanted.len()]));
    }
}

/// In what it says and does, or in the patch that was submitted for it.
fn is_in(trajectory: &Trajectory, summary: &Summary, matcher: &Matcher) -> bool {
    let submitted = |place: &String| store::load(place).is_ok_and(|submission| holds(&submission, matcher));
    holds(trajectory, matcher) || summary.patch_from.as_ref().is_some_and(submitted)
}

/// The file or folder that a trajectory is read from.
fn source(path: &Path) -> PathBuf {
    path.ancestors().find(|path| path.exists()).filter(|path| *path != Path::new("")).unwrap_or(path).into()
}
