//! The patch that the edits of a session imply, where no field holds one: from the calls that made them.
//!
//! Understood are Codex' `apply_patch` and the edit tools of Claude Code. The files themselves are not at hand: of a
//! file that was only edited, the pieces that the edits name are known, and line numbers count these pieces.

use serde_json::Value;
use similar::TextDiff;

use super::json;
use crate::trajectory::{Part, PartKind, Patch, PatchOrigin, Turn};

/// None if no call edits anything, or if none succeeded.
/// Paths are told from `folder` on, where they lie in it.
pub fn patch(turns: &[Turn], folder: &str) -> Option<Patch> {
    let mut files = Files::default();
    for turn in turns {
        for call in turn.parts.iter().filter(|part| part.kind == PartKind::ToolCall) {
            let result = answer(turns, call);
            if !result.is_some_and(failed) {
                for edit in edits(call, result) {
                    files.apply(edit);
                }
            }
        }
    }
    let text: String = files.0.iter().map(|file| file.diff(folder)).collect();
    (!text.is_empty()).then_some(Patch { text, origin: PatchOrigin::Rebuilt })
}

/// The result of a call; calls without an id are taken to have gone well.
fn answer<'a>(turns: &'a [Turn], call: &Part) -> Option<&'a Part> {
    let id = call.call_id.as_ref()?;
    let mut parts = turns.iter().flat_map(|turn| &turn.parts);
    parts.find(|part| part.kind == PartKind::ToolResult && part.call_id.as_ref() == Some(id))
}

fn failed(result: &Part) -> bool {
    let refused = ["apply_patch verification failed", "patch rejected", "<tool_use_error>"];
    result.exit_code.is_some_and(|code| code != 0) || refused.iter().any(|words| result.text.contains(words))
}

/// One change of one file.
#[derive(Debug, PartialEq)]
enum Edit<'a> {
    /// The whole text, where there was no file.
    Create(&'a str, String),
    /// The whole text, whatever was there.
    Write(&'a str, String),
    /// Lines for lines, or a string for a string.
    Replace {
        path: &'a str,
        old: String,
        new: String,
        all: bool,
    },
    Delete(&'a str),
    Move(&'a str, &'a str),
}

fn edits<'a>(call: &'a Part, result: Option<&Part>) -> Vec<Edit<'a>> {
    let Some(arguments) = &call.arguments else { return Vec::new() };
    if let Some(text) = patch_text(arguments) {
        return patch_edits(text);
    }
    let Some(path) = json::first(arguments, &["file_path", "filePath"]) else { return Vec::new() };
    let replace = |edit: &Value| {
        let text = |keys: &[&str]| keys.iter().find_map(|key| json::text(edit, key)).map(String::from);
        let all = ["replace_all", "replaceAll"].iter().any(|key| json::at(edit, key).as_bool() == Some(true));
        Some(Edit::Replace {
            path,
            old: text(&["old_string", "oldString"])?,
            new: text(&["new_string", "newString"])?,
            all,
        })
    };
    match call.name.as_deref().map(str::to_ascii_lowercase).as_deref() {
        Some("edit") => replace(arguments).into_iter().collect(),
        Some("multiedit") => json::list(arguments, "edits").iter().filter_map(replace).collect(),
        Some("write") => {
            let Some(content) = json::text(arguments, "content").map(String::from) else { return Vec::new() };
            let created = result.is_some_and(|result| result.text.contains("created"));
            vec![if created { Edit::Create(path, content) } else { Edit::Write(path, content) }]
        }
        _ => Vec::new(),
    }
}

const BEGIN: &str = "*** Begin Patch";
const END: &str = "*** End Patch";

/// The patch itself, as the argument of a tool, or in the words of a shell.
fn patch_text(arguments: &Value) -> Option<&str> {
    let direct = [json::at(arguments, "input"), json::at(arguments, "patch"), arguments];
    let shell = ["command", "cmd"].into_iter().flat_map(|key| match json::at(arguments, key) {
        Value::Array(words) => words.iter().collect(),
        word => vec![word],
    });
    let text = direct.into_iter().chain(shell).filter_map(Value::as_str).find(|text| text.contains(BEGIN))?;
    let inner = &text[text.find(BEGIN)? + BEGIN.len()..];
    Some(inner.split(END).next().unwrap_or(inner).trim_start_matches('\n'))
}

