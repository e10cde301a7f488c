//! What a checkpoint needs of a machine's memory, from its headers alone: nothing is allocated to find out.

use std::fmt;

use candle_core::DType;

use super::cache::Cache;
use super::config::Config;
use super::kernels::{STEP_BYTES, Way, flash_on, way};
use super::layout::Layout;
use super::loader::Loader;
use super::weights::Kind;

/// Bytes that loading a checkpoint and reading its longest prompt take, and how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    pub weights: u64,
    /// Keys, values and positions of `tokens` tokens.
    pub cache: u64,
    /// What one chunk needs at once, or one tensor while it is being loaded: the larger of the two.
    pub workspace: u64,
    /// The longest prompt, in tokens.
    pub tokens: usize,
    /// Memory that can still be had; none where the system does not say.
    pub have: Option<u64>,
}

impl Plan {
    pub fn total(&self) -> u64 {
        self.weights + self.cache + self.workspace
    }

    pub fn fits(&self) -> bool {
        self.have.is_none_or(|have| self.total() <= have)
    }

    /// The longest prompt that fits, at most `tokens`; none where not even the weights do.
    pub fn most_tokens(&self) -> Option<usize> {
        let Some(have) = self.have.filter(|_| !self.fits()) else { return Some(self.tokens) };
        let left = have.checked_sub(self.weights + self.workspace)?;
        let one = self.cache.div_ceil(self.tokens.max(1) as u64).max(1);
        Some((left / one) as usize).filter(|tokens| *tokens > 0)
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let (weights, cache, workspace) = (amount(self.weights), amount(self.cache), amount(self.workspace));
        write!(out, "weights {weights} + cache {cache} for {} tokens + workspace {workspace}", self.tokens)?;
        write!(out, " = {}", amount(self.total()))?;
        match (self.have, self.most_tokens()) {
            (None, _) => Ok(()),
            (Some(have), _) if self.fits() => write!(out, " of {} free", amount(have)),
            (Some(have), Some(most)) => write!(out, ", but {} are free: at most {most} tokens fit", amount(have)),
            (Some(have), None) => write!(out, ", but {} are free: not even the weights fit", amount(have)),
        }
    }
}

