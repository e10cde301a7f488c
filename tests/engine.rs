//! The engine against transformers: the checkpoints and answers of `tests/engine/make_cases.py`, and hostile folders.
//! With `ROLLSCOPE_REFERENCE=<folder>` also every case that `reference_models.py` wrote there.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::{env, fs};

use rollscope::engine::{Engine, EngineError, HeadKind, Options, RopeScaling, Source, Want};
use serde_json::Value;

const TOLERANCE: f32 = 1e-3;
const CHUNKS: [usize; 4] = [1, 7, 64, 512];

struct Case {
    ids: Vec<u32>,
    rows: Vec<Vec<f32>>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engine")
}

fn cases_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = entries.filter(|path| path.join("expected.json").exists()).collect();
    found.sort();
    found
}

fn numbers(value: &Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap() as f32).collect()
}

fn expected(folder: &Path) -> Vec<Case> {
    let text: Value = serde_json::from_slice(&fs::read(folder.join("expected.json")).unwrap()).unwrap();
    let case = |case: &Value| {
        let ids = case["input_ids"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as u32).collect();
        let rows = match (&case["last_logits"], &case["scores"]) {
            (Value::Null, scores) if scores[0].is_array() => scores.as_array().unwrap().iter().map(numbers).collect(),
            (Value::Null, scores) => vec![numbers(scores)],
            (logits, _) => vec![numbers(logits)],
        };
        Case { ids, rows }
    };
    text["cases"].as_array().unwrap().iter().map(case).collect()
}

fn options(folder: &Path, chunk: usize) -> (PathBuf, Options) {
    let adapter = Some(folder.join("adapter")).filter(|path| path.exists());
    let base = if adapter.is_some() { folder.join("base") } else { folder.to_owned() };
    (base, Options { device: "cpu".into(), chunk, adapter, ..Options::default() })
}

fn load(folder: &Path, chunk: usize) -> Engine {
    let (base, options) = options(folder, chunk);
    Engine::load(Source::Folder(&base), &options).unwrap()
}

fn whole(engine: &Engine) -> Want<'static> {
    match engine.facts().head {
        HeadKind::Causal => Want::Vocabulary,
        HeadKind::Sequence => Want::Classes,
        HeadKind::Tokens => Want::Tokens,
    }
}

fn read(engine: &mut Engine, ids: &[u32]) -> (Vec<Vec<f32>>, usize) {
    let want = whole(engine);
    let answer = engine.read(ids, want, &mut |_| ControlFlow::Continue(())).unwrap();
    (answer.rows, answer.reused)
}

fn furthest(ours: &[Vec<f32>], theirs: &[Vec<f32>]) -> f32 {
    assert_eq!(ours.iter().map(Vec::len).collect::<Vec<_>>(), theirs.iter().map(Vec::len).collect::<Vec<_>>());
    ours.iter().flatten().zip(theirs.iter().flatten()).fold(0.0, |most, (a, b)| most.max((a - b).abs()))
}

/// Reads every case of a folder afresh, after an unrelated prompt, and after one that shares two thirds of it.
fn compare(folder: &Path, chunk: usize) -> f32 {
    let mut engine = load(folder, chunk);
    let mut worst = 0f32;
    for case in expected(folder) {
        let shared = case.ids.len() * 2 / 3;
        let mut other = case.ids[..shared].to_vec();
        other.extend(case.ids.iter().rev());
        let other_first = (case.ids[0] + 1) % engine.facts().vocabulary as u32;
        read(&mut engine, &[other_first]);
        let (fresh, none) = read(&mut engine, &case.ids);
        assert_eq!(none, 0, "{}", folder.display());
        read(&mut engine, &other);
        let (again, reused) = read(&mut engine, &case.ids);
        assert!(reused >= shared, "{}: {reused} of {shared} reused", folder.display());
        let (same, reused) = read(&mut engine, &case.ids);
        assert_eq!(reused, case.ids.len() - 1);
        for rows in [fresh, again, same] {
            worst = worst.max(furthest(&rows, &case.rows));
        }
    }
    worst
}

#[test]
fn every_kind_of_checkpoint_answers_as_transformers_does() {
    let cases = cases_in(&folder());
    assert!(cases.len() >= 14, "cases are missing: {cases:?}");
    for case in &cases {
        for chunk in CHUNKS {
            let worst = compare(case, chunk);
            assert!(worst < TOLERANCE, "{} in chunks of {chunk}: off by {worst}", case.display());
        }
    }
}

#[test]
fn reference_cases_from_the_environment() {
    let Some(folder) = env::var_os("ROLLSCOPE_REFERENCE") else {
        eprintln!("ROLLSCOPE_REFERENCE is not set: only the small cases were compared");
        return;
    };
    let mut off = Vec::new();
    for case in cases_in(Path::new(&folder)) {
        for chunk in CHUNKS {
            let worst = compare(&case, chunk);
            eprintln!("{worst:.1e}  chunks of {chunk:3}  {}", case.display());
            if worst >= TOLERANCE {
                off.push(case.clone());
            }
        }
    }
    assert!(off.is_empty(), "{off:?}");
}

#[test]
fn label_rows_are_those_of_the_whole_vocabulary() {
    for name in ["qwen2", "qwen3-tied"] {
        let mut engine = load(&folder().join(name), 64);
        let (all, _) = read(&mut engine, &[5, 6, 7]);
        let answer = engine.read(&[5, 6, 7], Want::Labels(&[60, 3, 3]), &mut |_| ControlFlow::Continue(())).unwrap();
        let wanted = [all[0][60], all[0][3], all[0][3]];
        assert!(furthest(&answer.rows, &[wanted.to_vec()]) < 1e-5);
    }
}

