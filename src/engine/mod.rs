//! The neural network: tokens in, numbers out. It has never heard of trajectories or text.
//!
//! `plan` says what it takes, `config` says what the decoder is, `weights` where its tensors lie, `layout` which there must be, `loader` copies them,
//! `decoder` computes with the `kernels`, `cache` remembers, `head` answers.

mod adapter;
mod cache;
mod config;
mod decoder;
mod device;
mod error;
mod gguf;
mod gguf_names;
mod head;
mod kernels;
mod layout;
mod linear;
mod loader;
mod moe;
mod open;
mod plan;
mod rope;
mod weight;
mod weights;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor};

use cache::Cache;
use config::Config;
pub use config::HeadKind;
use decoder::Decoder;
pub use device::card;
pub use error::EngineError;
use head::Head;
pub use head::Want;
pub use open::metadata;
pub use plan::Plan;
pub use rope::{RopeScaling, Yarn};

/// Where a checkpoint comes from.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// A Hugging Face folder: config.json and safetensors.
    Folder(&'a Path),
    /// A GGUF file.
    Gguf(&'a Path),
    /// The bytes of config.json and of one safetensors file.
    Embedded { config: &'a [u8], weights: &'a [u8] },
}

#[derive(Clone, Debug)]
pub struct Options {
    /// `auto`, `cpu`, `cuda[:N]` or `metal`.
    pub device: String,
    /// `f32`, `bf16` or `f16`; as the checkpoint has it where none is given.
    pub dtype: Option<String>,
    /// How keys and values are kept: `f32`, `bf16` or `f16`; as they are computed where none is given.
    pub cache: Option<String>,
    /// Tokens read at a time, as suits the device where none is given. Progress and cancelling happen between chunks.
    pub chunk: Option<usize>,
    /// The longest prompt that will be read, for the memory plan; the checkpoint's own context where none is given.
    pub longest: Option<usize>,
    /// Bytes to stay below, where the whole machine is not ours.
    pub memory: Option<u64>,
    /// A folder with a low-rank adapter as PEFT saves it.
    pub adapter: Option<PathBuf>,
    /// A scaling for checkpoints whose own configuration has none; one that has its own keeps it.
    pub rope: Option<RopeScaling>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            device: "auto".into(),
            dtype: None,
            cache: None,
            chunk: None,
            longest: None,
            memory: None,
            adapter: None,
            rope: None,
        }
    }
}

/// What was loaded.
#[derive(Clone, Debug)]
pub struct Facts {
    pub architecture: String,
    pub parameters: usize,
    pub vocabulary: usize,
    /// Tokens the checkpoint claims to read, position scaling included.
    pub context: usize,
    pub head: HeadKind,
    /// Numbers in one row of the head.
    pub outputs: usize,
    /// How the weights are kept. On the CPU everything is computed in f32.
    pub dtype: String,
    pub device: String,
    /// blake3 over the weights, the configuration, the adapter and the forced scaling: equal hashes give equal answers.
    pub weights_hash: String,
}

/// The answer to one prompt.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// One row, or one per token where those were asked for.
    pub rows: Vec<Vec<f32>>,
    /// Tokens at the start that the previous prompt had in common, and that were not computed again.
    pub reused: usize,
}

/// A loaded model and the prompt it read last.
pub struct Engine {
    facts: Facts,
    config: Config,
    decoder: Decoder,
    head: Head,
    cache: Cache,
    device: Device,
    chunk: usize,
    memory: Option<u64>,
    /// The tokens whose keys and values the cache holds.
    seen: Vec<u32>,
    /// A token classification head's row for each of them.
    rows: Vec<Vec<f32>>,
}

