//! Scoring on this machine: profile, tokenizer and engine put together.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use super::chat::ChatFiles;
use super::gguf;
use super::head;
use super::identity::Identity;
use super::profile::{Head, Profile, Rope, RopeKind};
use super::prompt::{Prompt, Prompter};
use super::scorer::{ScoreError, Scorer, ScorerFacts};
use super::tokenizer::Tokenizer;
use super::trace::{self, Moment};
use crate::engine::{Engine, EngineError, HeadKind, Options, Plan, RopeScaling, Source, Want, Yarn};
use crate::trajectory::{Score, Trajectory};

/// A reward model on this machine.
pub struct LocalScorer {
    engine: Engine,
    prompter: Arc<Prompter>,
    name: String,
}

/// A reward model that is part of the program: the contents of its files.
#[derive(Debug, Clone, Copy)]
pub struct Embedded<'a> {
    pub name: &'a str,
    /// config.json
    pub config: &'a [u8],
    /// One safetensors file.
    pub weights: &'a [u8],
    /// tokenizer.json
    pub tokenizer: &'a [u8],
    /// A profile; it must not ask for the checkpoint's chat template.
    pub profile: &'a str,
}

impl LocalScorer {
    /// Loads a Hugging Face folder (config.json, safetensors, tokenizer.json, and a chat template where the profile asks for
    /// the checkpoint's own) or a GGUF file. The profile's rope scaling is put into the options.
    pub fn load(path: &Path, profile: Profile, options: &Options) -> Result<Self, ScoreError> {
        let name = path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into());
        Self::load_with(name, path, None, profile, options)
    }

    /// The same under a name, with tokenizer and chat template from a folder of their own.
    pub fn load_with(
        name: String,
        path: &Path,
        tokenizer: Option<&Path>,
        profile: Profile,
        options: &Options,
    ) -> Result<Self, ScoreError> {
        let (tokenizer, chat) = beside(tokenizer.unwrap_or(path))?;
        Self::build(name, source(path), profile, tokenizer, chat, options)
    }

    pub fn embedded(model: Embedded<'_>, options: &Options) -> Result<Self, ScoreError> {
        let profile = Profile::parse(model.name, model.profile, None).map_err(|error| failed(&error))?;
        let tokenizer = Tokenizer::from_bytes(model.tokenizer).map_err(ScoreError::Failed)?;
        let source = Source::Embedded { config: model.config, weights: model.weights };
        Self::build(model.name.into(), source, profile, tokenizer, ChatFiles::default(), options)
    }

    fn build(
        name: String,
        source: Source<'_>,
        profile: Profile,
        tokenizer: Tokenizer,
        chat: ChatFiles,
        options: &Options,
    ) -> Result<Self, ScoreError> {
        let engine = Engine::load(source, &planned(&profile, options)).map_err(|error| failed(&error))?;
        fits(&engine, &profile)?;
        let (known, context) = (engine.facts().vocabulary, engine.facts().context);
        if tokenizer.vocabulary() > known {
            let reason = format!(
                "{name}: its tokenizer has {} tokens, its embedding only {known} rows: they are not of one model",
                tokenizer.vocabulary()
            );
            return Err(ScoreError::Failed(reason));
        }
        let prompter = Arc::new(Prompter::new(profile, tokenizer, chat, Some(context))?);
        Ok(Self { engine, prompter, name })
    }

    pub fn prompter(&self) -> &Prompter {
        &self.prompter
    }
}

/// What a checkpoint would take of this machine's memory when asked with a profile. Reads headers only.
pub fn plan(path: &Path, profile: &Profile, options: &Options) -> Result<Plan, ScoreError> {
    Engine::plan(source(path), &planned(profile, options)).map_err(|error| failed(&error))
}

/// Which head a checkpoint has, and how many outputs.
pub fn head_of(path: &Path) -> Result<(HeadKind, usize), String> {
    Engine::head(source(path)).map_err(|error| error.to_string())
}

/// The options with what the profile says about long prompts.
fn planned(profile: &Profile, options: &Options) -> Options {
    let rope = profile.limits.rope.as_ref().map(scaling).or(options.rope.clone());
    Options { rope, longest: Some(profile.limits.context), ..options.clone() }
}

/// The prompts of a checkpoint, without its weights: the same that [`LocalScorer::load`] makes.
pub fn prompter(path: &Path, profile: Profile) -> Result<Prompter, ScoreError> {
    prompter_with(path, None, profile)
}

/// The same with tokenizer and chat template from a folder of their own.
pub fn prompter_with(path: &Path, tokenizer: Option<&Path>, profile: Profile) -> Result<Prompter, ScoreError> {
    let (tokenizer, chat) = beside(tokenizer.unwrap_or(path))?;
    let rope = profile.limits.rope.as_ref().map(scaling);
    let context = Engine::context(source(path), rope.as_ref()).map_err(|error| failed(&error))?;
    Prompter::new(profile, tokenizer, chat, Some(context))
}

