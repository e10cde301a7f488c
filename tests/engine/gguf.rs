//! GGUF files made here of the same cases: names, settings and row order as llama.cpp's converter writes them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use candle_core::quantized::gguf_file::{self, Value as Entry};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{DType, Device, Tensor, safetensors};
use rollscope::engine::{Engine, Options, Source};
use serde_json::{Value, json};

use crate::fixture::{TOLERANCE, expected, folder, furthest, read, says};
use crate::gguf_names::spelled;

type Tensors = BTreeMap<String, Tensor>;
type Entries = BTreeMap<String, Entry>;

/// A file as a test may still change it.
struct Made {
    entries: Entries,
    tensors: BTreeMap<String, QTensor>,
}

impl Made {
    /// From tensors as transformers names them, matrices packed as `kind`.
    fn new(config: &Value, tensors: &Tensors, kind: GgmlDType) -> Self {
        let mut made = Self { entries: entries(config), tensors: BTreeMap::new() };
        for (name, tensor) in stacked(tensors) {
            let tensor = if config["model_type"] == "llama" { paired(&name, &tensor, config) } else { tensor };
            let kind = if tensor.rank() > 1 && !name.contains("gate_inp") { kind } else { GgmlDType::F32 };
            made.tensors.insert(name, QTensor::quantize(&tensor, kind).unwrap());
        }
        if config["rope_parameters"]["rope_type"] == "llama3" {
            let divisors = QTensor::quantize(&divisors(config), GgmlDType::F32).unwrap();
            made.tensors.insert("rope_freqs.weight".into(), divisors);
        }
        made
    }

    fn bytes(&self) -> Vec<u8> {
        let mut out = std::io::Cursor::new(Vec::new());
        let entries: Vec<(&str, &Entry)> = self.entries.iter().map(|(key, value)| (key.as_str(), value)).collect();
        let tensors: Vec<(&str, &QTensor)> = self.tensors.iter().map(|(key, value)| (key.as_str(), value)).collect();
        gguf_file::write(&mut out, &entries, &tensors).unwrap();
        out.into_inner()
    }
}

fn load(bytes: &[u8]) -> Result<Engine, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    fs::write(&path, bytes).unwrap();
    let options = Options { device: "cpu".into(), chunk: Some(64), ..Options::default() };
    Engine::load(Source::Gguf(&path), &options).map_err(|error| error.to_string())
}

fn case(name: &str) -> (Value, Tensors) {
    let folder = folder().join(name);
    let config = serde_json::from_slice(&fs::read(folder.join("config.json")).unwrap()).unwrap();
    let tensors = safetensors::load(folder.join("model.safetensors"), &Device::Cpu).unwrap();
    let widened = tensors.into_iter().map(|(name, tensor)| (name, tensor.to_dtype(DType::F32).unwrap()));
    (config, widened.collect())
}

fn entries(config: &Value) -> Entries {
    let family = config["model_type"].as_str().unwrap().replace('_', "");
    let rope = &config["rope_parameters"];
    let mut entries = Entries::from([("general.architecture".into(), Entry::String(family.clone()))]);
    let mut put = |key: &str, value: &Value| {
        let entry = match value {
            Value::Null => return,
            Value::String(text) => Entry::String(text.clone()),
            number if number.is_u64() => Entry::U32(number.as_u64().unwrap() as u32),
            number => Entry::F32(number.as_f64().unwrap() as f32),
        };
        entries.insert(format!("{family}.{key}"), entry);
    };
    for (key, ours) in [
        ("embedding_length", "hidden_size"),
        ("block_count", "num_hidden_layers"),
        ("feed_forward_length", "intermediate_size"),
        ("attention.head_count", "num_attention_heads"),
        ("attention.head_count_kv", "num_key_value_heads"),
        ("attention.key_length", "head_dim"),
        ("attention.value_length", "head_dim"),
        ("attention.layer_norm_rms_epsilon", "rms_norm_eps"),
        ("context_length", "max_position_embeddings"),
        ("vocab_size", "vocab_size"),
        ("expert_count", "num_experts"),
        ("expert_count", "num_local_experts"),
        ("expert_used_count", "num_experts_per_tok"),
        ("expert_feed_forward_length", "moe_intermediate_size"),
    ] {
        put(key, &config[ours]);
    }
    put("rope.freq_base", &json!(rope["rope_theta"].as_f64().unwrap()));
    if rope["rope_type"] == "yarn" || rope["rope_type"] == "linear" {
        put("rope.scaling.type", &rope["rope_type"]);
        put("rope.scaling.factor", &json!(rope["factor"].as_f64().unwrap()));
        put("rope.scaling.original_context_length", &rope["original_max_position_embeddings"]);
    }
    entries
}

