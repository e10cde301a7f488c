//! The bytes of one file: as they lie, or out of gzip or zstd, block by block. Knows nothing of what they mean.
//!
//! Files are read by range and never mapped: one that another program cuts short meanwhile ends early, and no signal
//! ends this program.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::OnceLock;

use crate::trajectory::Note;

/// Standard input can be read once, and its trajectories opened often.
static STDIN: OnceLock<Vec<u8>> = OnceLock::new();

/// A block has this many bytes, and what its last line needs.
const BLOCK: usize = 4 << 20;
/// An archive may expand this much, and this many times its own size, before it counts as a trap.
const EXPANSION: (u64, u64) = (256 << 20, 400);

/// A file that is being read.
pub struct Stream {
    reader: Box<dyn Read + Send>,
    /// What was read behind the last line.
    carry: Vec<u8>,
    ended: bool,
    /// Bytes handed out.
    read: u64,
    /// Bytes that may come out of an archive.
    limit: Option<u64>,
    block: usize,
}

impl Stream {
    /// `-` is standard input.
    pub fn open(path: &Path) -> Result<Self, Note> {
        Self::opened(path).map_err(|error| unreadable(path, &error))
    }

    fn opened(path: &Path) -> io::Result<Self> {
        if path == Path::new("-") {
            return Ok(Self::of(Box::new(stdin()?), None));
        }
        let mut file = File::open(path)?;
        let packed = file.metadata()?.len();
        let mut start = Vec::new();
        file.by_ref().take(4).read_to_end(&mut start)?;
        let kind = start.clone();
        let whole = io::Cursor::new(start).chain(file);
        let limit = Some(EXPANSION.0.max(packed.saturating_mul(EXPANSION.1)));
        Ok(match kind[..] {
            [0x1f, 0x8b, ..] => Self::of(Box::new(flate2::read::MultiGzDecoder::new(whole)), limit),
            [0x28, 0xb5, 0x2f, 0xfd] => Self::of(Box::new(zstd::Decoder::new(whole)?), limit),
            _ => Self::of(Box::new(whole), None),
        })
    }

    /// What was appended to a file behind a byte.
    pub fn from(path: &Path, start: u64) -> Result<Self, Note> {
        let opened = || {
            let mut file = File::open(path)?;
            io::Seek::seek(&mut file, io::SeekFrom::Start(start))?;
            Ok(Self::of(Box::new(file), None))
        };
        opened().map_err(|error| unreadable(path, &error))
    }

    fn of(reader: Box<dyn Read + Send>, limit: Option<u64>) -> Self {
        Self { reader, carry: Vec::new(), ended: false, read: 0, limit, block: BLOCK }
    }

    /// The next whole lines, with a note where the file is damaged behind them; empty at the end of the file.
    pub fn block(&mut self, path: &Path) -> Result<(Vec<u8>, Option<Note>), Note> {
        self.block_in(Vec::new(), path)
    }

    /// As [`Stream::block`], in the memory of a block that is done with: the system clears pages before it hands them out.
    pub fn block_in(&mut self, mut block: Vec<u8>, path: &Path) -> Result<(Vec<u8>, Option<Note>), Note> {
        block.clear();
        let needed = self.carry.len() + self.block + 64;
        if block.capacity() < needed {
            block = Vec::with_capacity(needed + self.block / 8);
        }
        block.append(&mut self.carry);
        let mut searched = 0;
        while !self.ended {
            let note = self.fill(&mut block, path)?;
            if note.is_some() || self.ended {
                return Ok((block, note));
            }
            if let Some(end) = memchr::memrchr(b'\n', &block[searched..]) {
                let end = searched + end + 1;
                self.carry.extend_from_slice(&block[end..]);
                block.truncate(end);
                return Ok((block, None));
            }
            searched = block.len();
        }
        Ok((block, None))
    }

