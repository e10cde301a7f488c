//! Calls that an assistant writes into its text: fenced commands, `<function=…>` and `<execute>` tags.
//!
//! The parts made here, joined, are the message they came from.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde_json::{Map, Value, json};

use crate::trajectory::Part;

/// How the assistant of one conversation writes its calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    None,
    /// `<function=NAME><parameter=P>…</parameter></function>`
    FunctionTags,
    /// `<execute>…</execute>`
    ExecuteTags,
    /// Exactly one fenced block of shell.
    OneShellFence,
    /// The last fenced block, whatever its language.
    LastFence,
}

impl Dialect {
    /// Judged by all that the assistant says: one message with a fenced command is no protocol yet.
    pub fn of(messages: &[&str]) -> Self {
        let count = |test: &dyn Fn(&str) -> bool| messages.iter().filter(|text| test(text)).count();
        let fences = count(&|text| one_shell_fence(text).is_some());
        let protocol = fences * 2 > messages.len();
        let candidates = [
            (if protocol { fences } else { 0 }, Self::OneShellFence),
            (count(&|text| holds(text, &EXECUTE)), Self::ExecuteTags),
            (count(&|text| holds(text, &FUNCTION)), Self::FunctionTags),
        ];
        let best = candidates.into_iter().max_by_key(|(count, _)| *count);
        best.filter(|(count, _)| *count > 0).map_or(Self::None, |(_, dialect)| dialect)
    }

    pub fn parts(self, text: &str) -> Vec<Part> {
        match self {
            Self::None => plain(text),
            Self::FunctionTags => function_tags(text),
            Self::ExecuteTags => tagged(text, "<execute>", "</execute>"),
            Self::OneShellFence => one_shell_fence(text).map_or_else(|| plain(text), |fence| fenced(text, &fence)),
            Self::LastFence => fences(text).last().map_or_else(|| plain(text), |fence| fenced(text, fence)),
        }
    }
}

/// What calls begin with.
static EXECUTE: LazyLock<Finder> = LazyLock::new(|| Finder::new("<execute>"));
static FUNCTION: LazyLock<Finder> = LazyLock::new(|| Finder::new("<function="));
static FENCE: LazyLock<Finder> = LazyLock::new(|| Finder::new("```"));

/// As `contains`, many bytes at a time.
fn holds(text: &str, piece: &Finder) -> bool {
    piece.find(text.as_bytes()).is_some()
}

/// The parts of a message whose action is known: the fence around it is found again in the text.
pub fn around(text: &str, action: &str, call: Part) -> Vec<Part> {
    let action = action.trim();
    let holds = |fence: &&Fence| text[fence.outer.clone()].contains(action);
    let span = match fences(text).iter().rev().find(holds) {
        Some(fence) => fence.outer.clone(),
        None => match text.rfind(action) {
            Some(start) => start..start + action.len(),
            None => return plain(text).into_iter().chain([call]).collect(),
        },
    };
    cut(text, vec![(span, call)])
}

/// A fenced block: from its first backtick to behind its last, and what lies between the fences.
struct Fence {
    outer: Range<usize>,
    inner: Range<usize>,
    language: Range<usize>,
}

fn fences(text: &str) -> Vec<Fence> {
    let mut found = Vec::new();
    if !holds(text, &FENCE) {
        return found;
    }
    let mut open: Option<(usize, usize)> = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        if let Some(behind) = line.trim_start().strip_prefix("```") {
            match open {
                None => open = Some((end - behind.len() - 3, end)),
                Some((outer, inner)) => {
                    let close = end - behind.len();
                    let language = outer + 3..inner;
                    found.push(Fence { outer: outer..close, inner: inner..start, language });
                    open = None;
                }
            }
        }
        start = end;
    }
    found
}

fn one_shell_fence(text: &str) -> Option<Fence> {
    let mut shell = fences(text)
        .into_iter()
        .filter(|fence| matches!(text[fence.language.clone()].trim(), "bash" | "sh" | "shell" | "mswea_bash_command"));
    let only = shell.next()?;
    shell.next().is_none().then_some(only)
}

fn fenced(text: &str, fence: &Fence) -> Vec<Part> {
    let command = text[fence.inner.clone()].trim_end_matches('\n');
    cut(text, vec![(fence.outer.clone(), command_call(command))])
}

pub fn command_call(command: &str) -> Part {
    Part::call("bash", json!({ "command": command }), None)
}

