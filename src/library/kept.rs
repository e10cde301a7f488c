//! What was found in a source, as bytes to keep between runs of the program, and back.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Mutex;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Found, Summary, TaskSource};
use crate::trajectory::{Label, Note, Outcome, Severity};

/// How many summaries are packed together.
const FULL: usize = 1024;
/// Shorter parts are kept as they are: of single files there are many thousand, and each would be unpacked by itself.
const WORTH_PACKING: usize = 8 << 10;
/// Fast, and five times smaller.
const LEVEL: i32 = 1;
/// Longer parts are not ours.
const LONGEST: u64 = 256 << 20;

#[derive(Default, Serialize, Deserialize)]
struct Kept<'a> {
    summaries: Vec<(Cow<'a, Summary>, Hidden<'a>)>,
    labels: Vec<KeptLabel>,
    tasks: Vec<(String, String, bool, bool)>,
    notes: Vec<KeptNote>,
}

/// Fields of a summary that `list` does not print, and the format, which is a word of the program.
#[derive(Serialize, Deserialize)]
struct Hidden<'a> {
    format: Cow<'a, str>,
    key: Cow<'a, str>,
    stated: Option<bool>,
    patch_hash: Option<u64>,
    touched: Cow<'a, [String]>,
}

#[derive(Serialize, Deserialize)]
struct KeptLabel {
    task_id: String,
    run: Option<String>,
    trajectory: Option<PathBuf>,
    outcome: Option<bool>,
    detail: Option<String>,
    source: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct KeptNote {
    problem: bool,
    path: PathBuf,
    place: Option<String>,
    reason: String,
    hint: Option<String>,
}

/// Findings that are packed together.
#[derive(Default)]
pub struct Part {
    /// A value for each.
    json: Vec<u8>,
    summaries: usize,
}

/// Findings as they are kept; none if something in them cannot be written, as a path that is no text.
pub fn write(found: &Found) -> Option<Part> {
    let kept = Kept {
        summaries: found.summaries.iter().map(hide).collect(),
        labels: found.labels.iter().map(KeptLabel::of).collect(),
        tasks: found.tasks.iter().map(task).collect(),
        notes: found.notes.iter().map(KeptNote::of).collect(),
    };
    Some(Part { json: serde_json::to_vec(&kept).ok()?, summaries: found.summaries.len() })
}

impl Part {
    pub fn append(&mut self, other: &Self) {
        self.json.extend_from_slice(&other.json);
        self.summaries += other.summaries;
    }

    pub fn is_full(&self) -> bool {
        self.summaries >= FULL
    }

    pub fn pack(self) -> Option<Vec<u8>> {
        if self.json.len() < WORTH_PACKING { Some(self.json) } else { zstd::bulk::compress(&self.json, LEVEL).ok() }
    }
}

/// The findings again, part by part; none if the bytes are damaged.
pub fn unpack(parts: &[Vec<u8>]) -> Option<Vec<Found>> {
    if let [part] = parts {
        return Some(vec![unpacked(part)?]);
    }
    parts.par_iter().map(|part| unpacked(part)).collect()
}

fn unpacked(part: &[u8]) -> Option<Found> {
    let json =
        if part.is_empty() || part.starts_with(b"{") { Cow::Borrowed(part) } else { Cow::Owned(inflated(part)?) };
    let mut all = Found::default();
    for kept in serde_json::Deserializer::from_slice(&json).into_iter::<Kept>() {
        all.append(kept.ok()?.found());
    }
    Some(all)
}

fn inflated(part: &[u8]) -> Option<Vec<u8>> {
    let mut json = Vec::new();
    zstd::Decoder::new(part).ok()?.take(LONGEST).read_to_end(&mut json).ok()?;
    Some(json)
}

impl Kept<'_> {
    fn found(self) -> Found {
        let task = |(task_id, id, gold, issue)| TaskSource { task_id, id, gold, issue };
        Found {
            summaries: self.summaries.into_iter().map(|(summary, hidden)| hidden.show(summary.into_owned())).collect(),
            labels: self.labels.into_iter().map(KeptLabel::label).collect(),
            tasks: self.tasks.into_iter().map(task).collect(),
            notes: self.notes.into_iter().map(KeptNote::note).collect(),
        }
    }
}

