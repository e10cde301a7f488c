//! The memory plan and the kinds of cache.

use std::ops::ControlFlow;

use candle_core::{Device, Tensor};
use rollscope::engine::{Engine, Options, Source, Want};

use crate::fixture::{expected, folder, furthest, load, options, read, says};

#[test]
fn a_plan_is_made_from_headers_and_refused_with_its_numbers() {
    let (base, options) = options(&folder().join("qwen2"), 64);
    let plan = Engine::plan(Source::Folder(&base), &options).unwrap();
    let parameters = load(&base, 64).facts().parameters as u64;
    assert_eq!((plan.weights, plan.tokens), (4 * parameters, 128));
    // Two layers of two key heads of eight numbers, keys and values; cosines and sines.
    assert_eq!(plan.cache, 128 * 4 * (2 * 2 * 2 * 8 + 8));
    let longest =
        Options { longest: Some(100), cache: Some("bf16".into()), dtype: Some("bf16".into()), ..options.clone() };
    let half = Engine::plan(Source::Folder(&base), &longest).unwrap();
    assert_eq!((half.tokens, half.cache), (100, 100 * (2 * 2 * 2 * 2 * 8 + 4 * 8)));
    assert!(half.weights < plan.weights * 6 / 10);
    let cramped = |memory| Options { memory: Some(memory), ..options.clone() };
    let error = Engine::load(Source::Folder(&base), &cramped(plan.weights)).err().unwrap().to_string();
    says(&error, &["model.safetensors", "not even the weights fit", "kB"]);
    let some = Engine::plan(Source::Folder(&base), &cramped(plan.weights + plan.workspace + plan.cache / 2)).unwrap();
    assert_eq!(some.most_tokens(), Some(64));
}

#[test]
fn a_prompt_too_long_for_the_memory_is_refused_and_the_next_is_read() {
    let (base, options) = options(&folder().join("qwen2"), 64);
    let plan = Engine::plan(Source::Folder(&base), &options).unwrap();
    let memory = Some(plan.weights + plan.workspace + plan.cache / 2);
    let mut engine = Engine::load(Source::Folder(&base), &Options { memory, ..options }).unwrap();
    let mut go = |_| ControlFlow::Continue(());
    let ids: Vec<u32> = (0..100).map(|i| i % 64).collect();
    let short = engine.read(&ids[..50], Want::Vocabulary, &mut go).unwrap();
    let error = engine.read(&ids, Want::Vocabulary, &mut go).unwrap_err();
    says(&error.to_string(), &["100 tokens", "free"]);
    let again = engine.read(&ids[..50], Want::Vocabulary, &mut go).unwrap();
    assert_eq!(again.reused, 49);
    assert!(furthest(&short.rows, &again.rows) < 1e-4);
}

#[test]
fn a_narrow_cache_changes_little() {
    for (name, allowed) in [("qwen3-tied", 0.05), ("moe", 0.05)] {
        for cache in ["bf16", "f16"] {
            let (base, options) = options(&folder().join(name), 16);
            let options = Options { cache: Some(cache.into()), ..options };
            let mut engine = Engine::load(Source::Folder(&base), &options).unwrap();
            for case in expected(&folder().join(name)) {
                let off = furthest(&read(&mut engine, &case.ids).0, &case.rows);
                assert!(off < allowed && off > 0.0, "{name} with {cache}: {off}");
            }
        }
    }
}

