//! What GGUF calls the tensors and settings of the architectures that we compute, in the words of transformers
//! (llama.cpp `gguf-py/gguf/constants.py` and `convert_hf_to_gguf.py`).

use serde_json::{Map, Value};

use super::config::{Config, Experts, Fields, HeadKind};
use super::error::EngineError;
use super::rope::{Rope, RopeScaling, Yarn};
use super::weights::{Kind, Table};

const LAYER: [(&str, &str); 15] = [
    ("attn_norm", "input_layernorm"),
    ("ffn_norm", "post_attention_layernorm"),
    ("attn_q", "self_attn.q_proj"),
    ("attn_k", "self_attn.k_proj"),
    ("attn_v", "self_attn.v_proj"),
    ("attn_output", "self_attn.o_proj"),
    ("attn_q_norm", "self_attn.q_norm"),
    ("attn_k_norm", "self_attn.k_norm"),
    ("ffn_gate", "mlp.gate_proj"),
    ("ffn_up", "mlp.up_proj"),
    ("ffn_down", "mlp.down_proj"),
    ("ffn_gate_inp", "mlp.gate"),
    ("ffn_gate_exps", "mlp.experts.gate_proj"),
    ("ffn_up_exps", "mlp.experts.up_proj"),
    ("ffn_down_exps", "mlp.experts.down_proj"),
];
const OUTER: [(&str, &str); 3] =
    [("token_embd", "model.embed_tokens"), ("output_norm", "model.norm"), ("output", "lm_head")];
/// Divisors of the rotary frequencies, where a scaling was worked out by the converter.
pub const FREQUENCIES: &str = "rope_freqs.weight";

/// Settings that change no number, or that the tensors say again.
const SILENT: [&str; 2] = ["vocab_size", "rope.scaling.finetuned"];
const READ: [&str; 22] = [
    "rope.dimension_count",
    "embedding_length",
    "block_count",
    "feed_forward_length",
    "attention.head_count",
    "attention.head_count_kv",
    "attention.key_length",
    "attention.value_length",
    "attention.layer_norm_rms_epsilon",
    "context_length",
    "rope.freq_base",
    "rope.scaling.type",
    "rope.scaling.factor",
    "rope.scaling.original_context_length",
    "rope.scaling.attn_factor",
    "rope.scaling.yarn_attn_factor",
    "rope.scaling.yarn_beta_fast",
    "rope.scaling.yarn_beta_slow",
    "rope.scale_linear",
    "expert_count",
    "expert_used_count",
    "expert_feed_forward_length",
];

/// The name in transformers; names that it does not have stay as they are.
pub fn transformers_name(name: &str) -> String {
    let renamed = || {
        let (stem, kind) = name.rsplit_once('.')?;
        let outer = OUTER.iter().find(|(theirs, _)| *theirs == stem);
        if let Some((_, ours)) = outer {
            return Some(format!("{ours}.{kind}"));
        }
        let (layer, part) = stem.strip_prefix("blk.")?.split_once('.')?;
        let (_, ours) = LAYER.iter().find(|(theirs, _)| *theirs == part)?;
        Some(format!("model.layers.{layer}.{ours}.{kind}"))
    };
    renamed().unwrap_or_else(|| name.to_owned())
}

/// The name in GGUF, for messages.
pub fn gguf_name(name: &str) -> String {
    let renamed = || {
        let (stem, kind) = name.rsplit_once('.')?;
        if let Some((theirs, _)) = OUTER.iter().find(|(_, ours)| *ours == stem) {
            return Some(format!("{theirs}.{kind}"));
        }
        let (layer, part) = stem.strip_prefix("model.layers.")?.split_once('.')?;
        let (theirs, _) = LAYER.iter().find(|(_, ours)| *ours == part)?;
        Some(format!("blk.{layer}.{theirs}.{kind}"))
    };
    renamed().unwrap_or_else(|| name.to_owned())
}