    /// The rest of the file, behind what was read of it.
    pub fn rest(&mut self, block: &mut Vec<u8>, path: &Path) -> Result<Option<Note>, Note> {
        block.append(&mut self.carry);
        while !self.ended {
            let note = self.fill(block, path)?;
            if note.is_some() {
                return Ok(note);
            }
        }
        Ok(None)
    }

    /// Nothing follows.
    pub fn ended(&self) -> bool {
        self.ended
    }

    fn fill(&mut self, block: &mut Vec<u8>, path: &Path) -> Result<Option<Note>, Note> {
        let before = block.len();
        block.reserve(self.block + 64);
        let result = self.reader.by_ref().take(self.block as u64).read_to_end(block);
        let came = block.len() - before;
        self.read += came as u64;
        self.ended = came < self.block || result.is_err();
        match (result, self.limit) {
            (Err(error), _) if self.read == 0 => Err(unreadable(path, &error)),
            (Err(error), None) => Ok(Some(Note::problem(path, format!("cannot be read on: {error}")).at(self.place()))),
            (Err(error), _) => {
                Ok(Some(Note::problem(path, format!("the archive is damaged: {error}")).at(self.place())))
            }
            (Ok(_), Some(limit)) if self.read > limit => {
                self.ended = true;
                Ok(Some(Note::problem(path, "expands without measure; the rest was not read").at(self.place())))
            }
            _ => Ok(None),
        }
    }

    fn place(&self) -> String {
        format!("byte {} of its contents", self.read)
    }
}

/// Some bytes of a file, as they lie.
pub fn range(path: &Path, start: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    io::Seek::seek(&mut file, io::SeekFrom::Start(start))?;
    let mut bytes = Vec::with_capacity(length.min(BLOCK as u64) as usize);
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The first bytes of a file, as they lie.
pub fn start(path: &Path) -> io::Result<Vec<u8>> {
    range(path, 0, 4096)
}

/// The first bytes of a file, enough to tell whether it is worth opening; of a compressed one, what is inside.
pub fn head(path: &Path) -> io::Result<Vec<u8>> {
    let head = start(path)?;
    let mut inside = vec![0; 512];
    let length = match head.get(..4) {
        Some([0x1f, 0x8b, ..]) => flate2::read::GzDecoder::new(&*head).read(&mut inside)?,
        Some([0x28, 0xb5, 0x2f, 0xfd]) => zstd::Decoder::new(File::open(path)?)?.read(&mut inside)?,
        _ => return Ok(head),
    };
    inside.truncate(length);
    Ok(inside)
}

fn stdin() -> io::Result<&'static [u8]> {
    if STDIN.get().is_none() {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes)?;
        STDIN.get_or_init(|| bytes);
    }
    Ok(STDIN.get().map_or(&[], Vec::as_slice))
}

fn unreadable(path: &Path, error: &io::Error) -> Note {
    Note::problem(path, format!("cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(text: &str, size: usize) -> Vec<String> {
        let mut stream = Stream::of(Box::new(io::Cursor::new(text.to_owned().into_bytes())), None);
        stream.block = size;
        let next = || {
            let (block, note) = stream.block(Path::new("a")).unwrap();
            assert!(note.is_none());
            (!block.is_empty()).then(|| String::from_utf8(block).unwrap())
        };
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn blocks_end_with_lines() {
        assert_eq!(blocks("ab\ncd\nefghijkl\nm", 4), ["ab\n", "cd\n", "efghijkl\n", "m"]);
        assert_eq!(blocks("ab\ncd\n", 64), ["ab\ncd\n"]);
        assert_eq!(blocks("one line without end", 4), ["one line without end"]);
        assert!(blocks("", 4).is_empty());
    }

    #[test]
    fn what_expands_without_measure_is_cut() {
        let mut stream = Stream::of(Box::new(io::repeat(b'x')), Some(1000));
        stream.block = 300;
        let mut block = Vec::new();
        let note = stream.rest(&mut block, Path::new("a")).unwrap().unwrap();
        assert!(note.reason.contains("without measure") && block.len() < 2000, "{note}");
    }
}
