//! Reads the list of rooms in `src/lib.rs` and fails on an arrow that points the wrong way.

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn every_room_uses_only_those_above_it() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let rooms = rooms(&fs::read_to_string(source.join("lib.rs")).unwrap());
    assert!(rooms.len() > 10, "the list of rooms in src/lib.rs could not be read: {rooms:?}");
    let mut wrong = Vec::new();
    for (order, room) in rooms.iter().enumerate() {
        for file in files_of(&source, room) {
            let text = fs::read_to_string(&file).unwrap();
            for below in &rooms[order + 1..] {
                if mentions(&text, below) {
                    wrong.push(format!("{} uses {below}, which stands below {room}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_room_is_in_the_list() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let lib = fs::read_to_string(source.join("lib.rs")).unwrap();
    let mut listed = rooms(&lib);
    let mut declared: Vec<_> =
        lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).map(String::from).collect();
    listed.sort();
    declared.sort();
    assert_eq!(listed, declared);
}

fn rooms(lib: &str) -> Vec<String> {
    let listing = lib.split("```text").nth(1).and_then(|rest| rest.split("```").next()).unwrap_or_default();
    listing
        .lines()
        .filter_map(|line| line.trim_start_matches("//!").split_whitespace().next())
        .map(String::from)
        .collect()
}

fn files_of(source: &Path, room: &str) -> Vec<PathBuf> {
    let single = source.join(format!("{room}.rs"));
    if single.exists() {
        return vec![single];
    }
    let mut files = Vec::new();
    let mut folders = vec![source.join(room)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension() {
                _ if path.is_dir() => folders.push(path),
                Some(extension) if extension == "rs" => files.push(path),
                _ => {}
            }
        }
    }
    files
}

/// `crate::room` outside comments, also inside a braced `use crate::{…}`.
fn mentions(text: &str, room: &str) -> bool {
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let direct = code.match_indices(&format!("crate::{room}")).any(|(at, found)| ends_word(&code, at + found.len()));
    let braced = code.match_indices("crate::{").any(|(at, _)| {
        let inside = code[at..].split(';').next().unwrap_or_default();
        inside.split(|c: char| !(c.is_alphanumeric() || c == '_')).skip(1).any(|word| word == room)
    });
    direct || braced
}

fn ends_word(code: &str, at: usize) -> bool {
    !code[at..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
}
