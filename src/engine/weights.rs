//! Where the bytes of a checkpoint lie: its files, mapped, and the table of tensors in them (of safetensors here, of GGUF
//! in `gguf`). Nothing here copies a weight. Never opens a pickle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Component, Path, PathBuf};

use candle_core::DType;
use candle_core::quantized::GgmlDType;
use memmap2::Mmap;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde_json::Value;

use super::error::EngineError;
use super::gguf_names::gguf_name;

pub enum Bytes<'a> {
    Mapped(Mmap),
    Given(&'a [u8]),
}

/// One file and the name errors give it.
pub struct WeightFile<'a> {
    pub name: String,
    bytes: Bytes<'a>,
}

impl<'a> WeightFile<'a> {
    pub fn given(name: &str, bytes: &'a [u8]) -> Self {
        Self { name: name.into(), bytes: Bytes::Given(bytes) }
    }

    pub fn open(path: &Path) -> Result<Self, EngineError> {
        let failed = |source| EngineError::Io { path: path.into(), source };
        let file = File::open(path).map_err(failed)?;
        // SAFETY: the map is read only and lives for the load alone. Another process that truncates the file meanwhile
        // kills this one with SIGBUS; reading tens of gigabytes into memory first is the only way around that.
        let map = unsafe { Mmap::map(&file) }.map_err(failed)?;
        Ok(Self { name: path.display().to_string(), bytes: Bytes::Mapped(map) })
    }

    pub fn bytes(&self) -> &[u8] {
        match &self.bytes {
            Bytes::Mapped(map) => map,
            Bytes::Given(bytes) => bytes,
        }
    }
}

/// The safetensors files of a checkpoint: one, or the shards that its index names.
pub fn files_of(folder: &Path) -> Result<Vec<WeightFile<'static>>, EngineError> {
    let single = folder.join("model.safetensors");
    let index = folder.join("model.safetensors.index.json");
    if single.exists() {
        return Ok(vec![WeightFile::open(&single)?]);
    }
    if !index.exists() {
        return Err(no_weights(folder));
    }
    shards(&index)?.iter().map(|name| shard(folder, &index, name)).collect()
}

fn shard(folder: &Path, index: &Path, name: &str) -> Result<WeightFile<'static>, EngineError> {
    let path = folder.join(name);
    if !path.exists() {
        let reason = format!("names {name}, which is not in the folder; fetch that shard");
        return Err(EngineError::Config { file: index.display().to_string(), reason });
    }
    WeightFile::open(&path)
}

/// Shard names of an index, each a plain file name: an index is data and must not reach outside its folder.
fn shards(index: &Path) -> Result<BTreeSet<String>, EngineError> {
    let wrong = |reason: String| EngineError::Config { file: index.display().to_string(), reason };
    let text = fs::read(index).map_err(|source| EngineError::Io { path: index.into(), source })?;
    let value: Value = serde_json::from_slice(&text).map_err(|why| wrong(format!("not JSON: {why}")))?;
    let map = value.get("weight_map").and_then(Value::as_object).ok_or_else(|| wrong("has no weight_map".into()))?;
    let mut names = BTreeSet::new();
    for (tensor, name) in map {
        match name.as_str() {
            Some(name) if plain(name) => names.insert(name.to_owned()),
            _ => return Err(wrong(format!("puts tensor {tensor} into {name}, which is not a file of this folder"))),
        };
    }
    Ok(names)
}

fn plain(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    let single = matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None));
    single && !name.contains(['/', '\\', '\0']) && name.ends_with(".safetensors")
}

fn no_weights(folder: &Path) -> EngineError {
    let pickled = ["pytorch_model.bin", "pytorch_model.bin.index.json", "adapter_model.bin"];
    let reason = if pickled.iter().any(|name| folder.join(name).exists()) {
        "holds only pickled weights, which can run code and are never opened; convert them to safetensors"
    } else {
        "has neither model.safetensors nor model.safetensors.index.json"
    };
    EngineError::Config { file: folder.display().to_string(), reason: reason.into() }
}

