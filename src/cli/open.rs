//! Reads what the user named, with progress and notes on stderr.

use std::collections::{HashMap, HashSet};
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;

use super::output::washed;
use super::{Finish, Inputs};
use crate::formats::Reading;
use crate::library::query::{Field, Matcher, Query, Row, holds};
use crate::library::{Library, Purpose, Summary, look_into};
use crate::reward::imported::{self, Imported};
use crate::store::{self, Progress};
use crate::trajectory::{Note, Severity, Trajectory};

/// Notes of one kind repeat by the thousand; this many are printed, the rest counted.
const NOTES_SHOWN: usize = 20;

/// Everything under the paths that fits the filter, labels joined. A filter that asks for scores is asked later, by
/// whoever has them: see [`fits`].
pub fn library(inputs: &Inputs) -> anyhow::Result<Library> {
    let query = query(inputs)?;
    let mut library = whole(inputs)?;
    if !query.needs_scores() {
        narrow(&mut library, &query);
    }
    Ok(library)
}

/// Everything under the paths, labels joined.
pub fn whole(inputs: &Inputs) -> anyhow::Result<Library> {
    ensure!(
        !inputs.paths.is_empty(),
        "no PATH given\n  name files or folders of rollouts, or try the bundled ones: rollscope demo"
    );
    let progress = Progress::default();
    let library = thread::scope(|scope| {
        let reader = scope.spawn(|| Library::open(&inputs.sources(), &progress));
        if io::stderr().is_terminal() {
            show_progress(&progress, || reader.is_finished());
        }
        reader.join().map_err(|_| anyhow::anyhow!("reading stopped unexpectedly; please report the input"))
    })?;
    report(library.notes());
    Ok(library)
}

/// What `--filter` says; without it, everything.
pub fn query(inputs: &Inputs) -> anyhow::Result<Query> {
    let query = filter(inputs)?;
    anyhow::ensure!(!query.mentions(Field::Judged), "--filter: `judged` is counted on the screen; / filters there");
    Ok(query)
}

/// The same with all that the screen knows.
pub fn filter(inputs: &Inputs) -> anyhow::Result<Query> {
    let text = inputs.filter.as_deref().unwrap_or_default();
    Query::parse(text).map_err(|error| anyhow::anyhow!("--filter: {}", error.pointed(&washed(text))))
}

/// Leaves what fits, and counts it on stderr.
pub fn narrow(library: &mut Library, query: &Query) {
    narrow_by(library, query, &|summary| Row::from(summary));
}

/// The same, with more than its summary known of each.
pub fn narrow_by<'a>(library: &mut Library, query: &Query, known: &(dyn Fn(&Summary) -> Row<'_> + Sync + 'a)) {
    if query.is_empty() {
        return;
    }
    let all = library.summaries().len();
    let bodies = bodies(library, query, known);
    let texts = query.texts();
    let wanted = |summary: &&Summary| {
        let asked = |matcher: &Matcher| texts.iter().position(|text| *text == matcher);
        let body = |matcher: &Matcher| bodies.get(&summary.id)?.get(asked(matcher)?).copied();
        query.fits(&Row { body: Some(&body), ..known(summary) })
    };
    let wanted: HashSet<String> =
        library.summaries().par_iter().filter(wanted).map(|summary| summary.id.clone()).collect();
    library.keep(|summary| wanted.contains(&summary.id));
    eprintln!("rollscope: {} of {all} fit the filter", library.summaries().len());
}

/// What the bodies hold of those that nothing else decides on, in the order of the query's texts.
fn bodies<'a>(
    library: &Library,
    query: &Query,
    known: &(dyn Fn(&Summary) -> Row<'_> + Sync + 'a),
) -> HashMap<String, Vec<bool>> {
    let texts: Vec<Matcher> = query.texts().into_iter().cloned().collect();
    let open = |summary: &&Summary| !texts.is_empty() && query.judge(&known(summary)).is_none();
    let open: Vec<&Summary> = library.summaries().iter().filter(open).collect();
    let bodies: Mutex<HashMap<String, Vec<bool>>> = Mutex::default();
    look_into(&open, &texts, &AtomicBool::new(false), &|summary, holds| {
        if let Ok(mut bodies) = bodies.lock() {
            bodies.insert(summary.id.clone(), holds);
        }
    });
    bodies.into_inner().unwrap_or_default()
}

/// Whether one fits, with what is known of it. Its body is opened where the query asks for its text and nothing else
/// decides.
pub fn fits(library: &Library, query: &Query, row: Row) -> bool {
    match query.judge(&row) {
        Some(fits) => fits,
        None if query.texts().is_empty() => false,
        None => library.load(&row.summary.id).is_ok_and(|trajectory| {
            let body = |matcher: &Matcher| Some(holds(&trajectory, matcher));
            query.fits(&Row { body: Some(&body), ..row })
        }),
    }
}

