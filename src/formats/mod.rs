//! Bytes -> trajectories. One trait, one table, one file per format. Nothing here opens a file: `store` hands documents in.

mod agentless;
mod aider;
mod atif;
mod auto_code_rover;
mod chat;
mod claude_code;
mod claude_code_edits;
mod codex;
mod content;
mod conversation;
mod datasets;
mod driver;
mod gemini_cli;
mod guessed_chat;
mod harbor;
mod inline;
mod inspect;
mod json;
mod label_table;
mod lenient;
mod llm_logs;
mod mini_swe_agent;
mod moatless;
mod moatless_states;
mod naming;
mod nemo_gym;
mod opencode;
mod openhands;
mod openhands_v0;
mod openhands_v1;
pub mod ordinary;
mod outcomes;
mod pains;
mod parts;
mod patch_sets;
mod pi;
mod predictions;
mod r2e_gym;
mod rebuilt;
mod records;
mod reports;
mod responses;
mod stream;
mod swe_agent;
mod tally;
mod tau_bench;
mod trae;
mod tree;
mod verifier_log;
mod verifiers;
mod verl;

pub use driver::{Sink, Wanted, claims_folder, list_record, read, read_folder, read_plain, read_record, record, sniff};
pub use naming::split_id;
pub use pains::{Pains, PainsTaken};
pub use predictions::NAME as PREDICTIONS;
pub use stream::{Block, Lines};

use std::borrow::Cow;
use std::io;
use std::path::Path;

use serde_json::Value;

use crate::trajectory::{Label, Note, TaskFacts, Trajectory};
use ordinary::Talk;

/// One way of writing trajectories (or outcomes) down.
pub trait Format: Sync {
    /// What the `format` field says: `swe-agent`.
    fn name(&self) -> &'static str;

    /// One line for help and README: who writes it, how the files are called.
    fn about(&self) -> &'static str;

    /// Whether this document is of the format, judged by its keys and never by its extension.
    fn claims(&self, document: &Document) -> bool;

    /// Reads what can be read, and notes what cannot. Never panics, whatever the document holds.
    ///
    /// A document that holds several trajectories puts what tells them apart into their `id`; the caller puts
    /// [`Document::id`] in front. `format` and `bytes` are filled in by the caller.
    fn read(&self, document: &Document) -> Reading;

    /// Whether this record can be listed without what its tools answered (but for the end of each answer, see
    /// `ordinary::skim`), which is most of it: then summaries are the same with it and without.
    fn lists_without_answers(&self, _record: &Value) -> bool {
        false
    }

    /// As [`Format::read`], for a list, of a record of whose messages only the first is in its value, and the others
    /// stand beside it. None where this format does not read them so.
    fn list(&self, _document: &Document, _talk: Talk) -> Option<Reading> {
        None
    }
}

/// Every format there is. The first that claims a document reads it: the particular stand before the general.
pub static FORMATS: &[&dyn Format] = &[
    &swe_agent::SweAgent,
    &mini_swe_agent::MiniSweAgent,
    &openhands::OpenHands,
    &moatless::Moatless,
    &moatless_states::MoatlessStates,
    &nemo_gym::NemoGym,
    &atif::Atif,
    &harbor::Harbor,
    &claude_code::ClaudeCode,
    &codex::Codex,
    &gemini_cli::GeminiCli,
    &pi::Pi,
    &opencode::OpenCode,
    &inspect::Inspect,
    &auto_code_rover::AutoCodeRover,
    &trae::Trae,
    &r2e_gym::R2eGym,
    &tau_bench::TauBench,
    &verifiers::Verifiers,
    &verl::Verl,
    &patch_sets::PatchSets,
    &agentless::Agentless,
    &aider::Aider,
    &llm_logs::LlmLogs,
    &responses::Responses,
    &reports::Reports,
    &label_table::LabelTable,
    &datasets::Datasets,
    &predictions::Predictions,
    &verifier_log::VerifierLog,
    &chat::Chat,
    &guessed_chat::GuessedChat,
];

/// What was found in a document.
#[derive(Debug, Default)]
pub struct Reading {
    pub trajectories: Vec<Trajectory>,
    pub labels: Vec<Label>,
    /// Gold patches and issues; nothing of them enters a trajectory.
    pub tasks: Vec<TaskFacts>,
    pub notes: Vec<Note>,
}

/// One thing to read: a whole file, one record of a file, or a folder of parts.
pub struct Document<'a> {
    /// As the user named it.
    pub path: &'a Path,
    /// Where in the file, if the file holds several records: a line number, a list index from 1, a key.
    pub record: Option<String>,
    pub content: Content<'a>,
}

pub enum Content<'a> {
    /// One JSON value: a file, one line of JSONL, one item of a list.
    Value(&'a Value),
    /// All lines of a JSONL file, for formats where a line is an event and the file is the trajectory.
    Lines(&'a [Value]),
    /// Text that is not JSON.
    Text(&'a str),
    /// A folder or archive of parts.
    Folder(&'a dyn Folder),
}

/// Files that belong together, on disk or inside an archive.
pub trait Folder {
    /// Paths relative to the folder, sorted.
    fn names(&self) -> &[String];
    fn bytes(&self, name: &str) -> io::Result<Cow<'_, [u8]>>;
}

impl Document<'_> {
    /// The words that open it again: `path` or `path#record`.
    pub fn id(&self) -> String {
        match &self.record {
            Some(record) => format!("{}#{record}", self.path.display()),
            None => self.path.display().to_string(),
        }
    }

    pub fn value(&self) -> Option<&Value> {
        match self.content {
            Content::Value(value) => Some(value),
            _ => None,
        }
    }
}
