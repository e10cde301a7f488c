//! What can go wrong between a folder of weights and a number. Each message says where, what, and what to try.

use std::path::PathBuf;

use super::plan::Plan;

#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("{}: cannot read: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{file}: {reason}")]
    Config { file: String, reason: String },
    /// Something the configuration asks for and this engine does not compute. Ignoring it would give wrong numbers.
    #[error("{file}: `{key}` is {value}, which is not implemented; {known}")]
    Unsupported { file: String, key: String, value: String, known: String },
    #[error("{file}: not a whole file of weights ({reason}); fetch it again")]
    Damaged { file: String, reason: String },
    #[error("{file}: tensor {tensor}: {reason}")]
    Tensor { file: String, tensor: String, reason: String },
    #[error("{place}: tensor {tensor} is missing; the checkpoint does not match its configuration")]
    Missing { place: String, tensor: String },
    #[error("{file}: {reason}")]
    Adapter { file: String, reason: String },
    #[error("device {device}: {reason}")]
    Device { device: String, reason: String },
    #[error("dtype {0} is not one of f32, bf16, f16")]
    Dtype(String),
    #[error("the prompt has no tokens")]
    EmptyPrompt,
    #[error(
        "token {id} at position {position} is outside the vocabulary of {vocabulary}; is this the model's tokenizer?"
    )]
    OutsideVocabulary { id: u32, position: usize, vocabulary: usize },
    #[error("this checkpoint has a {head} head and cannot answer with {asked}; choose a profile for a {head} head")]
    WrongHead { head: &'static str, asked: &'static str },
    #[error("the model answered with NaN or infinity; its weights or this dtype cannot carry the prompt (try f32)")]
    NotANumber,
    #[error(
        "{tokens} tokens need {} MiB for the cache, but {} MiB are free; shorten the prompt or use a smaller model",
        needed >> 20, free >> 20
    )]
    Memory { tokens: usize, needed: u64, free: u64 },
    #[error("{place}: {plan}; use a smaller model, a quantised one, or another machine")]
    TooLarge { place: String, plan: Plan },
    #[error(
        "device {device}: out of memory after {tokens} tokens; shorten the prompt, read it in smaller chunks, or keep the cache in bf16"
    )]
    Exhausted { device: String, tokens: usize },
    #[error(
        "{place}: device {device}: out of memory while loading; use a smaller model, a quantised one, or another device"
    )]
    Unloadable { place: String, device: String },
    #[error("cancelled")]
    Cancelled,
    #[error("tensor computation failed: {0}")]
    Compute(#[from] candle_core::Error),
}