#[test]
fn facts_say_what_was_loaded() {
    let facts = load(&folder().join("qwen3-classes"), 64).facts().clone();
    assert_eq!((facts.head, facts.outputs, facts.vocabulary), (HeadKind::Sequence, 27, 64));
    assert_eq!((facts.architecture.as_str(), facts.dtype.as_str()), ("Qwen3ForSequenceClassification", "f32"));
    assert_eq!(facts.device, "cpu");
    let with_yarn = load(&folder().join("qwen3-yarn"), 64).facts().clone();
    assert_eq!(with_yarn.context, 128);
    assert_ne!(with_yarn.weights_hash, facts.weights_hash);
    assert_eq!(load(&folder().join("qwen3-yarn"), 7).facts().weights_hash, with_yarn.weights_hash);
    let adapted = load(&folder().join("qwen3-lora"), 64).facts().clone();
    let bare = load(&folder().join("qwen3-lora/base"), 64).facts().clone();
    assert_ne!(adapted.weights_hash, bare.weights_hash);
}

#[test]
fn an_engine_can_move_to_another_thread() {
    let mut engine = load(&folder().join("qwen2"), 64);
    let there = std::thread::spawn(move || read(&mut engine, &[1, 2, 3]).0).join().unwrap();
    assert_eq!(there, read(&mut load(&folder().join("qwen2"), 64), &[1, 2, 3]).0);
}

/// The same bytes as a built-in model, its configuration rewritten.
fn embedded(case: &str, edit: impl Fn(&mut serde_json::Map<String, Value>)) -> Result<Engine, EngineError> {
    embedded_with(case, edit, &Options { device: "cpu".into(), ..Options::default() })
}

fn embedded_with(
    case: &str,
    edit: impl Fn(&mut serde_json::Map<String, Value>),
    options: &Options,
) -> Result<Engine, EngineError> {
    let folder = folder().join(case);
    let mut config: Value = serde_json::from_slice(&fs::read(folder.join("config.json")).unwrap()).unwrap();
    edit(config.as_object_mut().unwrap());
    let weights = fs::read(folder.join("model.safetensors")).unwrap();
    Engine::load(Source::Embedded { config: config.to_string().as_bytes(), weights: &weights }, options)
}

/// As transformers 4 wrote it.
fn spell_as_before(config: &mut serde_json::Map<String, Value>) {
    let Some(Value::Object(mut rope)) = config.remove("rope_parameters") else { panic!("no rope_parameters") };
    config.insert("rope_theta".into(), rope.remove("rope_theta").unwrap());
    let kind = rope.remove("rope_type").unwrap();
    let scaling = if kind == "default" {
        Value::Null
    } else {
        rope.insert("type".into(), kind);
        Value::Object(rope)
    };
    config.insert("rope_scaling".into(), scaling);
    if let Some(count) = config.remove("num_local_experts") {
        config.insert("num_experts".into(), count);
    }
    config.insert("torch_dtype".into(), config["dtype"].clone());
    config.remove("dtype");
    config.remove("layer_types");
}

#[test]
fn the_spelling_of_transformers_4_means_the_same() {
    for case in ["qwen2", "qwen3-yarn", "moe-mixed-yarn", "llama-rope3", "llama-linear-biases"] {
        let mut engine = embedded(case, spell_as_before).unwrap();
        for expected in expected(&folder().join(case)) {
            assert!(furthest(&read(&mut engine, &expected.ids).0, &expected.rows) < TOLERANCE, "{case}");
        }
    }
}

#[test]
fn a_profile_can_give_the_scaling_that_a_configuration_lacks() {
    let case = &expected(&folder().join("qwen3-yarn"))[1];
    let without = |config: &mut serde_json::Map<String, Value>| {
        config.insert("rope_parameters".into(), serde_json::json!({"rope_type": "default", "rope_theta": 1e6}));
        config.insert("max_position_embeddings".into(), 32.into());
    };
    let forced = Options { device: "cpu".into(), rope: Some(RopeScaling::yarn(4.0)), ..Options::default() };
    let mut engine = embedded_with("qwen3-yarn", without, &forced).unwrap();
    assert!(furthest(&read(&mut engine, &case.ids).0, &case.rows) < TOLERANCE);
    assert_eq!(engine.facts().context, 128);
    let mut plain = embedded("qwen3-yarn", without).unwrap();
    assert!(furthest(&read(&mut plain, &case.ids).0, &case.rows) > TOLERANCE);
}

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

/// A copy of a case that a test may damage.
fn copy(case: &str) -> tempfile::TempDir {
    let target = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(folder().join(case)).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, target.path().join(path.file_name().unwrap())).unwrap();
    }
    target
}

fn refusal(folder: &Path) -> String {
    let options = Options { device: "cpu".into(), ..Options::default() };
    Engine::load(Source::Folder(folder), &options).err().expect("this folder must not load").to_string()
}

fn says(error: &str, words: &[&str]) {
    assert!(words.iter().all(|word| error.contains(word)), "{words:?} not all in: {error}");
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
fn a_cancelled_prompt_goes_on_where_it_stopped() {
    let case = &expected(&folder().join("qwen3-tied"))[1];
    let mut engine = load(&folder().join("qwen3-tied"), 16);
    let mut heard = Vec::new();
    let mut watch = |done| {
        heard.push(done);
        if done >= 48 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let stopped = engine.read(&case.ids, Want::Vocabulary, &mut watch);
    assert!(matches!(stopped, Err(EngineError::Cancelled)));
    assert_eq!(heard, [16, 32, 48]);
    let (rows, reused) = read(&mut engine, &case.ids);
    assert_eq!(reused, 48);
    assert!(furthest(&rows, &case.rows) < TOLERANCE);
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