/// A file is GGUF, whatever its name.
fn source(path: &Path) -> Source<'_> {
    if path.is_file() { Source::Gguf(path) } else { Source::Folder(path) }
}

/// Tokenizer and chat template of a checkpoint's folder, or out of a GGUF file.
pub fn beside(path: &Path) -> Result<(Tokenizer, ChatFiles), ScoreError> {
    if path.is_file() {
        return gguf::beside(path).map_err(ScoreError::Failed);
    }
    let tokenizer = Tokenizer::from_file(&path.join("tokenizer.json"));
    let hint = |reason| ScoreError::Failed(format!("{reason}; a model folder needs a tokenizer.json"));
    let chat = ChatFiles::from_folder(path).map_err(ScoreError::Failed)?;
    Ok((tokenizer.map_err(hint)?, chat))
}

fn failed(error: &dyn std::error::Error) -> ScoreError {
    ScoreError::Failed(error.to_string())
}

/// Scaling for checkpoints that have none of their own, as the published scripts do it.
fn scaling(rope: &Rope) -> RopeScaling {
    match rope.kind {
        RopeKind::Linear => RopeScaling::Linear { factor: rope.factor },
        RopeKind::Yarn => match RopeScaling::yarn(rope.factor) {
            RopeScaling::Yarn(yarn) => {
                RopeScaling::Yarn(Yarn { original: rope.original.map(|tokens| tokens as f64), ..yarn })
            }
            other => other,
        },
    }
}

/// A checkpoint with another head than the profile reads would answer something, but not the question.
fn fits(engine: &Engine, profile: &Profile) -> Result<(), ScoreError> {
    let facts = engine.facts();
    let wanted = match profile.head {
        Head::YesNo { .. } => HeadKind::Causal,
        Head::SeqCls { .. } => HeadKind::Sequence,
        Head::TokenCls { .. } => HeadKind::Tokens,
    };
    if facts.head != wanted {
        let (has, wants) = (facts.head.name(), wanted.name());
        let reason = format!("{} has a {has} head, profile {} reads a {wants} head", facts.architecture, profile.name);
        return Err(ScoreError::Failed(reason));
    }
    match &profile.head {
        Head::SeqCls { index, outputs, .. } if *index >= facts.outputs || facts.outputs < outputs.len() => {
            let reason =
                format!("{} has {} outputs, profile {} names more", facts.architecture, facts.outputs, profile.name);
            Err(ScoreError::Failed(reason))
        }
        _ => Ok(()),
    }
}

impl Scorer for LocalScorer {
    fn facts(&self) -> ScorerFacts {
        let (facts, profile) = (self.engine.facts(), self.prompter.profile());
        ScorerFacts {
            name: self.name.clone(),
            profile: profile.name.clone(),
            device: facts.device.clone(),
            dtype: facts.dtype.clone(),
            parameters: facts.parameters,
            context: self.prompter.context(),
            threshold: profile.decision.threshold,
            worth: profile.decision.worth.clone(),
            outputs: profile.head.names().to_vec(),
        }
    }

    fn prompt(&self, trajectory: &Trajectory) -> Result<Prompt, ScoreError> {
        self.prompter.prompt(trajectory)
    }

    fn prompter(&self) -> Arc<Prompter> {
        Arc::clone(&self.prompter)
    }

    fn identity(&self) -> Identity {
        let facts = self.engine.facts();
        Identity {
            weights: facts.weights_hash.clone(),
            profile: self.prompter.profile().hash.clone(),
            dtype: facts.dtype.clone(),
        }
    }

    fn moments(&self, trajectory: &Trajectory, full: &Prompt) -> Result<Vec<Moment>, ScoreError> {
        trace::moments(&self.prompter, trajectory, full)
    }

    fn score(&mut self, prompt: &Prompt, watch: &mut dyn FnMut(usize) -> ControlFlow<()>) -> Result<Score, ScoreError> {
        let profile = self.prompter.profile();
        let labels: Vec<u32> = prompt.labels.yes.iter().chain(&prompt.labels.no).copied().collect();
        let want = match profile.head {
            Head::YesNo { .. } => Want::Labels(&labels),
            Head::SeqCls { .. } => Want::Classes,
            Head::TokenCls { .. } => Want::Tokens,
        };
        let answer = self.engine.read(&prompt.token_ids, want, watch).map_err(|error| match error {
            EngineError::Cancelled => ScoreError::Stopped,
            other => failed(&other),
        })?;
        head::score(&profile.head, &profile.decision, prompt, &answer.rows).map_err(ScoreError::Failed)
    }
}
