//! A small model with random weights, large enough in its heads for engines that refuse tiny ones. Its numbers say whether two
//! programs compute the same function, and nothing about any rollout.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{Device, Tensor, safetensors};
use serde_json::json;

use crate::asking::{chat_template, fixture};

const VOCABULARY: usize = 600;
const HIDDEN: usize = 64;
const INNER: usize = 96;
const HEADS: usize = 2;
const GROUPS: usize = 1;
const HEAD: usize = 32;
const LAYERS: usize = 2;

/// A folder in Hugging Face's layout.
pub fn write(folder: &Path) {
    let config = json!({
        "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "dtype": "float32", "vocab_size": VOCABULARY,
        "hidden_size": HIDDEN, "intermediate_size": INNER, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
        "num_key_value_heads": GROUPS, "head_dim": HEAD, "max_position_embeddings": 4096, "rms_norm_eps": 1e-6,
        "rope_theta": 10_000.0, "hidden_act": "silu", "attention_bias": false, "tie_word_embeddings": true,
    });
    std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
    std::fs::copy(fixture("tokenizer.json"), folder.join("tokenizer.json")).unwrap();
    std::fs::write(folder.join("chat_template.jinja"), chat_template()).unwrap();
    let settings = json!({"tokenizer_class": "PreTrainedTokenizerFast", "chat_template": chat_template()});
    std::fs::write(folder.join("tokenizer_config.json"), settings.to_string()).unwrap();
    safetensors::save(&weights(), folder.join("model.safetensors")).unwrap();
}

fn weights() -> HashMap<String, Tensor> {
    let mut dice = Dice(7);
    let mut all = HashMap::from([
        ("model.embed_tokens.weight".to_owned(), dice.matrix(VOCABULARY, HIDDEN)),
        ("model.norm.weight".to_owned(), dice.norm(HIDDEN)),
    ]);
    for layer in 0..LAYERS {
        let mut put = |name: &str, tensor| all.insert(format!("model.layers.{layer}.{name}.weight"), tensor);
        put("self_attn.q_proj", dice.matrix(HEADS * HEAD, HIDDEN));
        put("self_attn.k_proj", dice.matrix(GROUPS * HEAD, HIDDEN));
        put("self_attn.v_proj", dice.matrix(GROUPS * HEAD, HIDDEN));
        put("self_attn.o_proj", dice.matrix(HIDDEN, HEADS * HEAD));
        put("mlp.gate_proj", dice.matrix(INNER, HIDDEN));
        put("mlp.up_proj", dice.matrix(INNER, HIDDEN));
        put("mlp.down_proj", dice.matrix(HIDDEN, INNER));
        for (name, size) in [("self_attn.q_norm", HEAD), ("self_attn.k_norm", HEAD)] {
            put(name, dice.norm(size));
        }
        for name in ["input_layernorm", "post_attention_layernorm"] {
            put(name, dice.norm(HIDDEN));
        }
    }
    all
}

/// Always the same numbers (`SplitMix64`).
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, most: u64) -> u64 {
        self.next() % most
    }

    fn matrix(&mut self, rows: usize, columns: usize) -> Tensor {
        let values: Vec<f32> = (0..rows * columns).map(|_| 0.3 * self.unit()).collect();
        Tensor::from_vec(values, (rows, columns), &Device::Cpu).unwrap()
    }

    fn norm(&mut self, size: usize) -> Tensor {
        let values: Vec<f32> = (0..size).map(|_| 1.0 + 0.2 * self.unit()).collect();
        Tensor::from_vec(values, size, &Device::Cpu).unwrap()
    }

    /// In [-1, 1).
    fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}
