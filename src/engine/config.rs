//! config.json -> what the decoder is. Reads the spellings of transformers 4 and 5; refuses by name what the decoder does
//! not compute. Field meanings: transformers `models/{qwen2,qwen3,qwen3_moe,llama}/configuration_*.py`.

use serde_json::{Map, Value};

use super::error::EngineError;
use super::rope::Rope;

/// What stands on top of the last hidden state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadKind {
    /// One logit per vocabulary entry (`lm_head`, or the embedding again where the two are tied).
    Causal,
    /// One row of outputs, read at the last token.
    Sequence,
    /// One row of outputs per token.
    Tokens,
}

// Each flag is an independent entry of config.json.
#[allow(clippy::struct_excessive_bools)]
#[derive(Clone, Debug)]
pub struct Config {
    pub architecture: String,
    pub hidden: usize,
    pub layers: usize,
    pub heads: usize,
    pub kv_heads: usize,
    pub head_dim: usize,
    pub intermediate: usize,
    pub vocabulary: usize,
    pub epsilon: f64,
    pub tied: bool,
    /// Biases of q, k and v.
    pub qkv_bias: bool,
    pub output_bias: bool,
    pub mlp_bias: bool,
    /// Qwen3 normalises each head of q and k.
    pub head_norm: bool,
    pub rope: Rope,
    pub experts: Option<Experts>,
    pub head: HeadKind,
    /// Rows of the head: the vocabulary for causal heads.
    pub outputs: usize,
}

#[derive(Clone, Debug)]
pub struct Experts {
    pub count: usize,
    pub chosen: usize,
    pub intermediate: usize,
    pub normalise: bool,
    pub dense_layers: Vec<usize>,
    pub step: usize,
}

impl Config {
    /// `file` is the name used in errors.
    pub fn parse(text: &[u8], file: &str) -> Result<Self, EngineError> {
        let value: Value = serde_json::from_slice(text)
            .map_err(|why| EngineError::Config { file: file.into(), reason: format!("not JSON: {why}") })?;
        let Value::Object(map) = value else {
            return Err(EngineError::Config { file: file.into(), reason: "not a JSON object".into() });
        };
        let fields = Fields { file, map: &map };
        refuse_unknown(&fields)?;
        let family = fields.text("model_type").unwrap_or_default();
        let (architecture, head) = head(&fields, family)?;
        let hidden = fields.size("hidden_size")?;
        let heads = fields.size("num_attention_heads")?;
        let vocabulary = fields.size("vocab_size")?;
        let positions = fields.size_or("max_position_embeddings", 2048)?;
        let attention_bias = family != "qwen2" && fields.flag("attention_bias");
        let config = Config {
            hidden,
            layers: fields.size("num_hidden_layers")?,
            heads,
            kv_heads: fields.size_or("num_key_value_heads", heads)?,
            head_dim: fields.size_or("head_dim", if family == "qwen3" { 128 } else { hidden / heads })?,
            intermediate: fields.size("intermediate_size")?,
            vocabulary,
            epsilon: fields.number("rms_norm_eps").unwrap_or(1e-6),
            tied: fields.flag("tie_word_embeddings"),
            qkv_bias: family == "qwen2" || attention_bias,
            output_bias: attention_bias,
            mlp_bias: family == "llama" && fields.flag("mlp_bias"),
            head_norm: family.starts_with("qwen3"),
            rope: Rope::parse(&fields, positions)?,
            experts: if family == "qwen3_moe" { Some(experts(&fields)?) } else { None },
            head,
            outputs: if head == HeadKind::Causal { vocabulary } else { labels(&fields)? },
            architecture,
        };
        config.check(&fields, ["num_key_value_heads", "head_dim", "num_experts_per_tok"])?;
        Ok(config)
    }

    /// Whether this layer's feed-forward part is a mixture of experts.
    pub fn sparse(&self, layer: usize) -> Option<&Experts> {
        self.experts.as_ref().filter(|e| !e.dense_layers.contains(&layer) && (layer + 1).is_multiple_of(e.step))
    }

    /// `keys`: how the file spells the three sizes that must fit others.
    pub(super) fn check(&self, fields: &Fields, keys: [&str; 3]) -> Result<(), EngineError> {
        if !self.heads.is_multiple_of(self.kv_heads) {
            return Err(fields.wrong(keys[0], "does not divide the number of heads"));
        }
        if self.head_dim == 0 || !self.head_dim.is_multiple_of(2) {
            return Err(fields.wrong(keys[1], "is not an even number above 0"));
        }
        match &self.experts {
            Some(experts) if experts.chosen > experts.count => {
                Err(fields.wrong(keys[2], "is more than there are experts"))
            }
            _ => Ok(()),
        }
    }
}

