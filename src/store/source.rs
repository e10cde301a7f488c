//! The bytes of one file: as they lie, or out of gzip or zstd. Knows nothing of what they mean.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Deref;
use std::path::Path;
use std::sync::OnceLock;

use memmap2::Mmap;

use crate::trajectory::Note;

pub enum Bytes {
    Owned(Vec<u8>),
    Mapped(Mmap),
    Stdin,
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Owned(bytes) => bytes,
            Self::Mapped(map) => map,
            Self::Stdin => STDIN.get().map_or(&[], Vec::as_slice),
        }
    }
}

/// Standard input can be read once, and its trajectories opened often.
static STDIN: OnceLock<Vec<u8>> = OnceLock::new();

/// Files from this size on are mapped. Below, a copy is as fast, and safe from a writer that truncates the file.
const MAPPED: u64 = 64 << 20;
/// An archive may expand this much, and this many times its own size, before it counts as a trap.
const EXPANSION: (u64, u64) = (256 << 20, 400);

/// All bytes of a file. `-` is standard input. A compressed file that expands without measure is cut, with a note.
pub fn open(path: &Path) -> Result<(Bytes, Option<Note>), Note> {
    if path == Path::new("-") {
        return stdin().map_err(|error| unreadable(path, &error));
    }
    let plain = read(path).map_err(|error| unreadable(path, &error))?;
    match plain.get(..4) {
        Some([0x1f, 0x8b, ..]) => expand(path, &plain, flate2::read::MultiGzDecoder::new(&*plain)),
        Some([0x28, 0xb5, 0x2f, 0xfd]) => {
            let decoder = zstd::Decoder::new(&*plain).map_err(|error| unreadable(path, &error))?;
            expand(path, &plain, decoder)
        }
        _ => Ok((plain, None)),
    }
}

/// The first bytes of a file, enough to tell whether it is worth opening; of a compressed one, what is inside.
pub fn head(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    File::open(path)?.take(4096).read_to_end(&mut head)?;
    let mut inside = vec![0; 512];
    let length = match head.get(..4) {
        Some([0x1f, 0x8b, ..]) => flate2::read::GzDecoder::new(&*head).read(&mut inside)?,
        Some([0x28, 0xb5, 0x2f, 0xfd]) => zstd::Decoder::new(File::open(path)?)?.read(&mut inside)?,
        _ => return Ok(head),
    };
    inside.truncate(length);
    Ok(inside)
}

fn stdin() -> io::Result<(Bytes, Option<Note>)> {
    if STDIN.get().is_none() {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes)?;
        STDIN.get_or_init(|| bytes);
    }
    Ok((Bytes::Stdin, None))
}

fn read(path: &Path) -> io::Result<Bytes> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_file() && metadata.len() >= MAPPED {
        // SAFETY: the map is read only. Should another program cut the file short meanwhile, reading behind its new
        // end faults; copying files of this size would cost more memory than the program promises to use.
        return unsafe { Mmap::map(&file) }.map(Bytes::Mapped);
    }
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    file.read_to_end(&mut bytes)?;
    Ok(Bytes::Owned(bytes))
}

fn expand(path: &Path, packed: &[u8], decoder: impl Read) -> Result<(Bytes, Option<Note>), Note> {
    let limit = EXPANSION.0.max(packed.len() as u64 * EXPANSION.1);
    let mut bytes = Vec::new();
    let error = decoder.take(limit).read_to_end(&mut bytes).err();
    let note = match error {
        Some(error) if bytes.is_empty() => return Err(unreadable(path, &error)),
        Some(error) => {
            let place = format!("byte {} of its contents", bytes.len());
            Some(Note::problem(path, format!("the archive is damaged: {error}")).at(place))
        }
        None if bytes.len() as u64 == limit => {
            Some(Note::problem(path, "expands without measure; the rest was not read"))
        }
        None => None,
    };
    Ok((Bytes::Owned(bytes), note))
}

fn unreadable(path: &Path, error: &io::Error) -> Note {
    Note::problem(path, format!("cannot be read: {error}"))
}
