//! The files inside a folder that is read as one thing. Files that cannot be read leave a note.

use std::path::Path;
use std::sync::Mutex;

use serde_json::Value;

use super::{Folder, Reading, driver, lenient};
use crate::trajectory::Note;

/// A folder under its path, and what went wrong inside.
pub struct Parts<'a> {
    pub folder: &'a dyn Folder,
    pub path: &'a Path,
    pub notes: Vec<Note>,
}

impl<'a> Parts<'a> {
    pub fn of(folder: &'a dyn Folder, path: &'a Path) -> Self {
        Self { folder, path, notes: Vec::new() }
    }

    pub fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.folder.names().iter().map(String::as_str)
    }

    pub fn has(&self, name: &str) -> bool {
        self.names().any(|found| found == name)
    }

    /// The JSON of a file that may be missing.
    pub fn value(&mut self, name: &str) -> Option<Value> {
        let bytes = self.bytes(name)?;
        match lenient::parse(&bytes) {
            Ok(parsed) => Some(parsed.value),
            Err(error) => {
                let salvaged = lenient::salvage(&bytes);
                let rest = if salvaged.is_some() { "; what lies before was read" } else { "" };
                self.notes.push(Note::problem(&self.path.join(name), format!("damaged JSON: {error}{rest}")));
                salvaged
            }
        }
    }

    pub fn text(&mut self, name: &str) -> Option<String> {
        let bytes = self.bytes(name)?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// What a file of another format holds.
    pub fn read(&mut self, name: &str) -> Reading {
        let Some(bytes) = self.bytes(name) else { return Reading::default() };
        let found: Mutex<Reading> = Mutex::default();
        let keep = |reading: Reading| {
            if let Ok(mut all) = found.lock() {
                all.trajectories.extend(reading.trajectories);
                all.notes.extend(reading.notes);
            }
        };
        let failed = driver::read(&self.path.join(name), &bytes, driver::Wanted::All, &keep).err();
        self.notes.extend(failed);
        found.into_inner().unwrap_or_default()
    }

    fn bytes(&mut self, name: &str) -> Option<Vec<u8>> {
        if !self.has(name) {
            return None;
        }
        match self.folder.bytes(name) {
            Ok(bytes) => Some(bytes.into_owned()),
            Err(error) => {
                self.notes.push(Note::problem(&self.path.join(name), format!("cannot be read: {error}")));
                None
            }
        }
    }
}
