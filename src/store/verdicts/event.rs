//! Events of the log, and what follows from them: which verdicts stand, what undo and redo mean next. Pure.

use std::collections::HashMap;

use crate::trajectory::Verdict;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Give,
    Undo,
    Redo,
}

/// Something an annotator did.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The same event has the same one in every store.
    pub uid: String,
    /// Orders the events of one annotator: Unix milliseconds, moved on where the clock did not.
    pub stamp: i64,
    pub kind: Kind,
    /// The event that an undo or a redo is about; else empty.
    pub target: String,
    /// What was given; of an undo or a redo, only the annotator.
    pub verdict: Verdict,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Give => "give",
            Self::Undo => "undo",
            Self::Redo => "redo",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        [Self::Give, Self::Undo, Self::Redo].into_iter().find(|kind| kind.name() == name)
    }
}

impl Event {
    pub fn give(stamp: i64, verdict: Verdict) -> Self {
        Self::new(stamp, Kind::Give, String::new(), verdict)
    }

    pub fn turn(stamp: i64, kind: Kind, annotator: &str, target: &str) -> Self {
        Self::new(stamp, kind, target.into(), Verdict { annotator: annotator.into(), ..Verdict::default() })
    }

    /// With the uid that follows from all the rest.
    pub fn new(stamp: i64, kind: Kind, target: String, verdict: Verdict) -> Self {
        let mut event = Self { uid: String::new(), stamp, kind, target, verdict };
        let said = format!("{stamp}\0{}\0{}\0{}", kind.name(), event.target, event.body());
        event.uid = blake3::hash(said.as_bytes()).to_hex()[..32].into();
        event
    }

    pub fn annotator(&self) -> &str {
        &self.verdict.annotator
    }

    /// The verdict as JSON.
    pub fn body(&self) -> String {
        serde_json::to_string(&self.verdict).unwrap_or_default()
    }
}

/// Whether each given verdict was taken back: the last undo or redo of it decides.
fn undone(events: &[Event]) -> HashMap<&str, bool> {
    let turns = events.iter().filter(|event| event.kind != Kind::Give);
    turns.map(|event| (event.target.as_str(), event.kind == Kind::Undo)).collect()
}

/// The latest verdict of each annotator about each trajectory that was not taken back, in the order given. An empty one
/// clears what was said before. Events come in the order of their stamps.
pub fn standing(events: &[Event]) -> Vec<Verdict> {
    standing_at(events).into_iter().map(|at| events[at].verdict.clone()).collect()
}

/// Where those verdicts are in the log, ascending.
pub fn standing_at(events: &[Event]) -> Vec<usize> {
    let undone = undone(events);
    let given = events.iter().enumerate().filter(|(_, event)| event.kind == Kind::Give);
    let stands = given.filter(|(_, event)| undone.get(event.uid.as_str()) != Some(&true));
    let latest: HashMap<_, usize> = stands.map(|(at, event)| (event.verdict.about(), at)).collect();
    let mut order: Vec<usize> = latest.into_values().filter(|at| !events[*at].verdict.is_empty()).collect();
    order.sort_unstable();
    order
}

/// The latest verdict of one annotator that was not taken back.
pub fn to_undo(events: &[Event]) -> Option<Event> {
    let undone = undone(events);
    let stands = |event: &&Event| event.kind == Kind::Give && undone.get(event.uid.as_str()) != Some(&true);
    events.iter().rev().find(stands).cloned()
}

/// What the latest open undo of one annotator took back; none where a verdict was given since.
pub fn to_redo(events: &[Event]) -> Option<Event> {
    let undone = undone(events);
    let open = |event: &Event| undone.get(event.target.as_str()) == Some(&true);
    let latest = events.iter().rev().find(|event| match event.kind {
        Kind::Give => undone.get(event.uid.as_str()) != Some(&true),
        Kind::Undo => open(event),
        Kind::Redo => false,
    });
    let target = latest.filter(|event| event.kind == Kind::Undo)?.target.clone();
    events.iter().find(|event| event.uid == target).cloned()
}