/// Every tensor of the files, by the name that transformers gives it.
pub struct Table<'a> {
    pub place: String,
    /// Whether its files spell the names otherwise.
    pub gguf: bool,
    pub tensors: BTreeMap<String, Found<'a>>,
}

/// A tensor where it lies.
#[derive(Clone)]
pub struct Found<'a> {
    pub file: &'a str,
    /// As the file spells it.
    pub name: String,
    pub kind: Kind,
    pub shape: Vec<usize>,
    pub data: &'a [u8],
    /// Heads whose rows are stored in pairs (first and second half of a head in turn), as GGUF has those of `llama`.
    pub paired: Option<usize>,
}

/// How numbers are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Plain(DType),
    /// In blocks with scales.
    Packed(GgmlDType),
    /// One that this program cannot read.
    Other(String),
}

impl<'a> Table<'a> {
    /// Reads and checks the headers: offsets within the file, no overlaps, no holes.
    pub fn read(files: &'a [WeightFile<'a>]) -> Result<Self, EngineError> {
        let mut tensors = BTreeMap::new();
        for file in files {
            let damaged = |reason: String| EngineError::Damaged { file: file.name.clone(), reason };
            let header = SafeTensors::deserialize(file.bytes()).map_err(|why| damaged(why.to_string()))?;
            for (name, view) in header.tensors() {
                if tensors.insert(name.clone(), found(&file.name, &name, &view)).is_some() {
                    return Err(damaged(format!("tensor {name} is in another shard as well")));
                }
            }
        }
        Ok(Self { place: place(files), gguf: false, tensors })
    }

    pub fn get(&self, name: &str) -> Result<&Found<'a>, EngineError> {
        let tensor = if self.gguf { gguf_name(name) } else { name.into() };
        let missing = || EngineError::Missing { place: self.place.clone(), tensor };
        self.tensors.get(name).ok_or_else(missing)
    }
}

fn found<'a>(file: &'a str, name: &str, view: &TensorView<'a>) -> Found<'a> {
    let kind = match view.dtype() {
        Dtype::F32 => Kind::Plain(DType::F32),
        Dtype::F16 => Kind::Plain(DType::F16),
        Dtype::BF16 => Kind::Plain(DType::BF16),
        other => Kind::Other(format!("{other:?}")),
    };
    Found { file, name: name.into(), kind, shape: view.shape().to_vec(), data: view.data(), paired: None }
}

impl Found<'_> {
    pub fn wrong(&self, reason: String) -> EngineError {
        EngineError::Tensor { file: self.file.into(), tensor: self.name.clone(), reason }
    }

    /// The `index`-th of the tensors that lie one after the other in this one.
    pub fn part(&self, index: usize) -> Self {
        let length = self.data.len() / self.shape.first().copied().unwrap_or(1).max(1);
        let shape = self.shape.iter().skip(1).copied().collect();
        Self { data: &self.data[index * length..(index + 1) * length], shape, ..self.clone() }
    }
}

impl Kind {
    pub fn name(&self) -> String {
        match self {
            Kind::Plain(dtype) => dtype.as_str().into(),
            Kind::Packed(dtype) => format!("{dtype:?}").to_lowercase(),
            Kind::Other(name) => name.clone(),
        }
    }

    /// Bytes of that many numbers.
    pub fn bytes(&self, count: usize) -> u64 {
        match self {
            Kind::Plain(dtype) => (count * dtype.size_in_bytes()) as u64,
            Kind::Packed(dtype) => (count / dtype.block_size() * dtype.type_size()) as u64,
            Kind::Other(_) => 0,
        }
    }
}

fn place(files: &[WeightFile]) -> String {
    match files {
        [only] => only.name.clone(),
        [first, ..] => PathBuf::from(&first.name).parent().unwrap_or(Path::new("")).display().to_string(),
        [] => String::new(),
    }
}
