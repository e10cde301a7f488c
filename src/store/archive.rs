//! Zip archives, opened as folders. What an archive may expand to is bounded, one file and all together.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use crate::formats::Folder;
use crate::trajectory::Note;

pub struct Archive {
    names: Vec<String>,
    /// Names of files that are no way into the archive: empty, no text, absolute, or up and out of it.
    strange: Vec<String>,
    zip: RefCell<ZipArchive<File>>,
    /// How many bytes may still be expanded.
    left: Cell<u64>,
}

/// As for other compressed files: this much, and this many times the archive's own size.
const EXPANSION: (u64, u64) = (256 << 20, 400);

/// Whether a file that starts so is a zip archive.
pub fn is_archive(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
}

/// `runs.zip/a/b.json` taken apart into the archive, opened, its path, and the name of something inside.
pub fn inside(path: &Path) -> Option<(Archive, PathBuf, String)> {
    let place = path.ancestors().skip(1).find(|above| above.is_file())?;
    let name = path.strip_prefix(place).ok()?.to_string_lossy().into_owned();
    let archive = Archive::open(place).ok().filter(|archive| archive.names.contains(&name))?;
    Some((archive, place.into(), name))
}

impl Archive {
    pub fn open(path: &Path) -> Result<Self, Note> {
        let unreadable = |error: &dyn std::fmt::Display| {
            Note::problem(path, format!("the archive cannot be read: {error}")).hint("was it copied whole?")
        };
        let file = File::open(path).map_err(|error| unreadable(&error))?;
        let packed = file.metadata().map_or(0, |metadata| metadata.len());
        let zip = ZipArchive::new(file).map_err(|error| unreadable(&error))?;
        let names = zip.file_names().map(|name| name.map_or_else(|_| String::new(), Cow::into_owned));
        let files = names.filter(|name| !name.ends_with('/'));
        let (mut names, strange): (Vec<_>, Vec<_>) = files.partition(|name| leads_inside(name));
        names.sort();
        let left = EXPANSION.0.max(packed.saturating_mul(EXPANSION.1));
        Ok(Self { names, strange, zip: RefCell::new(zip), left: Cell::new(left) })
    }

    /// What is in it and not read.
    pub fn note(&self, path: &Path) -> Option<Note> {
        let first = self.strange.first()?;
        let count = self.strange.len();
        let reason = format!("names that lead nowhere inside: {count}, as {first:?}; what they name was not read");
        Some(Note::problem(path, reason).hint("unpack it with a tool that you trust"))
    }
}

/// Whether a name, behind that of the archive, finds the file again.
fn leads_inside(name: &str) -> bool {
    name.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

impl Folder for Archive {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn bytes(&self, name: &str) -> io::Result<Cow<'_, [u8]>> {
        let mut zip = self.zip.try_borrow_mut().map_err(io::Error::other)?;
        let file = zip.by_name(name).map_err(io::Error::other)?;
        let mut bytes = Vec::new();
        let left = self.left.get();
        file.take(left.saturating_add(1)).read_to_end(&mut bytes)?;
        let expanded = bytes.len() as u64;
        if expanded > left {
            return Err(io::Error::other("the archive expands without measure"));
        }
        self.left.set(left - expanded);
        Ok(Cow::Owned(bytes))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn written(files: &[(&str, Vec<u8>)]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zip");
        let mut writer = ZipWriter::new(File::create(&path).unwrap());
        for (name, bytes) in files {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap();
        (folder, path)
    }

    #[test]
    fn files_inside_are_named_and_read() {
        let (_folder, path) = written(&[("b/x.json", b"{}".to_vec()), ("a.json", b"[]".to_vec())]);
        let archive = Archive::open(&path).unwrap();
        assert_eq!(archive.names(), ["a.json", "b/x.json"]);
        assert_eq!(&*archive.bytes("b/x.json").unwrap(), b"{}");
        assert!(archive.bytes("missing").is_err());
        let named = |id: &str| inside(&path.join(id)).map(|(_, place, name)| (place, name));
        assert_eq!(named("b/x.json#1"), None, "the id of a row in it is no name");
        assert_eq!(named("b/x.json"), Some((path.clone(), "b/x.json".into())));
    }

    #[test]
    fn names_that_lead_out_are_told_and_not_followed() {
        let (_folder, path) = written(&[("a/b.json", b"[]".to_vec()), ("../c.json", b"[]".to_vec())]);
        let archive = Archive::open(&path).unwrap();
        assert_eq!(archive.names(), ["a/b.json"]);
        assert!(archive.note(&path).unwrap().reason.contains("1, as \"../c.json\""));
        for name in ["", "/a", "./a", "a//b", "a/../../b"] {
            assert!(!leads_inside(name), "{name:?}");
        }
    }

    #[test]
    fn expansion_is_bounded() {
        let (_folder, path) = written(&[("zeros", vec![0; 1 << 20]), ("more", vec![0; 1 << 20])]);
        let archive = Archive::open(&path).unwrap();
        archive.left.set((1 << 20) + 5);
        assert!(archive.bytes("zeros").is_ok());
        assert!(archive.bytes("more").is_err());
    }

    #[test]
    fn damaged_archives_say_so() {
        let (_folder, path) = written(&[("a.json", b"[]".to_vec())]);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        assert!(Archive::open(&path).is_err());
    }
}