/// `*** Add File: p` with its lines, `*** Delete File: p`, `*** Update File: p` with pieces between `@@`.
fn patch_edits(text: &str) -> Vec<Edit<'_>> {
    let mut edits = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let mut body = Vec::new();
        while let Some(inner) = lines.next_if(|line| {
            !line.starts_with("*** ") || *line == "*** End of File" || line.starts_with("*** Move to: ")
        }) {
            body.push(inner);
        }
        if let Some(path) = line.strip_prefix("*** Add File: ") {
            let added = body.iter().filter_map(|line| line.strip_prefix('+'));
            edits.push(Edit::Create(path, added.flat_map(|line| [line, "\n"]).collect()));
        } else if let Some(path) = line.strip_prefix("*** Delete File: ") {
            edits.push(Edit::Delete(path));
        } else if let Some(path) = line.strip_prefix("*** Update File: ") {
            edits.extend(body.split(|line| line.starts_with("@@")).filter_map(|piece| replacement(path, piece)));
            let target = body.iter().find_map(|line| line.strip_prefix("*** Move to: "));
            edits.extend(target.map(|target| Edit::Move(path, target)));
        }
    }
    edits
}

fn replacement<'a>(path: &'a str, piece: &[&str]) -> Option<Edit<'a>> {
    let side = |mark: char| -> String {
        let own = piece.iter().filter(|line| !line.starts_with("*** "));
        let kept = own.filter_map(|line| match line.chars().next() {
            None => Some(""),
            Some(first) if first == ' ' || first == mark => Some(&line[1..]),
            _ => None,
        });
        kept.flat_map(|line| [line, "\n"]).collect()
    };
    let (old, new) = (side('-'), side('+'));
    (old != new).then_some(Edit::Replace { path, old, new, all: false })
}

/// A stretch of a file, as it was before the session and as it is after the edits so far.
struct Piece {
    before: String,
    after: String,
}

struct File {
    path: String,
    moved: Option<String>,
    /// There was no such file before.
    new: bool,
    deleted: bool,
    pieces: Vec<Piece>,
}

#[derive(Default)]
struct Files(Vec<File>);

impl Files {
    fn apply(&mut self, edit: Edit) {
        match edit {
            Edit::Create(path, text) => {
                let file = self.file(path);
                let known = file.pieces.iter().any(|piece| !piece.before.is_empty());
                (file.new, file.deleted) = (!known && !file.deleted, false);
                file.pieces.truncate(0);
                file.pieces.push(Piece { before: String::new(), after: text });
            }
            // What it held before is not told: only a file that the session made itself can be rewritten.
            Edit::Write(path, text) => {
                if let [only] = self.file(path).pieces.as_mut_slice()
                    && only.before.is_empty()
                {
                    only.after = text;
                }
            }
            Edit::Replace { path, old, new, all } => self.file(path).replace(&old, &new, all),
            Edit::Delete(path) => {
                let file = self.file(path);
                file.deleted = true;
            }
            Edit::Move(path, target) => self.file(path).moved = Some(target.into()),
        }
    }

    fn file(&mut self, path: &str) -> &mut File {
        let known = self.0.iter().position(|file| file.moved.as_deref().unwrap_or(&file.path) == path);
        let at = known.unwrap_or_else(|| {
            self.0.push(File { path: path.into(), moved: None, new: false, deleted: false, pieces: Vec::new() });
            self.0.len() - 1
        });
        &mut self.0[at]
    }
}

impl File {
    /// An edit of what an earlier edit wrote changes that piece; any other opens a piece of its own.
    fn replace(&mut self, old: &str, new: &str, all: bool) {
        let holds = |piece: &&mut Piece| !old.is_empty() && piece.after.contains(old);
        match self.pieces.iter_mut().find(holds) {
            Some(piece) if all => piece.after = piece.after.replace(old, new),
            Some(piece) => piece.after = piece.after.replacen(old, new, 1),
            None if self.new => {}
            None => self.pieces.push(Piece { before: lines(old), after: lines(new) }),
        }
    }