/// Bytes as people read them.
fn amount(bytes: u64) -> String {
    match bytes {
        0..10_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        10_000_000..10_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

/// How a checkpoint would be read.
pub struct Means {
    pub cache: DType,
    pub chunk: usize,
    pub tokens: usize,
    pub have: Option<u64>,
}

pub fn plan(config: &Config, layout: &Layout, loader: &Loader, means: &Means) -> Plan {
    let bytes = |(name, shape): (&String, &Vec<usize>)| {
        let kept = loader.table.tensors.get(name).filter(|_| shape.len() > 1).map(|found| loader.kind(name, found));
        kept.unwrap_or(Kind::Plain(loader.compute)).bytes(shape.iter().product())
    };
    let sizes: Vec<u64> = layout.iter().map(bytes).collect();
    // A tensor stands beside its converted copy, and beside the one it is joined with.
    let loading = 2 * sizes.iter().max().copied().unwrap_or_default();
    Plan {
        weights: sizes.iter().sum(),
        cache: Cache::bytes(config, means.cache, means.tokens) + rows(config, means.tokens),
        workspace: loading.max(activations(config, means, loader)),
        tokens: means.tokens,
        have: means.have,
    }
}

/// The answers that a token classification head keeps.
fn rows(config: &Config, tokens: usize) -> u64 {
    if config.head == super::HeadKind::Tokens {
        (tokens * (config.outputs * 4 + size_of::<Vec<f32>>())) as u64
    } else {
        0
    }
}

/// Activations that live at the same time, and what each thread widens and mixes, or what a step of scores takes.
fn activations(config: &Config, means: &Means, loader: &Loader) -> u64 {
    let attention = 4 * (config.heads + 2 * config.kv_heads) * config.head_dim;
    let dense = 5 * config.intermediate;
    let sparse = config.experts.as_ref().map_or(0, |e| e.chosen * (3 * config.hidden + 5 * e.intermediate));
    let row = (5 * config.hidden + attention.max(dense).max(sparse)) * loader.compute.size_in_bytes();
    let device = &loader.device;
    let scores = match way(device.is_cpu(), flash_on(device), loader.compute, means.cache, config.head_dim) {
        Way::Loops => THREADS,
        Way::Flash(_) => 0,
        Way::Steps => STEP_BYTES,
    };
    (means.chunk.min(means.tokens) * row) as u64 + scores
}

/// Of all threads together.
const THREADS: u64 = 16 << 20;

/// Tokens read at a time where nobody says how many: on a card a launch costs as much as thousands of them.
const ON_CPU: usize = 1024;
const ON_CARD: usize = 8192;

/// Of a batched product on a card.
const BATCH: usize = 65_535;

/// Tokens read at a time, at least one. A card's kernels count elements in 32 bits: no tensor of a chunk may have more.
pub fn chunk(asked: Option<usize>, config: &Config, cpu: bool) -> usize {
    let asked = asked.unwrap_or(if cpu { ON_CPU } else { ON_CARD });
    let most = if cpu { usize::MAX } else { (i32::MAX as usize / widest(config).max(1)).min(BATCH) };
    asked.min(most).max(1)
}

/// Numbers of the widest activation of one token.
fn widest(config: &Config) -> usize {
    let heads = (config.heads + 2 * config.kv_heads) * config.head_dim;
    let experts = config.experts.as_ref().map_or(0, |e| e.chosen * config.hidden.max(2 * e.intermediate).max(e.count));
    [config.hidden, heads, 2 * config.intermediate, experts].into_iter().max().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: Plan = Plan { weights: 1_000, cache: 4_000, workspace: 500, tokens: 400, have: Some(3_500) };

    #[test]
    fn a_plan_says_how_much_of_the_prompt_fits() {
        assert!(!PLAN.fits() && PLAN.most_tokens() == Some(200));
        assert!(PLAN.to_string().contains("at most 200 tokens fit"), "{PLAN}");
        let tiny = Plan { have: Some(1_400), ..PLAN };
        assert!(tiny.most_tokens().is_none() && tiny.to_string().contains("not even the weights"), "{tiny}");
        let ample = Plan { have: Some(5_500), ..PLAN };
        assert!(ample.fits() && ample.most_tokens() == Some(400));
        let unknown = Plan { have: None, ..PLAN };
        assert!(unknown.fits() && !unknown.to_string().contains("free"), "{unknown}");
    }

    #[test]
    fn no_tensor_of_a_chunk_outgrows_what_a_card_counts() {
        let config = |experts: bool| {
            let family = if experts { ("Qwen3MoeForCausalLM", "qwen3_moe") } else { ("Qwen3ForCausalLM", "qwen3") };
            let text = serde_json::json!({
                "architectures": [family.0], "model_type": family.1, "hidden_size": 2048, "num_hidden_layers": 48,
                "num_attention_heads": 32, "num_key_value_heads": 4, "head_dim": 128, "intermediate_size": 6144,
                "vocab_size": 151_936, "moe_intermediate_size": 768, "num_experts": 128, "num_experts_per_tok": 8,
                "norm_topk_prob": true, "decoder_sparse_step": 1, "mlp_only_layers": [], "rms_norm_eps": 1e-6,
                "max_position_embeddings": 262_144, "rope_theta": 5e6, "tie_word_embeddings": false,
            });
            Config::parse(text.to_string().as_bytes(), "config.json").unwrap()
        };
        let wide = |experts: bool, width: usize| Config { intermediate: width, ..config(experts) };
        for (config, width) in
            [(wide(false, 1 << 20), 2 << 20), (wide(true, 1 << 20), 2 << 20), (config(true), 8 * 2048)]
        {
            let most = chunk(Some(usize::MAX), &config, false);
            assert!((1000..=BATCH).contains(&most) && i32::try_from(most * width).is_ok(), "{most}");
            assert_eq!((chunk(None, &config, true), chunk(None, &config, false)), (ON_CPU, ON_CARD.min(most)));
            assert_eq!((chunk(Some(usize::MAX), &config, true), chunk(Some(0), &config, true)), (usize::MAX, 1));
        }
    }

    #[test]
    fn amounts_are_in_the_unit_that_fits() {
        assert_eq!([1, 10_500_000, 12_345_678_901].map(amount), ["1 kB", "10 MB", "12.3 GB"]);
    }
}
