//! From the text of a profile file to a profile, or to what is wrong with it, and in which line.

use serde::Deserialize;

use super::{Chat, OverLength, Profile};
use crate::reward::template;

/// What is wrong with a profile, and where.
#[derive(Debug, thiserror::Error)]
#[error("profile {place}: {reason}")]
pub struct ProfileError {
    /// The file or the built-in name.
    pub place: String,
    /// Starts with the line where one is known.
    pub reason: String,
}

/// A variant changes single settings of the profile it stands in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Variant {
    about: String,
    #[serde(default)]
    assumed: Vec<String>,
    prompt: Option<toml::Table>,
    conversation: Option<toml::Table>,
    head: Option<toml::Table>,
    limits: Option<toml::Table>,
    decision: Option<toml::Table>,
}

impl Profile {
    /// Reads the text of a profile file; `place` is named in errors.
    pub fn parse(place: &str, text: &str, variant: Option<&str>) -> Result<Self, ProfileError> {
        let error = |reason: String| ProfileError { place: place.into(), reason };
        let base: Self = toml::from_str(text).map_err(|found| error(described(text, &found)))?;
        let mut profile = match variant {
            None => base,
            Some(name) => base.varied(text, name).map_err(error)?,
        };
        profile.hash = blake3::hash(format!("{text}\0{}", variant.unwrap_or_default()).as_bytes()).to_hex().to_string();
        template::check(&profile).map_err(|reason| error(at_template(text, &reason)))?;
        profile.sensible().map_err(|(key, reason)| error(format!("{}{reason}", line_of(text, key))))?;
        Ok(profile)
    }

    fn varied(&self, text: &str, name: &str) -> Result<Self, String> {
        let Some(variant) = self.variants.get(name) else {
            let known: Vec<_> = self.variants.keys().map(String::as_str).collect();
            return Err(format!("has no variant `{name}`; it has: {}", known.join(", ")));
        };
        let mut profile: Self = self.merged(text, Some(name))?.try_into().map_err(|found: toml::de::Error| {
            format!("{}variant `{name}`: {}", line_of_variant(text, name), found.message())
        })?;
        profile.name = format!("{}:{name}", self.name);
        profile.about = format!("{} ({})", self.about, variant.about);
        profile.assumed.extend(variant.assumed.clone());
        Ok(profile)
    }

    /// The file's settings with those of a variant in their place.
    pub(super) fn merged(&self, text: &str, variant: Option<&str>) -> Result<toml::Table, String> {
        let mut table: toml::Table = toml::from_str(text).map_err(|found| described(text, &found))?;
        let Some(variant) = variant.and_then(|name| self.variants.get(name)) else { return Ok(table) };
        let sections = [
            ("prompt", &variant.prompt),
            ("conversation", &variant.conversation),
            ("head", &variant.head),
            ("limits", &variant.limits),
            ("decision", &variant.decision),
        ];
        for (section, changes) in sections {
            let Some(changes) = changes else { continue };
            let settings = table.entry(section).or_insert_with(|| toml::Table::new().into());
            if let Some(settings) = settings.as_table_mut() {
                settings.extend(changes.clone());
            }
        }
        Ok(table)
    }

    /// The first setting that cannot work: its key, and why.
    fn sensible(&self) -> Result<(), (&'static str, String)> {
        if self.limits.context == 0 {
            return Err(("context", "context must be at least 1".into()));
        }
        if self.prompt.chat == Chat::None && self.prompt.template.is_none() {
            return Err(("chat", "chat = \"none\" needs a template".into()));
        }
        if self.limits.over_length == OverLength::DropMiddle && self.prompt.template.is_none() {
            return Err(("over_length", "drop_middle needs a template that walks `steps`".into()));
        }
        self.decision.sensible()?;
        self.head.sensible()
    }
}

/// TOML's own message, behind the line it is about.
///
/// For the head, whose kind decides its keys, TOML points at the start of the section: the word it complains about is
/// looked up behind it.
fn described(text: &str, error: &toml::de::Error) -> String {
    let message = error.message().trim();
    let Some(span) = error.span() else { return message.into() };
    let quoted = message.split('`').nth(1).filter(|_| message.starts_with("unknown"));
    let behind = text.get(span.start..).unwrap_or_default();
    let at = span.start + quoted.and_then(|word| behind.find(word)).unwrap_or_default();
    format!("line {}: {message}", text.get(..at).unwrap_or(text).matches('\n').count() + 1)
}

