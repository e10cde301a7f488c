//! Names for this state of the program: summaries kept by other readers are read anew, and prompts worded by other rooms are
//! worded anew.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

/// The rooms that decide what a summary says.
const READERS: &[&str] = &["src/trajectory", "src/diff", "src/formats", "src/store", "src/library"];
/// The rooms that decide what a prompt says of a trajectory; the lock file stands for tokenizer and template engine.
const WORDING: &[&str] = &["src/trajectory", "src/diff", "src/reward", "Cargo.lock"];

fn main() {
    for (name, rooms) in [("ROLLSCOPE_READERS", READERS), ("ROLLSCOPE_WORDING", WORDING)] {
        println!("cargo:rustc-env={name}={:016x}", state(rooms));
    }
}

fn state(rooms: &[&str]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for room in rooms {
        println!("cargo:rerun-if-changed={room}");
        for path in files(Path::new(room)) {
            (path.to_string_lossy(), fs::read(&path).unwrap_or_default()).hash(&mut hasher);
        }
    }
    hasher.finish()
}

fn files(path: &Path) -> Vec<PathBuf> {
    if !path.is_dir() {
        return vec![path.to_path_buf()];
    }
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.flat_map(|entry| files(&entry.path())).collect();
    files.sort();
    files
}
