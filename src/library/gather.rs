//! Predictions beside trajectories: the same rollout written down twice is one candidate.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::Summary;
use super::join::names_agree;
use crate::trajectory::join_key;

/// Drops predictions whose rollout is there itself; they fill in a patch that it lacks. The others stand as they are. In
/// natural order of their ids, as they come.
pub fn predictions(summaries: Vec<Summary>) -> Vec<Summary> {
    if !summaries.iter().any(Summary::is_prediction) {
        return summaries;
    }
    let (predictions, mut rollouts): (Vec<_>, Vec<_>) = summaries.into_iter().partition(Summary::is_prediction);
    let by_task = index(&rollouts);
    let mut runs: HashMap<PathBuf, usize> = HashMap::new();
    let mut alone = Vec::new();
    for prediction in predictions {
        let folder = prediction.path.parent().unwrap_or(Path::new("")).to_path_buf();
        let same_task = by_task.get(join_key(&prediction.task_id)).map_or(&[][..], Vec::as_slice);
        let near: Vec<usize> = same_task.iter().copied().filter(|at| rollouts[*at].path.starts_with(&folder)).collect();
        let one_run =
            !near.is_empty() && *runs.entry(folder).or_insert_with_key(|folder| count(&rollouts, folder)) == 1;
        match rollout_of(&prediction, &near, &rollouts, one_run) {
            Some(at) => absorb(&mut rollouts[at], &prediction),
            None => alone.push(prediction),
        }
    }
    rollouts.extend(alone);
    rollouts.sort_by(|a, b| super::natural(&a.id, &b.id));
    rollouts
}

fn index(rollouts: &[Summary]) -> HashMap<String, Vec<usize>> {
    let mut by_task: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, rollout) in rollouts.iter().enumerate() {
        by_task.entry(join_key(&rollout.task_id).into()).or_default().push(at);
    }
    by_task
}

/// How many runs lie under a folder.
fn count(rollouts: &[Summary], folder: &Path) -> usize {
    let below = rollouts.iter().filter(|rollout| rollout.path.starts_with(folder));
    below.map(|rollout| rollout.run.as_str()).collect::<HashSet<_>>().len()
}

/// In the folder of one run all predictions are that run's. Above several, the name or the patch must tell.
fn rollout_of(prediction: &Summary, near: &[usize], rollouts: &[Summary], one_run: bool) -> Option<usize> {
    let find = |test: &dyn Fn(&Summary) -> bool| near.iter().copied().find(|at| test(&rollouts[*at]));
    find(&|rollout| rollout.has_patch() && rollout.patch_hash == prediction.patch_hash)
        .or_else(|| find(&|_| one_run))
        .or_else(|| find(&|rollout| !rollout.has_patch() && names_agree(&rollout.run, &prediction.run)))
}

fn absorb(rollout: &mut Summary, prediction: &Summary) {
    if !rollout.has_patch() {
        rollout.take_patch(prediction);
    } else if rollout.patch_hash != prediction.patch_hash {
        rollout.notes.push(format!("{} holds another patch for this task", prediction.path.display()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rollout(path: &str, run: &str, patch: Option<u64>) -> Summary {
        let (id, run, task_id) = (path.into(), run.into(), "a__b-1".into());
        Summary { id, path: path.into(), run, task_id, format: "swe-agent", patch_hash: patch, ..Summary::default() }
    }

    fn prediction(path: &str, run: &str, patch: u64) -> Summary {
        Summary { format: crate::formats::PREDICTIONS, patch_files: Some(1), ..rollout(path, run, Some(patch)) }
    }

    #[test]
    fn a_prediction_of_a_rollout_that_is_there_is_no_candidate_of_its_own() {
        let cases = [
            // One run in the folder: same patch, another patch, no patch.
            (vec![rollout("r/a.traj", "r", Some(7))], 1, false),
            (vec![rollout("r/a.traj", "r", Some(8))], 1, false),
            (vec![rollout("r/a.traj", "r", None)], 1, true),
            // Rollouts elsewhere, or of several runs.
            (vec![rollout("q/a.traj", "q", None)], 2, false),
            (vec![rollout("r/x/a.traj", "x", Some(8)), rollout("r/y/a.traj", "y", Some(9))], 3, false),
            (vec![rollout("r/x/a.traj", "x", Some(7)), rollout("r/y/a.traj", "y", Some(9))], 2, false),
        ];
        for (mut all, candidates, filled) in cases {
            all.push(prediction("r/all_preds.jsonl", "gpt", 7));
            let found = predictions(all);
            assert_eq!((found.len(), found.iter().any(|one| one.patch_from.is_some())), (candidates, filled));
        }
    }
}
