//! Counted facts about a rollout, as words that a very small model can read: `turns=5`, `known=7`. Counts are over the
//! whole run and the whole patch, before anything is clipped; nothing here names a model, a run or a tool.

use std::collections::BTreeSet;

use crate::trajectory::{Part, PartKind, Role, Trajectory};

/// A result with one of these in it counts as bad.
const ERRORS: &[&str] = &["error", "exception", "traceback", "failed", "failure", "not found", "no such file"];
/// Counted in everything the agent said.
const SAYS: &[&str] = &[
    "perfect",
    "great",
    "seems",
    "unfortunately",
    "alternative",
    "however",
    "wait",
    "simple",
    "should",
    "confus",
    "still",
    "correct",
];
/// Looked for in the last two turns in which it said something.
const ENDS: &[&str] = &["should", "handle", "pass", "test", "success", "unfortunately", "might", "issue"];
/// Whole words, counted in the added lines.
const ADDS: &[&str] = &["return", "isinstance", "raise", "import", "def", "try", "except"];
/// How many of the last results count as the end.
const LAST_RESULTS: usize = 6;
/// The tokenizer of the default model has one token for every value below this.
const LEVELS: usize = 33;

/// Five lines of facts: the run, its patch, the issue and how the patch meets it, the agent's words, its last words.
pub fn signs(trajectory: &Trajectory, task: &str) -> Vec<String> {
    let said = Said::of(trajectory);
    let patch = Lines::of(trajectory.patch.as_ref().map_or("", |patch| patch.text.as_str()));
    vec![run_line(trajectory, &said), patch.line(), issue_line(task, &patch), said.words_line(), said.ends_line()]
}

/// The bit length: 0, 1, 2-3, 4-7, … become 0, 1, 2, 3, …
fn level(count: usize) -> u32 {
    usize::BITS - count.leading_zeros()
}

fn tenths(part: usize, whole: usize) -> usize {
    (10 * part).checked_div(whole).unwrap_or(0)
}

fn characters(text: &str) -> usize {
    text.chars().count()
}

/// Words of at least three ASCII letters, digits and `_`, lower case, that do not start with a digit.
fn words(text: &str) -> impl Iterator<Item = String> {
    let word = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let long = |word: &&str| word.len() >= 3 && !word.starts_with(|first: char| first.is_ascii_digit());
    text.split(move |character| !word(character)).filter(long).map(str::to_ascii_lowercase)
}

fn line<V: ToString>(label: &str, facts: impl IntoIterator<Item = (String, V)>) -> String {
    let facts = facts.into_iter().map(|(key, value)| format!(" {key}={}", value.to_string()));
    format!("{label}:{}", facts.collect::<String>())
}

fn named<const N: usize>(facts: [(&str, usize); N]) -> impl Iterator<Item = (String, usize)> {
    facts.into_iter().map(|(key, value)| (key.to_string(), value))
}

fn run_line(trajectory: &Trajectory, said: &Said) -> String {
    let turns = trajectory.turns.iter().filter(|turn| turn.role == Role::Assistant).count();
    let calls: Vec<String> =
        trajectory.tool_calls().map(|call| format!("{:?} {:?}", call.name, call.arguments)).collect();
    let distinct = calls.iter().collect::<BTreeSet<_>>().len();
    let results: Vec<String> = results(trajectory).map(|part| part.text.to_ascii_lowercase()).collect();
    let bad: Vec<bool> = results.iter().map(|text| ERRORS.iter().any(|word| text.contains(word))).collect();
    let count = |bad: &[bool]| bad.iter().filter(|bad| **bad).count();
    let end = results[results.len().saturating_sub(LAST_RESULTS)..].join("\n");
    let facts = [
        ("turns", level(turns) as usize),
        ("said", level(characters(&said.all)) as usize),
        ("saidmean", level(characters(&said.all) / said.turns.max(1)) as usize),
        ("lastsaid", level(characters(&said.last)) as usize),
        ("seen", level(results.iter().map(|text| characters(text)).sum()) as usize),
        ("repeat", tenths(calls.len() - distinct, calls.len())),
        ("bad", level(count(&bad)) as usize),
        ("badshare", tenths(count(&bad), bad.len())),
        ("badend", count(&bad[bad.len().saturating_sub(3)..])),
        ("passedend", usize::from(end.contains(" passed") || end.contains("\nok"))),
        ("failedend", usize::from(end.contains(" failed") || end.contains("failed "))),
    ];
    let exit = ("exit".to_string(), exit_class(trajectory.exit_status.as_deref()).to_string());
    line("run", std::iter::once(exit).chain(named(facts).map(|(key, value)| (key, value.to_string()))))
}