fn hide(summary: &Summary) -> (Cow<'_, Summary>, Hidden<'_>) {
    let Summary { format, key, stated, patch_hash, touched, .. } = summary;
    let hidden = Hidden {
        format: Cow::Borrowed(format),
        key: key.into(),
        stated: stated.resolved(),
        patch_hash: *patch_hash,
        touched: touched.into(),
    };
    (Cow::Borrowed(summary), hidden)
}

impl Hidden<'_> {
    fn show(self, summary: Summary) -> Summary {
        let Self { format, key, stated, patch_hash, touched } = self;
        Summary {
            format: interned(&format),
            key: key.into_owned(),
            stated: stated.into(),
            patch_hash,
            touched: touched.into_owned(),
            ..summary
        }
    }
}

fn task(source: &TaskSource) -> (String, String, bool, bool) {
    (source.task_id.clone(), source.id.clone(), source.gold, source.issue)
}

impl KeptLabel {
    fn of(label: &Label) -> Self {
        let Label { task_id, run, trajectory, outcome, detail, source } = label.clone();
        Self { task_id, run, trajectory, outcome: outcome.resolved(), detail: detail.map(String::from), source }
    }

    fn label(self) -> Label {
        let Self { task_id, run, trajectory, outcome, detail, source } = self;
        let detail = detail.map(|word| interned(&word));
        Label { task_id, run, trajectory, outcome: Outcome::from(outcome), detail, source }
    }
}

impl KeptNote {
    fn of(note: &Note) -> Self {
        let Note { severity, path, place, reason, hint } = note.clone();
        Self { problem: severity == Severity::Problem, path, place, reason, hint }
    }

    fn note(self) -> Note {
        let Self { problem, path, place, reason, hint } = self;
        Note { severity: if problem { Severity::Problem } else { Severity::Remark }, path, place, reason, hint }
    }
}

/// The same word for equal words: names of formats and reasons of failures, of which there are few.
fn interned(word: &str) -> &'static str {
    static WORDS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut words = WORDS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(known) = words.get(word) {
        return known;
    }
    let new: &'static str = Box::leak(word.to_owned().into_boxed_str());
    words.insert(new);
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found() -> Found {
        let summary = |number: usize| Summary {
            id: format!("a.jsonl#{number}"),
            path: "a.jsonl".into(),
            format: "chat",
            task_id: "t".into(),
            cost_usd: Some(0.1 + 0.2),
            notes: vec!["n".into()],
            key: "k".into(),
            stated: Outcome::Unresolved,
            patch_hash: Some(u64::MAX),
            touched: vec!["x.py".into()],
            ..Summary::default()
        };
        let label = Label {
            task_id: "t".into(),
            run: Some("r".into()),
            trajectory: Some("p".into()),
            outcome: Outcome::Resolved,
            detail: Some("error"),
            source: "s".into(),
        };
        Found {
            summaries: (0..3).map(summary).collect(),
            labels: vec![label],
            tasks: vec![TaskSource { task_id: "t".into(), id: "i".into(), gold: true, issue: false }],
            notes: vec![Note::problem("p".as_ref(), "why").at("line 1").hint("try")],
        }
    }

    #[test]
    fn findings_survive_whole() {
        let mut two = write(&found()).unwrap();
        two.append(&write(&found()).unwrap());
        let back = unpack(&[two.pack().unwrap(), write(&found()).unwrap().pack().unwrap()]).unwrap();
        let mut both = found();
        both.append(found());
        assert_eq!(format!("{back:?}"), format!("{:?}", [both, found()]));
    }

    #[test]
    fn damage_is_noticed() {
        let mut part = write(&found()).unwrap().pack().unwrap();
        part.truncate(20);
        assert!(unpack(&[part]).is_none());
        assert!(unpack(&[b"no zstd".to_vec()]).is_none());
    }
}
