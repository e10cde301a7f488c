//! A trajectory -> a score: profile, prompt, scorers, cache, queue. Shows nothing and reads no trajectories.

mod action;
mod bundled;
mod change;
mod chat;
mod gguf;
mod head;
pub mod hub;
pub mod imported;
mod judge;
mod labels;
mod lanes;
mod local;
mod profile;
mod prompt;
mod queue;
pub mod remote;
mod render;
mod scorer;
mod shorten;
mod signs;
mod task;
mod template;
mod tokenizer;
mod trace;

pub use bundled::{bundled, bundled_prompter};
pub use chat::ChatFiles;
pub use judge::{Judge, Judged, Question};
pub use labels::Labels;
pub use lanes::spread;
pub use local::{Embedded, LocalScorer, beside, plan, prompter, prompter_with};
pub use profile::{Activation, Head, OverLength, Profile, ProfileError, Rope, RopeKind};
pub use prompt::{Cut, Prompt, Prompter};
pub use queue::{Attention, Queue};
pub use scorer::{ScoreError, Scorer, ScorerFacts, fingerprint};
pub use tokenizer::Tokenizer;
pub use trace::Moment;