/// Experts side by side, every name as GGUF has it.
fn stacked(tensors: &Tensors) -> Tensors {
    let mut renamed = Tensors::new();
    let mut experts: BTreeMap<String, Vec<(usize, Tensor)>> = BTreeMap::new();
    for (name, tensor) in tensors {
        match name.split_once(".experts.") {
            Some((stem, rest)) => {
                let (index, projection) = rest.split_once('.').unwrap();
                let name = spelled(&format!("{stem}.{projection}")).replace(".weight", "_exps.weight");
                experts.entry(name).or_default().push((index.parse().unwrap(), tensor.clone()));
            }
            None => drop(renamed.insert(spelled(name), tensor.clone())),
        }
    }
    for (name, mut parts) in experts {
        parts.sort_by_key(|(index, _)| *index);
        let parts: Vec<Tensor> = parts.into_iter().map(|(_, tensor)| tensor).collect();
        renamed.insert(name, Tensor::stack(&parts, 0).unwrap());
    }
    renamed
}

/// llama.cpp rotates neighbours where transformers rotates halves; its converter moves the rows.
fn paired(name: &str, tensor: &Tensor, config: &Value) -> Tensor {
    let heads = match name.split('.').nth(2) {
        Some("attn_q") => config["num_attention_heads"].as_u64().unwrap() as usize,
        Some("attn_k") => config["num_key_value_heads"].as_u64().unwrap() as usize,
        _ => return tensor.clone(),
    };
    let (shape, half) = (tensor.dims().to_vec(), tensor.dim(0).unwrap() / heads / 2);
    let halves = tensor.reshape((heads, 2, half, tensor.elem_count() / heads / 2 / half)).unwrap();
    halves.transpose(1, 2).unwrap().contiguous().unwrap().reshape(shape).unwrap()
}

/// What the converter works out for Llama 3.1.
fn divisors(config: &Value) -> Tensor {
    let rope = &config["rope_parameters"];
    let of = |key: &str| rope[key].as_f64().unwrap();
    let dim = config["head_dim"].as_u64().unwrap_or(8) as usize;
    let one = |i: usize| {
        let wavelength = std::f64::consts::TAU * of("rope_theta").powf((2 * i) as f64 / dim as f64);
        let original = of("original_max_position_embeddings");
        if wavelength < original / of("high_freq_factor") {
            1.0
        } else if wavelength > original / of("low_freq_factor") {
            of("factor") as f32
        } else {
            let smooth =
                (original / wavelength - of("low_freq_factor")) / (of("high_freq_factor") - of("low_freq_factor"));
            (1.0 / ((1.0 - smooth) / of("factor") + smooth)) as f32
        }
    };
    Tensor::from_iter((0..dim / 2).map(one), &Device::Cpu).unwrap()
}

#[test]
fn the_cases_answer_the_same_from_a_gguf_file() {
    for name in ["qwen2", "qwen2-tied-bf16", "qwen3-tied", "qwen3-yarn", "moe", "llama-rope3", "llama-linear-biases"] {
        let (config, tensors) = case(name);
        let mut engine = load(&Made::new(&config, &tensors, GgmlDType::F32).bytes()).unwrap();
        for case in expected(&folder().join(name)) {
            let off = furthest(&read(&mut engine, &case.ids).0, &case.rows);
            assert!(off < TOLERANCE, "{name}: off by {off}");
        }
    }
}

/// Writes the tensors of a packed file as safetensors, unpacked.
fn unpacked(made: &Made, config: &Value, tensors: &Tensors, target: &Path) {
    let names: BTreeMap<String, String> = tensors.keys().map(|name| (spelled(name), name.clone())).collect();
    let flat = made
        .tensors
        .iter()
        .filter_map(|(name, tensor)| Some((names.get(name)?.clone(), tensor.dequantize(&Device::Cpu).unwrap())));
    safetensors::save(&flat.collect(), target.join("model.safetensors")).unwrap();
    fs::write(target.join("config.json"), config.to_string()).unwrap();
}

/// A model wide enough for blocks of 256.
fn wide() -> (Value, Tensors) {
    let (mut config, narrow) = case("qwen3-tied");
    for (key, size) in [("hidden_size", 256), ("intermediate_size", 512), ("head_dim", 64)] {
        config[key] = size.into();
    }
    let (heads, keys) = (config["num_attention_heads"].as_u64().unwrap() as usize, 2);
    let shape = |name: &str, old: &[usize]| match name.rsplit('.').nth(1).unwrap() {
        "q_proj" => vec![heads * 64, 256],
        "k_proj" | "v_proj" => vec![keys * 64, 256],
        "o_proj" => vec![256, heads * 64],
        "gate_proj" | "up_proj" => vec![512, 256],
        "down_proj" => vec![256, 512],
        "q_norm" | "k_norm" => vec![64],
        "embed_tokens" => vec![old[0], 256],
        _ => vec![256],
    };
    let mut state = 7u32;
    let mut next = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((state >> 8) as f32 / (1 << 23) as f32 - 1.0) * 0.2
    };
    let mut one = |name: &String, tensor: &Tensor| {
        let shape = shape(name, tensor.dims());
        let shift = if shape.len() == 1 { 1.0 } else { 0.0 };
        let numbers: Vec<f32> = (0..shape.iter().product()).map(|_| next() + shift).collect();
        Tensor::from_vec(numbers, shape, &Device::Cpu).unwrap()
    };
    let tensors = narrow.iter().map(|(name, tensor)| (name.clone(), one(name, tensor))).collect();
    (config, tensors)
}