fn head(fields: &Fields, family: &str) -> Result<(String, HeadKind), EngineError> {
    let stem = match family {
        "qwen2" => "Qwen2",
        "qwen3" => "Qwen3",
        "qwen3_moe" => "Qwen3Moe",
        "llama" => "Llama",
        _ => return Err(fields.unsupported("model_type", "known are qwen2, qwen3, qwen3_moe, llama")),
    };
    let name = fields.map.get("architectures").and_then(|list| list.get(0)).and_then(Value::as_str).unwrap_or_default();
    let kind = match name.strip_prefix(stem) {
        Some("ForCausalLM") => HeadKind::Causal,
        Some("ForSequenceClassification") => HeadKind::Sequence,
        Some("ForTokenClassification") => HeadKind::Tokens,
        _ => {
            let known = format!("known are {stem}For{{CausalLM, SequenceClassification, TokenClassification}}");
            return Err(fields.unsupported("architectures", &known));
        }
    };
    Ok((name.to_owned(), kind))
}

/// transformers leaves the count out where it is its default, 2.
fn labels(fields: &Fields) -> Result<usize, EngineError> {
    match fields.map.get("id2label").and_then(Value::as_object) {
        Some(names) if !names.is_empty() => Ok(names.len()),
        _ => fields.size_or("num_labels", 2),
    }
}

fn experts(fields: &Fields) -> Result<Experts, EngineError> {
    let count = if fields.present("num_local_experts") { "num_local_experts" } else { "num_experts" };
    let dense = fields.map.get("mlp_only_layers").and_then(Value::as_array);
    Ok(Experts {
        count: fields.size(count)?,
        chosen: fields.size("num_experts_per_tok")?,
        intermediate: fields.size("moe_intermediate_size")?,
        normalise: fields.flag("norm_topk_prob"),
        dense_layers: dense.into_iter().flatten().filter_map(Value::as_u64).map(|layer| layer as usize).collect(),
        step: fields.size_or("decoder_sparse_step", 1)?,
    })
}

fn refuse_unknown(fields: &Fields) -> Result<(), EngineError> {
    if fields.text("hidden_act").is_some_and(|name| name != "silu") {
        return Err(fields.unsupported("hidden_act", "only silu is"));
    }
    if fields.flag("use_sliding_window") && fields.present("sliding_window") {
        return Err(fields.unsupported("use_sliding_window", "only full attention is"));
    }
    let kinds = fields.map.get("layer_types").and_then(Value::as_array);
    if kinds.into_iter().flatten().any(|kind| kind != "full_attention") {
        return Err(fields.unsupported("layer_types", "only full_attention is"));
    }
    if fields.number("partial_rotary_factor").is_some_and(|part| (part - 1.0).abs() > 0.0) {
        return Err(fields.unsupported("partial_rotary_factor", "only 1.0 is"));
    }
    if fields.present("quantization_config") {
        return Err(fields.unsupported("quantization_config", "use the checkpoint in bf16, f16 or f32"));
    }
    Ok(())
}

/// A JSON object with the name of its file for errors. Null counts as absent, as in transformers.
pub(super) struct Fields<'a> {
    pub file: &'a str,
    pub map: &'a Map<String, Value>,
}

impl Fields<'_> {
    pub fn present(&self, key: &str) -> bool {
        self.map.get(key).is_some_and(|value| !value.is_null())
    }

    pub fn flag(&self, key: &str) -> bool {
        self.map.get(key).and_then(Value::as_bool).unwrap_or(false)
    }

    pub fn text(&self, key: &str) -> Option<&str> {
        self.map.get(key).and_then(Value::as_str)
    }

    pub fn number(&self, key: &str) -> Option<f64> {
        self.map.get(key).and_then(Value::as_f64)
    }

    pub fn size(&self, key: &str) -> Result<usize, EngineError> {
        if !self.present(key) {
            let reason = format!("`{key}` is missing");
            return Err(EngineError::Config { file: self.file.into(), reason });
        }
        // The bound keeps products of two sizes within 64 bits.
        match self.map.get(key).and_then(Value::as_u64) {
            Some(size) if (1..1 << 31).contains(&size) => Ok(size as usize),
            _ => Err(self.wrong(key, "is not a size")),
        }
    }

    pub fn size_or(&self, key: &str, default: usize) -> Result<usize, EngineError> {
        if self.present(key) { self.size(key) } else { Ok(default) }
    }

    pub fn wrong(&self, key: &str, what: &str) -> EngineError {
        EngineError::Config { file: self.file.into(), reason: format!("`{key}` ({}) {what}", self.shown(key)) }
    }

    pub fn unsupported(&self, key: &str, known: &str) -> EngineError {
        EngineError::Unsupported {
            file: self.file.into(),
            key: key.into(),
            value: self.shown(key),
            known: known.into(),
        }
    }

    fn shown(&self, key: &str) -> String {
        let text = self.map.get(key).map_or_else(|| "absent".to_owned(), Value::to_string);
        if text.chars().count() > 120 { text.chars().take(120).chain(['…']).collect() } else { text }
    }
}
