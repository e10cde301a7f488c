//! A trajectory with a part taken out: what would the judge say without it? Pure; the original stays as it is.

use serde_json::Value;

use crate::diff::{self, FileDiff};
use crate::trajectory::{Part, PartKind, Patch, Role, Trajectory, Turn};

/// What is taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// Reasoning, and what the agent says beside its actions.
    Thoughts,
    /// What the agent says at the very end.
    FinalMessage,
    /// Test files in the patch, and the calls that write them, with their results.
    Tests,
    /// One file (a path, or the end of one), in the same way.
    File(String),
}

impl Taken {
    /// `thoughts`, `final-message`, `tests`, `file:PATH`.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "thoughts" => Some(Self::Thoughts),
            "final-message" => Some(Self::FinalMessage),
            "tests" => Some(Self::Tests),
            _ => name.strip_prefix("file:").filter(|path| !path.is_empty()).map(|path| Self::File(path.into())),
        }
    }

    pub fn name(&self) -> String {
        match self {
            Self::Thoughts => "thoughts".into(),
            Self::FinalMessage => "final-message".into(),
            Self::Tests => "tests".into(),
            Self::File(path) => format!("file:{path}"),
        }
    }

    /// All that can be taken out of a trajectory, one by one; of its files, as many as anybody goes through.
    pub fn all(trajectory: &Trajectory) -> Vec<Self> {
        const FILES: usize = 20;
        let diff = diff::parse(trajectory.patch.as_ref().map_or("", |patch| &patch.text));
        let files = diff.files.iter().take(FILES).map(|file| Self::File(file.path().to_owned()));
        let parts = [Self::Thoughts, Self::FinalMessage, Self::Tests].into_iter().chain(files);
        parts.filter(|taken| without(trajectory, taken).is_some()).collect()
    }

    fn is_of(&self, path: &str) -> bool {
        match self {
            Self::Tests => path.to_lowercase().contains("test"),
            Self::File(wanted) => {
                path == wanted || path.strip_suffix(wanted.as_str()).is_some_and(|rest| rest.ends_with('/'))
            }
            Self::Thoughts | Self::FinalMessage => false,
        }
    }
}

/// The trajectory without that part; `None` where it has none. Its id says so: its score is another one.
pub fn without(trajectory: &Trajectory, taken: &Taken) -> Option<Trajectory> {
    let mut changed = trajectory.clone();
    match taken {
        Taken::Thoughts => changed.turns.iter_mut().for_each(drop_thoughts),
        Taken::FinalMessage => drop_last_words(&mut changed.turns),
        Taken::Tests | Taken::File(_) => {
            changed.turns.iter_mut().for_each(|turn| drop_writes(turn, taken));
            changed.patch = trajectory.patch.as_ref().map(|patch| patch_without(patch, taken));
        }
    }
    changed.turns.retain(|turn| !turn.parts.is_empty());
    if changed == *trajectory {
        return None;
    }
    changed.id = format!("{} without {}", trajectory.id, taken.name());
    Some(changed)
}

fn is_said(part: &Part) -> bool {
    matches!(part.kind, PartKind::Text | PartKind::Thought)
}

fn drop_thoughts(turn: &mut Turn) {
    let acts = turn.role == Role::Assistant && turn.parts.iter().any(|part| part.kind == PartKind::ToolCall);
    turn.parts.retain(|part| part.kind != PartKind::Thought && !(acts && part.kind == PartKind::Text));
}

fn drop_last_words(turns: &mut [Turn]) {
    if let Some(last) = turns.iter_mut().rev().find(|turn| turn.role == Role::Assistant) {
        last.parts.retain(|part| !is_said(part));
    }
}

/// Calls that write such a file, and what came back.
fn drop_writes(turn: &mut Turn, taken: &Taken) {
    let written: Vec<Part> = turn.parts.iter().filter(|part| writes(part, taken)).cloned().collect();
    let calls = turn.parts.iter().filter(|part| part.kind == PartKind::ToolCall).count();
    let answers = |part: &Part| match &part.call_id {
        Some(id) => written.iter().any(|call| call.call_id.as_ref() == Some(id)),
        // Results without ids belong to the only call of their turn.
        None => calls == 1 && !written.is_empty(),
    };
    turn.parts.retain(|part| match part.kind {
        PartKind::ToolCall => !written.contains(part),
        PartKind::ToolResult => !answers(part),
        _ => true,
    });
}

/// An argument that names the file beside one that holds text, or a command that redirects into it.
fn writes(part: &Part, taken: &Taken) -> bool {
    if part.kind != PartKind::ToolCall {
        return false;
    }
    let texts: Vec<&str> = match &part.arguments {
        Some(Value::Object(map)) => map.values().filter_map(Value::as_str).collect(),
        Some(Value::String(text)) => vec![text],
        _ => vec![&part.text],
    };
    let looks = texts.iter().any(|text| matches!(*text, "view" | "open" | "read"));
    let names = texts.iter().any(|text| !text.contains(char::is_whitespace) && taken.is_of(text));
    (names && texts.len() > 1 && !looks) || texts.iter().any(|text| redirects(text, taken))
}

