//! The verdict store behind the screen: each wish is granted before the next key is read.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::app::{Effect, Msg, Turned};
use crate::store::verdicts::{Change, VerdictStore};
use crate::trajectory::Verdict;

/// The store, opened when it is needed; one that cannot be opened is tried again with every wish.
pub struct Book {
    path: Option<PathBuf>,
    store: Option<VerdictStore>,
}

impl Book {
    pub fn new(path: Option<PathBuf>) -> Self {
        Self { path, store: None }
    }

    /// All verdicts that stand. Reading makes no file.
    pub fn all(&mut self) -> Result<Vec<Verdict>, String> {
        match &self.path {
            Some(path) if path.exists() => self.store()?.all().map_err(|error| error.to_string()),
            _ => Ok(Vec::new()),
        }
    }

    fn store(&mut self) -> Result<&mut VerdictStore, String> {
        if self.store.is_none() {
            let path = self.path.as_ref().ok_or("no folder for verdicts: ROLLSCOPE_DATA names one")?;
            self.store = Some(VerdictStore::open(path).map_err(|error| error.to_string())?);
        }
        self.store.as_mut().ok_or_else(|| "the verdict store is closed".to_owned())
    }

    /// Grants what is about verdicts; nothing for any other wish.
    pub fn grant(&mut self, effect: &Effect) -> Option<Msg> {
        match effect {
            Effect::Record(verdict) => {
                let done = self.record(verdict);
                Some(Msg::Recorded(verdict.clone(), done))
            }
            Effect::Turn { annotator, redo } => Some(Msg::Turned { redo: *redo, done: self.turn(annotator, *redo) }),
            _ => None,
        }
    }

    fn record(&mut self, verdict: &Verdict) -> Result<(), String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let verdict = Verdict { at: now.as_millis() as i64, ..verdict.clone() };
        self.store()?.record(&verdict).map(drop).map_err(|error| error.to_string())
    }

    fn turn(&mut self, annotator: &str, redo: bool) -> Result<Option<Box<Turned>>, String> {
        let store = self.store()?;
        let done = if redo { store.redo(annotator) } else { store.undo(annotator) };
        let turned = |Change { subject, verdict, now }: Change| Box::new(Turned { subject, verdict, now });
        done.map(|change| change.map(turned)).map_err(|error| error.to_string())
    }
}
