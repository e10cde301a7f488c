//! The reward model that is part of the program: `assets/reward-model/`, made by `recipe/`.

use super::local::{Embedded, LocalScorer};
use super::{ChatFiles, Profile, Prompter, ScoreError, Tokenizer};
use crate::engine::Options;

const MODEL: Embedded<'static> = Embedded {
    name: "default",
    config: include_bytes!("../../assets/reward-model/config.json"),
    weights: include_bytes!("../../assets/reward-model/model.safetensors"),
    tokenizer: include_bytes!("../../assets/reward-model/tokenizer.json"),
    profile: include_str!("../../assets/reward-model/profile.toml"),
};

/// The bundled model, asked as it was trained.
pub fn bundled(options: &Options) -> Result<LocalScorer, ScoreError> {
    LocalScorer::embedded(MODEL, options)
}

/// The bundled model asked as it was trained, and read by the calibration of another profile.
pub fn bundled_with(profile: &str, options: &Options) -> Result<LocalScorer, ScoreError> {
    LocalScorer::embedded(Embedded { profile, ..MODEL }, options)
}

/// Its prompts, or those of another profile through its tokenizer, without its weights.
pub fn bundled_prompter(other: Option<Profile>) -> Result<Prompter, ScoreError> {
    let own = || Profile::parse(MODEL.name, MODEL.profile, None).map_err(|error| ScoreError::Failed(error.to_string()));
    let profile = other.map_or_else(own, Ok)?;
    let tokenizer = Tokenizer::from_bytes(MODEL.tokenizer).map_err(ScoreError::Failed)?;
    Prompter::new(profile, tokenizer, ChatFiles::default(), None)
}
