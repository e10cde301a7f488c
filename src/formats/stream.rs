//! Files of lines that are too large to hold: read block by block, as rows. Numbers of lines go on from block to block.

use std::path::Path;

use super::Reading;
use super::driver::Sink;
use super::records::{Records, Shape};
use crate::trajectory::Note;

/// A file of rows, of which some lines have been read.
pub struct Lines<'a> {
    path: &'a Path,
    /// Only this record is wanted.
    only: Option<&'a str>,
    sink: Sink<'a>,
    /// Lines before the next block.
    before: usize,
    known: bool,
    refused: Vec<Note>,
}

impl<'a> Lines<'a> {
    /// None unless the head of the file, which ends with a line, shows that every line is a record of its own.
    pub fn of(path: &'a Path, head: &[u8], only: Option<&'a str>, sink: Sink<'a>) -> Option<Self> {
        let foreign = head.starts_with(b"\xff\xfe")
            || head.starts_with(b"\xfe\xff")
            || head.iter().take(4).any(|byte| *byte == 0);
        let records = Records { path, bytes: unmarked(head), before: 0, only, sink };
        let rows = !foreign && Shape::of(records.bytes) == Shape::Lines && !records.are_events();
        rows.then(|| Self { path, only, sink, before: 0, known: false, refused: Vec::new() })
    }

    /// As [`Lines::of`], for a file whose first lines were read before.
    pub fn after(path: &'a Path, lines: usize, sink: Sink<'a>) -> Self {
        Self { path, only: None, sink, before: lines, known: true, refused: Vec::new() }
    }

    /// Reads a block of whole lines; only the last line of a file may lack its end.
    pub fn take(&mut self, block: &[u8]) {
        let bytes = if self.before == 0 { unmarked(block) } else { block };
        let ends = memchr::memchr_iter(b'\n', bytes).count();
        let lines = ends + usize::from(!bytes.ends_with(b"\n"));
        if self.wants(lines) {
            let records = Records { path: self.path, bytes, before: self.before, only: self.only, sink: self.sink };
            match records.rows_of_lines() {
                Ok(()) => self.known = true,
                Err(note) => self.refused.push(note),
            }
        }
        self.before += lines;
    }

    /// Lines that were read.
    pub fn count(&self) -> usize {
        self.before
    }

    /// Where some block was understood, the others are worth a note; where none was, the file is refused.
    pub fn finish(self) -> Result<(), Note> {
        if self.known {
            (self.sink)(Reading { notes: self.refused, ..Reading::default() });
            return Ok(());
        }
        self.refused.into_iter().next().map_or(Ok(()), Err)
    }

    fn wants(&self, lines: usize) -> bool {
        let number = self.only.and_then(|only| only.split('/').next()?.parse::<usize>().ok());
        number.is_none_or(|number| (self.before + 1..=self.before + lines).contains(&number))
    }
}

fn unmarked(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    const ROW: &str = "{\"messages\": [{\"role\": \"user\", \"content\": \"x\"}]}\n";

    /// The ids and notes of a file that comes in these blocks.
    fn read(blocks: &[String], only: Option<&str>) -> Option<Vec<String>> {
        let found: Mutex<Vec<String>> = Mutex::default();
        let sink = |reading: Reading| {
            let mut found = found.lock().unwrap();
            found.extend(reading.trajectories.into_iter().map(|one| one.id));
            found.extend(reading.notes.iter().map(ToString::to_string));
        };
        let mut lines = Lines::of(Path::new("a"), blocks[0].as_bytes(), only, &sink)?;
        for block in blocks {
            lines.take(block.as_bytes());
        }
        let refused = lines.finish().err();
        let mut found = found.into_inner().unwrap();
        found.extend(refused.map(|note| note.to_string()));
        found.sort();
        Some(found)
    }

    #[test]
    fn numbers_go_on_from_block_to_block() {
        let blocks = [format!("\u{feff}{ROW}{ROW}"), format!("\n{ROW}"), ROW.trim_end().to_owned()];
        assert_eq!(read(&blocks, None).unwrap(), ["a#1", "a#2", "a#4", "a#5"]);
        assert_eq!(read(&blocks, Some("4")).unwrap(), ["a#4"]);
    }

    #[test]
    fn damage_and_strangers_are_named_where_they_are() {
        let blocks = [ROW.repeat(2), "{\"messages\": [\n".to_owned(), "{\"x\": 1}\n".repeat(2)];
        let found = read(&blocks, None).unwrap();
        assert_eq!(found[..2], ["a#1", "a#2"]);
        assert!(found[2].contains("line 3") && found[3].contains("no known format"), "{found:?}");
    }

    #[test]
    fn what_is_no_file_of_rows_is_left_to_others() {
        assert!(read(&["{\n\"a\": 1\n}\n".to_owned()], None).is_none());
        assert!(read(&["# a text\nof lines\n".to_owned()], None).is_none());
    }
}
