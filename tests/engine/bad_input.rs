//! Folders and prompts that must be refused, with the file and the tensor named.

use std::fs;
use std::ops::ControlFlow;

use rollscope::engine::{Engine, EngineError, Options, Source, Want};
use serde_json::Value;

use crate::fixture::{copy, embedded, folder, load, options, refusal, says};

#[test]
fn what_is_not_implemented_is_refused_by_name() {
    let edits: [(&str, Value); 9] = [
        ("model_type", "mamba".into()),
        ("architectures", serde_json::json!(["Qwen3ForQuestionAnswering"])),
        ("hidden_act", "gelu".into()),
        ("rope_parameters", serde_json::json!({"rope_type": "longrope", "rope_theta": 1e4})),
        ("layer_types", serde_json::json!(["full_attention", "sliding_attention"])),
        ("quantization_config", serde_json::json!({"quant_method": "gptq"})),
        ("num_key_value_heads", 3.into()),
        ("hidden_size", (-1).into()),
        ("vocab_size", Value::Null),
    ];
    for (key, value) in edits {
        let error = embedded("qwen3-tied", |config| drop(config.insert(key.into(), value.clone()))).err().unwrap();
        let named = if key == "rope_parameters" { "rope_type" } else { key };
        assert!(error.to_string().contains(named), "{key}: {error}");
        assert!(error.to_string().contains("config.json"), "{key}: {error}");
    }
    let sliding = |config: &mut serde_json::Map<String, Value>| {
        config.insert("use_sliding_window".into(), true.into());
        config.insert("sliding_window".into(), 64.into());
    };
    assert!(embedded("qwen3-tied", sliding).err().unwrap().to_string().contains("sliding_window"));
}

#[test]
fn a_truncated_file_is_named() {
    let folder = copy("qwen2");
    let file = folder.path().join("model.safetensors");
    let bytes = fs::read(&file).unwrap();
    for length in [0, 5, 300, bytes.len() - 1] {
        fs::write(&file, &bytes[..length]).unwrap();
        says(&refusal(folder.path()), &["model.safetensors", "not a whole"]);
    }
}

#[test]
fn a_tensor_of_another_shape_or_a_missing_one_is_named() {
    let folder = copy("qwen2");
    let file = folder.path().join("config.json");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("\"intermediate_size\": 40", "\"intermediate_size\": 48")).unwrap();
    says(&refusal(folder.path()), &["model.safetensors", "mlp.down_proj.weight", "[32, 40]", "[32, 48]"]);
    fs::write(&file, text.replace("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3")).unwrap();
    says(&refusal(folder.path()), &["model.safetensors", "model.layers.2.input_layernorm.weight", "missing"]);
    fs::write(&file, text.replace("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1")).unwrap();
    says(&refusal(folder.path()), &["model.safetensors", "model.layers.1.", "not part"]);
}

#[test]
fn a_missing_shard_and_an_index_that_leaves_the_folder_are_refused() {
    let folder = copy("qwen3-shards-f16");
    let index = folder.path().join("model.safetensors.index.json");
    let text = fs::read_to_string(&index).unwrap();
    let shard = "model-00002-of-00003.safetensors";
    for outside in ["../model.safetensors", "/etc/passwd", "a/b.safetensors", "..", "model.bin"] {
        fs::write(&index, text.replace(shard, outside)).unwrap();
        says(&refusal(folder.path()), &["index.json", outside, "not a file of this folder"]);
    }
    fs::write(&index, &text).unwrap();
    fs::remove_file(folder.path().join(shard)).unwrap();
    says(&refusal(folder.path()), &["index.json", shard, "not in the folder"]);
}

#[test]
fn pickled_weights_are_never_opened() {
    let folder = copy("qwen2");
    fs::rename(folder.path().join("model.safetensors"), folder.path().join("pytorch_model.bin")).unwrap();
    says(&refusal(folder.path()), &["pickled", "safetensors"]);
    fs::remove_file(folder.path().join("pytorch_model.bin")).unwrap();
    says(&refusal(folder.path()), &["model.safetensors.index.json"]);
    fs::remove_file(folder.path().join("config.json")).unwrap();
    says(&refusal(folder.path()), &["config.json", "cannot read"]);
}