fn results(trajectory: &Trajectory) -> impl Iterator<Item = &Part> {
    trajectory.parts().filter(|part| part.kind == PartKind::ToolResult)
}

/// The kind of end. The word itself would tell which agent it was.
fn exit_class(status: Option<&str>) -> &'static str {
    let status = status.unwrap_or_default().to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| status.contains(word));
    match () {
        () if status.is_empty() => "unknown",
        () if has(&["cost", "limit", "context", "max", "budget", "timeout"]) => "limit",
        () if has(&["error", "reject", "fail", "early", "forfeit", "format", "exception"]) => "error",
        () if has(&["submit", "finish", "done", "success", "complete"]) => "done",
        () => "other",
    }
}

/// What the agent said, lower case: thoughts and texts, not calls.
struct Said {
    all: String,
    last: String,
    /// Turns in which it said something.
    turns: usize,
}

impl Said {
    fn of(trajectory: &Trajectory) -> Self {
        let spoken = |part: &&Part| matches!(part.kind, PartKind::Text | PartKind::Thought);
        let agent = trajectory.turns.iter().filter(|turn| turn.role == Role::Assistant);
        let texts = agent.map(|turn| {
            let parts: Vec<&str> = turn.parts.iter().filter(spoken).map(|part| part.text.as_str()).collect();
            parts.join("\n").trim().to_ascii_lowercase()
        });
        let texts: Vec<String> = texts.filter(|text| !text.is_empty()).collect();
        let last = texts[texts.len().saturating_sub(2)..].join("\n");
        Self { all: texts.join("\n"), last, turns: texts.len() }
    }

    fn words_line(&self) -> String {
        line("says", SAYS.iter().map(|word| (word.to_string(), level(self.all.matches(word).count()))))
    }

    fn ends_line(&self) -> String {
        line("ends", ENDS.iter().map(|word| (format!("end:{word}"), usize::from(self.last.contains(word)))))
    }
}

/// A patch line by line, read without judging whether it is well formed: half a patch has facts too.
#[derive(Default)]
struct Lines<'a> {
    files: Vec<&'a str>,
    created: usize,
    hunks: usize,
    /// What follows the second `@@`: the place.
    places: Vec<&'a str>,
    added: Vec<&'a str>,
    removed: Vec<&'a str>,
}

impl<'a> Lines<'a> {
    fn of(patch: &'a str) -> Self {
        let mut lines = Self::default();
        for text in patch.split('\n') {
            if let Some(path) = text.strip_prefix("+++ ") {
                let path = path.trim();
                lines.files.push(path.strip_prefix("b/").unwrap_or(path));
            } else if text.starts_with("--- ") {
                lines.created += usize::from(text.contains("/dev/null"));
            } else if text.starts_with("@@") {
                lines.hunks += 1;
                lines.places.extend(text.rsplit("@@").next());
            } else if let Some(added) = text.strip_prefix('+') {
                lines.added.push(added);
            } else if let Some(removed) = text.strip_prefix('-') {
                lines.removed.push(removed);
            }
        }
        lines
    }

    fn line(&self) -> String {
        let added: Vec<String> = self.added.iter().flat_map(|text| words(text)).collect();
        let removed: BTreeSet<String> = self.removed.iter().flat_map(|text| words(text)).collect();
        let new: BTreeSet<&String> = added.iter().filter(|word| !removed.contains(*word)).collect();
        let paths = |part: &str| self.files.iter().filter(|path| path.contains(part)).count();
        let lines = |part: &str| self.added.iter().filter(|text| format!(" {text}").contains(part)).count();
        let levels = [
            ("files", self.files.len()),
            ("newfiles", self.created),
            ("hunks", self.hunks),
            ("plus", self.added.len()),
            ("minus", self.removed.len()),
        ];
        let depth = self.files.iter().map(|path| path.matches('/').count()).max().unwrap_or(0).min(LEVELS - 1);
        let rest = [
            ("testfiles", paths("test")),
            ("reprofiles", paths("repro")),
            ("newwords", new.len()),
            ("comments", lines("#")),
            ("ifs", lines(" if ")),
        ];
        let adds = ADDS.iter().map(|word| (format!("+{word}"), added.iter().filter(|other| other == word).count()));
        let leveled = |(key, count): (String, usize)| (key, level(count) as usize);
        let depth = std::iter::once(("depth".to_string(), depth));
        line("patch", named(levels).map(leveled).chain(depth).chain(named(rest).chain(adds).map(leveled)))
    }
}