/// Metadata -> what the decoder is. `table` says what metadata leave out: the vocabulary, biases, a tied output.
pub fn config(metadata: &Map<String, Value>, table: &Table, file: &str) -> Result<Config, EngineError> {
    let general = Fields { file, map: metadata };
    let family = general.text("general.architecture").unwrap_or_default();
    if !["qwen2", "qwen3", "qwen3moe", "llama"].contains(&family) {
        return Err(general.unsupported("general.architecture", "known are qwen2, qwen3, qwen3moe, llama"));
    }
    let own: Map<String, Value> = metadata
        .iter()
        .filter_map(|(key, value)| Some((key.strip_prefix(family)?.strip_prefix('.')?.to_owned(), value.clone())))
        .collect();
    let fields = Fields { file, map: &own };
    refuse_unknown(&fields)?;
    let has = |name: &str| table.tensors.contains_key(name);
    let heads = fields.size("attention.head_count")?;
    let hidden = fields.size("embedding_length")?;
    let head_dim = fields.size_or("attention.key_length", hidden / heads)?;
    let embedding = table.get("model.embed_tokens.weight")?;
    let vocabulary = embedding.shape.first().copied().unwrap_or_default();
    let experts = if family == "qwen3moe" { Some(experts(&fields)?) } else { None };
    let config = Config {
        architecture: format!("{family} (GGUF)"),
        hidden,
        layers: fields.size("block_count")?,
        heads,
        kv_heads: fields.size_or("attention.head_count_kv", heads)?,
        head_dim,
        intermediate: if experts.is_some() { 1 } else { fields.size("feed_forward_length")? },
        vocabulary,
        epsilon: fields.number("attention.layer_norm_rms_epsilon").unwrap_or(1e-5),
        tied: !has("lm_head.weight"),
        qkv_bias: has("model.layers.0.self_attn.q_proj.bias"),
        output_bias: has("model.layers.0.self_attn.o_proj.bias"),
        mlp_bias: has("model.layers.0.mlp.gate_proj.bias"),
        head_norm: family.starts_with("qwen3"),
        rope: rope(&fields, table, head_dim)?,
        experts,
        head: HeadKind::Causal,
        outputs: vocabulary,
    };
    if fields.size_or("attention.value_length", head_dim)? != head_dim {
        return Err(fields.wrong("attention.value_length", "differs from the length of keys"));
    }
    config.check(&fields, ["attention.head_count_kv", "attention.key_length", "expert_used_count"])?;
    Ok(config)
}

/// A setting that is not known may change every number.
fn refuse_unknown(fields: &Fields) -> Result<(), EngineError> {
    let known = |key: &str| READ.contains(&key) || SILENT.contains(&key);
    match fields.map.keys().find(|key| !known(key)) {
        Some(key) => Err(fields.unsupported(key, "only files of this architecture without that setting are read")),
        None => Ok(()),
    }
}

fn experts(fields: &Fields) -> Result<Experts, EngineError> {
    Ok(Experts {
        count: fields.size("expert_count")?,
        chosen: fields.size("expert_used_count")?,
        intermediate: fields.size("expert_feed_forward_length")?,
        // llama.cpp always does for this architecture (`src/models/qwen3moe.cpp`).
        normalise: true,
        dense_layers: Vec::new(),
        step: 1,
    })
}

fn rope(fields: &Fields, table: &Table, head_dim: usize) -> Result<Rope, EngineError> {
    if fields.size_or("rope.dimension_count", head_dim)? != head_dim {
        return Err(fields.unsupported("rope.dimension_count", "only rotation of whole heads is"));
    }
    let positions = fields.size_or("context_length", 2048)?;
    let factor = fields.number("rope.scaling.factor").or(fields.number("rope.scale_linear"));
    let needed =
        || factor.filter(|factor| *factor > 0.0).ok_or_else(|| fields.wrong("rope.scaling.factor", "is no factor"));
    let unnamed = if factor.is_some() { "linear" } else { "none" };
    let scaling = match fields.text("rope.scaling.type").unwrap_or(unnamed) {
        "none" => None,
        "linear" => Some(RopeScaling::Linear { factor: needed()? }),
        "yarn" => Some(RopeScaling::Yarn(yarn(fields, needed()?))),
        _ => return Err(fields.unsupported("rope.scaling.type", "known are none, linear, yarn")),
    };
    let divisors = match table.tensors.get(FREQUENCIES) {
        None => None,
        Some(found) if found.kind == Kind::Plain(candle_core::DType::F32) && found.shape == [head_dim / 2] => {
            let (numbers, _) = found.data.as_chunks::<4>();
            Some(numbers.iter().map(|number| f32::from_le_bytes(*number)).collect())
        }
        Some(found) => return Err(found.wrong(format!("is not {} numbers in f32", head_dim / 2))),
    };
    Ok(Rope { theta: fields.number("rope.freq_base").unwrap_or(10_000.0), scaling, divisors, positions })
}

fn yarn(fields: &Fields, factor: f64) -> Yarn {
    let number = |key: &str| fields.number(&format!("rope.scaling.{key}"));
    let attention = number("attn_factor").or(number("yarn_attn_factor"));
    Yarn {
        factor,
        original: number("original_context_length"),
        // llama.cpp multiplies its own 1 + 0.1 ln(factor) with this one.
        attention_factor: attention.map(|given| given * (1.0 + 0.1 * factor.ln())),
        mscale: None,
        beta_fast: number("yarn_beta_fast").unwrap_or(32.0),
        beta_slow: number("yarn_beta_slow").unwrap_or(1.0),
        truncate: true,
    }
}
