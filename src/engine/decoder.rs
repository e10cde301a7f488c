//! The decoder: token ids -> last hidden states. Qwen2, Qwen3, Qwen3-MoE and Llama differ here only in which biases and
//! norms are present.

use candle_core::{DType, Tensor};

use super::cache::Cache;
use super::config::Config;
use super::error::EngineError;
use super::kernels::{add, attention, gated, rms_norm, rotate};
use super::linear::Linear;
use super::loader::Loader;
use super::moe::Mixture;
use super::weight::Weight;

pub struct Decoder {
    /// (vocabulary, hidden)
    pub embedding: Weight,
    layers: Vec<Layer>,
    norm: Tensor,
    epsilon: f64,
    compute: DType,
}

struct Layer {
    input_norm: Tensor,
    attention: Attention,
    middle_norm: Tensor,
    feed: Feed,
}

enum Feed {
    Dense { gate_up: Linear, down: Linear },
    Sparse(Mixture),
}

struct Attention {
    /// Queries, keys and values as one multiplication.
    qkv: Linear,
    output: Linear,
    head_norms: Option<(Tensor, Tensor)>,
    heads: usize,
    kv_heads: usize,
    dim: usize,
}

impl Decoder {
    pub fn load(loader: &Loader, config: &Config) -> Result<Self, EngineError> {
        Ok(Self {
            embedding: loader.matrix("model.embed_tokens.weight")?,
            layers: (0..config.layers).map(|layer| Layer::load(loader, config, layer)).collect::<Result<_, _>>()?,
            norm: loader.vector("model.norm.weight")?,
            epsilon: config.epsilon,
            compute: loader.compute,
        })
    }

    /// Reads `ids` at the positions from `from` on -> (tokens, hidden) before the last norm. The cache must have room.
    pub fn forward(&self, ids: &[u32], from: usize, cache: &mut Cache) -> candle_core::Result<Tensor> {
        let mut hidden = self.embedding.rows(ids, self.norm.device())?.to_dtype(self.compute)?;
        for (index, layer) in self.layers.iter().enumerate() {
            let normed = rms_norm(&hidden, &layer.input_norm, self.epsilon)?;
            hidden = add(&hidden, &layer.attention.forward(&normed, index, from, cache, self.epsilon)?)?;
            let normed = rms_norm(&hidden, &layer.middle_norm, self.epsilon)?;
            hidden = add(&hidden, &layer.feed.forward(&normed)?)?;
        }
        Ok(hidden)
    }

    pub fn last_norm(&self, hidden: &Tensor) -> candle_core::Result<Tensor> {
        rms_norm(hidden, &self.norm, self.epsilon)
    }
}

impl Layer {
    fn load(loader: &Loader, config: &Config, layer: usize) -> Result<Self, EngineError> {
        let stem = format!("model.layers.{layer}");
        let mlp = format!("{stem}.mlp");
        let feed = match config.sparse(layer) {
            Some(plan) => Feed::Sparse(Mixture::load(loader, &mlp, plan)?),
            None => Feed::Dense {
                gate_up: loader.stacked(&[format!("{mlp}.gate_proj"), format!("{mlp}.up_proj")])?,
                down: loader.linear(&format!("{mlp}.down_proj"))?,
            },
        };
        Ok(Self {
            input_norm: loader.vector(&format!("{stem}.input_layernorm.weight"))?,
            attention: Attention::load(loader, config, &format!("{stem}.self_attn"))?,
            middle_norm: loader.vector(&format!("{stem}.post_attention_layernorm.weight"))?,
            feed,
        })
    }
}

impl Feed {
    fn forward(&self, input: &Tensor) -> candle_core::Result<Tensor> {
        match self {
            Feed::Dense { gate_up, down } => down.forward(&gated(&gate_up.forward(input)?)?),
            Feed::Sparse(mixture) => mixture.forward(input),
        }
    }
}

impl Attention {
    fn load(loader: &Loader, config: &Config, stem: &str) -> Result<Self, EngineError> {
        let norm = |name: &str| loader.vector(&format!("{stem}.{name}.weight"));
        let head_norms = if config.head_norm { Some((norm("q_norm")?, norm("k_norm")?)) } else { None };
        Ok(Self {
            qkv: loader.stacked(&["q_proj", "k_proj", "v_proj"].map(|name| format!("{stem}.{name}")))?,
            output: loader.linear(&format!("{stem}.o_proj"))?,
            head_norms,
            heads: config.heads,
            kv_heads: config.kv_heads,
            dim: config.head_dim,
        })
    }

    fn forward(
        &self,
        input: &Tensor,
        layer: usize,
        from: usize,
        cache: &mut Cache,
        epsilon: f64,
    ) -> candle_core::Result<Tensor> {
        let tokens = input.dim(0)?;
        let all = self.qkv.forward(input)?.reshape((tokens, self.heads + 2 * self.kv_heads, self.dim))?;
        let (mut queries, mut keys) = (all.narrow(1, 0, self.heads)?, all.narrow(1, self.heads, self.kv_heads)?);
        let values = all.narrow(1, self.heads + self.kv_heads, self.kv_heads)?;
        if let Some((query_norm, key_norm)) = &self.head_norms {
            queries = rms_norm(&queries, query_norm, epsilon)?;
            keys = rms_norm(&keys, key_norm, epsilon)?;
        }
        let table = cache.positions(from, tokens)?;
        let (queries, keys) = (rotate(&queries, &table)?, rotate(&keys, &table)?);
        let (keys, values) = cache.extend(layer, from, &keys, &values.transpose(0, 1)?.contiguous()?)?;
        self.output.forward(&attention(&queries, &keys, &values)?)
    }
}
