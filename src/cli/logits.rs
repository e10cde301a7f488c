//! `rollscope logits`: raw numbers for token ids, to check a checkpoint against its reference.

use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use serde_json::{Value, json};

use crate::engine::{Engine, HeadKind, Options, Source, Want};

use super::Finish;

#[derive(Debug, Args)]
pub struct Arguments {
    /// A folder in Hugging Face layout, or a GGUF file
    #[arg(long, value_name = "DIR|GGUF")]
    model: PathBuf,
    /// A PEFT adapter to merge into the weights
    #[arg(long, value_name = "DIR")]
    adapter: Option<PathBuf>,
    /// A JSON list of token ids, or an object with `input_ids`
    #[arg(long, value_name = "FILE")]
    ids: PathBuf,
    /// Tokens that go through the decoder at once; as suits the device if not given
    #[arg(long, value_name = "TOKENS")]
    chunk: Option<usize>,
    #[arg(long, default_value = "auto")]
    device: String,
    #[arg(long)]
    dtype: Option<String>,
    /// How keys and values are kept: f32, bf16 or f16
    #[arg(long, value_name = "DTYPE")]
    cache: Option<String>,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<Finish> {
    let ids = token_ids(&arguments.ids)?;
    let options = Options {
        device: arguments.device.clone(),
        dtype: arguments.dtype.clone(),
        cache: arguments.cache.clone(),
        chunk: arguments.chunk,
        adapter: arguments.adapter.clone(),
        ..Options::default()
    };
    let gguf = arguments.model.is_file();
    let source = if gguf { Source::Gguf(&arguments.model) } else { Source::Folder(&arguments.model) };
    let mut engine = Engine::load(source, &options)?;
    let (want, name) = match engine.facts().head {
        HeadKind::Causal => (Want::Vocabulary, "last_logits"),
        HeadKind::Sequence => (Want::Classes, "scores"),
        HeadKind::Tokens => (Want::Tokens, "scores"),
    };
    let per_token = matches!(want, Want::Tokens);
    let mut rows = engine.read(&ids, want, &mut |_| ControlFlow::Continue(()))?.rows;
    let numbers = if per_token { json!(rows) } else { json!(rows.pop().unwrap_or_default()) };
    super::output::raw(format!("{}\n", json!({ name: numbers })).as_bytes())?;
    Ok(Finish::Done)
}

fn token_ids(path: &PathBuf) -> anyhow::Result<Vec<u32>> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let value: Value = serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))?;
    let list = value.get("input_ids").unwrap_or(&value);
    serde_json::from_value(list.clone())
        .with_context(|| format!("{}: expected a list of token ids, or an object with input_ids", path.display()))
}
