//! From the command line's options to a judge: which model, which profile, where it runs, what it remembers.

use std::path::Path;

use anyhow::{Context, bail};

use super::{Bench, JudgeOptions};
use crate::engine::Options;
use crate::reward::{self, Judge, LocalScorer, Profile, Prompter, Scorer};
use crate::store::scores::ScoreStore;

/// How a model is asked when neither the user nor its folder says: the first published prompt, and the most copied.
const USUAL_PROFILE: &str = "swe-gym";

/// The models that the user named, each with its memory of earlier scores; without one, the bundled model, unless scores
/// were brought along.
pub fn panel(bench: &Bench) -> anyhow::Result<Vec<Judge>> {
    if bench.judge.model.is_empty() && !bench.inputs.scores.is_empty() {
        return Ok(Vec::new());
    }
    each(&bench.judge).iter().map(load).collect()
}

/// The options of each judge that was named, one by one: the nth profile is for the nth model, the last of either for all
/// that follow.
pub fn each(options: &JudgeOptions) -> Vec<JudgeOptions> {
    let nth = |list: &[String], nth: usize| list.get(nth).or(list.last()).cloned().into_iter().collect();
    let models = options.model.len().max(options.profile.len()).max(1);
    let one = |at: usize| JudgeOptions {
        model: options.model.get(at).or(options.model.last()).cloned().into_iter().collect(),
        profile: nth(&options.profile, at),
        ..options.clone()
    };
    (0..models).map(one).collect()
}

/// The model, loaded.
pub fn scorer(options: &JudgeOptions) -> anyhow::Result<Box<dyn Scorer>> {
    let engine = Options { device: options.device.clone(), dtype: options.dtype.clone(), ..Options::default() };
    let loaded = match options.model.first() {
        Some(folder) => {
            LocalScorer::load(present(folder)?, profile(options)?, &engine).with_context(|| model_name(options))?
        }
        None if !options.profile.is_empty() => {
            bail!("--profile needs --model: the bundled model has been trained on its own prompt, and on no other")
        }
        None => reward::bundled(&engine)?,
    };
    Ok(Box::new(loaded))
}

/// The model with its memory of earlier scores. A memory that cannot be used costs time, not the result.
pub fn load(options: &JudgeOptions) -> anyhow::Result<Judge> {
    Ok(Judge::new(scorer(options)?, memory()))
}

/// The score database; without one, a word on stderr and no memory.
pub fn memory() -> Option<ScoreStore> {
    let Some(path) = ScoreStore::default_path() else {
        eprintln!("rollscope: no data folder on this system: scores are not kept (name one with ROLLSCOPE_DATA)");
        return None;
    };
    ScoreStore::open(&path).inspect_err(|error| eprintln!("rollscope: scores are not kept: {error}")).ok()
}

/// What makes prompts, without the weights: enough to look at one.
pub fn prompter(options: &JudgeOptions) -> anyhow::Result<Prompter> {
    let made = match options.model.first() {
        Some(folder) => reward::prompter(present(folder)?, profile(options)?).with_context(|| model_name(options))?,
        None => reward::bundled_prompter((!options.profile.is_empty()).then(|| profile(options)).transpose()?)?,
    };
    Ok(made)
}

fn present(folder: &Path) -> anyhow::Result<&Path> {
    if folder.exists() {
        return Ok(folder);
    }
    bail!(
        "{}: no such folder or file; --model takes a folder with config.json, safetensors and tokenizer.json, or a GGUF file",
        folder.display()
    )
}

/// What the user named, else what lies in the model's folder, else the usual one.
fn profile(options: &JudgeOptions) -> anyhow::Result<Profile> {
    if let Some(name) = options.profile.first() {
        return Ok(Profile::find(name)?);
    }
    let own = options.model.iter().map(|folder| folder.join("profile.toml")).find(|path| path.is_file());
    Ok(Profile::find(&own.map_or_else(|| USUAL_PROFILE.into(), |path| path.display().to_string()))?)
}

fn model_name(options: &JudgeOptions) -> String {
    options.model.first().map_or_else(|| "the bundled model".into(), |folder| folder.display().to_string())
}