    fn diff(&self, folder: &str) -> String {
        let inside = |path: &'_ str| path.strip_prefix(folder).unwrap_or(path).trim_start_matches('/').to_string();
        let (path, target) = (inside(&self.path), inside(self.moved.as_deref().unwrap_or(&self.path)));
        let head = format!("diff --git a/{path} b/{target}\n");
        let moved =
            if self.moved.is_some() { format!("rename from {path}\nrename to {target}\n") } else { String::new() };
        match (self.deleted, self.new) {
            (true, true) => return String::new(),
            (true, false) => return format!("{head}deleted file mode 100644\n"),
            _ => {}
        }
        let (old, kind) =
            if self.new { ("/dev/null".into(), "new file mode 100644\n") } else { (format!("a/{path}"), "") };
        let hunks = self.hunks();
        if hunks.is_empty() {
            return if moved.is_empty() { String::new() } else { format!("{head}{moved}") };
        }
        format!("{head}{moved}{kind}--- {old}\n+++ b/{target}\n{hunks}")
    }

    /// Each piece with all its lines, one behind the other.
    fn hunks(&self) -> String {
        let mut hunks = String::new();
        let (mut old_line, mut new_line) = (1, 1);
        for Piece { before, after } in self.pieces.iter().filter(|piece| piece.before != piece.after) {
            let changes = TextDiff::from_lines(before.as_str(), after.as_str());
            let (old, new) = (before.lines().count(), after.lines().count());
            let at = |line: usize, count: usize| {
                if count == 0 { format!("{},0", line - 1) } else { format!("{line},{count}") }
            };
            hunks.extend(["@@ -", &at(old_line, old), " +", &at(new_line, new), " @@\n"]);
            for change in changes.iter_all_changes() {
                let line = change.value().trim_end_matches('\n');
                hunks.extend([change.tag().to_string().as_str(), line, "\n"]);
            }
            (old_line, new_line) = (old_line + old, new_line + new);
        }
        hunks
    }
}

/// A piece of a line is shown as a line.
fn lines(text: &str) -> String {
    if text.is_empty() || text.ends_with('\n') { text.into() } else { format!("{text}\n") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rebuilt(calls: &[Part]) -> String {
        patch(&[Turn::assistant(calls.to_vec())], "/w").map(|patch| patch.text).unwrap_or_default()
    }

    fn apply(patch: &str) -> Part {
        Part::call("apply_patch", json!({ "input": format!("*** Begin Patch\n{patch}*** End Patch\n") }), None)
    }

    #[test]
    fn patches_of_codex_become_a_diff() {
        let calls = [
            apply(
                "*** Update File: src/a.rs\n@@ fn main\n one\n-two\n+three\n@@\n-x\n+y\n*** Add File: b.rs\n+new\n+file\n",
            ),
            apply("*** Update File: src/a.rs\n@@\n-three\n+four\n*** Delete File: c.rs\n"),
        ];
        let expected = "diff --git a/src/a.rs b/src/a.rs\n--- a/src/a.rs\n+++ b/src/a.rs\n@@ -1,2 +1,2 @@\n one\n-two\n+four\n\
                        @@ -3,1 +3,1 @@\n-x\n+y\ndiff --git a/b.rs b/b.rs\nnew file mode 100644\n--- /dev/null\n+++ b/b.rs\n\
                        @@ -0,0 +1,2 @@\n+new\n+file\ndiff --git a/c.rs b/c.rs\ndeleted file mode 100644\n";
        assert_eq!(rebuilt(&calls), expected);
    }

    #[test]
    fn a_patch_in_the_words_of_a_shell_is_found() {
        let script =
            "apply_patch <<'EOF'\n*** Begin Patch\n*** Update File: a\n*** Move to: b\n@@\n-x\n+y\n*** End Patch\nEOF";
        let call = Part::call("shell", json!({"command": ["bash", "-lc", script]}), None);
        let expected = "diff --git a/a b/b\nrename from a\nrename to b\n--- a/a\n+++ b/b\n@@ -1,1 +1,1 @@\n-x\n+y\n";
        assert_eq!(rebuilt(&[call]), expected);
    }

    #[test]
    fn edits_that_failed_or_that_nobody_can_know_are_left_out() {
        let id = Some("1".to_string());
        let edit = Part::call("Edit", json!({"file_path": "/a", "old_string": "x", "new_string": "y"}), id.clone());
        assert!(rebuilt(&[edit.clone(), Part::result("no such file", id.clone(), Some(1))]).is_empty());
        assert!(rebuilt(&[edit, Part::result("done", id, None)]).ends_with("@@ -1,1 +1,1 @@\n-x\n+y\n"));
        assert!(rebuilt(&[Part::call("Write", json!({"file_path": "/a", "content": "x"}), None)]).is_empty());
        assert!(rebuilt(&[Part::call("bash", json!({"command": "ls"}), None)]).is_empty());
    }
}
