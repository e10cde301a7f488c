//! Signs that often go with a rollout that looks better than it is. Facts to look at, not a score: nothing here is fed to a
//! model.

use serde_json::Value;

use crate::diff;
use crate::trajectory::{Part, PartKind, Role, Trajectory};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warning {
    EmptyPatch,
    OnlyNewFiles,
    TestsEdited,
    /// It edited, and ran no test afterwards.
    UntestedEdit,
    /// The same action that many times in a row.
    Loop(usize),
    /// It says that tests pass; its last test run ended with this exit code.
    ClaimedPass(i64),
    SubmittedByLimit,
}

impl Warning {
    pub fn say(self) -> String {
        match self {
            Self::EmptyPatch => "the patch is empty".into(),
            Self::OnlyNewFiles => "only new files".into(),
            Self::TestsEdited => "tests edited".into(),
            Self::UntestedEdit => "no test run after the last edit".into(),
            Self::Loop(times) => format!("the same action {times} times in a row"),
            Self::ClaimedPass(code) => {
                format!("says that tests pass, but the last test run ended with exit code {code}")
            }
            Self::SubmittedByLimit => "submitted by a limit".into(),
        }
    }
}

const RUNNERS: &[&str] = &[
    "pytest",
    "py.test",
    "unittest",
    "runtests",
    "manage.py test",
    "tox",
    "nose",
    "go test",
    "cargo test",
    "npm test",
    "yarn test",
    "jest",
    "mocha",
    "vitest",
    "rspec",
    "mvn ",
    "gradle",
    "make test",
    "make check",
    "ctest",
    "phpunit",
];
const EDITS: &[&str] =
    &["sed -i", "apply_patch", "git apply", "cat >", "cat <<", "tee ", "open(", "write_text", "str_replace", "insert"];
const LIMITS: &[&str] = &["limit", "cost", "context", "max", "budget", "timeout"];

/// In the order of [`Warning`].
pub fn warning_signs(trajectory: &Trajectory) -> Vec<Warning> {
    let acts = acts(trajectory);
    let mut signs = patch_signs(trajectory);
    let last_edit = acts.iter().rposition(|act| act.edits);
    let last_test = acts.iter().rposition(|act| act.tests);
    if last_edit.is_some_and(|edit| last_test.is_none_or(|test| test < edit)) {
        signs.push(Warning::UntestedEdit);
    }
    signs.extend(Some(trajectory.loops()).filter(|times| *times >= 3).map(Warning::Loop));
    let failed = last_test.and_then(|nth| acts[nth].exit).filter(|code| *code != 0);
    signs.extend(failed.filter(|_| claims_pass(trajectory)).map(Warning::ClaimedPass));
    let status = trajectory.exit_status.as_deref().unwrap_or_default().to_lowercase();
    if LIMITS.iter().any(|word| status.contains(word)) {
        signs.push(Warning::SubmittedByLimit);
    }
    signs
}

fn patch_signs(trajectory: &Trajectory) -> Vec<Warning> {
    let Some(patch) = &trajectory.patch else { return Vec::new() };
    if patch.is_empty() {
        return vec![Warning::EmptyPatch];
    }
    let files = diff::parse(&patch.text).files;
    let mut signs = Vec::new();
    if !files.is_empty() && files.iter().all(|file| file.old_path.is_none()) {
        signs.push(Warning::OnlyNewFiles);
    }
    let edited = files.iter().filter(|file| file.old_path.is_some());
    if edited.filter_map(|file| file.new_path.as_ref().or(file.old_path.as_ref())).any(|path| is_test(path)) {
        signs.push(Warning::TestsEdited);
    }
    signs
}

fn is_test(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let folder =
        path.split('/').rev().skip(1).any(|part| matches!(part, "test" | "tests" | "testing" | "__tests__" | "spec"));
    folder
        || name.starts_with("test_")
        || ["_test.", ".test.", ".spec.", "_spec."].iter().any(|part| name.contains(part))
}

/// One call: what it did, and how it ended.
struct Act {
    edits: bool,
    tests: bool,
    exit: Option<i64>,
}

fn acts(trajectory: &Trajectory) -> Vec<Act> {
    let mut acts: Vec<Act> = Vec::new();
    for part in trajectory.parts() {
        match part.kind {
            PartKind::ToolCall => acts.push(Act::of(part)),
            PartKind::ToolResult => {
                if let Some(act) = acts.last_mut() {
                    act.exit = act.exit.or(part.exit_code);
                }
            }
            _ => {}
        }
    }
    acts
}

