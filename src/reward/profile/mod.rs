//! A profile: how one reward model is asked and read. A TOML file, checked when it is read; it decides nothing else.
//!
//! Here are the settings of the question; `head` says where the answer stands, `limits` how long a prompt may be, `decision`
//! what an answer counts as. `built_in` finds a profile by its name, `reading` makes one of a text or says what is wrong with it.

mod built_in;
mod decision;
mod head;
mod limits;
mod reading;

use std::collections::BTreeMap;

use serde::Deserialize;

pub use decision::Decision;
pub use head::{Activation, Head, Spelling};
pub use limits::{Limits, OverLength, Rope, RopeKind};
pub use reading::ProfileError;
use reading::Variant;

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

fn yes() -> bool {
    true
}
