//! Templates: minijinja set up as Hugging Face sets up Jinja, with `clip`, which says what it left out.
//! Trajectory text comes in as values only; it is never a template.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Value};
use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

use super::profile::Profile;
use super::prompt::Cut;

type Clips = Arc<Mutex<BTreeMap<String, (usize, usize)>>>;

/// A text this much over its limit is left whole: the mark would be as long as what it replaces.
const SLACK: usize = 40;

/// Renders `source` with the given values. Returns the text and what its `clip` filters left out.
pub fn render(source: &str, context: &Value) -> Result<(String, Vec<Cut>), String> {
    let clips = Clips::default();
    let text = environment(&clips).render_str(source, context.clone()).map_err(|error| reason(&error).1)?;
    let clips = clips.lock().unwrap_or_else(PoisonError::into_inner);
    let cuts = clips.iter().map(|(what, (count, characters))| Cut {
        what: what.clone(),
        count: *count,
        characters: *characters,
        rule: "clipped by the profile's template".into(),
    });
    Ok((text, cuts.collect()))
}

/// Whether the profile's template can be read; else its line and the reason.
pub fn check(profile: &Profile) -> Result<(), (Option<usize>, String)> {
    let Some(source) = &profile.prompt.template else { return Ok(()) };
    environment(&Clips::default()).template_from_str(source).map(|_| ()).map_err(|error| reason(&error))
}

fn reason(error: &Error) -> (Option<usize>, String) {
    (error.line(), error.detail().map_or_else(|| error.kind().to_string(), String::from))
}

/// `trim_blocks`, `lstrip_blocks`, Python's string methods, `raise_exception` and a `tojson` without HTML escapes: what
/// transformers gives chat templates (`utils/chat_template_utils.py`).
fn environment(clips: &Clips) -> Environment<'static> {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    if let Ok(syntax) = syntax {
        environment.set_syntax(syntax);
    }
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.add_function("raise_exception", |message: String| -> Result<String, Error> {
        Err(Error::new(ErrorKind::InvalidOperation, message))
    });
    environment.add_filter("tojson", |value: &Value, options: Kwargs| python_json(value, options.get("indent")?));
    environment.add_test("iterable", iterable);
    let clips = Arc::clone(clips);
    environment.add_filter("clip", move |text: &str, head: usize, tail: usize, what: &str| {
        let (kept, left_out) = clip(text, head, tail);
        if left_out > 0 {
            let mut clips = clips.lock().unwrap_or_else(PoisonError::into_inner);
            let entry = clips.entry(what.to_string()).or_default();
            *entry = (entry.0 + 1, entry.1 + left_out);
        }
        kept
    });
    environment
}

/// As Python has it: texts are, none is not (minijinja says the opposite of both), and what is missing is, as in Jinja.
fn iterable(value: &Value) -> bool {
    use ValueKind::{Iterable, Map, Seq, String, Undefined};
    matches!(value.kind(), Iterable | Map | Seq | String | Undefined)
}

/// `json.dumps` with `ensure_ascii=False`, as transformers gives it to templates: a space after commas and colons, or
/// lines of their own with `indent`.
fn python_json(value: &Value, indent: Option<usize>) -> Result<String, Error> {
    let failed = |error: String| Error::new(ErrorKind::BadSerialization, error);
    let mut bytes = Vec::new();
    let done = match indent {
        None => value.serialize(&mut Serializer::with_formatter(&mut bytes, OneLine)),
        Some(width) => {
            let blank = " ".repeat(width);
            value.serialize(&mut Serializer::with_formatter(&mut bytes, PrettyFormatter::with_indent(blank.as_bytes())))
        }
    };
    done.map_err(|error| failed(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| failed(error.to_string()))
}

/// Python's separators.
struct OneLine;

impl Formatter for OneLine {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}

/// The first `head` and last `tail` characters of the trimmed text, and how many characters lie between them.
fn clip(text: &str, head: usize, tail: usize) -> (String, usize) {
    let text = text.trim();
    let length = text.chars().count();
    let left_out = length.saturating_sub(head + tail);
    if left_out <= SLACK {
        return (text.to_string(), 0);
    }
    let byte = |character: usize| text.char_indices().nth(character).map_or(text.len(), |(at, _)| at);
    let (start, end) = (&text[..byte(head)], &text[byte(length - tail)..]);
    (format!("{start}\n[... {left_out} characters left out ...]\n{end}"), left_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(source: &str, context: &Value) -> String {
        render(source, context).unwrap().0
    }

    #[test]
    fn clip_keeps_both_ends_and_counts_characters_not_bytes() {
        let text = format!("{}{}{}", "ä".repeat(10), "x".repeat(50), "ß".repeat(5));
        assert_eq!(clip(&text, 10, 5), ("ääääääääää\n[... 50 characters left out ...]\nßßßßß".into(), 50));
        assert_eq!(clip(&text, 20, 5).1, 0, "40 over the limit stay whole");
        assert_eq!(clip("  a \n", 0, 0), ("a".into(), 0));
    }

    #[test]
    fn clips_are_reported_by_what_was_clipped() {
        let context = minijinja::context! { texts => ["a".repeat(100), "b".repeat(200), "c".into()] };
        let source = "{% for text in texts %}{{ text | clip(5, 5, 'results') }}{% endfor %}";
        let (_, cuts) = render(source, &context).unwrap();
        assert_eq!(cuts.len(), 1);
        assert_eq!((cuts[0].what.as_str(), cuts[0].count, cuts[0].characters), ("results", 2, 280));
    }

    #[test]
    fn text_of_a_trajectory_is_never_a_template() {
        let context = minijinja::context! { text => "{{ 7 * 7 }}{% raw %}<b>&amp;" };
        assert_eq!(rendered("{{ text }}", &context), "{{ 7 * 7 }}{% raw %}<b>&amp;");
    }

    #[test]
    fn json_is_written_as_python_writes_it_for_chat_templates() {
        let context = minijinja::context! { tool => minijinja::context! { name => "a<b>'c'", of => [Value::from(1), Value::from(true), Value::from(())] } };
        assert_eq!(rendered("{{ tool | tojson }}", &context), r#"{"name": "a<b>'c'", "of": [1, true, null]}"#);
    }

    #[test]
    fn python_methods_and_block_trimming_work_as_in_transformers() {
        let source = "{% for m in ms %}\n    {% if m.strip() %}\n{{ m.strip().split('|')[-1] }}\n    {% endif %}\n{% endfor %}\n";
        assert_eq!(rendered(source, &minijinja::context! { ms => [" a|b ", "  "] }), "b\n");
    }

    /// What `tests/reward/make_chat.py` wrote, outside the project: every template of the corpus as transformers renders it.
    #[test]
    fn chat_templates_come_out_as_from_transformers() {
        let Some(folder) = std::env::var_os("ROLLSCOPE_CHAT") else {
            eprintln!("ROLLSCOPE_CHAT is not set: no chat template of others was compared");
            return;
        };
        let text = std::fs::read(std::path::Path::new(&folder).join("chat.json")).unwrap();
        let cases: Vec<serde_json::Value> = serde_json::from_slice(&text).unwrap();
        assert!(!cases.is_empty());
        for case in &cases {
            let template = case["template"].as_str().unwrap();
            let values = Value::from(minijinja::value::Serde(&case["values"]));
            let ours = render(template, &values).map(|(text, _)| text);
            assert_eq!(ours.as_deref().ok(), case["text"].as_str(), "{}: {ours:?}", case["name"]);
        }
        eprintln!("{} chats compared", cases.len());
    }
}
