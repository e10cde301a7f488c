//! A profile: how one reward model is asked and read. A TOML file, checked when it is read; it decides nothing else.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::metrics::Scale;

/// How one reward model is asked and read. Units: lengths in tokens unless said otherwise.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    pub name: String,
    /// One line for lists.
    pub about: String,
    /// Where the rules were published.
    pub source: Vec<String>,
    /// Names on the hub of the checkpoints that are asked so.
    #[serde(default)]
    pub checkpoints: Vec<String>,
    /// What was not published, and what we took instead.
    #[serde(default)]
    pub assumed: Vec<String>,
    pub prompt: Ask,
    #[serde(default)]
    pub conversation: Conversation,
    pub head: Head,
    pub limits: Limits,
    #[serde(default)]
    pub decision: Decision,
    #[serde(default)]
    variants: BTreeMap<String, Variant>,
    /// Hash of the file and the variant: a part of every fingerprint.
    #[serde(skip)]
    pub hash: String,
}

/// The text that is put to the model.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// System message of the judge. Without one, the chat has none.
    pub system: Option<String>,
    /// minijinja: builds the user message. Without one, the conversation itself is the chat.
    pub template: Option<String>,
    /// Given to the template as `question`.
    #[serde(default)]
    pub question: String,
    pub chat: Chat,
    /// Handed to the chat template as `enable_thinking`; absent: not handed over.
    pub thinking: Option<bool>,
    /// Whether the chat template opens an assistant turn at the end.
    #[serde(default = "yes")]
    pub generation: bool,
    /// What the assistant has already said when the answer is read.
    #[serde(default)]
    pub assistant_prefix: String,
}

/// Who lays out roles and messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Chat {
    /// The checkpoint's own chat template.
    Checkpoint,
    /// `<|im_start|>role\n…<|im_end|>\n`, whatever the checkpoint says.
    Chatml,
    /// No chat: the rendered template is the prompt.
    None,
}

impl Head {
    /// Names of its outputs, where it has several.
    pub fn names(&self) -> &[String] {
        match self {
            Self::SeqCls { outputs, .. } => outputs,
            _ => &[],
        }
    }
}

