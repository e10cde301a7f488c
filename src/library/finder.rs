//! From places in files to the trajectories they are in. Only what was hit is parsed, and only where a line does not
//! tell whose it is.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

use regex::bytes::{Regex, RegexBuilder};

use super::query::{Matcher, Pattern};
use super::{Summary, look_into};
use crate::store::{self, Place, Searched};

/// What is looked for: in bytes as they lie, and in a trajectory.
#[derive(Debug, Clone)]
pub struct Wanted {
    raw: Regex,
    matcher: Matcher,
}

/// A trajectory that a text was found in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub id: String,
    pub task_id: String,
    pub run: String,
    /// Of the file, where that is known.
    pub line: Option<usize>,
    /// What stands around the first place.
    pub text: String,
}

/// Which trajectories lie in which file.
#[derive(Debug, Default)]
pub struct Finder<'a> {
    by_path: HashMap<&'a Path, Vec<&'a Summary>>,
}

impl Wanted {
    /// To look with through bytes.
    pub fn raw(&self) -> &Regex {
        &self.raw
    }

    /// Plain text, or a regular expression between slashes, which runs over the bytes as they lie in the file. Upper-case
    /// letters make it mind the case.
    pub fn parse(text: &str) -> Result<Self, String> {
        let inner = text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).filter(|inner| !inner.is_empty());
        let minds = text.chars().any(char::is_uppercase);
        let (raw, matcher) = match inner {
            Some(inner) => (inner.to_owned(), Matcher::Regex(Pattern::new(inner)?)),
            None if minds => (written(text), Matcher::Regex(Pattern::new(&regex::escape(text))?)),
            None => (written(text), Matcher::word(text)),
        };
        let raw = RegexBuilder::new(&raw).case_insensitive(!minds).multi_line(true).build();
        let raw = raw.map_err(|error| error.to_string().lines().last().unwrap_or_default().trim().to_owned())?;
        Ok(Self { raw, matcher })
    }
}

/// A text as it stands in JSON: quotes and backslashes escaped, other letters as they are or by their numbers.
fn written(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    let quoted = &quoted[1..quoted.len() - 1];
    let mut ways = vec![regex::escape(quoted), regex::escape(text)];
    if !text.is_ascii() {
        let mut units = [0; 2];
        let mut numbered = String::new();
        for c in quoted.chars() {
            if c.is_ascii() {
                numbered.push(c);
            } else {
                for unit in c.encode_utf16(&mut units) {
                    let _ = write!(numbered, "\\u{unit:04x}");
                }
            }
        }
        ways.push(regex::escape(&numbered));
    }
    ways.dedup();
    ways.join("|")
}

impl<'a> Finder<'a> {
    pub fn of(summaries: &'a [Summary]) -> Self {
        let mut by_path: HashMap<&Path, Vec<&Summary>> = HashMap::new();
        for summary in summaries {
            by_path.entry(&summary.path).or_default().push(summary);
        }
        Self { by_path }
    }

    /// Looks through everything under the roots. What a file holds is told as soon as it is known, with the bytes it has.
    pub fn find(&self, roots: &[PathBuf], wanted: &Wanted, stop: &AtomicBool, on: &(dyn Fn(Vec<Found>, u64) + Sync)) {
        let (told, read): (Mutex<HashSet<String>>, Mutex<HashSet<PathBuf>>) = Default::default();
        let first = |path: &Path| read.lock().unwrap_or_else(PoisonError::into_inner).insert(path.into());
        store::grep(roots, &wanted.raw, stop, &|searched: Searched| {
            // A large file comes in pieces, and an archive file by file: what must be read whole is read once.
            let whole = self.read_whole(searched.path).filter(|_| !searched.places.is_empty());
            let again = whole.is_some_and(|whole| !first(whole));
            let places = if again { &[][..] } else { &searched.places };
            let mut found = self.resolve(searched.path, places, wanted, stop);
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            found.retain(|one| told.insert(one.id.clone()));
            drop(told);
            on(found, searched.bytes);
        });
    }

    /// What lies in a file, or in the archive or folder around it that is read as one thing.
    fn inside(&self, path: &Path) -> Option<(&'a Path, &[&'a Summary])> {
        let (path, inside) = path.ancestors().find_map(|path| self.by_path.get_key_value(path))?;
        Some((path, inside))
    }

    /// A place in this file does not tell whose it is: for that, all of this must be read.
    pub fn read_whole(&self, path: &Path) -> Option<&'a Path> {
        let (whole, inside) = self.inside(path)?;
        (inside.len() > 1 && !are_lines(path, inside)).then_some(whole)
    }

    /// Whose the places of a file are. A folder that is read as one thing has the places of all its files.
    pub fn resolve(&self, path: &Path, places: &[Place], wanted: &Wanted, stop: &AtomicBool) -> Vec<Found> {
        let Some(first) = places.first() else { return Vec::new() };
        let Some((_, inside)) = self.inside(path) else { return Vec::new() };
        let searchable = first.line > 0;
        if let ([only], true) = (inside, searchable) {
            return vec![found(only, first)];
        }
        if searchable && are_lines(path, inside) {
            let by_line: HashMap<String, &Place> =
                places.iter().map(|place| (format!("{}#{}", path.display(), place.line), place)).collect();
            return inside.iter().filter_map(|summary| Some(found(summary, by_line.get(&summary.id)?))).collect();
        }
        let holding = Mutex::new(Vec::new());
        look_into(inside, std::slice::from_ref(&wanted.matcher), stop, &|summary, holds| {
            if holds == [true] {
                holding.lock().unwrap_or_else(PoisonError::into_inner).push(found(summary, first));
            }
        });
        holding.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A trajectory a line, told by its number. Items of a list are numbered too, but lie in no line of their own.
fn are_lines(path: &Path, inside: &[&Summary]) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let numbered = |id: &str| id.rsplit_once('#').is_some_and(|(_, row)| row.bytes().all(|byte| byte.is_ascii_digit()));
    [".jsonl", ".ndjson"].iter().any(|end| name.contains(end)) && inside.iter().all(|summary| numbered(&summary.id))
}

fn found(summary: &Summary, place: &Place) -> Found {
    Found {
        id: summary.id.clone(),
        task_id: summary.task_id.clone(),
        run: summary.run.clone(),
        line: (place.line > 0).then_some(place.line),
        text: place.text.replace("\\n", " ").replace("\\t", " ").replace("\\\"", "\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_as_json_writes_them() {
        let cases = [
            ("say \"hi\"", r#"{"text": "say \"hi\" to"}"#, true),
            ("naïve", r#"{"text": "a na\u00efve plan"}"#, true),
            ("naïve", r#"{"text": "a naïve plan"}"#, true),
            ("Error", "an error", false),
            ("error", "an Error", true),
            ("/e.*r/", "an Error", true),
            ("e.*r", "an Error", false),
        ];
        for (text, bytes, fits) in cases {
            assert_eq!(Wanted::parse(text).unwrap().raw.is_match(bytes.as_bytes()), fits, "{text} in {bytes}");
        }
        assert!(Wanted::parse("/(/").is_err());
    }
}
