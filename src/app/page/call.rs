//! Tool calls made readable: what a call does in a few words, and its arguments as code, fields or an edit.

use serde_json::Value;

use super::{Block, Kind};
use crate::trajectory::Part;

/// What a call is for, as far as its name and arguments tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Deed {
    /// No call: somebody said something.
    #[default]
    Say,
    Run,
    Look,
    Edit,
    Submit,
}

impl Deed {
    pub fn mark(self) -> char {
        match self {
            Self::Say => ' ',
            Self::Run => '▸',
            Self::Look => '◦',
            Self::Edit => '✎',
            Self::Submit => '■',
        }
    }
}

const SHELL_KEYS: [&str; 4] = ["command", "cmd", "code", "script"];
const PATH_KEYS: [&str; 5] = ["path", "file_path", "file_name", "filename", "file"];
const EDITS: [(&str, &str); 5] = [
    ("old_str", "new_str"),
    ("old_string", "new_string"),
    ("search", "replace"),
    ("old", "new"),
    ("old_text", "new_text"),
];

/// What the call does and on what, in a few words: `(Edit, "retry.py")`.
pub fn digest(call: &Part) -> (Deed, String) {
    let name = call.name.as_deref().unwrap_or_default();
    let arguments = call.arguments.as_ref();
    if let Some(command) = shell(call) {
        return (shell_deed(command), shell_words(command));
    }
    let verb = field(arguments, &["command"]).unwrap_or(name);
    let path = field(arguments, &PATH_KEYS).map(file_name);
    let deed = named_deed(name, verb);
    let verb = if verb.is_empty() { "call" } else { verb };
    let title = match path {
        Some(path) if deed == Deed::Edit => path.to_owned(),
        Some(path) => format!("{verb} {path}"),
        None => verb.to_owned(),
    };
    (deed, title)
}

/// The file a call looks at or changes, as far as it says so.
pub fn touched(call: &Part) -> Option<&str> {
    let Some(command) = shell(call) else { return field(call.arguments.as_ref(), &PATH_KEYS) };
    if !matches!(shell_deed(command), Deed::Look | Deed::Edit) {
        return None;
    }
    let steps = command.lines().flat_map(|line| line.split("&& ")).map(str::trim);
    let line = steps.into_iter().find(|step| !step.is_empty() && !step.starts_with("cd "))?;
    let quotes = ['"', '\'', ';', '>', '|', '(', ')'];
    let words = line.split_whitespace().skip(1).map(|word| word.trim_matches(quotes));
    let is_path = |word: &&str| {
        let name = file_name(word);
        let named = name.rsplit_once('.').is_some_and(|(stem, kind)| {
            !stem.is_empty() && (1..=5).contains(&kind.len()) && kind.chars().all(char::is_alphanumeric)
        });
        named && !word.starts_with('-') && word.chars().all(|c| c.is_alphanumeric() || "/._-+~".contains(c))
    };
    words.into_iter().find(is_path)
}

/// The command line, where the call is one for a shell: an editor's `command` names a verb, not a command line.
fn shell(call: &Part) -> Option<&str> {
    let arguments = call.arguments.as_ref()?;
    if field(Some(arguments), &PATH_KEYS).is_some() {
        return None;
    }
    arguments.as_str().or_else(|| field(Some(arguments), &SHELL_KEYS))
}

fn field<'a>(arguments: Option<&'a Value>, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| arguments?.get(*name)?.as_str())
}

fn file_name(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
}

fn shell_deed(command: &str) -> Deed {
    const EDITORS: [&str; 7] = ["sed -i", "cat >", "cat <<", "tee ", "git apply", "patch -", "str_replace"];
    const LOOKERS: [&str; 12] =
        ["cat", "ls", "grep", "rg", "find", "head", "tail", "sed", "nl", "tree", "open", "search_dir"];
    let words = shell_words(command);
    let first = words.split(' ').next().unwrap_or_default();
    if command.contains("COMPLETE_TASK") || matches!(first, "submit" | "finish") {
        Deed::Submit
    } else if EDITORS.iter().any(|editor| command.contains(editor)) || matches!(first, "edit" | "create" | "insert") {
        Deed::Edit
    } else if LOOKERS.contains(&first) || words.starts_with("git diff") || words.starts_with("git log") {
        Deed::Look
    } else {
        Deed::Run
    }
}

/// The first line of a command without the changing of folders before it and the folder of the program.
fn shell_words(command: &str) -> String {
    let line = command.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    let mut line = line.unwrap_or_default();
    while let Some((_, rest)) = line.split_once("&&").filter(|(first, _)| first.trim_start().starts_with("cd ")) {
        line = rest.trim_start();
    }
    let (program, rest) = line.split_once(' ').unwrap_or((line, ""));
    let words = format!("{} {rest}", file_name(program));
    let words = words.trim_end();
    words.strip_prefix("python -m ").or_else(|| words.strip_prefix("python3 -m ")).unwrap_or(words).to_owned()
}