fn show_progress(progress: &Progress, finished: impl Fn() -> bool) {
    let bar = ProgressBar::no_length().with_style(spinner());
    while !finished() {
        bar.set_length(progress.files.load(Ordering::Relaxed) as u64);
        bar.set_position(progress.files_done.load(Ordering::Relaxed) as u64);
        bar.set_message(format!("{} trajectories", progress.trajectories.load(Ordering::Relaxed)));
        thread::sleep(Duration::from_millis(40));
    }
    bar.finish_and_clear();
}

fn spinner() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} reading {pos}/{len} files, {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// Problems one by one, remarks counted.
pub fn report<'a>(notes: impl Iterator<Item = &'a Note>) {
    let (problems, remarks): (Vec<_>, Vec<_>) = notes.partition(|note| note.severity == Severity::Problem);
    for note in problems.iter().take(NOTES_SHOWN) {
        eprintln!("rollscope: {}", washed(&note.to_string()));
    }
    if problems.len() > NOTES_SHOWN {
        eprintln!("rollscope: {} more problems", problems.len() - NOTES_SHOWN);
    }
    for note in remarks.iter().take(NOTES_SHOWN / 4) {
        eprintln!("rollscope: remark: {}", washed(&note.to_string()));
    }
    if remarks.len() > NOTES_SHOWN / 4 {
        eprintln!("rollscope: {} more remarks", remarks.len() - NOTES_SHOWN / 4);
    }
}

/// The scores of the files that the user named, joined, and how many problems there were.
pub fn scores(inputs: &Inputs, library: &Library) -> (Vec<Imported>, usize) {
    let (imported, notes) = imported::import(&inputs.scores, library.summaries());
    report(notes.iter());
    (imported, notes.iter().filter(|note| note.severity == Severity::Problem).count())
}

/// Done, or done with something missing; `more` problems were met beside those of reading.
pub fn finish(library: &Library, inputs: &Inputs, more: usize) -> Finish {
    let problems = library.notes().filter(|note| note.severity == Severity::Problem).count();
    Finish::of(problems + more, inputs.strict)
}

/// The one trajectory that `PATH`, `PATH#record` or `PATH#task` means.
pub fn one(target: &str, labels: &[PathBuf]) -> anyhow::Result<(Library, String)> {
    let (path, wanted) = split(target);
    if let Some(library) = wanted.filter(|_| labels.is_empty()).and_then(|_| alone(target)) {
        return Ok((library, target.into()));
    }
    let inputs = Inputs { paths: vec![path.into()], labels: labels.to_vec(), ..Inputs::default() };
    let library = library(&inputs)?;
    let found = choose(library.summaries(), target, wanted)?;
    Ok((library, found))
}

/// An id as `list` prints it opens without a look at the rest of its file.
fn alone(id: &str) -> Option<Library> {
    let trajectory = store::load(id).ok()?;
    let mut library = Library::default();
    let reading = Reading { trajectories: vec![trajectory], ..Reading::default() };
    library.insert(reading.into(), Purpose::Listing);
    library.settle();
    Some(library)
}

/// A name that exists is a path, whatever it contains; else what stands behind the last `#` says which record.
fn split(target: &str) -> (&str, Option<&str>) {
    if target == "-" || PathBuf::from(target).exists() {
        return (target, None);
    }
    target.rsplit_once('#').map_or((target, None), |(path, record)| (path, Some(record)))
}

fn choose(summaries: &[Summary], target: &str, wanted: Option<&str>) -> anyhow::Result<String> {
    // A file may be a trajectory and hold others, such as the branches of a search that were not taken.
    if let Some(exact) = summaries.iter().find(|summary| summary.id == target) {
        return Ok(exact.id.clone());
    }
    let Some(wanted) = wanted else {
        return match summaries {
            [only] => Ok(only.id.clone()),
            [] => anyhow::bail!("{target}: no trajectory in it"),
            many => anyhow::bail!(
                "{target}: {} trajectories in it; say which, for example: rollscope show '{}'",
                many.len(),
                many[0].id
            ),
        };
    };
    let mut by_task = summaries.iter().filter(|summary| summary.task_id == wanted);
    let found = by_task.next().filter(|_| by_task.next().is_none());
    found
        .map(|summary| summary.id.clone())
        .with_context(|| format!("{target}: nothing called `{wanted}` there; `rollscope list` shows the ids"))
}

/// Opens one again, with its patch and outcome joined.
pub fn body(library: &Library, id: &str) -> anyhow::Result<Trajectory> {
    library.load(id).map_err(|note| anyhow::anyhow!(note.to_string()))
}
