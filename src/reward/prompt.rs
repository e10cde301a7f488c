//! The exact prompt: what one judge is asked about one trajectory, as text and as token ids, and what was left out of it.

use std::ops::Range;

use minijinja::Value;
use minijinja::value::Serde;
use serde::{Deserialize, Serialize};

use super::chat::{self, ChatFiles};
use super::identity::hashed;
use super::labels::{self, Labels};
use super::profile::{Head, Profile};
use super::render::{Message, View};
use super::scorer::ScoreError;
use super::shorten;
use super::template;
use super::tokenizer::Tokenizer;
use crate::trajectory::Trajectory;

/// Contexts that models come in, by name, in tokens.
pub const CONTEXTS: [(&str, usize); 4] = [("32k", 32_768), ("64k", 65_536), ("128k", 131_072), ("256k", 262_144)];

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Prompt {
    pub profile: String,
    pub text: String,
    pub token_ids: Vec<u32>,
    /// Most tokens that this model and profile take.
    pub context: usize,
    /// Index of the token whose output is the answer.
    pub read_position: usize,
    /// For a value per token: where every finished assistant turn is read, the last being the answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub turn_ends: Vec<usize>,
    /// Where control tokens stand in the text, in bytes: a trajectory may spell the same without meaning it.
    #[serde(skip)]
    pub controls: Vec<Range<usize>>,
    pub labels: Labels,
    pub cut: Vec<Cut>,
}

/// Something that the judge does not get to see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// `issue`, `results`, `turns 4 to 17`.
    pub what: String,
    /// How many of them.
    pub count: usize,
    /// Characters left out (tokens, where the rule says so).
    pub characters: usize,
    pub rule: String,
}

/// Builds prompts: a profile together with the tokenizer and chat template of one checkpoint.
pub struct Prompter {
    profile: Profile,
    tokenizer: Tokenizer,
    chat: ChatFiles,
    labels: Labels,
    context: usize,
    hash: String,
}

/// A name for this state of all that words a prompt (`build.rs`).
const WORDING: &str = env!("ROLLSCOPE_WORDING");

impl Prompter {
    /// `model_context`: what the checkpoint claims to take in, in tokens, rope scaling included; `None` if unknown.
    pub fn new(
        profile: Profile,
        tokenizer: Tokenizer,
        chat: ChatFiles,
        model_context: Option<usize>,
    ) -> Result<Self, ScoreError> {
        let labels = match &profile.head {
            Head::YesNo { yes, no, read, first_token } => {
                labels::find(&tokenizer, yes, no, *read, *first_token).map_err(ScoreError::Failed)?
            }
            _ => Labels::default(),
        };
        let context = profile.limits.context.min(model_context.unwrap_or(usize::MAX));
        let hash = hash(&profile, &tokenizer, &chat, context);
        Ok(Self { profile, tokenizer, chat, labels, context, hash })
    }

    /// Prompters of the same hash make the same prompts.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// Most tokens a prompt may have.
    pub fn context(&self) -> usize {
        self.context
    }

    /// The prompt for one trajectory; [`ScoreError::TooLong`] where the profile has no rule that makes it fit.
    pub fn prompt(&self, trajectory: &Trajectory) -> Result<Prompt, ScoreError> {
        let view = View::of(trajectory, &self.profile.conversation);
        self.judgeable(&view)?;
        let draft = shorten::fit(self, &view).map_err(|error| error.into_score(self.context))?;
        let turn_ends = self.turn_ends(&draft.token_ids)?;
        let last = draft.token_ids.len().checked_sub(1);
        let read_position =
            turn_ends.last().copied().or(last).ok_or_else(|| ScoreError::Failed("the prompt is empty".into()))?;
        Ok(Prompt {
            profile: self.profile.name.clone(),
            text: draft.text,
            token_ids: draft.token_ids,
            context: self.context,
            read_position,
            turn_ends,
            controls: draft.controls,
            labels: self.labels.clone(),
            cut: draft.cut,
        })
    }

    /// A judge that is shown nothing must not be asked.
    fn judgeable(&self, view: &View) -> Result<(), ScoreError> {
        let template = self.profile.prompt.template.as_deref().unwrap_or_default();
        let shows_patch = template.contains("patch") || template.contains("signs");
        let patch = view.patch.as_deref().is_some_and(|patch| !patch.trim().is_empty());
        if view.messages.is_empty() && !(shows_patch && patch) {
            let why = if patch { "no patch is shown by this profile" } else { "the patch is empty or unknown" };
            return Err(ScoreError::Failed(format!("nothing to judge: no turns, and {why}")));
        }
        Ok(())
    }

    /// Renders the user message, with the trajectory's control strings marked, and what the template clipped.
    pub(super) fn user_text(&self, view: &View, source: &str) -> Result<(String, Vec<Cut>), String> {
        let mut value = serde_json::to_value(view).map_err(|error| error.to_string())?;
        self.guard(&mut value);
        value["system"] = self.profile.prompt.system.clone().unwrap_or_default().into();
        value["question"] = self.profile.prompt.question.clone().into();
        template::render(source, &Value::from(Serde(&value)))
    }

    fn guard(&self, value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(text) => *text = self.tokenizer.guard(text),
            serde_json::Value::Array(items) => items.iter_mut().for_each(|item| self.guard(item)),
            serde_json::Value::Object(map) => map.values_mut().for_each(|item| self.guard(item)),
            _ => {}
        }
    }

    /// The whole prompt around a rendered user message (or around the conversation itself), marked.
    pub(super) fn laid_out(&self, messages: &[Message]) -> Result<String, String> {
        let ask = &self.profile.prompt;
        let marked: Vec<Message> = if ask.chat == super::profile::Chat::None {
            messages.to_vec()
        } else {
            // Again, now that the template has put the pieces together.
            let mark =
                |message: &Message| Message { role: message.role, content: self.tokenizer.mark(&message.content) };
            messages.iter().map(mark).collect()
        };
        chat::layout(ask, &self.chat, &marked)
    }

    /// Empty for heads that answer once.
    fn turn_ends(&self, ids: &[u32]) -> Result<Vec<usize>, ScoreError> {
        let Head::TokenCls { after, at, .. } = &self.profile.head else { return Ok(Vec::new()) };
        let find = |text: &str| self.tokenizer.encode(text).map_err(ScoreError::Failed);
        let ends = labels::closes(ids, &find(after)?.0, &find(at)?.0);
        if ends.is_empty() {
            return Err(ScoreError::Failed("no finished assistant turn to read a value at".into()));
        }
        Ok(ends)
    }

    /// Tokens of the whole prompt, before the profile's rule for long ones.
    pub fn uncut(&self, trajectory: &Trajectory) -> Result<usize, ScoreError> {
        let view = View::of(trajectory, &self.profile.conversation);
        self.judgeable(&view)?;
        shorten::whole(self, &view).map(|draft| draft.token_ids.len()).map_err(ScoreError::Failed)
    }
}

fn hash(profile: &Profile, tokenizer: &Tokenizer, chat: &ChatFiles, context: usize) -> String {
    let told = [&chat.template, &chat.bos_token, &chat.eos_token].map(|text| format!("{text:?}"));
    let context = context.to_string();
    let parts = [WORDING, &profile.hash, tokenizer.hash(), &told[0], &told[1], &told[2], &context];
    hashed(&parts).finalize().to_hex().to_string()
}
