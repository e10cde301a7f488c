//! The cases of `make_cases.py` and how they are read.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use rollscope::engine::{Engine, EngineError, HeadKind, Options, Source, Want};
use serde_json::Value;

pub const TOLERANCE: f32 = 1e-3;

pub const CHUNKS: [usize; 4] = [1, 7, 64, 512];

pub struct Case {
    pub ids: Vec<u32>,
    pub rows: Vec<Vec<f32>>,
}

pub fn folder() -> PathBuf {
    // As the environment says where the tests were built on another machine.
    let root = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&root).join("tests/engine")
}

pub fn cases_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = entries.filter(|path| path.join("expected.json").exists()).collect();
    found.sort();
    found
}

pub fn numbers(value: &Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap() as f32).collect()
}

pub fn expected(folder: &Path) -> Vec<Case> {
    answers(&folder.join("expected.json"))
}

pub fn answers(file: &Path) -> Vec<Case> {
    let text: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
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

pub fn options(folder: &Path, chunk: usize) -> (PathBuf, Options) {
    let adapter = Some(folder.join("adapter")).filter(|path| path.exists());
    let base = if adapter.is_some() { folder.join("base") } else { folder.to_owned() };
    (base, Options { device: device(), dtype: dtype(), chunk: Some(chunk), adapter, ..Options::default() })
}

/// The CPU; `benches/gpu.sh` asks for another one.
pub fn device() -> String {
    std::env::var("ROLLSCOPE_DEVICE").unwrap_or_else(|_| "cpu".into())
}

/// As the checkpoint has it; a card would compute in that, too, and the answers are those of f32.
fn dtype() -> Option<String> {
    (device() != "cpu").then(|| "f32".into())
}

pub fn load(folder: &Path, chunk: usize) -> Engine {
    let (base, options) = options(folder, chunk);
    Engine::load(Source::Folder(&base), &options).unwrap()
}

pub fn whole(engine: &Engine) -> Want<'static> {
    match engine.facts().head {
        HeadKind::Causal => Want::Vocabulary,
        HeadKind::Sequence => Want::Classes,
        HeadKind::Tokens => Want::Tokens,
    }
}

pub fn read(engine: &mut Engine, ids: &[u32]) -> (Vec<Vec<f32>>, usize) {
    let want = whole(engine);
    let answer = engine.read(ids, want, &mut |_| ControlFlow::Continue(())).unwrap();
    (answer.rows, answer.reused)
}

pub fn furthest(ours: &[Vec<f32>], theirs: &[Vec<f32>]) -> f32 {
    assert_eq!(ours.iter().map(Vec::len).collect::<Vec<_>>(), theirs.iter().map(Vec::len).collect::<Vec<_>>());
    ours.iter().flatten().zip(theirs.iter().flatten()).fold(0.0, |most, (a, b)| most.max((a - b).abs()))
}

/// The same bytes as a built-in model, its configuration rewritten.
pub fn embedded(case: &str, edit: impl Fn(&mut serde_json::Map<String, Value>)) -> Result<Engine, EngineError> {
    embedded_with(case, edit, &Options { device: "cpu".into(), ..Options::default() })
}

pub fn embedded_with(
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

/// A copy of a case that a test may damage.
pub fn copy(case: &str) -> tempfile::TempDir {
    let target = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(folder().join(case)).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, target.path().join(path.file_name().unwrap())).unwrap();
    }
    target
}

pub fn refusal(folder: &Path) -> String {
    let options = Options { device: "cpu".into(), ..Options::default() };
    Engine::load(Source::Folder(folder), &options).err().expect("this folder must not load").to_string()
}

pub fn says(error: &str, words: &[&str]) {
    assert!(words.iter().all(|word| error.contains(word)), "{words:?} not all in: {error}");
}
