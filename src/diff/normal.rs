//! The normal form of a patch: equal for patches that make the same edits, however they are written down.

use super::edits::{Edit, Known, edits};
use super::model::{Diff, FileDiff};
use std::borrow::Cow;
use std::fmt::Write;

/// The edits as text, for showing and hashing: files by name, edits by place in the base, hunks and context gone.
///
/// Also gone: blank lines, white space at line ends, the difference of one space and many within a line, carriage
/// returns, lines that an edit takes and puts back. Indentation stays: in Python it is meaning.
pub fn normal_form(diff: &Diff) -> String {
    let mut files: Vec<&FileDiff> = diff.files.iter().collect();
    files.sort_by_key(|file| (file.base_path(), file.lines.start));
    files.into_iter().map(|file| normal_file(diff, file)).collect()
}

/// A key of [`normal_form`]: candidates with equal keys hold the same patch. 128 bits of BLAKE3.
pub fn normal_key(diff: &Diff) -> u128 {
    let hash = blake3::hash(normal_form(diff).as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_bytes()[..16]);
    u128::from_le_bytes(bytes)
}

fn normal_file(diff: &Diff, file: &FileDiff) -> String {
    let name = |name: &Option<String>| name.clone().unwrap_or_default();
    let mut text = format!("{:?} {} {}\n", file.status, name(&file.old_path), name(&file.new_path));
    if let Some(modes) = &file.modes {
        let _ = writeln!(text, "mode {} {}", modes.old, modes.new);
    }
    if file.binary || file.hunks.is_empty() {
        text.extend(file.lines.clone().flat_map(|line| [diff.said(line), "\n"]));
    }
    for edit in slid(diff, file) {
        write_edit(diff, &edit, &mut text);
    }
    text
}

fn slid(diff: &Diff, file: &FileDiff) -> Vec<Edit> {
    let mut edits = edits(diff, file);
    let base = Known::of(diff, file, &edits);
    let mut floor = 1;
    for edit in &mut edits {
        edit.slide(diff, floor, |number| base.get(number).map(|line| diff.content(line)));
        floor = edit.base.end;
    }
    edits
}

fn write_edit(diff: &Diff, edit: &Edit, text: &mut String) {
    let lines = |lines: &[usize]| -> Vec<(usize, Cow<str>)> {
        let normal = lines.iter().map(|line| normal_line(diff.said(*line))).enumerate();
        normal.filter(|(_, line)| !line.is_empty()).collect()
    };
    let (removed, added) = (lines(&edit.removed), lines(&edit.added));
    let (mut removed, mut added) = (removed.as_slice(), added.as_slice());
    let head = removed.iter().zip(added).take_while(|(old, new)| old.1 == new.1).count();
    (removed, added) = (&removed[head..], &added[head..]);
    let tail = removed.iter().rev().zip(added.iter().rev()).take_while(|(old, new)| old.1 == new.1).count();
    (removed, added) = (&removed[..removed.len() - tail], &added[..added.len() - tail]);
    if removed.is_empty() && added.is_empty() {
        return;
    }
    let place = edit.base.start as usize + removed.first().map_or(head, |(at, _)| *at);
    let _ = writeln!(text, "@ {place}");
    for (marker, lines) in [("-", removed), ("+", added)] {
        text.extend(lines.iter().flat_map(|(_, line)| [marker, line, "\n"]));
    }
}

/// Indentation as it is, then words parted by one space each.
fn normal_line(line: &str) -> Cow<'_, str> {
    let plain = line.trim_ascii_end();
    let body = plain.trim_ascii_start();
    if is_normal(body.as_bytes()) {
        return Cow::Borrowed(if body.is_empty() { "" } else { plain });
    }
    let line = line.trim_end();
    let body = line.trim_start();
    let indent = &line[..line.len() - body.len()];
    let words = body.split_whitespace().collect::<Vec<_>>().join(" ");
    Cow::Owned(format!("{indent}{words}"))
}

/// Plainly words parted by one space each: no other white space, and nothing beyond ASCII that might be some.
fn is_normal(body: &[u8]) -> bool {
    // To the end, whatever was seen: so many bytes are looked at in one go.
    let pairs = body.iter().zip(body.get(1..).unwrap_or_default());
    let odd = body.iter().fold(0, |odd, byte| odd | u8::from(!(b' '..0x7f).contains(byte)));
    pairs.fold(odd, |odd, pair| odd | u8::from(pair == (&b' ', &b' '))) == 0
}