fn tagged(text: &str, open: &str, close: &str) -> Vec<Part> {
    let mut calls = Vec::new();
    for (start, _) in text.match_indices(open) {
        let inner = start + open.len();
        let length = text[inner..].find(close);
        let end = length.map_or(text.len(), |length| inner + length + close.len());
        let command = &text[inner..length.map_or(text.len(), |length| inner + length)];
        calls.push((start..end, Part::call("execute", json!({ "code": command.trim() }), None)));
    }
    cut(text, calls)
}

fn function_tags(text: &str) -> Vec<Part> {
    let mut calls = Vec::new();
    for (start, open) in text.match_indices("<function=") {
        let rest = &text[start..];
        let Some(name_end) = rest.find('>') else { continue };
        let close = rest.find("</function>");
        let end = close.map_or(text.len(), |at| start + at + "</function>".len());
        let body = &rest[name_end + 1..close.unwrap_or(rest.len()).max(name_end + 1)];
        let call = Part::call(&rest[open.len()..name_end], Value::Object(parameters(body)), None);
        calls.push((start..end, call));
    }
    cut(text, calls)
}

fn parameters(body: &str) -> Map<String, Value> {
    let mut found = Map::new();
    for piece in body.split("<parameter=").skip(1) {
        let Some((name, value)) = piece.split_once('>') else { continue };
        let value = value.rfind("</parameter>").map_or(value, |end| &value[..end]);
        let value = value.strip_prefix('\n').unwrap_or(value);
        found.insert(name.into(), value.strip_suffix('\n').unwrap_or(value).into());
    }
    found
}

fn plain(text: &str) -> Vec<Part> {
    if text.is_empty() { Vec::new() } else { vec![Part::text(text)] }
}

/// Cuts calls out of a text; each call keeps its spelling. A span that begins inside the one before is passed over.
fn cut(text: &str, calls: Vec<(Range<usize>, Part)>) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut done = 0;
    for (span, call) in calls {
        if span.start < done {
            continue;
        }
        parts.extend(plain(&text[done..span.start]));
        done = span.end;
        parts.push(Part { text: text[span].into(), ..call });
    }
    parts.extend(plain(&text[done..]));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trajectory::PartKind;

    fn joined(parts: &[Part]) -> String {
        parts.iter().map(|part| part.text.as_str()).collect()
    }

    fn commands(parts: &[Part]) -> Vec<String> {
        let calls = parts.iter().filter(|part| part.kind == PartKind::ToolCall);
        calls.map(|part| part.arguments.as_ref().unwrap().to_string()).collect()
    }

    #[test]
    fn every_dialect_keeps_the_message_whole() {
        let cases = [
            (Dialect::OneShellFence, "THOUGHT: hm\n\n```bash\nls -la\n```\nend", r#"{"command":"ls -la"}"#),
            (Dialect::LastFence, "say ```x\n```\na\n```\nthen\n```\nopen b.py\n```", r#"{"command":"open b.py"}"#),
            (Dialect::ExecuteTags, "so\n<execute>\nprint(1)\n</execute>", r#"{"code":"print(1)"}"#),
            (
                Dialect::FunctionTags,
                "go\n<function=edit>\n<parameter=path>/a</parameter>\n<parameter=new>\nx\ny\n</parameter>\n</function>",
                r#"{"path":"/a","new":"x\ny"}"#,
            ),
            (Dialect::FunctionTags, "cut <function=bash><parameter=command>ls", r#"{"command":"ls"}"#),
        ];
        for (dialect, text, arguments) in cases {
            let parts = dialect.parts(text);
            assert_eq!(joined(&parts), text);
            assert_eq!(commands(&parts), [arguments], "{text}");
        }
    }

    #[test]
    fn two_fences_are_no_protocol() {
        let text = "```bash\na\n```\n```bash\nb\n```";
        assert_eq!(Dialect::OneShellFence.parts(text), [Part::text(text)]);
    }

    #[test]
    fn an_action_is_found_again_in_its_text() {
        let text = "First.\n\n```\nedit 1:1\nx\nend_of_edit\n```";
        let parts = around(text, "edit 1:1\nx\nend_of_edit\n", command_call("edit 1:1"));
        assert_eq!((joined(&parts).as_str(), parts.len()), (text, 2));
        let lost = around("no action here", "ls", command_call("ls"));
        assert_eq!((lost[0].text.as_str(), lost[1].text.as_str()), ("no action here", ""));
    }
}