/// How the patch meets the issue: words, files and places that the issue names.
fn issue_line(issue: &str, patch: &Lines) -> String {
    let lower = issue.to_ascii_lowercase();
    let asked: BTreeSet<String> = words(issue).collect();
    let changed: BTreeSet<String> = patch.added.iter().chain(&patch.removed).flat_map(|text| words(text)).collect();
    let known = changed.intersection(&asked).count();
    let stem = |path: &&str| {
        let name = path.rsplit('/').next().unwrap_or_default();
        name.split('.').next().unwrap_or_default().to_ascii_lowercase()
    };
    let dull = ["def", "class", "self"];
    let mut places = patch.places.iter().flat_map(|place| words(place));
    let facts = [
        ("issue", level(characters(issue)) as usize),
        ("code", usize::from(issue.contains("```") || issue.contains(">>>"))),
        ("trace", usize::from(issue.contains("Traceback"))),
        ("known", tenths(known, changed.len())),
        ("knownwords", level(known) as usize),
        ("named", usize::from(patch.files.iter().map(stem).any(|stem| !stem.is_empty() && lower.contains(&stem)))),
        ("pathnamed", usize::from(patch.files.iter().any(|path| !path.is_empty() && issue.contains(path)))),
        ("placenamed", usize::from(places.any(|word| !dull.contains(&word.as_str()) && asked.contains(&word)))),
    ];
    line("issue", named(facts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trajectory::{Patch, Turn};
    use serde_json::json;

    fn turn(said: &str, seen: &str) -> Turn {
        let call = Part::call("bash", json!({"command": "pytest"}), None);
        Turn::assistant(vec![Part::thought(said), call, Part::result(seen, None, None)])
    }

    /// Counted by hand, and by the Python that the bundled model was first trained with.
    #[test]
    fn a_run_is_counted_as_it_was_in_training() {
        let trajectory = Trajectory {
            turns: vec![
                Turn::user("never counted"),
                turn("Great, this SHOULD be simple. Wait, however…", "2 failed, 1 passed\nError: no such file"),
                turn("", "2 failed, 1 passed"),
                turn("It is correct still; tests pass, I should submit.", "3 passed"),
            ],
            patch: Some(Patch::given(
                "diff --git a/lib/jar_parser.py b/lib/jar_parser.py\n--- a/lib/jar_parser.py\n+++ b/lib/jar_parser.py\n\
                 @@ -3,2 +3,3 @@ class Parser:\n-    return split(text)\n+    if isinstance(text, str):  # naive\n\
                 +        return text.split()\n",
            )),
            exit_status: Some("Submitted (exit_cost)".into()),
            ..Default::default()
        };
        let issue = "Parser.split fails for naïve input in lib/jar_parser.py:\n```\nTraceback\n```";
        assert_eq!(
            signs(&trajectory, issue),
            [
                "run: exit=limit turns=2 said=7 saidmean=6 lastsaid=7 seen=7 repeat=6 bad=2 badshare=6 badend=2 passedend=1 failedend=1",
                "patch: files=1 newfiles=0 hunks=1 plus=2 minus=1 depth=1 testfiles=0 reprofiles=0 newwords=2 comments=1 ifs=1 \
                 +return=1 +isinstance=1 +raise=0 +import=0 +def=0 +try=0 +except=0",
                "issue: issue=7 code=1 trace=1 known=1 knownwords=1 named=1 pathnamed=1 placenamed=1",
                "says: perfect=0 great=1 seems=0 unfortunately=0 alternative=0 however=1 wait=1 simple=1 should=2 confus=0 still=1 correct=1",
                "ends: end:should=1 end:handle=0 end:pass=1 end:test=1 end:success=0 end:unfortunately=0 end:might=0 end:issue=0",
            ]
        );
    }

    #[test]
    fn nothing_counts_to_nothing() {
        let signs = signs(&Trajectory::default(), "");
        assert!(signs[0].starts_with("run: exit=unknown turns=0 said=0"), "{signs:?}");
        assert_eq!(signs.len(), 5);
    }
}
