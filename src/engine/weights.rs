//! Where the bytes of a checkpoint lie: its safetensors files, mapped, and the table of tensors in them. Nothing here
//! copies a weight. Never opens a pickle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Component, Path, PathBuf};

use memmap2::Mmap;
use safetensors::SafeTensors;
use safetensors::tensor::TensorView;
use serde_json::Value;

use super::error::EngineError;

pub enum Bytes<'a> {
    Mapped(Mmap),
    Given(&'a [u8]),
}

/// One safetensors file and the name errors give it.
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

    fn bytes(&self) -> &[u8] {
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

/// Every tensor of the files, by name.
pub struct Table<'a> {
    pub place: String,
    pub tensors: BTreeMap<String, Found<'a>>,
}

pub struct Found<'a> {
    pub file: &'a str,
    pub view: TensorView<'a>,
}

impl<'a> Table<'a> {
    /// Reads and checks the headers: offsets within the file, no overlaps, no holes.
    pub fn read(files: &'a [WeightFile<'a>]) -> Result<Self, EngineError> {
        let mut tensors = BTreeMap::new();
        for file in files {
            let damaged = |reason: String| EngineError::Damaged { file: file.name.clone(), reason };
            let header = SafeTensors::deserialize(file.bytes()).map_err(|why| damaged(why.to_string()))?;
            for (name, view) in header.tensors() {
                if tensors.insert(name.clone(), Found { file: &file.name, view }).is_some() {
                    return Err(damaged(format!("tensor {name} is in another shard as well")));
                }
            }
        }
        Ok(Self { place: place(files), tensors })
    }
}

fn place(files: &[WeightFile]) -> String {
    match files {
        [only] => only.name.clone(),
        [first, ..] => PathBuf::from(&first.name).parent().unwrap_or(Path::new("")).display().to_string(),
        [] => String::new(),
    }
}