#[test]
fn weights_that_are_not_numbers_are_named() {
    for (case, nan) in [("qwen2", f32::NAN.to_le_bytes().to_vec()), ("qwen2-tied-bf16", vec![0xc0, 0x7f])] {
        let folder = copy(case);
        let file = folder.path().join("model.safetensors");
        let mut bytes = fs::read(&file).unwrap();
        let end = bytes.len();
        bytes[end - nan.len()..].copy_from_slice(&nan);
        fs::write(&file, &bytes).unwrap();
        says(&refusal(folder.path()), &["model.safetensors", "model.", "NaN"]);
    }
}

#[test]
fn an_answer_that_is_not_a_number_is_an_error_and_forgotten() {
    let folder = copy("qwen2");
    let file = folder.path().join("model.safetensors");
    let mut bytes = fs::read(&file).unwrap();
    let header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let lm_head = header + 64 * 32 * 4;
    bytes[header..lm_head].chunks_exact_mut(4).for_each(|x| x.copy_from_slice(&f32::MAX.to_le_bytes()));
    fs::write(&file, &bytes).unwrap();
    let mut engine = load(folder.path(), 64);
    for _ in 0..2 {
        let answer = engine.read(&[1, 2], Want::Vocabulary, &mut |_| ControlFlow::Continue(()));
        assert!(matches!(answer, Err(EngineError::NotANumber)));
    }
}

#[test]
fn prompts_that_cannot_be_read_are_errors() {
    let mut engine = load(&folder().join("qwen2"), 64);
    let mut go = |_| ControlFlow::Continue(());
    assert!(matches!(engine.read(&[], Want::Vocabulary, &mut go), Err(EngineError::EmptyPrompt)));
    let outside = engine.read(&[1, 64], Want::Vocabulary, &mut go).unwrap_err();
    says(&outside.to_string(), &["token 64", "position 1", "64"]);
    assert!(engine.read(&[1], Want::Labels(&[2, 99]), &mut go).unwrap_err().to_string().contains("99"));
    says(&engine.read(&[1], Want::Classes, &mut go).unwrap_err().to_string(), &["causal"]);
    assert!(engine.read(&[1], Want::Vocabulary, &mut go).is_ok());
}

#[test]
fn an_adapter_that_does_not_fit_is_refused() {
    let (base, options) = options(&folder().join("qwen3-lora"), 64);
    let wrong = Engine::load(Source::Folder(&folder().join("moe")), &options).err().unwrap();
    says(&wrong.to_string(), &["adapter_model.safetensors", "mlp.down_proj"]);
    let target = tempfile::tempdir().unwrap();
    let adapter = folder().join("qwen3-lora/adapter");
    fs::copy(adapter.join("adapter_model.safetensors"), target.path().join("adapter_model.safetensors")).unwrap();
    let text = fs::read_to_string(adapter.join("adapter_config.json")).unwrap();
    fs::write(target.path().join("adapter_config.json"), text.replace("\"use_dora\": false", "\"use_dora\": true"))
        .unwrap();
    let options = Options { adapter: Some(target.path().to_owned()), ..options };
    says(&Engine::load(Source::Folder(&base), &options).err().unwrap().to_string(), &["use_dora", "adapter_config"]);
}

#[test]
fn unknown_devices_and_dtypes_are_refused() {
    let with = |device: &str, dtype: Option<&str>| {
        let options = Options { device: device.into(), dtype: dtype.map(Into::into), ..Options::default() };
        Engine::load(Source::Folder(&folder().join("qwen2")), &options).map(|engine| engine.facts().dtype.clone())
    };
    for device in ["tpu", "cuda:x"] {
        says(&with(device, None).unwrap_err().to_string(), &[device]);
    }
    let cache = Options { device: "cpu".into(), cache: Some("q8".into()), ..Options::default() };
    says(&Engine::load(Source::Folder(&folder().join("qwen2")), &cache).err().unwrap().to_string(), &["q8"]);
    says(&with("cpu", Some("int3")).unwrap_err().to_string(), &["int3"]);
    assert_eq!(with("cpu", Some("bf16")).unwrap(), "bf16");
}

#[test]
fn a_tensor_of_another_dtype_is_named() {
    let folder = copy("qwen2");
    let file = folder.path().join("model.safetensors");
    let bytes = fs::read(&file).unwrap();
    let header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let text = String::from_utf8(bytes[8..header].to_vec()).unwrap();
    // As long as the old spelling, so that nothing else moves.
    let changed = text.replacen("\"F32\"", "\"I32\"", 1);
    fs::write(&file, [&bytes[..8], changed.as_bytes(), &bytes[header..]].concat()).unwrap();
    says(&refusal(folder.path()), &["model.safetensors", "tensor ", "I32", "not implemented", "BF16"]);
}