impl Act {
    fn of(call: &Part) -> Self {
        let mut said = call.text.clone();
        texts(call.arguments.as_ref().unwrap_or(&Value::Null), &mut said);
        let name = call.name.as_deref().unwrap_or_default();
        let tool = ["edit", "write", "replace", "create", "patch"].iter().any(|word| name.contains(word));
        let views = said.trim_start().starts_with("view");
        let tests = !tool && RUNNERS.iter().any(|runner| said.contains(runner));
        let edits = (tool && !views) || (!tests && EDITS.iter().any(|edit| said.contains(edit)));
        Self { edits, tests, exit: call.exit_code }
    }
}

/// All text in the arguments of a call, line by line.
fn texts(value: &Value, into: &mut String) {
    match value {
        Value::String(text) => {
            into.push_str(text);
            into.push('\n');
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, into)),
        Value::Object(fields) => fields.values().for_each(|field| texts(field, into)),
        _ => {}
    }
}

/// In the last thing it said.
fn claims_pass(trajectory: &Trajectory) -> bool {
    let spoken = |part: &&Part| matches!(part.kind, PartKind::Text | PartKind::Thought) && !part.text.trim().is_empty();
    let agent = trajectory.turns.iter().rev().filter(|turn| turn.role == Role::Assistant);
    let last = agent.flat_map(|turn| turn.parts.iter().rev()).find(spoken);
    let said = last.map(|part| part.text.to_lowercase()).unwrap_or_default();
    let negated = ["not pass", "n't pass", "fail"].iter().any(|word| said.contains(word));
    !negated && said.contains("test") && ["pass", "green", "succe"].iter().any(|word| said.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trajectory::{Patch, Turn};
    use serde_json::json;

    fn ran(command: &str, exit: i64) -> Turn {
        let call = Part::call("bash", json!({ "command": command }), None);
        Turn::assistant(vec![call, Part::result("…", None, Some(exit))])
    }

    fn signs(turns: Vec<Turn>, patch: &str, exit: &str) -> Vec<Warning> {
        let patch = Some(Patch::given(patch));
        warning_signs(&Trajectory { turns, patch, exit_status: Some(exit.into()), ..Trajectory::default() })
    }

    #[test]
    fn each_sign_is_seen() {
        let edit = "diff --git a/src/a.py b/src/a.py\n--- a/src/a.py\n+++ b/src/a.py\n@@ -1 +1 @@\n-a\n+b\n";
        let test = edit.replace("src/a.py", "tests/test_a.py");
        let new =
            "diff --git a/new.py b/new.py\nnew file mode 100644\n--- /dev/null\n+++ b/new.py\n@@ -0,0 +1 @@\n+b\n";
        let said = || Turn::assistant(vec![Part::text("Done: all tests pass now.")]);
        let change = || ran("sed -i s/a/b/ src/a.py", 0);
        assert_eq!(signs(vec![change(), ran("pytest -q", 0), said()], edit, "submitted"), []);
        assert_eq!(signs(vec![], " \n", "submitted"), [Warning::EmptyPatch]);
        assert_eq!(signs(vec![], new, "submitted"), [Warning::OnlyNewFiles]);
        assert_eq!(signs(vec![], &test, "submitted"), [Warning::TestsEdited]);
        assert_eq!(signs(vec![ran("pytest", 0), change()], edit, ""), [Warning::UntestedEdit]);
        assert_eq!(signs(vec![ran("ls", 0), ran("ls", 0), ran("ls", 0)], edit, ""), [Warning::Loop(3)]);
        assert_eq!(signs(vec![change(), ran("pytest -q", 1), said()], edit, ""), [Warning::ClaimedPass(1)]);
        assert_eq!(signs(vec![], edit, "submitted (exit_cost)"), [Warning::SubmittedByLimit]);
    }

    #[test]
    fn what_is_not_said_is_no_sign() {
        let honest = Turn::assistant(vec![Part::text("Two tests still fail.")]);
        assert_eq!(signs(vec![ran("pytest", 1), honest], "", "done"), [Warning::EmptyPatch]);
        assert_eq!(warning_signs(&Trajectory::default()), [], "no patch known is not an empty one");
    }
}
