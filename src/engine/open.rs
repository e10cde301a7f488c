//! Opening a checkpoint: configuration, headers, checks, and only then the copies.

use std::fs;
use std::path::Path;

use candle_core::{DType, Device};

use super::adapter::{self, Adapter};
use super::cache::Cache;
use super::config::Config;
use super::decoder::Decoder;
use super::device;
use super::error::EngineError;
use super::head::Head;
use super::layout::{Layout, check, layout};
use super::loader::{Loader, digest, raw_dtype};
use super::weights::{Table, WeightFile, files_of};
use super::{Engine, Facts, Options, RopeScaling, Source};

impl Engine {
    /// Everything is checked against config.json before the first weight is copied.
    pub fn load(source: Source, options: &Options) -> Result<Engine, EngineError> {
        let (text, name, files) = open(source)?;
        let mut config = Config::parse(&text, &name)?;
        if config.rope.scaling.is_none() {
            config.rope.scaling.clone_from(&options.rope);
        }
        let table = Table::read(&files)?;
        let layout = layout(&config, &table);
        check(&layout, &table, &config)?;
        let mut hash = blake3::Hasher::new();
        hash.update(&text).update(digest(&table.tensors)?.as_bytes());
        hash.update(format!("{:?}", options.rope).as_bytes());
        let opened = options.adapter.as_deref().map(adapter::open).transpose()?;
        let adapter = match &opened {
            Some((text, strength, files)) => {
                let adapter = Adapter::new(Table::read(files)?, *strength, &layout)?;
                hash.update(text).update(digest(&adapter.table.tensors)?.as_bytes());
                Some(adapter)
            }
            None => None,
        };
        let loader = loader(options, &table, adapter.as_ref())?;
        let facts = facts(&config, &layout, &loader, &hash.finalize());
        build(config, facts, &loader, options)
    }

    /// Tokens that the checkpoint of a folder claims to read, from its config.json alone. `scaling` as in [`Options::rope`].
    pub fn context(folder: &Path, scaling: Option<&RopeScaling>) -> Result<usize, EngineError> {
        let (text, name) = configuration(folder)?;
        let mut config = Config::parse(&text, &name)?;
        config.rope.scaling = config.rope.scaling.or(scaling.cloned());
        Ok(config.rope.context())
    }
}

fn configuration(folder: &Path) -> Result<(Vec<u8>, String), EngineError> {
    let path = folder.join("config.json");
    let text = fs::read(&path).map_err(|source| EngineError::Io { path: path.clone(), source })?;
    Ok((text, path.display().to_string()))
}

fn build(config: Config, facts: Facts, loader: &Loader, options: &Options) -> Result<Engine, EngineError> {
    Ok(Engine {
        facts,
        decoder: Decoder::load(loader, &config)?,
        head: Head::load(loader, &config)?,
        cache: Cache::new(&config, loader.compute, &loader.device)?,
        compute: loader.compute,
        device: loader.device.clone(),
        chunk: options.chunk.max(1),
        config,
        seen: Vec::new(),
        rows: Vec::new(),
    })
}

type Opened<'a> = (Vec<u8>, String, Vec<WeightFile<'a>>);

fn open(source: Source) -> Result<Opened, EngineError> {
    match source {
        Source::Folder(folder) => {
            let (text, name) = configuration(folder)?;
            Ok((text, name, files_of(folder)?))
        }
        Source::Embedded { config, weights } => {
            let file = WeightFile::given("the built-in model.safetensors", weights);
            Ok((config.to_vec(), "the built-in config.json".into(), vec![file]))
        }
    }
}

fn loader<'a>(
    options: &Options,
    table: &'a Table<'a>,
    adapter: Option<&'a Adapter<'a>>,
) -> Result<Loader<'a>, EngineError> {
    let device = device::device(&options.device)?;
    let embedding = table.tensors.get("model.embed_tokens.weight");
    let own = match embedding {
        // Merged weights have more digits than the half types hold, and the CPU computes in f32 anyway.
        Some(found) if adapter.is_none() || !device.is_cpu() => raw_dtype(&found.view),
        _ => DType::F32,
    };
    let stored = options.dtype.as_deref().map_or(Ok(own), device::dtype)?;
    let compute = if device.is_cpu() { DType::F32 } else { stored };
    Ok(Loader { table, adapter, device, stored, compute })
}

fn facts(config: &Config, layout: &Layout, loader: &Loader, hash: &blake3::Hash) -> Facts {
    Facts {
        architecture: config.architecture.clone(),
        parameters: layout.values().map(|shape| shape.iter().product::<usize>()).sum(),
        vocabulary: config.vocabulary,
        context: config.rope.context(),
        head: config.head,
        outputs: config.outputs,
        dtype: loader.stored.as_str().into(),
        device: name(&loader.device),
        weights_hash: hash.to_hex().to_string(),
    }
}

fn name(device: &Device) -> String {
    match device.location() {
        candle_core::DeviceLocation::Cpu => "cpu".into(),
        candle_core::DeviceLocation::Cuda { gpu_id } => format!("cuda:{gpu_id}"),
        candle_core::DeviceLocation::Metal { .. } => "metal".into(),
    }
}
