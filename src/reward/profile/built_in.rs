//! Profiles by their names: those that come with the program, variants of them, and files.

use std::borrow::Cow;
use std::path::Path;

use super::{Profile, ProfileError};

const BUILT_IN: &[(&str, &str)] = &[
    ("default", include_str!("../../../assets/reward-model/profile.toml")),
    ("compact", include_str!("../../../assets/profiles/compact.toml")),
    ("swe-gym", include_str!("../../../assets/profiles/swe-gym.toml")),
    ("r2e-gym", include_str!("../../../assets/profiles/r2e-gym.toml")),
    ("swe-lego", include_str!("../../../assets/profiles/swe-lego.toml")),
    ("swe-rm", include_str!("../../../assets/profiles/swe-rm.toml")),
    ("openhands-critic-32b", include_str!("../../../assets/profiles/openhands-critic-32b.toml")),
    ("openhands-critic-4b", include_str!("../../../assets/profiles/openhands-critic-4b.toml")),
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
}

/// A name and its variant; a file that exists is a file, whatever it is called.
fn taken_apart(wanted: &str) -> (&str, Option<&str>) {
    match wanted.split_once(':') {
        Some((name, variant)) if !Path::new(wanted).exists() => (name, Some(variant)),
        _ => (wanted, None),
    }
}