/// `line N: ` of the first line that sets `key`.
fn line_of(text: &str, key: &str) -> String {
    let sets = |line: &str| line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='));
    text.lines().position(sets).map_or_else(String::new, |line| format!("line {}: ", line + 1))
}

/// `line N: ` of the first line that names a variant.
fn line_of_variant(text: &str, name: &str) -> String {
    let section = format!("[variants.{name}");
    text.lines()
        .position(|line| line.trim_start().starts_with(&section))
        .map_or_else(String::new, |line| format!("line {}: ", line + 1))
}

/// A template's error counts lines from the template's start; the reader counts them from the file's.
fn at_template(text: &str, (line, reason): &(Option<usize>, String)) -> String {
    let opening = text.lines().position(|line| line.trim_start().starts_with("template"));
    match (line, opening) {
        (Some(line), Some(opening)) => format!("line {}: template: {reason}", opening + 1 + line),
        _ => format!("template: {reason}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reward::profile::{Head, Spelling};

    const GOOD: &str = "name = \"mine\"\nabout = \"a\"\nsource = [\"here\"]\n[prompt]\ntemplate = \"\"\"\n{{ task }}\n\"\"\"\nchat = \"none\"\n\
        [head]\nkind = \"yes_no\"\nyes = [\"Y\"]\nno = [\"N\"]\nread = \"bare\"\n[limits]\ncontext = 100\n";

    fn refused(from: &str, to: &str) -> String {
        assert!(GOOD.contains(from), "{from}");
        Profile::parse("mine.toml", &GOOD.replace(from, to), None).unwrap_err().to_string()
    }

    #[test]
    fn mistakes_are_told_with_line_and_reason() {
        let cases = [
            ("read = \"bare\"", "read = \"bear\"", "line 13", "bear"),
            ("read = \"bare\"", "reed = \"bare\"", "line 13", "reed"),
            ("context = 100", "context = 0", "line 15", "at least 1"),
            ("context = 100", "context = ", "line 15", ""),
            ("{{ task }}", "{{ task }", "line 6", "template"),
            ("yes = [\"Y\"]", "yes = [\"Y\", \"y\"]", "line 13", "max"),
            ("[limits]", "[decision]\nthreshold = 7\n[limits]", "line 15", "threshold 7"),
            ("chat = \"none\"", "chat = \"nun\"", "line 8", "nun"),
        ];
        for (from, to, line, reason) in cases {
            let error = refused(from, to);
            assert!(
                error.starts_with("profile mine.toml: ") && error.contains(line) && error.contains(reason),
                "{error}"
            );
        }
    }

    #[test]
    fn the_hash_follows_every_byte_and_the_variant() {
        let hash = |text: &str| Profile::parse("mine", text, None).unwrap().hash;
        assert_eq!(hash(GOOD), hash(GOOD));
        assert_ne!(hash(GOOD), hash(&GOOD.replace("{{ task }}", "{{ task }}.")));
        assert_ne!(Profile::find("swe-gym").unwrap().hash, Profile::find("swe-gym:bare").unwrap().hash);
    }

    #[test]
    fn variants_change_single_settings_and_keep_the_rest() {
        let (base, bare) = (Profile::find("swe-gym").unwrap(), Profile::find("swe-gym:bare").unwrap());
        assert_eq!(bare.name, "swe-gym:bare");
        assert_eq!(bare.prompt.template, base.prompt.template);
        assert!(matches!(&bare.head, Head::YesNo { yes, read: Spelling::Bare, .. } if yes == &["YES"]));
        let error = Profile::find("swe-gym:bald").unwrap_err().to_string();
        assert!(error.contains("bald") && error.contains("bare"), "{error}");
        let text = format!("{GOOD}[variants.odd]\nabout = \"b\"\nhead.read = \"bear\"\n");
        let error = Profile::parse("mine.toml", &text, Some("odd")).unwrap_err().to_string();
        assert!(error.contains("line 16: variant `odd`") && error.contains("bear"), "{error}");
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = Profile::find("no-such-profile").unwrap_err().to_string();
        assert!(error.contains("swe-gym:bare") && error.contains("no-such-profile"), "{error}");
    }

    #[test]
    fn the_critic_names_its_27_outputs() {
        let critic = Profile::find("openhands-critic-4b").unwrap();
        assert!(matches!(&critic.head, Head::SeqCls { index: 0, outputs, .. } if outputs.len() == 27));
    }
}