fn named_deed(name: &str, verb: &str) -> Deed {
    let has = |words: &[&str]| words.iter().any(|word| verb.contains(word) || name == *word);
    if has(&["str_replace", "create", "insert", "write", "apply_patch", "undo_edit"]) || verb == "edit" {
        Deed::Edit
    } else if has(&["view", "read", "open", "search", "find", "grep", "list", "ls", "think"]) {
        Deed::Look
    } else if has(&["submit", "finish"]) {
        Deed::Submit
    } else {
        Deed::Run
    }
}

/// The blocks that show a call's arguments.
pub fn blocks(call: &Part) -> Vec<Block> {
    if let Some(command) = shell(call) {
        let language = if call.name.as_deref().is_some_and(|name| name.contains("python")) { "python" } else { "bash" };
        return vec![code(command, Some(language))];
    }
    match &call.arguments {
        Some(Value::Object(fields)) => fields_blocks(fields),
        Some(Value::Null) | None if call.text.trim().is_empty() => Vec::new(),
        Some(Value::Null) | None => vec![code(call.text.trim(), None)],
        Some(other) => vec![code(&pretty(other), Some("json"))],
    }
}

fn fields_blocks(fields: &serde_json::Map<String, Value>) -> Vec<Block> {
    let edit = EDITS.iter().find(|(old, new)| fields.contains_key(*old) && fields.contains_key(*new));
    let arguments = Value::Object(fields.clone());
    let path = field(Some(&arguments), &PATH_KEYS);
    let mut short = String::new();
    let mut long = Vec::new();
    for (name, value) in fields {
        if edit.is_some_and(|(old, new)| name == old || name == new) {
            continue;
        }
        match value {
            Value::Null => {}
            Value::String(text) if text.trim_end().contains('\n') => {
                let shown = code(text, path.filter(|_| name != "thought"));
                long.extend([Block::new(Kind::Code, format!("{name}:")), shown]);
            }
            Value::String(text) => push_field(&mut short, name, text),
            other => push_field(&mut short, name, &compact(other)),
        }
    }
    let mut blocks = Vec::new();
    if !short.is_empty() {
        blocks.push(Block::new(Kind::Code, short.trim_end()).language(Some("yaml")));
    }
    if let Some((old, new)) = edit {
        let text = |name: &str| arguments.get(name).and_then(Value::as_str).unwrap_or_default();
        blocks.push(super::patch::edit(text(old), text(new), path));
    }
    blocks.extend(long);
    blocks
}

fn push_field(lines: &mut String, name: &str, value: &str) {
    lines.push_str(name);
    lines.push_str(": ");
    lines.push_str(value);
    lines.push('\n');
}

/// JSON on one line where it is short.
fn compact(value: &Value) -> String {
    let line = value.to_string();
    if line.len() <= 80 { line } else { pretty(value) }
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn code(text: &str, language: Option<&str>) -> Block {
    Block::new(Kind::Code, text.trim_end()).language(language).folded(40, 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(name: &str, arguments: Value) -> (Deed, String) {
        digest(&Part::call(name, arguments, None))
    }

    #[test]
    fn a_call_is_told_in_a_few_words() {
        let cases = [
            ("bash", json!({"command": "cd /testbed && python -m pytest tests"}), Deed::Run, "pytest tests"),
            ("bash", json!({"command": "sed -i 's/a/b/' x.py"}), Deed::Edit, "sed -i 's/a/b/' x.py"),
            ("bash", json!({"command": "/usr/bin/grep -n foo ."}), Deed::Look, "grep -n foo ."),
            ("str_replace_editor", json!({"command": "view", "path": "/a/b.py"}), Deed::Look, "view b.py"),
            ("str_replace_editor", json!({"command": "str_replace", "path": "/a/b.py"}), Deed::Edit, "b.py"),
            ("submit", json!({}), Deed::Submit, "submit"),
            ("open", json!({"path": "x.py", "line": 3}), Deed::Look, "open x.py"),
        ];
        for (name, arguments, deed, title) in cases {
            assert_eq!(told(name, arguments), (deed, title.to_owned()));
        }
    }

    #[test]
    fn the_file_of_a_call_is_found() {
        let file = |arguments: Value| touched(&Part::call("bash", arguments, None)).map(str::to_owned);
        let cases = [
            (json!({"command": "view", "path": "/a/b.py"}), Some("/a/b.py")),
            (json!({"command": "cd /repo && sed -n '1,5p' src/x.rs"}), Some("src/x.rs")),
            (json!({"command": "cat > notes.md <<E\nx.py\nE"}), Some("notes.md")),
            (json!({"command": "open lib/core.py 12"}), Some("lib/core.py")),
            (json!({"command": "grep -rn 'x' ."}), None),
            (json!({"command": "pytest tests/a.py"}), None),
        ];
        for (arguments, expected) in cases {
            assert_eq!(file(arguments.clone()).as_deref(), expected, "{arguments}");
        }
    }

    #[test]
    fn an_edit_is_shown_as_a_diff() {
        let call = Part::call(
            "str_replace_editor",
            json!({"command": "str_replace", "path": "a.py", "old_str": "x = 1\n", "new_str": "x = 2\n"}),
            None,
        );
        let kinds: Vec<_> = blocks(&call).iter().map(|block| block.kind).collect();
        assert_eq!(kinds, [Kind::Code, Kind::Diff]);
    }
}
