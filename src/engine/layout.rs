//! Which tensors a checkpoint must hold for its configuration, and the check that it holds them and nothing else.

use std::collections::BTreeMap;

use super::config::{Config, HeadKind};
use super::error::EngineError;
use super::weights::{Kind, Table};

/// Tensor names and shapes, `[rows, columns]` as Hugging Face stores a linear layer.
pub type Layout = BTreeMap<String, Vec<usize>>;

/// What must be there. `table` decides only between spellings of one thing (fused experts, a head bias).
pub fn layout(config: &Config, table: &Table) -> Layout {
    let mut layout = Layout::new();
    let mut put = |name: String, shape: &[usize]| drop(layout.insert(name, shape.to_vec()));
    put("model.embed_tokens.weight".into(), &[config.vocabulary, config.hidden]);
    put("model.norm.weight".into(), &[config.hidden]);
    match config.head {
        HeadKind::Causal if config.tied => {}
        HeadKind::Causal => put("lm_head.weight".into(), &[config.outputs, config.hidden]),
        HeadKind::Sequence => put("score.weight".into(), &[config.outputs, config.hidden]),
        HeadKind::Tokens => {
            put("score.weight".into(), &[config.outputs, config.hidden]);
            if table.tensors.contains_key("score.bias") {
                put("score.bias".into(), &[config.outputs]);
            }
        }
    }
    for layer in 0..config.layers {
        let stem = format!("model.layers.{layer}");
        attention(config, &stem, &mut put);
        match config.sparse(layer) {
            Some(_) => experts(config, &format!("{stem}.mlp"), table, &mut put),
            None => dense(config, &format!("{stem}.mlp"), &mut put),
        }
    }
    layout
}

fn attention(config: &Config, stem: &str, put: &mut impl FnMut(String, &[usize])) {
    let (queries, keys) = (config.heads * config.head_dim, config.kv_heads * config.head_dim);
    for norm in ["input_layernorm", "post_attention_layernorm"] {
        put(format!("{stem}.{norm}.weight"), &[config.hidden]);
    }
    for (name, rows) in [("q_proj", queries), ("k_proj", keys), ("v_proj", keys)] {
        put(format!("{stem}.self_attn.{name}.weight"), &[rows, config.hidden]);
        if config.qkv_bias {
            put(format!("{stem}.self_attn.{name}.bias"), &[rows]);
        }
    }
    put(format!("{stem}.self_attn.o_proj.weight"), &[config.hidden, queries]);
    if config.output_bias {
        put(format!("{stem}.self_attn.o_proj.bias"), &[config.hidden]);
    }
    if config.head_norm {
        put(format!("{stem}.self_attn.q_norm.weight"), &[config.head_dim]);
        put(format!("{stem}.self_attn.k_norm.weight"), &[config.head_dim]);
    }
}

fn dense(config: &Config, stem: &str, put: &mut impl FnMut(String, &[usize])) {
    for (name, shape) in projections(config.hidden, config.intermediate) {
        put(format!("{stem}.{name}.weight"), &shape);
        if config.mlp_bias {
            put(format!("{stem}.{name}.bias"), &shape[..1]);
        }
    }
}

fn experts(config: &Config, stem: &str, table: &Table, put: &mut impl FnMut(String, &[usize])) {
    let Some(experts) = &config.experts else { return };
    put(format!("{stem}.gate.weight"), &[experts.count, config.hidden]);
    if table.tensors.contains_key(&format!("{stem}.experts.gate_up_proj")) {
        put(format!("{stem}.experts.gate_up_proj"), &[experts.count, 2 * experts.intermediate, config.hidden]);
        put(format!("{stem}.experts.down_proj"), &[experts.count, config.hidden, experts.intermediate]);
        return;
    }
    if table.tensors.contains_key(&format!("{stem}.experts.gate_proj.weight")) {
        for (name, [rows, columns]) in projections(config.hidden, experts.intermediate) {
            put(format!("{stem}.experts.{name}.weight"), &[experts.count, rows, columns]);
        }
        return;
    }
    for expert in 0..experts.count {
        for (name, shape) in projections(config.hidden, experts.intermediate) {
            put(format!("{stem}.experts.{expert}.{name}.weight"), &shape);
        }
    }
}

fn projections(hidden: usize, intermediate: usize) -> [(&'static str, [usize; 2]); 3] {
    let wide = [intermediate, hidden];
    [("gate_proj", wide), ("up_proj", wide), ("down_proj", [hidden, intermediate])]
}

/// Names, shapes and dtypes of the files against the layout, before anything is allocated.
pub fn check(layout: &Layout, table: &Table, config: &Config) -> Result<(), EngineError> {
    for (name, shape) in layout {
        let found = table.get(name)?;
        if found.shape != *shape {
            return Err(found.wrong(format!("has shape {:?}, the configuration asks for {shape:?}", found.shape)));
        }
        if let Kind::Other(dtype) = &found.kind {
            return Err(found.wrong(format!("has dtype {dtype}, which is not implemented; {KNOWN}")));
        }
    }
    match table.tensors.iter().find(|(name, _)| !layout.contains_key(*name) && !harmless(name, config)) {
        Some((_, found)) => {
            Err(found.wrong("is not part of this architecture, and leaving it out would change the numbers".into()))
        }
        None => Ok(()),
    }
}

const KNOWN: &str = "known are F32, F16, BF16, and in GGUF Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K to Q6_K";

/// Copies of what is computed or stored elsewhere: frequencies that old checkpoints carry, a tied head.
fn harmless(name: &str, config: &Config) -> bool {
    name.ends_with("rotary_emb.inv_freq") || (config.tied && name == "lm_head.weight")
}
