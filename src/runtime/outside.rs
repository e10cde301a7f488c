//! Other programs, run by the user's wish alone: the editor on a source, the pager on a text. Nothing that stands in the
//! data is ever run.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use super::reading::Shelf;
use crate::library::Full;
use crate::store;

/// A file to open, and whether it is a copy that goes away again.
pub struct Source {
    pub path: PathBuf,
    pub line: usize,
    pub copy: bool,
}

/// Where a trajectory is written, and the line of it that holds a text. What does not lie there as text is written out.
pub fn source(shelf: &Shelf, id: &str, text: &str) -> anyhow::Result<Source> {
    if let Some((path, record)) = store::plain_file(id) {
        let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
        let first = record.and_then(|record| record.parse().ok()).unwrap_or(1);
        return Ok(Source { line: line_of(&bytes, text, first), path, copy: false });
    }
    let trajectory = shelf.load(id).map_err(anyhow::Error::msg)?;
    let json = serde_json::to_string_pretty(&Full::of(&trajectory))?;
    let folder = env::temp_dir().join(format!("rollscope-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let name: String = id.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '_' }).collect();
    let path = folder.join(format!("{}.json", &name[name.len().saturating_sub(100)..]));
    fs::write(&path, &json)?;
    Ok(Source { line: line_of(json.as_bytes(), text, 1), path, copy: true })
}

/// The line from the first one on that holds the text as JSON writes it, or as it is; else that first one.
fn line_of(bytes: &[u8], text: &str, first: usize) -> usize {
    let start = memchr::memchr_iter(b'\n', bytes).nth(first.wrapping_sub(2)).map_or(0, |at| at + 1);
    let text: String = text.trim().chars().take(120).collect();
    if text.is_empty() {
        return first;
    }
    let quoted = serde_json::Value::from(text.as_str()).to_string();
    let at = [&quoted[1..quoted.len() - 1], &text]
        .iter()
        .find_map(|way| memchr::memmem::find(&bytes[start..], way.as_bytes()));
    at.map_or(first, |at| first + memchr::memchr_iter(b'\n', &bytes[start..start + at]).count())
}

/// Runs the editor, and waits for it.
pub fn edit(source: &Source) -> anyhow::Result<()> {
    let written = wish(&["VISUAL", "EDITOR"]).unwrap_or_else(|| "vi".to_owned());
    let mut words = written.split_whitespace();
    let Some(program) = words.next() else { bail!("$VISUAL and $EDITOR name no program") };
    let mut command = Command::new(program);
    command.args(words).args(place(program, &source.path, source.line));
    let status =
        command.status().with_context(|| format!("{written} cannot be run; $VISUAL or $EDITOR names the editor"))?;
    if source.copy {
        let _ = fs::remove_file(&source.path);
    }
    if status.success() { Ok(()) } else { bail!("{written} ended with {status}") }
}

/// How editors are told a line.
fn place(program: &str, path: &Path, line: usize) -> Vec<String> {
    let name = Path::new(program).file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let path = path.display().to_string();
    match name.as_str() {
        "code" | "codium" | "cursor" => vec!["--wait".into(), "--goto".into(), format!("{path}:{line}")],
        "hx" | "helix" | "zed" | "subl" => vec![format!("{path}:{line}")],
        _ => vec![format!("+{line}"), path],
    }
}

/// Runs the pager on a text, and waits for it.
pub fn page(text: &str) -> anyhow::Result<()> {
    let written = wish(&["PAGER"]).unwrap_or_else(|| "less".to_owned());
    let mut words = written.split_whitespace();
    let Some(program) = words.next() else { bail!("$PAGER names no program") };
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("{written} cannot be run; $PAGER names the pager"))?;
    if let Some(mut pipe) = child.stdin.take() {
        match pipe.write_all(text.as_bytes()) {
            // It was left before the end.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            result => result?,
        }
    }
    child.wait()?;
    Ok(())
}

fn wish(names: &[&str]) -> Option<String> {
    names.iter().filter_map(|name| env::var(name).ok()).find(|value| !value.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_a_text_is_found_as_json_writes_it() {
        let text = "{\n \"a\": \"say \\\"x\\\"\",\n \"b\": 1\n}\n";
        assert_eq!(line_of(text.as_bytes(), "say \"x\"", 1), 2);
        assert_eq!(line_of(text.as_bytes(), "\"b\": 1", 1), 3);
        assert_eq!(line_of(text.as_bytes(), "nowhere", 1), 1);
        assert_eq!(line_of(b"x\nx\nx\n", "x", 3), 3, "a record begins at its line");
    }

    #[test]
    fn editors_are_told_the_line_in_their_way() {
        let told = |program| place(program, Path::new("a.json"), 7).join(" ");
        assert_eq!(told("/usr/bin/nvim"), "+7 a.json");
        assert_eq!(told("code"), "--wait --goto a.json:7");
        assert_eq!(told("hx"), "a.json:7");
    }
}
