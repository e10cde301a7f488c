//! Whose score a row is: by id, by file, by task and run, or by task where it was tried once.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use super::{Imported, ScoreLine};
use crate::library::Summary;
use crate::trajectory::{Note, join_key};

/// Rows that fit nothing repeat by the thousand; this many are named.
const NAMED: usize = 5;

pub struct Index<'a> {
    summaries: &'a [Summary],
    ids: HashMap<&'a str, usize>,
    tasks: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Index<'a> {
    pub fn of(summaries: &'a [Summary]) -> Self {
        let mut tasks: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, summary) in summaries.iter().enumerate() {
            tasks.entry(join_key(&summary.task_id)).or_default().push(at);
        }
        let ids = summaries.iter().enumerate().map(|(at, summary)| (summary.id.as_str(), at)).collect();
        Self { summaries, ids, tasks }
    }

    /// The rows of one file, by model; the last of several rows for one trajectory counts.
    pub fn join(&self, file: &Path, lines: Vec<ScoreLine>) -> (Vec<Imported>, Vec<Note>) {
        let stem = file.file_stem().map_or_else(|| "scores".into(), |stem| stem.to_string_lossy().into_owned());
        let mut models: BTreeMap<String, Imported> = BTreeMap::new();
        let (mut lost, mut doubled) = (Lost::default(), 0);
        for line in lines {
            let Some(at) = lost.found(self.find(&line), &line) else { continue };
            let model = line.model.unwrap_or_else(|| stem.clone());
            let entry = models.entry(model.clone());
            let imported = entry.or_insert_with(|| Imported { model, source: file.into(), scores: HashMap::new() });
            doubled += usize::from(imported.scores.insert(self.summaries[at].id.clone(), line.score).is_some());
        }
        let mut notes = lost.notes(file);
        if doubled > 0 {
            let reason = format!("{doubled} rows speak of a trajectory that an earlier row spoke of; the last counts");
            notes.push(Note::remark(file, reason));
        }
        (models.into_values().collect(), notes)
    }

    fn find(&self, line: &ScoreLine) -> Result<usize, &'static str> {
        if let Some(at) = line.id.as_deref().and_then(|id| self.ids.get(id)) {
            return Ok(*at);
        }
        let Some(task) = &line.task_id else { return self.at_path(line) };
        let same = self.tasks.get(join_key(task)).map_or(&[][..], Vec::as_slice);
        let mut fitting = self.keep(same, |summary| summary.task_id == *task);
        if fitting.is_empty() {
            fitting = same.to_vec();
        }
        if let Some(run) = &line.run {
            fitting = self.of_run(&fitting, run);
        }
        if let Some(attempt) = line.attempt.filter(|_| fitting.len() > 1) {
            fitting = self.keep(&fitting, |summary| summary.attempt == Some(attempt));
        }
        match fitting[..] {
            [at] => Ok(at),
            [] => Err("match no trajectory"),
            _ => self.at_path(line).map_err(|_| "fit several trajectories"),
        }
    }

    /// The run of that name, the folder of that name, the last part of a longer name, or the attempt of that number.
    fn of_run(&self, candidates: &[usize], run: &str) -> Vec<usize> {
        let last = |name: &str| name.rsplit('/').next().unwrap_or(name).to_owned();
        let tests: [&dyn Fn(&Summary) -> bool; 4] = [
            &|summary| summary.run == run,
            &|summary| last(&summary.run) == last(run),
            &|summary| {
                summary.path.ancestors().skip(1).any(|folder| folder.file_name().is_some_and(|name| name == run))
            },
            &|summary| summary.attempt.is_some_and(|attempt| attempt.to_string() == run),
        ];
        let found = tests.iter().map(|test| self.keep(candidates, test)).find(|found| !found.is_empty());
        found.unwrap_or_default()
    }

    fn at_path(&self, line: &ScoreLine) -> Result<usize, &'static str> {
        // An id that was made in another folder still ends like ours.
        let written = line.path.as_deref().or(line.id.as_deref()).ok_or("match no trajectory")?;
        let (path, record) = written.rsplit_once('#').map_or((written, None), |(path, record)| (path, Some(record)));
        let ends = |summary: &Summary| {
            let own = summary.id.rsplit_once('#').map(|(_, record)| record);
            summary.path.ends_with(path.trim_start_matches("./")) && (line.id.is_none() || own == record)
        };
        let fitting: Vec<usize> = (0..self.summaries.len()).filter(|at| ends(&self.summaries[*at])).collect();
        // The path of a file means what it was submitted with, where that is one of several in it.
        let whole = self.keep(&fitting, Summary::is_its_file);
        match (&fitting[..], &whole[..]) {
            ([at], _) | (_, [at]) => Ok(*at),
            ([], _) => Err("match no trajectory"),
            _ => Err("fit several trajectories"),
        }
    }

    fn keep(&self, candidates: &[usize], test: impl Fn(&Summary) -> bool) -> Vec<usize> {
        candidates.iter().copied().filter(|at| test(&self.summaries[*at])).collect()
    }
}