/// How turns become messages.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Conversation {
    pub calls: Calls,
    pub results: Results,
    /// Consecutive user messages become one, joined by a newline.
    pub merge_user: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Calls {
    /// `<function=NAME>` with `<parameter=K>` inside the assistant's text.
    #[default]
    Function,
    /// Structured calls are not shown.
    Dropped,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Results {
    /// A user message that starts with `EXECUTION RESULT of [NAME]:`.
    #[default]
    User,
    /// A message of role `tool`.
    Tool,
}

/// Where the answer stands in what the model gives back.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Head {
    /// Logits of two sets of label tokens at the last position.
    YesNo {
        yes: Vec<String>,
        no: Vec<String>,
        read: Spelling,
        /// A label of several tokens is read at its first one, as some published scripts do; else it is an error.
        #[serde(default)]
        first_token: bool,
    },
    /// One output of a pooled classification head.
    SeqCls {
        index: usize,
        #[serde(default)]
        outputs: Vec<String>,
        #[serde(default)]
        activation: Activation,
    },
    /// A value per token, read at the token `at` that closes the last stretch opened by `after`.
    TokenCls {
        after: String,
        at: String,
        #[serde(default)]
        activation: Activation,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spelling {
    /// As written in the profile.
    Bare,
    /// With a space in front.
    Space,
    /// All spellings as written; the largest logit of each side counts.
    Max,
}

/// From a head's raw output to log-odds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// The output is the log-odds.
    #[default]
    Sigmoid,
    /// Softmax over all outputs.
    Softmax,
    /// The output is the probability itself.
    None,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub context: usize,
    #[serde(default)]
    pub over_length: OverLength,
    /// For `condense_thoughts`: where condensing starts, if below `context`.
    pub condense_above: Option<usize>,
    /// For `drop_middle`: how many of the first turns stay.
    #[serde(default)]
    pub keep_first: usize,
    /// Rope scaling that the published script forces, whatever config.json says.
    pub rope: Option<Rope>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverLength {
    #[default]
    Refuse,
    /// Thoughts are replaced by a placeholder, longest first.
    CondenseThoughts,
    /// Tokens are dropped from the front.
    Left,
    /// Whole turns are dropped from the middle.
    DropMiddle,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rope {
    pub kind: RopeKind,
    pub factor: f64,
    /// Yarn: context before scaling; absent: the checkpoint's `max_position_embeddings`.
    pub original: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RopeKind {
    Yarn,
    Linear,
}

/// From log-odds to a decision: `log_odds / temperature + offset`, then the steps, resolved at `threshold`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Decision {
    pub threshold: f64,
    pub temperature: f64,
    pub offset: f64,
    /// Knots (log-odds, calibrated log-odds), rising: straight lines between them, nothing where there are none.
    pub steps: Vec<(f64, f64)>,
    /// How often the judge is right, in one sentence, with where that was measured.
    pub worth: String,
}

/// A variant changes single settings of the profile it stands in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Variant {
    about: String,
    #[serde(default)]
    assumed: Vec<String>,
    prompt: Option<toml::Table>,
    conversation: Option<toml::Table>,
    head: Option<toml::Table>,
    limits: Option<toml::Table>,
    decision: Option<toml::Table>,
}

impl Default for Decision {
    fn default() -> Self {
        Self { threshold: 0.5, temperature: 1.0, offset: 0.0, steps: Vec::new(), worth: String::new() }
    }
}

impl Decision {
    /// What a head's log-odds count as.
    pub fn calibrated(&self, log_odds: f64) -> f64 {
        let line = log_odds / self.temperature + self.offset;
        if self.steps.is_empty() { line } else { Scale::Steps(self.steps.clone()).apply(line) }
    }

    fn rises(&self) -> bool {
        let finite = self.steps.iter().all(|(x, y)| x.is_finite() && y.is_finite());
        finite && self.steps.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1)
    }
}

fn yes() -> bool {
    true
}

/// A name and its variant; a file that exists is a file, whatever it is called.
fn taken_apart(wanted: &str) -> (&str, Option<&str>) {
    match wanted.split_once(':') {
        Some((name, variant)) if !Path::new(wanted).exists() => (name, Some(variant)),
        _ => (wanted, None),
    }
}

/// What is wrong with a profile, and where.
#[derive(Debug, thiserror::Error)]
#[error("profile {place}: {reason}")]
pub struct ProfileError {
    /// The file or the built-in name.
    pub place: String,
    /// Starts with the line where one is known.
    pub reason: String,
}

const BUILT_IN: &[(&str, &str)] = &[
    ("default", include_str!("../../assets/reward-model/profile.toml")),
    ("compact", include_str!("../../assets/profiles/compact.toml")),
    ("swe-gym", include_str!("../../assets/profiles/swe-gym.toml")),
    ("r2e-gym", include_str!("../../assets/profiles/r2e-gym.toml")),
    ("swe-lego", include_str!("../../assets/profiles/swe-lego.toml")),
    ("swe-rm", include_str!("../../assets/profiles/swe-rm.toml")),
    ("openhands-critic-32b", include_str!("../../assets/profiles/openhands-critic-32b.toml")),
    ("openhands-critic-4b", include_str!("../../assets/profiles/openhands-critic-4b.toml")),
];

impl Profile {
    /// Every built-in profile and variant, as `--profile` takes them.
    pub fn names() -> Vec<String> {
        let mut names = Vec::new();
        for (name, text) in BUILT_IN {
            names.push((*name).to_string());
            if let Ok(profile) = Self::parse(name, text, None) {
                names.extend(profile.variants.keys().map(|variant| format!("{name}:{variant}")));
            }
        }
        names
    }

    /// A built-in profile (`swe-gym`), a variant of one (`swe-gym:bare`), or a TOML file.
    pub fn find(wanted: &str) -> Result<Self, ProfileError> {
        let (name, variant) = taken_apart(wanted);
        Self::parse(name, &Self::text(name)?, variant)
    }

    /// The text of a built-in profile or of a file.
    pub fn text(name: &str) -> Result<Cow<'static, str>, ProfileError> {
        if let Some((_, text)) = BUILT_IN.iter().find(|(built_in, _)| *built_in == name) {
            return Ok(Cow::Borrowed(text));
        }
        let text = std::fs::read_to_string(name).map_err(|error| ProfileError {
            place: name.into(),
            reason: format!("{error}; built in are {}", Self::names().join(", ")),
        })?;
        Ok(Cow::Owned(text))
    }

    /// All settings of what [`Self::find`] finds, the variant's among them.
    pub fn settings(wanted: &str) -> Result<toml::Table, ProfileError> {
        let (name, variant) = taken_apart(wanted);
        let (text, error) = (Self::text(name)?, |reason: String| ProfileError { place: name.into(), reason });
        let base = Self::parse(name, &text, None)?;
        let mut table = base.merged(&text, variant).map_err(error)?;
        table.remove("variants");
        Ok(table)
    }

    /// Reads the text of a profile file; `place` is named in errors.
    pub fn parse(place: &str, text: &str, variant: Option<&str>) -> Result<Self, ProfileError> {
        let error = |reason: String| ProfileError { place: place.into(), reason };
        let base: Self = toml::from_str(text).map_err(|found| error(described(text, &found)))?;
        let mut profile = match variant {
            None => base,
            Some(name) => base.varied(text, name).map_err(error)?,
        };
        profile.hash = blake3::hash(format!("{text}\0{}", variant.unwrap_or_default()).as_bytes()).to_hex().to_string();
        super::template::check(&profile).map_err(|reason| error(at_template(text, &reason)))?;
        profile.sensible().map_err(|(key, reason)| error(format!("{}{reason}", line_of(text, key))))?;
        Ok(profile)
    }

    fn varied(&self, text: &str, name: &str) -> Result<Self, String> {
        let Some(variant) = self.variants.get(name) else {
            let known: Vec<_> = self.variants.keys().map(String::as_str).collect();
            return Err(format!("has no variant `{name}`; it has: {}", known.join(", ")));
        };
        let mut profile: Self = self
            .merged(text, Some(name))?
            .try_into()
            .map_err(|found: toml::de::Error| format!("variant `{name}`: {}", found.message()))?;
        profile.name = format!("{}:{name}", self.name);
        profile.about = format!("{} ({})", self.about, variant.about);
        profile.assumed.extend(variant.assumed.clone());
        Ok(profile)
    }

    /// The file's settings with those of a variant in their place.
    fn merged(&self, text: &str, variant: Option<&str>) -> Result<toml::Table, String> {
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
        let decision = &self.decision;
        if !(0.0..=1.0).contains(&decision.threshold) {
            return Err(("threshold", format!("threshold {} is no probability", decision.threshold)));
        }
        if !(decision.temperature.is_finite() && decision.temperature > 0.0 && decision.offset.is_finite()) {
            return Err(("temperature", "temperature must be above 0, offset finite".into()));
        }
        if !decision.rises() {
            return Err(("steps", "steps must be finite, and rise".into()));
        }
        if self.limits.context == 0 {
            return Err(("context", "context must be at least 1".into()));
        }
        if self.prompt.chat == Chat::None && self.prompt.template.is_none() {
            return Err(("chat", "chat = \"none\" needs a template".into()));
        }
        if self.limits.over_length == OverLength::DropMiddle && self.prompt.template.is_none() {
            return Err(("over_length", "drop_middle needs a template that walks `steps`".into()));
        }
        self.head.sensible()
    }
}

impl Head {
    fn sensible(&self) -> Result<(), (&'static str, String)> {
        match self {
            Self::YesNo { yes, no, read, .. } => {
                let one_each = yes.len() == 1 && no.len() == 1;
                if yes.is_empty() || no.is_empty() || (*read != Spelling::Max && !one_each) {
                    return Err(("read", "one spelling per label, or several with read = \"max\"".into()));
                }
            }
            Self::SeqCls { index, outputs, .. } if !outputs.is_empty() && *index >= outputs.len() => {
                return Err(("index", format!("index {index} of {} outputs", outputs.len())));
            }
            _ => {}
        }
        Ok(())
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
