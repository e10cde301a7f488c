//! Verdicts as JSONL, out and in: nothing is lost on the way, and what contradicts is kept and named. Pure.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::event::{Event, Kind, standing, standing_at};
use crate::trajectory::{Note, Subject, Verdict};

/// What an import came to.
#[derive(Debug, Default, PartialEq)]
pub struct Import {
    pub added: usize,
    /// Were there already.
    pub known: usize,
    pub conflicts: Vec<Conflict>,
}

/// The same annotator says two things about one trajectory. Both stay in the log; the later one stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    pub subject: Subject,
    pub ours: Verdict,
    pub theirs: Verdict,
}

/// One line of a file: an event, or a verdict as anyone may write it.
#[derive(Serialize, Deserialize)]
struct Line {
    #[serde(default = "given")]
    event: String,
    #[serde(default)]
    uid: String,
    #[serde(default)]
    stamp: Option<i64>,
    #[serde(default)]
    target: String,
    /// Whether it stands; written for readers, worked out again when read.
    #[serde(default, rename = "stands")]
    _stands: Option<bool>,
    #[serde(flatten)]
    verdict: Verdict,
}

fn given() -> String {
    Kind::Give.name().into()
}

/// One row per verdict that stands, or one per event of the whole log. Either can be read again by [`parse`].
pub fn rows(events: &[Event], history: bool) -> Vec<Map<String, Value>> {
    let standing: HashSet<usize> = standing_at(events).into_iter().collect();
    let chosen = events.iter().enumerate().filter(|(at, _)| history || standing.contains(at));
    chosen.filter_map(|(at, event)| row(event, standing.contains(&at))).collect()
}

fn row(event: &Event, stands: bool) -> Option<Map<String, Value>> {
    let line = Line {
        event: event.kind.name().into(),
        uid: event.uid.clone(),
        stamp: Some(event.stamp),
        target: event.target.clone(),
        _stands: Some(stands),
        verdict: event.verdict.clone(),
    };
    match serde_json::to_value(line) {
        Ok(Value::Object(row)) => Some(row),
        _ => None,
    }
}

/// Reads such rows. A line that cannot be understood becomes a note; the others stand.
pub fn parse(path: &Path, text: &str) -> (Vec<Event>, Vec<Note>) {
    let (mut events, mut notes) = (Vec::new(), Vec::new());
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match event(line) {
            Ok(event) => events.push(event),
            Err(reason) => notes.push(Note::problem(path, reason).at(format!("line {}", number + 1))),
        }
    }
    (events, notes)
}

fn event(line: &str) -> Result<Event, String> {
    let line: Line = serde_json::from_str(line).map_err(|error| format!("is no verdict: {error}"))?;
    let kind = Kind::named(&line.event).filter(|kind| *kind == Kind::Give || !line.target.is_empty());
    let kind = kind.ok_or_else(|| format!("`{}` is no event that can be read", line.event))?;
    let Verdict { annotator, subject, at, .. } = &line.verdict;
    if annotator.trim().is_empty() {
        return Err("names no annotator".into());
    }
    if kind == Kind::Give && subject.id.is_empty() && subject.key.is_empty() {
        return Err("says neither id nor key of a trajectory".into());
    }
    let made = Event::new(line.stamp.unwrap_or(*at), kind, line.target, line.verdict);
    Ok(if line.uid.is_empty() { made } else { Event { uid: line.uid, ..made } })
}

/// Where the verdicts that stand in both disagree.
pub fn conflicts(ours: &[Event], theirs: &[Event]) -> Vec<Conflict> {
    let (ours, theirs) = (standing(ours), standing(theirs));
    let ours: HashMap<_, &Verdict> = ours.iter().map(|verdict| (verdict.about(), verdict)).collect();
    let against = |theirs: &Verdict| {
        let ours = (*ours.get(&theirs.about()).filter(|ours| **ours != theirs)?).clone();
        Some(Conflict { subject: theirs.subject.clone(), ours, theirs: theirs.clone() })
    };
    theirs.iter().filter_map(against).collect()
}
