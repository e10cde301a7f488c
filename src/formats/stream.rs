//! Files of lines that are too large to hold: read block by block, as rows. Numbers of lines go on from block to block.

use std::path::Path;

use super::driver::{Sink, Wanted};
use super::records::{Records, Shape, line_ends};
use super::tally::Tally;
use crate::trajectory::Note;

/// A file of rows, of which some lines have been read.
pub struct Lines<'a> {
    path: &'a Path,
    wanted: Wanted<'a>,
    sink: Sink<'a>,
    /// What became of the rows of all blocks.
    tally: Tally,
}

/// A part of a file of rows: whole lines; only the last line of a file may lack its end.
pub struct Block {
    /// Lines of the file that lie before it.
    before: usize,
    pub bytes: Vec<u8>,
    /// Where its lines end, in bytes.
    ends: Vec<usize>,
}

impl Block {
    pub fn of(before: usize, bytes: Vec<u8>) -> Self {
        let ends = line_ends(&bytes).collect();
        Self { before, bytes, ends }
    }

    /// Lines of the file up to its end.
    pub fn end(&self) -> usize {
        self.before + self.ends.len()
    }
}

impl<'a> Lines<'a> {
    /// None unless the head of the file, which ends with a line, shows that every line is a record of its own.
    pub fn of(path: &'a Path, head: &[u8], wanted: Wanted<'a>, sink: Sink<'a>) -> Option<Self> {
        let foreign = head.starts_with(b"\xff\xfe")
            || head.starts_with(b"\xfe\xff")
            || head.iter().take(4).any(|byte| *byte == 0);
        let records = Records { path, bytes: unmarked(head), before: 0, wanted, sink };
        let rows = !foreign && Shape::of(records.bytes) == Shape::Lines && !records.are_events();
        rows.then(|| Self::after(path, wanted, sink))
    }

    /// As [`Lines::of`], for a file whose first lines were read before.
    pub fn after(path: &'a Path, wanted: Wanted<'a>, sink: Sink<'a>) -> Self {
        Self { path, wanted, sink, tally: Tally::default() }
    }

    /// Reads a block. Several can be read at once.
    pub fn take(&self, block: &Block) {
        let bytes = if block.before == 0 { unmarked(&block.bytes) } else { &block.bytes };
        let mark = block.bytes.len() - bytes.len();
        let ends = block.ends.iter().map(|end| end - mark);
        let Self { path, wanted, sink, tally } = self;
        Records { path, bytes, before: block.before, wanted: *wanted, sink: *sink }.count_lines(ends, tally);
    }

    /// The line that the one wanted record is, if only one is.
    pub fn last_wanted(&self) -> usize {
        match self.wanted {
            Wanted::Only(record) => record.split('/').next().and_then(|line| line.parse().ok()).unwrap_or(usize::MAX),
            Wanted::Listed | Wanted::All => usize::MAX,
        }
    }

    /// Says what could not be read; an error if nothing could.
    pub fn finish(self) -> Result<(), Note> {
        self.tally.verdict(self.path, self.sink)
    }
}

fn unmarked(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::super::Reading;
    use super::*;

    const ROW: &str = "{\"messages\": [{\"role\": \"user\", \"content\": \"x\"}]}\n";

    /// The ids and notes of a file that comes in these blocks.
    fn read(blocks: &[String], wanted: Wanted) -> Option<Vec<String>> {
        let found: Mutex<Vec<String>> = Mutex::default();
        let sink = |reading: Reading| {
            let mut found = found.lock().unwrap();
            found.extend(reading.trajectories.into_iter().map(|one| one.id));
            found.extend(reading.notes.iter().map(ToString::to_string));
        };
        let lines = Lines::of(Path::new("a"), blocks[0].as_bytes(), wanted, &sink)?;
        let mut before = 0;
        for block in blocks {
            let block = Block::of(before, block.clone().into_bytes());
            lines.take(&block);
            before = block.end();
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
        assert_eq!(read(&blocks, Wanted::All).unwrap(), ["a#1", "a#2", "a#4", "a#5"]);
        assert_eq!(read(&blocks, Wanted::Only("4")).unwrap(), ["a#4"]);
    }

    #[test]
    fn damage_and_strangers_are_named_where_they_are() {
        let blocks = [ROW.repeat(2), "{\"messages\": [\n".to_owned(), "{\"x\": 1}\n".repeat(2)];
        let found = read(&blocks, Wanted::All).unwrap();
        assert_eq!(found[..2], ["a#1", "a#2"]);
        assert!(found[2].contains("line 3") && found[3].contains("no known format"), "{found:?}");
    }

    #[test]
    fn one_word_is_enough_about_all_blocks() {
        let odd = "{\"x\": \"\\ud83d\"}\n".to_owned();
        let found = read(&[ROW.repeat(2), odd.clone(), odd.repeat(2), ROW.to_owned()], Wanted::Listed).unwrap();
        assert_eq!(found[..3], ["a#1", "a#2", "a#6"]);
        assert!(found[3].contains("line 3: 3 records are of no known format"), "{found:?}");
        assert!(found[4].contains("line 3") && found[4].contains("in 2 more") && found.len() == 5, "{found:?}");
    }

    #[test]
    fn what_is_no_file_of_rows_is_left_to_others() {
        assert!(read(&["{\n\"a\": 1\n}\n".to_owned()], Wanted::All).is_none());
        assert!(read(&["# a text\nof lines\n".to_owned()], Wanted::All).is_none());
    }
}
