//! Which trajectories one label speaks of.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::names::{names_agree, plain};
use crate::library::Summary;
use crate::trajectory::{Label, join_key};

pub enum Fit {
    To(Vec<usize>),
    Ambiguous,
    Nothing,
}

/// Trajectories by task, by file and by the name of their file.
pub struct Index {
    tasks: HashMap<String, Vec<usize>>,
    paths: HashMap<PathBuf, Vec<usize>>,
    names: HashMap<std::ffi::OsString, Vec<usize>>,
}

impl Index {
    pub fn of(summaries: &[Summary]) -> Self {
        let mut index = Self { tasks: HashMap::new(), paths: HashMap::new(), names: HashMap::new() };
        for (at, summary) in summaries.iter().enumerate() {
            index.tasks.entry(join_key(&summary.task_id).into()).or_default().push(at);
            index.paths.entry(plain(&summary.path)).or_default().push(at);
            index.names.entry(summary.path.file_name().unwrap_or_default().into()).or_default().push(at);
        }
        index
    }

    pub fn fit(&self, summaries: &[Summary], label: &Label, scope: &Path, strict: bool) -> Fit {
        if label.task_id == Label::REST {
            let below = (0..summaries.len()).filter(|at| summaries[*at].path.starts_with(scope)).collect();
            return one_run(summaries, label, below, strict);
        }
        if let Some(path) = &label.trajectory {
            return match self.at_path(summaries, label, path) {
                found if found.is_empty() => Fit::Nothing,
                found => Fit::To(found),
            };
        }
        let same = self.tasks.get(join_key(&label.task_id)).map_or(&[][..], Vec::as_slice);
        let near: Vec<usize> = same.iter().copied().filter(|at| summaries[*at].path.starts_with(scope)).collect();
        let exact = keep(&near, |at| summaries[at].task_id == label.task_id);
        one_run(summaries, label, if exact.is_empty() { near } else { exact }, strict)
    }

    /// What a path names: the trajectory that a file was submitted with, or where none is the file itself, all in it.
    fn at_path(&self, summaries: &[Summary], label: &Label, path: &Path) -> Vec<usize> {
        let found = self.in_file(summaries, label, path);
        submitted(summaries, &found).map_or(found, |at| vec![at])
    }

    /// The trajectories of a file, and of a task if the label names one. A table that was moved is still understood:
    /// the path it holds may be the end of the real one.
    fn in_file(&self, summaries: &[Summary], label: &Label, path: &Path) -> Vec<usize> {
        let of_task =
            |at: usize| label.task_id.is_empty() || join_key(&summaries[at].task_id) == join_key(&label.task_id);
        let direct = self.paths.get(&plain(path)).map(|found| keep(found, of_task)).unwrap_or_default();
        if !direct.is_empty() {
            return direct;
        }
        let written = label.source.parent().and_then(|folder| path.strip_prefix(folder).ok()).unwrap_or(path);
        let named = path.file_name().and_then(|name| self.names.get(name)).map_or(&[][..], Vec::as_slice);
        keep(named, |at| summaries[at].path.ends_with(written) && of_task(at))
    }
}

/// Narrows candidates to those of one run: the run that the label names, or (unless names are strict) the only one.
fn one_run(summaries: &[Summary], label: &Label, candidates: Vec<usize>, strict: bool) -> Fit {
    if candidates.is_empty() {
        return Fit::Nothing;
    }
    let named = label.run.as_deref().map(|run| {
        let by_run = keep(&candidates, |at| names_agree(&summaries[at].run, run) || folder_named(&summaries[at], run));
        let by_model = || keep(&candidates, |at| summaries[at].model.as_deref().is_some_and(|m| names_agree(m, run)));
        // Many runs share a model: it is no name where names are strict.
        if by_run.is_empty() && !strict { by_model() } else { by_run }
    });
    let fitting = match named {
        Some(found) if !found.is_empty() => found,
        Some(_) if strict => return Fit::Nothing,
        _ => candidates,
    };
    let runs: HashSet<&str> = fitting.iter().map(|at| summaries[*at].run.as_str()).collect();
    if runs.len() > 1 {
        return Fit::Ambiguous;
    }
    if label.task_id == Label::REST {
        return Fit::To(fitting);
    }
    match submitted(summaries, &fitting) {
        Some(at) => Fit::To(vec![at]),
        None => Fit::Ambiguous,
    }
}

/// Of several attempts of one run the harness judged the one that was submitted: the file itself, not a record in it.
fn submitted(summaries: &[Summary], candidates: &[usize]) -> Option<usize> {
    if let [only] = candidates {
        return Some(*only);
    }
    let whole = keep(candidates, |at| summaries[at].is_its_file());
    if let [only] = whole[..] { Some(only) } else { None }
}

fn keep(candidates: &[usize], test: impl Fn(usize) -> bool) -> Vec<usize> {
    candidates.iter().copied().filter(|at| test(*at)).collect()
}

fn folder_named(summary: &Summary, run: &str) -> bool {
    let run = run.rsplit('/').next().unwrap_or(run);
    summary.path.ancestors().skip(1).any(|folder| folder.file_name().is_some_and(|name| name == run))
}