impl Engine {
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Reads a prompt in chunks and answers at its end. What it has in common with the previous prompt, cancelled ones
    /// included, is kept. `watch` hears after each chunk how many tokens are done and may break.
    pub fn read(
        &mut self,
        ids: &[u32],
        want: Want,
        watch: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Answer, EngineError> {
        self.check(ids, want)?;
        self.answer(ids, want, watch).map_err(|why| self.explain(why))
    }

    fn answer(
        &mut self,
        ids: &[u32],
        want: Want,
        watch: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Answer, EngineError> {
        let reused = self.keep(ids)?;
        let mut hidden = None;
        for chunk in ids[reused..].chunks(self.chunk) {
            let rows = self.forward(chunk)?;
            if self.config.head == HeadKind::Tokens {
                let normed = self.decoder.last_norm(&rows)?;
                self.rows.extend(self.head.rows(&normed, &self.decoder.embedding, None)?);
            }
            self.seen.extend_from_slice(chunk);
            hidden = Some(rows.narrow(0, chunk.len() - 1, 1)?);
            if watch(self.seen.len()).is_break() {
                return Err(EngineError::Cancelled);
            }
        }
        let last = self.decoder.last_norm(&hidden.ok_or(EngineError::EmptyPrompt)?)?;
        let rows = match want {
            Want::Labels(labels) => self.head.rows(&last, &self.decoder.embedding, Some(labels))?,
            Want::Vocabulary | Want::Classes => self.head.rows(&last, &self.decoder.embedding, None)?,
            Want::Tokens => self.rows.clone(),
        };
        if rows.iter().flatten().all(|x| x.is_finite()) {
            return Ok(Answer { rows, reused });
        }
        self.forget();
        Err(EngineError::NotANumber)
    }

    /// On the CPU as one of the threads that compute: from outside, each operation would have to wake one first.
    fn forward(&mut self, chunk: &[u32]) -> candle_core::Result<Tensor> {
        let Self { decoder, cache, seen, .. } = self;
        if self.device.is_cpu() {
            rayon::scope(|_| decoder.forward(chunk, seen.len(), cache))
        } else {
            decoder.forward(chunk, seen.len(), cache)
        }
    }

    fn check(&self, ids: &[u32], want: Want) -> Result<(), EngineError> {
        self.head.check(want)?;
        let labels = if let Want::Labels(labels) = want { labels } else { &[] };
        let vocabulary = self.config.vocabulary;
        let outside = |(position, id): (usize, &u32)| (*id as usize >= vocabulary).then_some((position, *id));
        match ids.iter().enumerate().chain(labels.iter().enumerate()).find_map(outside) {
            Some((position, id)) => Err(EngineError::OutsideVocabulary { id, position, vocabulary }),
            None if ids.is_empty() => Err(EngineError::EmptyPrompt),
            None => Ok(()),
        }
    }

    /// Drops what the prompt does not share with the last one and makes room for the rest; gives how much is kept. The
    /// last token is always read again, since its hidden state is what the head needs.
    fn keep(&mut self, ids: &[u32]) -> Result<usize, EngineError> {
        let common = self.seen.iter().zip(ids).take_while(|(old, new)| old == new).count();
        let kept = common.min(ids.len() - 1);
        self.seen.truncate(kept);
        self.rows.truncate(kept);
        if ids.len() > self.cache.capacity() {
            self.afford(ids.len())?;
            self.cache.reserve(ids.len(), kept)?;
        }
        Ok(kept)
    }

    /// A device that ran out of memory can go on with another prompt; what it had read is still there: a chunk counts as
    /// seen only once it is through, and a cache that did not grow in all its layers is as wide as before.
    fn explain(&self, why: EngineError) -> EngineError {
        match why {
            EngineError::Compute(why) if device::exhausted(&why) => {
                EngineError::Exhausted { device: self.facts.device.clone(), tokens: self.seen.len() }
            }
            why => why,
        }
    }

    fn forget(&mut self) {
        self.seen.clear();
        self.rows.clear();
    }

    /// Refuses a cache that the machine cannot hold, before asking for it. What the present one takes is given back a layer at
    /// a time, as the wider one is made.
    fn afford(&self, tokens: usize) -> Result<(), EngineError> {
        let bytes = |tokens| Cache::bytes(&self.config, self.cache.dtype(), tokens);
        let (needed, held) = (bytes(tokens), bytes(self.cache.capacity()));
        let free = device::free_bytes(&self.device, None).map(|free| free + held);
        match free.into_iter().chain(self.memory).min() {
            Some(free) if needed > free => Err(EngineError::Memory { tokens, needed, free }),
            _ => Ok(()),
        }
    }
}
