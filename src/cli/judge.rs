//! From the command line's options to a judge: which model, which profile, where it runs, what it remembers.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};

use super::model::Model;
use super::{Bench, JudgeOptions};
use crate::engine::Options;
use crate::reward::remote::{Limits, Made, RemoteScorer};
use crate::reward::{self, Judge, LocalScorer, Profile, Prompter, Scorer, hub};
use crate::store::scores::ScoreStore;

/// How a model is asked when neither the user nor its folder says: the first published prompt, and the most copied.
const USUAL_PROFILE: &str = "swe-gym";
/// The one that comes with the bundled model.
const BUNDLED_PROFILE: &str = "default";

/// The models that the user named, each with its memory of earlier scores; without one, the bundled model, unless scores
/// were brought along.
pub fn panel(bench: &Bench, say: &dyn Fn(&str)) -> anyhow::Result<Vec<Judge>> {
    each(&bench.judge).iter().take(named(bench)).map(|options| load(options, say)).collect()
}

/// Where there is no screen, words for people go there.
pub fn on_stderr(text: &str) {
    eprintln!("rollscope: {text}");
}

/// How many models that are.
pub fn named(bench: &Bench) -> usize {
    if bench.judge.model.is_empty() && !bench.inputs.scores.is_empty() { 0 } else { each(&bench.judge).len() }
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

/// The model, loaded, or the servers that have it.
pub fn scorer(options: &JudgeOptions) -> anyhow::Result<Box<dyn Scorer>> {
    let engine = Options { device: options.device.clone(), dtype: options.dtype.clone(), ..Options::default() };
    let Some(name) = options.model.first() else {
        let Some(profile) = options.profile.first() else { return Ok(Box::new(reward::bundled(&engine)?)) };
        if !reward::asks_alike(profile, BUNDLED_PROFILE)? {
            bail!("--profile needs --model: the bundled model has been trained on its own prompt, and on no other")
        }
        return Ok(Box::new(reward::bundled_with(&Profile::text(profile)?, &engine)?));
    };
    let model = Model::named(name)?;
    let profile = profile(options, &model)?;
    Ok(match &model {
        Model::Servers(urls) => {
            let made = made(options, profile)?;
            Box::new(RemoteScorer::open(urls, made, limits(options)).with_context(|| "--model")?)
        }
        Model::Here(path, name) => {
            let tokenizer = options.tokenizer.as_deref();
            let loaded = LocalScorer::load_with(name.clone(), path, tokenizer, profile, &engine);
            Box::new(loaded.with_context(|| path.display().to_string())?)
        }
    })
}

fn limits(options: &JudgeOptions) -> Limits {
    let answer = Duration::from_secs(options.timeout.max(1));
    Limits { answer, most: options.in_flight.max(1), ..Limits::default() }
}

/// Prompts are made here, whoever computes: that takes the model's own tokenizer.
fn made(options: &JudgeOptions, profile: Profile) -> anyhow::Result<Made> {
    let folder = tokenizer(options, &profile)?;
    let (tokenizer, chat) = reward::beside(&folder)?;
    let config = std::fs::read(folder.join("config.json")).ok();
    let config: Option<serde_json::Value> = config.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let vocabulary = config.and_then(|config| Some(config.get("vocab_size")?.as_u64()? as usize));
    Ok(Made { profile, tokenizer, chat, vocabulary })
}

/// The folder that the user named, or that of a checkpoint the profile is for, if it lies in the hub's cache.
fn tokenizer(options: &JudgeOptions, profile: &Profile) -> anyhow::Result<PathBuf> {
    let known = profile.checkpoints.iter().find_map(|name| hub::cached(name));
    options.tokenizer.clone().or(known).with_context(|| {
        let fetch = profile.checkpoints.first().map_or_else(String::new, |name| {
            format!("; `rollscope models pull {name} --tokenizer-only` fetches that of the profile")
        });
        format!("a served model needs its tokenizer here: --tokenizer DIR{fetch}")
    })
}

/// The model with its memory of earlier scores. A memory that cannot be used costs time, not the result: that is said.
pub fn load(options: &JudgeOptions, say: &dyn Fn(&str)) -> anyhow::Result<Judge> {
    let memory = memory().map_err(|reason| say(&format!("scores are not kept: {reason}"))).ok();
    Ok(Judge::new(scorer(options)?, memory))
}

fn memory() -> Result<ScoreStore, String> {
    let path = ScoreStore::default_path().ok_or("no data folder on this system: ROLLSCOPE_DATA names one")?;
    ScoreStore::open(&path).map_err(|error| error.to_string())
}

/// What makes prompts, without the weights: enough to look at one.
pub fn prompter(options: &JudgeOptions) -> anyhow::Result<Prompter> {
    let Some(name) = options.model.first() else {
        let other = options.profile.first().map(|name| Profile::find(name)).transpose()?;
        return Ok(reward::bundled_prompter(other)?);
    };
    let model = Model::named(name)?;
    let profile = profile(options, &model)?;
    Ok(match &model {
        Model::Servers(_) => {
            let Made { profile, tokenizer, chat, .. } = made(options, profile)?;
            Prompter::new(profile, tokenizer, chat, None)?
        }
        Model::Here(path, _) => reward::prompter_with(path, options.tokenizer.as_deref(), profile)
            .with_context(|| path.display().to_string())?,
    })
}

/// The profile that scores are made with, as `--profile` takes it.
pub fn profile_name(options: &JudgeOptions) -> anyhow::Result<String> {
    match options.model.first() {
        Some(name) => Ok(profile_of(options, &Model::named(name)?)),
        None => Ok(options.profile.first().cloned().unwrap_or_else(|| BUNDLED_PROFILE.into())),
    }
}

/// What the user named, else what lies beside the weights, else the usual one.
fn profile_of(options: &JudgeOptions, model: &Model) -> String {
    let own = || model.own_profile().map(|path| path.display().to_string());
    options.profile.first().cloned().or_else(own).unwrap_or_else(|| USUAL_PROFILE.into())
}

fn profile(options: &JudgeOptions, model: &Model) -> anyhow::Result<Profile> {
    Ok(Profile::find(&profile_of(options, model))?)
}
