//! A trajectory -> a score: profile, prompt, scorers, cache, queue. Shows nothing and reads no trajectories.

mod action;
mod change;
mod chat;
mod labels;
mod profile;
mod prompt;
mod queue;
mod render;
mod scorer;
mod shorten;
mod task;
mod template;
mod tokenizer;

pub use chat::ChatFiles;
pub use labels::Labels;
pub use profile::{Activation, Head, OverLength, Profile, ProfileError, Rope};
pub use prompt::{Cut, Prompt, Prompter};
pub use queue::{Attention, Queue};
pub use scorer::{ScoreError, Scorer, ScorerFacts, fingerprint};
pub use tokenizer::Tokenizer;