/// `> path`, `>> path`, `tee path` in a shell command.
fn redirects(command: &str, taken: &Taken) -> bool {
    let words: Vec<&str> = command.split_whitespace().collect();
    let into =
        |pair: &[&str]| matches!(pair[0], ">" | ">>" | "tee" | "touch" | "create") && taken.is_of(trimmed(pair[1]));
    let joined =
        |word: &&str| word.strip_prefix('>').is_some_and(|path| taken.is_of(trimmed(path.trim_start_matches('>'))));
    words.windows(2).any(into) || words.iter().any(joined)
}

fn trimmed(path: &str) -> &str {
    path.trim_matches(['"', '\'', ';'])
}

fn patch_without(patch: &Patch, taken: &Taken) -> Patch {
    let diff = diff::parse(&patch.text);
    if !diff.files.iter().any(|file| taken.is_of(file.path())) {
        return patch.clone();
    }
    let kept = diff.files.iter().filter(|file| !taken.is_of(file.path()));
    let section = |file: &FileDiff| file.lines.clone().map(|line| diff.whole(line)).collect::<String>();
    Patch { text: kept.map(section).collect(), origin: patch.origin }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const PATCH: &str = "diff --git a/lib.py b/lib.py\n--- a/lib.py\n+++ b/lib.py\n@@ -1 +1 @@\n-a\n+b\n\
        diff --git a/tests/test_new.py b/tests/test_new.py\nnew file mode 100644\n--- /dev/null\n+++ b/tests/test_new.py\n@@ -0,0 +1 @@\n+x\n";

    fn rollout() -> Trajectory {
        let call = |arguments, id: &str| Part::call("edit", arguments, Some(id.into()));
        let answer = |text: &str, id: &str| Part::result(text, Some(id.into()), Some(0));
        Trajectory {
            id: "a".into(),
            turns: vec![
                Turn::user("fix it"),
                Turn::assistant(vec![
                    Part::thought("hm"),
                    Part::text("I write a test"),
                    call(json!({"command": "create", "path": "/repo/tests/test_new.py", "file_text": "x"}), "1"),
                    answer("created", "1"),
                    call(json!({"command": "view", "path": "/repo/tests/test_new.py"}), "2"),
                    answer("x", "2"),
                ]),
                Turn::assistant(vec![
                    Part::call("bash", json!({"command": "echo y > lib.py"}), None),
                    Part::result("", None, None),
                ]),
                Turn::assistant(vec![Part::text("All tests pass.")]),
            ],
            patch: Some(Patch::given(PATCH)),
            ..Trajectory::default()
        }
    }

    fn parts(trajectory: &Trajectory) -> Vec<String> {
        let word = |part: &Part| format!("{:?} {}", part.kind, part.text).trim().to_owned();
        trajectory.parts().map(word).collect()
    }

    #[test]
    fn thoughts_go_and_the_last_words_stay() {
        let changed = without(&rollout(), &Taken::Thoughts).unwrap();
        let said = parts(&changed);
        assert!(!said.iter().any(|part| part.contains("hm") || part.contains("I write")), "{said:?}");
        assert!(said.contains(&"Text All tests pass.".to_owned()) && said.contains(&"Text fix it".to_owned()));
        assert_eq!((changed.patch, changed.id.as_str()), (rollout().patch, "a without thoughts"));
    }

    #[test]
    fn the_last_words_go_and_nothing_else() {
        let changed = without(&rollout(), &Taken::FinalMessage).unwrap();
        assert_eq!(changed.turns.len(), 3);
        assert_eq!(changed.turns[..], rollout().turns[..3]);
    }

    #[test]
    fn tests_go_from_patch_and_calls_and_reading_them_stays() {
        let changed = without(&rollout(), &Taken::Tests).unwrap();
        assert_eq!(changed.patch.unwrap().text, PATCH.split("diff --git a/tests").next().unwrap());
        let results: Vec<&str> = changed.turns[1]
            .parts
            .iter()
            .filter(|part| part.kind == PartKind::ToolResult)
            .map(|part| part.text.as_str())
            .collect();
        assert_eq!(results, ["x"]);
        assert_eq!(changed.turns[2], rollout().turns[2]);
    }

    #[test]
    fn what_can_be_taken_out_is_what_is_there() {
        let names = |trajectory: &Trajectory| Taken::all(trajectory).iter().map(Taken::name).collect::<Vec<_>>();
        assert_eq!(names(&rollout()), ["thoughts", "final-message", "tests", "file:lib.py", "file:tests/test_new.py"]);
        let bare = Trajectory { turns: vec![Turn::user("fix it")], ..Trajectory::default() };
        assert!(names(&bare).is_empty());
    }

    #[test]
    fn one_file_goes_by_the_end_of_its_path() {
        let changed = without(&rollout(), &Taken::named("file:lib.py").unwrap()).unwrap();
        assert!(changed.patch.unwrap().text.starts_with("diff --git a/tests"));
        assert_eq!(changed.turns.len(), 3, "the redirect and its result are gone");
        assert_eq!(without(&rollout(), &Taken::File("b.py".into())), None, "`b.py` is no end of `lib.py`");
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for name in ["thoughts", "final-message", "tests", "file:src/a.py"] {
            assert_eq!(Taken::named(name).unwrap().name(), name);
        }
        assert_eq!([Taken::named("thought"), Taken::named("file:")], [None, None]);
    }
}