#[test]
fn packed_weights_answer_as_the_same_weights_unpacked() {
    let (config, tensors) = wide();
    let ids: Vec<u32> = (0..70).map(|i| i * 13 % 64).collect();
    let kinds = [
        (GgmlDType::F16, "f16"),
        (GgmlDType::BF16, "bf16"),
        (GgmlDType::Q4_0, "q4_0"),
        (GgmlDType::Q5_1, "q5_1"),
        (GgmlDType::Q8_0, "q8_0"),
        (GgmlDType::Q2K, "q2k"),
        (GgmlDType::Q3K, "q3k"),
        (GgmlDType::Q4K, "q4k"),
        (GgmlDType::Q5K, "q5k"),
        (GgmlDType::Q6K, "q6k"),
    ];
    for (kind, name) in kinds {
        let made = Made::new(&config, &tensors, kind);
        let target = tempfile::tempdir().unwrap();
        unpacked(&made, &config, &tensors, target.path());
        let options = Options { device: "cpu".into(), chunk: Some(64), ..Options::default() };
        let mut plain = Engine::load(Source::Folder(target.path()), &options).unwrap();
        let mut packed = load(&made.bytes()).unwrap();
        assert_eq!(packed.facts().dtype, name);
        let off = furthest(&read(&mut packed, &ids).0, &read(&mut plain, &ids).0);
        assert!(off < 1e-3, "{name}: off by {off}");
    }
}

#[test]
fn what_a_file_asks_for_and_we_do_not_compute_is_refused_by_name() {
    let (config, tensors) = case("qwen3-tied");
    let with = |key: &str, entry: Entry| {
        let mut made = Made::new(&config, &tensors, GgmlDType::F32);
        made.entries.insert(key.into(), entry);
        load(&made.bytes()).err().unwrap_or_else(|| panic!("{key} was ignored"))
    };
    says(
        &with("general.architecture", Entry::String("gemma3".into())),
        &["model.gguf", "general.architecture", "gemma3"],
    );
    says(&with("qwen3.attention.sliding_window", Entry::U32(64)), &["attention.sliding_window", "64"]);
    says(&with("qwen3.rope.scaling.type", Entry::String("longrope".into())), &["rope.scaling.type", "longrope"]);
    says(&with("qwen3.attention.value_length", Entry::U32(4)), &["attention.value_length"]);
    says(&with("qwen3.attention.head_count_kv", Entry::U32(3)), &["attention.head_count_kv"]);
    says(&with("qwen3.block_count", Entry::U32(3)), &["blk.2.", "missing"]);
    says(&with("qwen3.block_count", Entry::U32(1)), &["blk.1.", "not part"]);
    says(&with("qwen3.feed_forward_length", Entry::U32(48)), &["blk.0.ffn_down.weight", "[32, 40]", "[32, 48]"]);
    says(&with("general.alignment", Entry::U32(0)), &["general.alignment"]);
}

#[test]
fn a_damaged_gguf_file_is_named() {
    let (config, tensors) = wide();
    let mut made = Made::new(&config, &tensors, GgmlDType::Q8_0);
    let bytes = made.bytes();
    for length in [0, 3, 20, 300, bytes.len() / 2, bytes.len() - 1] {
        says(&load(&bytes[..length]).err().unwrap(), &["model.gguf", "not a whole"]);
    }
    let mut other = bytes.clone();
    other[4] = 9;
    says(&load(&other).err().unwrap(), &["version 9"]);
    let name = b"blk.0.ffn_down.weight";
    let at = bytes.windows(name.len()).position(|window| window == name).unwrap() + name.len();
    let kind = at + 4 + 2 * 8;
    let mut unknown = bytes.clone();
    unknown[kind] = 20;
    says(&load(&unknown).err().unwrap(), &["blk.0.ffn_down.weight", "20"]);
    let mut far = bytes.clone();
    far[kind + 4..kind + 12].copy_from_slice(&u64::MAX.to_le_bytes());
    says(&load(&far).err().unwrap(), &["blk.0.ffn_down.weight", "behind the end"]);
    let rows = Tensor::zeros((256, 512), DType::F32, &Device::Cpu).unwrap();
    let nan = (rows + f64::NAN).unwrap();
    made.tensors.insert("blk.0.ffn_down.weight".into(), QTensor::quantize(&nan, GgmlDType::F16).unwrap());
    says(&load(&made.bytes()).err().unwrap(), &["blk.0.ffn_down.weight", "NaN"]);
    let mut scale = bytes;
    let end = scale.len();
    // The last tensor by name is an f32 norm; the packed one before it ends in a whole block.
    let last = made.tensors.keys().next_back().unwrap().clone();
    assert_eq!(last, "token_embd.weight");
    scale[end - 34..end - 32].copy_from_slice(&[0x00, 0x7c]);
    says(&load(&scale).err().unwrap(), &["token_embd.weight", "NaN"]);
}