/// One layer with one head of 32 numbers.
fn small() -> (String, Vec<u8>) {
    let mut state = 5u32;
    let mut next = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    let config = serde_json::json!({
        "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "hidden_size": 32, "num_hidden_layers": 1,
        "num_attention_heads": 1, "num_key_value_heads": 1, "head_dim": 32, "intermediate_size": 32, "vocab_size": 64,
        "max_position_embeddings": 262_144, "rope_theta": 1e6, "tie_word_embeddings": true, "rms_norm_eps": 1e-6,
    });
    let layer = |name: &str| format!("model.layers.0.{name}.weight");
    let square = [
        "self_attn.q_proj",
        "self_attn.k_proj",
        "self_attn.v_proj",
        "self_attn.o_proj",
        "mlp.gate_proj",
        "mlp.up_proj",
        "mlp.down_proj",
    ];
    let norms = ["input_layernorm", "post_attention_layernorm", "self_attn.q_norm", "self_attn.k_norm"];
    let mut shapes: Vec<(String, Vec<usize>)> = square.iter().map(|name| (layer(name), vec![32, 32])).collect();
    shapes.extend(norms.iter().map(|name| (layer(name), vec![32])));
    shapes.extend([("model.norm.weight".into(), vec![32]), ("model.embed_tokens.weight".into(), vec![64, 32])]);
    let tensors: std::collections::HashMap<String, Tensor> = shapes
        .into_iter()
        .map(|(name, shape)| {
            let numbers: Vec<f32> = (0..shape.iter().product::<usize>()).map(|_| next()).collect();
            (name, Tensor::from_vec(numbers, shape, &Device::Cpu).unwrap())
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.safetensors");
    candle_core::safetensors::save(&tensors, &path).unwrap();
    (config.to_string(), std::fs::read(path).unwrap())
}

/// Most memory this process ever had, in bytes.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kilobytes| kilobytes << 10)
}

#[test]
#[ignore = "minutes; run it alone and in release: cargo test --release --test engine -- --ignored --nocapture"]
fn a_prompt_of_256k_tokens_is_read_and_memory_grows_by_the_cache_alone() {
    const TOKENS: usize = 262_144;
    let (config, weights) = small();
    let source = Source::Embedded { config: config.as_bytes(), weights: &weights };
    let ids: Vec<u32> = (0..TOKENS).map(|i| (i * 7919 % 61) as u32).collect();
    let mut logits = Vec::new();
    for cache in ["bf16", "f32"] {
        let options = Options { device: "cpu".into(), cache: Some(cache.into()), ..Options::default() };
        let plan = Engine::plan(source, &options).unwrap();
        assert_eq!(plan.tokens, TOKENS);
        let mut engine = Engine::load(source, &options).unwrap();
        read(&mut engine, &ids[..1024]);
        let (before, start) = (peak(), std::time::Instant::now());
        logits.push(read(&mut engine, &ids).0);
        let grown = peak().zip(before).map(|(after, before)| after - before);
        eprintln!(
            "{cache}: {TOKENS} tokens in {:.1} s; planned {plan}; peak grew by {grown:?}",
            start.elapsed().as_secs_f64()
        );
        // The second table of positions stands beside the first while it is made.
        assert!(grown.is_none_or(|grown| grown <= plan.cache * 3 / 2 + plan.workspace));
    }
    assert!(furthest(&logits[0], &logits[1]) < 0.05);
}

/// The headers of Qwen3-30B-A3B with 256k positions, over a file whose numbers were never written.
#[cfg(unix)]
fn thirty_billion() -> tempfile::TempDir {
    const SHAPE: (usize, usize, usize, usize) = (2048, 768, 48, 128);
    let (hidden, expert, layers, experts) = SHAPE;
    let config = serde_json::json!({
        "architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe", "hidden_size": hidden, "num_hidden_layers": layers,
        "num_attention_heads": 32, "num_key_value_heads": 4, "head_dim": 128, "intermediate_size": 6144, "vocab_size": 151_936,
        "moe_intermediate_size": expert, "num_experts": experts, "num_experts_per_tok": 8, "norm_topk_prob": true,
        "decoder_sparse_step": 1, "mlp_only_layers": [], "max_position_embeddings": 262_144, "rope_theta": 5e6,
        "tie_word_embeddings": false, "rms_norm_eps": 1e-6,
    });
    let mut shapes = vec![
        ("model.embed_tokens".to_owned(), vec![151_936, hidden]),
        ("lm_head".to_owned(), vec![151_936, hidden]),
        ("model.norm".to_owned(), vec![hidden]),
    ];
    for layer in 0..layers {
        let mut of =
            |name: String, shape: &[usize]| shapes.push((format!("model.layers.{layer}.{name}"), shape.to_vec()));
        for (name, outputs) in [("q_proj", 4096), ("k_proj", 512), ("v_proj", 512)] {
            of(format!("self_attn.{name}"), &[outputs, hidden]);
        }
        of("self_attn.o_proj".into(), &[hidden, 4096]);
        for (name, width) in [
            ("self_attn.q_norm", 128),
            ("self_attn.k_norm", 128),
            ("input_layernorm", hidden),
            ("post_attention_layernorm", hidden),
        ] {
            of(name.into(), &[width]);
        }
        of("mlp.gate".into(), &[experts, hidden]);
        for index in 0..experts {
            of(format!("mlp.experts.{index}.gate_proj"), &[expert, hidden]);
            of(format!("mlp.experts.{index}.up_proj"), &[expert, hidden]);
            of(format!("mlp.experts.{index}.down_proj"), &[hidden, expert]);
        }
    }
    let mut end = 0;
    let mut header = serde_json::Map::new();
    for (name, shape) in shapes {
        let from = end;
        end += 2 * shape.iter().product::<usize>();
        let entry = serde_json::json!({"dtype": "BF16", "shape": shape, "data_offsets": [from, end]});
        header.insert(format!("{name}.weight"), entry);
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    let header = serde_json::Value::Object(header).to_string();
    let bytes = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes()].concat();
    let file = folder.path().join("model.safetensors");
    std::fs::write(&file, &bytes).unwrap();
    std::fs::File::options().write(true).open(&file).unwrap().set_len((bytes.len() + end) as u64).unwrap();
    folder
}

#[test]
#[cfg(unix)]
fn thirty_billion_parameters_with_256k_tokens_fit_one_card_by_plan() {
    // The CPU computes in f32, and keeps in it what it does not multiply with.
    const NORMS: u64 = 97 * 2048 + 48 * 256;
    let folder = thirty_billion();
    let options = Options { device: "cpu".into(), cache: Some("bf16".into()), ..Options::default() };
    let plan = Engine::plan(Source::Folder(folder.path()), &options).unwrap();
    assert_eq!((plan.tokens, plan.weights), (262_144, 2 * 30_532_122_624 + 2 * NORMS));
    // 48 layers of 4 key heads of 128, keys and values, and the table of positions.
    assert_eq!(plan.cache, 262_144 * (48 * 2 * 4 * 128 * 2 + 128 * 4));
    let on = |card: u64| rollscope::engine::Plan { have: Some(card), ..plan };
    assert!(on(141_000_000_000).fits() && on(96_000_000_000).fits(), "{plan}");
    let small = on(80_000_000_000);
    assert!(!small.fits() && small.most_tokens().is_some_and(|most| most > 170_000), "{small}");
}
