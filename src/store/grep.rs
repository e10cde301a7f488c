//! A text looked for in the bytes of all files, before anything is parsed: as fast as reading allows.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;
use regex::bytes::Regex;

use super::archive::{self, Archive};
use super::scan::is_table;
use super::source::{self, Stream};
use super::walk::walk;
use crate::formats::Folder;

/// Where a text stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// From 1. 0: the bytes cannot be searched as they lie, so that each trajectory must be asked.
    pub line: usize,
    /// What stands around it, as it lies in the file.
    pub text: String,
}

/// A file, or a part of a large one, that has been looked through.
pub struct Searched<'a> {
    pub path: &'a Path,
    pub bytes: u64,
    /// One per line.
    pub places: Vec<Place>,
}

/// Pieces of large files are searched side by side.
const PIECE: usize = 8 << 20;
/// Bytes shown before what was found, and from there on: a list is narrow, and what was found should be in sight.
const AROUND: (usize, usize) = (24, 120);

/// Looks through all files under the roots, on all cores, in no order, until told to stop.
pub fn grep(roots: &[PathBuf], pattern: &Regex, stop: &AtomicBool, on: &(dyn Fn(Searched) + Sync)) {
    let mut entries = walk(roots, &mut |_| {});
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.stamp.bytes));
    entries.par_iter().with_max_len(1).for_each(|entry| {
        if !stop.load(Ordering::Relaxed) {
            look_into(&entry.path, pattern, stop, on);
        }
    });
}

fn look_into(path: &Path, pattern: &Regex, stop: &AtomicBool, on: &(dyn Fn(Searched) + Sync)) {
    if is_table(path) {
        let bytes = path.metadata().map_or(0, |metadata| metadata.len());
        return on(Searched { path, bytes, places: vec![Place { line: 0, text: String::new() }] });
    }
    if source::head(path).is_ok_and(|head| archive::is_archive(&head)) {
        let Ok(archive) = Archive::open(path) else { return };
        for name in archive.names() {
            if let (Ok(bytes), false) = (archive.bytes(name), stop.load(Ordering::Relaxed)) {
                on(Searched { path: &path.join(name), bytes: bytes.len() as u64, places: places(&bytes, pattern) });
            }
        }
        return;
    }
    let Ok(mut stream) = Stream::open(path) else { return };
    let mut lines = 0;
    while let Ok((block, _)) = stream.block(path) {
        if block.is_empty() || stop.load(Ordering::Relaxed) {
            return;
        }
        let mut places = places(&block, pattern);
        for place in &mut places {
            place.line += lines;
        }
        // What is found in a large file is told before its end is reached.
        on(Searched { path, bytes: block.len() as u64, places });
        if stream.ended() {
            return;
        }
        lines += memchr::memchr_iter(b'\n', &block).count();
    }
}

/// The first place of every line that has one.
fn places(bytes: &[u8], pattern: &Regex) -> Vec<Place> {
    let pieces = pieces(bytes);
    let found: Vec<Vec<(usize, usize)>> =
        pieces.par_iter().map(|piece| in_piece(&bytes[piece.clone()], piece.start, pattern)).collect();
    let (mut line, mut counted) = (1, 0);
    found
        .into_iter()
        .flatten()
        .map(|(start, end)| {
            line += memchr::memchr_iter(b'\n', &bytes[counted..start]).count();
            counted = start;
            Place { line, text: around(bytes, start, end) }
        })
        .collect()
}

/// Cut at line ends.
fn pieces(bytes: &[u8]) -> Vec<std::ops::Range<usize>> {
    let (mut start, mut pieces) = (0, Vec::new());
    while start < bytes.len() {
        let wanted = (start + PIECE).min(bytes.len());
        let end = memchr::memchr(b'\n', &bytes[wanted..]).map_or(bytes.len(), |at| wanted + at + 1);
        pieces.push(start..end);
        start = end;
    }
    pieces
}

fn in_piece(bytes: &[u8], offset: usize, pattern: &Regex) -> Vec<(usize, usize)> {
    let (mut at, mut found) = (0, Vec::new());
    while let Some(hit) = pattern.find_at(bytes, at) {
        found.push((offset + hit.start(), offset + hit.end()));
        // On from the next line: behind an empty match too, so it comes to an end.
        match memchr::memchr(b'\n', &bytes[hit.start()..]) {
            Some(end) => at = hit.start() + end + 1,
            None => break,
        }
        if at >= bytes.len() {
            break;
        }
    }
    found
}

/// The words around a place, within its line.
fn around(bytes: &[u8], start: usize, end: usize) -> String {
    let from = memchr::memrchr(b'\n', &bytes[..start]).map_or(0, |at| at + 1).max(start.saturating_sub(AROUND.0));
    let end = end.min(start + AROUND.1);
    let to = memchr::memchr(b'\n', &bytes[end..]).map_or(bytes.len(), |at| end + at).min(start + AROUND.1).max(end);
    String::from_utf8_lossy(&bytes[from..to]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_with_a_hit_is_a_place_whatever_the_pieces() {
        let line = |nth: usize| {
            format!("{{\"row\": {nth}, \"text\": \"{}\"}}\n", if nth.is_multiple_of(3) { "Needle" } else { "hay" })
        };
        let text: String = (0..300_000).map(line).collect();
        assert!(text.len() > PIECE);
        let found = places(text.as_bytes(), &Regex::new("(?i)needle").unwrap());
        assert_eq!(found.len(), 100_000);
        assert!(
            found.iter().enumerate().all(|(nth, place)| place.line == nth * 3 + 1 && place.text.contains("Needle"))
        );
        assert_eq!(places(b"", &Regex::new("x").unwrap()), []);
        assert_eq!(places(b"a\nb", &Regex::new("").unwrap()).len(), 2, "an empty pattern comes to an end");
    }
}