/// Rows that fit no trajectory, or more than one.
#[derive(Default)]
struct Lost {
    rows: usize,
    by_reason: BTreeMap<&'static str, Vec<String>>,
}

impl Lost {
    fn found(&mut self, found: Result<usize, &'static str>, line: &ScoreLine) -> Option<usize> {
        self.rows += 1;
        found.map_err(|reason| self.by_reason.entry(reason).or_default().push(line.place.clone())).ok()
    }

    fn notes(self, file: &Path) -> Vec<Note> {
        let rows = self.rows;
        let note = |(reason, places): (&str, Vec<String>)| {
            let more = if places.len() > NAMED { ", …" } else { "" };
            let named = places.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join("; ");
            Note::problem(file, format!("{} of {rows} scores {reason}: {named}{more}", places.len()))
                .hint("rows are joined by id, path, or instance_id and run")
        };
        self.by_reason.into_iter().map(note).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reward::imported::rows::parse;

    fn summary(id: &str, task_id: &str, run: &str, attempt: Option<u32>) -> Summary {
        let path = id.split('#').next().unwrap_or(id).into();
        Summary { id: id.into(), path, task_id: task_id.into(), run: run.into(), attempt, ..Summary::default() }
    }

    fn joined(text: &str) -> (Vec<Imported>, Vec<String>) {
        let all = [
            summary("r1/a__b-1.traj", "a__b-1", "deep/r1", None),
            summary("r2/a__b-1.traj", "a__b-1", "deep/r2", None),
            summary("r2/rows.jsonl#1", "a__b-2", "rows", Some(1)),
            summary("r2/rows.jsonl#2", "a__b-2", "rows", Some(2)),
            summary("r2/c.traj", "c", "r2", None),
        ];
        let (lines, refused) = parse(Path::new("x/critic.csv"), text);
        assert!(refused.is_empty(), "{refused:?}");
        let (models, notes) = Index::of(&all).join(Path::new("x/critic.csv"), lines);
        (models, notes.iter().map(ToString::to_string).collect())
    }

    fn ids(imported: &Imported) -> Vec<&str> {
        let mut ids: Vec<&str> = imported.scores.keys().map(String::as_str).collect();
        ids.sort_unstable();
        ids
    }

    #[test]
    fn rows_find_their_trajectory_by_run_by_attempt_or_alone() {
        let (models, notes) =
            joined("instance_id,run,score\na__b-1,r2,0.5\na__b-2,2,0.5\nc,,0.5\na__b-1_7,deep/r1,0.1\n");
        assert_eq!(models[0].model, "critic");
        assert_eq!(ids(&models[0]), ["r1/a__b-1.traj", "r2/a__b-1.traj", "r2/c.traj", "r2/rows.jsonl#2"]);
        assert!(notes.is_empty(), "{notes:?}");
    }

    #[test]
    fn what_fits_nothing_or_several_is_named_by_line_and_joined_to_none() {
        let (models, notes) = joined("instance_id,run,score\na__b-1,,0.5\nz,r1,0.5\na__b-1,r9,0.5\nc,r2,0.5\n");
        assert_eq!(ids(&models[0]), ["r2/c.traj"]);
        assert!(
            notes[0].contains("1 of 4") && notes[0].contains("several") && notes[0].contains("line 2"),
            "{notes:?}"
        );
        assert!(notes[1].contains("2 of 4") && notes[1].contains("line 3; line 4"), "{notes:?}");
    }

    #[test]
    fn our_own_rows_are_known_by_id_even_from_another_folder_and_models_stay_apart() {
        let text = "id,model,log_odds\nr1/a__b-1.traj,m1,1\nr2/rows.jsonl#1,m2,2\nr2/rows.jsonl#1,m2,3\n";
        let (models, notes) = joined(text);
        assert_eq!(models.iter().map(|one| one.model.as_str()).collect::<Vec<_>>(), ["m1", "m2"]);
        assert_eq!(models[1].scores["r2/rows.jsonl#1"].log_odds.to_bits(), 3.0_f64.to_bits());
        assert!(notes[0].contains("1 rows"), "{notes:?}");
        assert_eq!(ids(&joined("id,score\n./r1/a__b-1.traj,0.5\n").0[0]), ["r1/a__b-1.traj"]);
    }
}
