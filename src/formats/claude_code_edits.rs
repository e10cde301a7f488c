//! The patch that the edits of a Claude Code session imply: the first text of each file against its last.

use serde_json::Value;
use similar::TextDiff;

use super::json;
use crate::trajectory::{Patch, PatchOrigin};

/// One file under edit. What it held before the session is known from its first edit.
struct File<'a> {
    path: &'a str,
    before: Option<&'a str>,
    now: String,
}

/// Nothing if no edit tells what it changed; files whose first text is not told are left out.
pub fn patch(events: &[&Value]) -> Option<Patch> {
    let mut files: Vec<File> = Vec::new();
    for event in events {
        apply(&mut files, json::at(event, "toolUseResult"));
    }
    let folder = events.iter().find_map(|event| json::filled(event, "cwd")).unwrap_or_default();
    let text: String = files.iter().map(|file| diff(file, folder)).collect();
    (!text.is_empty()).then_some(Patch { text, origin: PatchOrigin::Rebuilt })
}

fn apply<'a>(files: &mut Vec<File<'a>>, result: &'a Value) {
    let Some(path) = json::filled(result, "filePath") else { return };
    let before = json::text(result, "originalFile");
    let written = json::text(result, "content").filter(|_| result.get("oldString").is_none());
    let index = files.iter().position(|file| file.path == path);
    let now = match (written, index, before) {
        (Some(written), ..) => written.to_string(),
        (None, Some(index), _) => edited(&files[index].now, result),
        (None, None, Some(before)) => edited(before, result),
        (None, None, None) => return,
    };
    match index {
        Some(index) => files[index].now = now,
        None => files.push(File { path, before, now }),
    }
}

fn edited(text: &str, result: &Value) -> String {
    let many = json::list(result, "edits");
    let single = std::slice::from_ref(result);
    let edits = if many.is_empty() { single } else { many };
    edits.iter().fold(text.to_string(), |text, edit| {
        let old = json::first(edit, &["oldString", "old_string"]).unwrap_or_default();
        let new = json::first(edit, &["newString", "new_string"]).unwrap_or_default();
        let all = ["replaceAll", "replace_all"].iter().any(|key| json::at(edit, key).as_bool() == Some(true));
        match (old, all) {
            ("", _) => {
                if text.is_empty() {
                    new.to_string()
                } else {
                    text
                }
            }
            (_, true) => text.replace(old, new),
            (_, false) => text.replacen(old, new, 1),
        }
    })
}

fn diff(file: &File, folder: &str) -> String {
    let before = file.before.unwrap_or_default();
    if before == file.now {
        return String::new();
    }
    let path = file.path.strip_prefix(folder).unwrap_or(file.path).trim_start_matches('/');
    let old = if file.before.is_some() { format!("a/{path}") } else { "/dev/null".into() };
    let new_file = if file.before.is_some() { "" } else { "new file mode 100644\n" };
    let lines = TextDiff::from_lines(before, &file.now);
    let hunks = lines.unified_diff().context_radius(3).header(&old, &format!("b/{path}")).to_string();
    format!("diff --git a/{path} b/{path}\n{new_file}{hunks}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn edits_of_one_file_become_one_diff() {
        let edit = |before: &str, old: &str, new: &str| {
            json!({"cwd": "/w", "toolUseResult": {"filePath": "/w/a.py", "oldString": old, "newString": new,
                   "originalFile": before}})
        };
        let made = json!({"toolUseResult": {"type": "create", "filePath": "/w/b.py", "content": "new\n"}});
        let events = [edit("x\ny\n", "x", "z"), edit("z\ny\n", "y", "w"), made];
        let patch = patch(&events.iter().collect::<Vec<_>>()).map(|patch| patch.text);
        let expected = "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n-x\n-y\n+z\n+w\n\
                        diff --git a/b.py b/b.py\nnew file mode 100644\n--- /dev/null\n+++ b/b.py\n@@ -0,0 +1 @@\n+new\n";
        assert_eq!(patch.as_deref(), Some(expected));
    }
}
