//! Opening a checkpoint: configuration, headers, checks, and only then the copies.

use std::fs;
use std::path::Path;

use candle_core::{DType, Device};
use serde_json::{Map, Value};

use super::adapter::{self, Adapter};
use super::cache::Cache;
use super::config::{Config, HeadKind};
use super::decoder::Decoder;
use super::device;
use super::error::EngineError;
use super::gguf::Header;
use super::gguf_names;
use super::head::Head;
use super::layout::{Layout, check, layout};
use super::loader::{Loader, digest};
use super::plan::{self, Means, Plan};
use super::weights::{Kind, Table, WeightFile, files_of};
use super::{Engine, Facts, Options, RopeScaling, Source};

impl Engine {
    /// Everything is checked against the configuration, and the plan against the machine, before the first weight is copied.
    pub fn load(source: Source, options: &Options) -> Result<Engine, EngineError> {
        opened(source, options, |checked| {
            let plan = checked.plan(options)?;
            if plan.most_tokens().is_none() {
                return Err(EngineError::TooLarge { place: checked.loader.table.place.clone(), plan });
            }
            let facts = checked.facts(&checked.hash(options)?);
            let memory = options.memory.map(|limit| limit.saturating_sub(plan.weights + plan.workspace));
            let (place, device) = (checked.loader.table.place.clone(), facts.device.clone());
            checked.engine(options, facts, memory).map_err(|why| match why {
                EngineError::Compute(why) if device::exhausted(&why) => EngineError::Unloadable { place, device },
                why => why,
            })
        })
    }

    /// What loading it with these options and reading its longest prompt would take. Reads headers only.
    pub fn plan(source: Source, options: &Options) -> Result<Plan, EngineError> {
        opened(source, options, |checked| checked.plan(options))
    }

    /// Tokens that a checkpoint claims to read, from its configuration alone. `scaling` as in [`Options::rope`].
    pub fn context(source: Source, scaling: Option<&RopeScaling>) -> Result<usize, EngineError> {
        let mut config = configured(source)?;
        config.rope.scaling = config.rope.scaling.or(scaling.cloned());
        Ok(config.rope.context())
    }

    /// Which head a checkpoint has, and how many numbers are in one row of it, from its configuration alone.
    pub fn head(source: Source) -> Result<(HeadKind, usize), EngineError> {
        let config = configured(source)?;
        Ok((config.head, config.outputs))
    }
}

fn configured(source: Source) -> Result<Config, EngineError> {
    Ok(match source {
        Source::Folder(folder) => {
            let (text, name) = configuration(folder)?;
            Config::parse(&text, &name)?
        }
        Source::Embedded { config, .. } => Config::parse(config, BUILT_IN)?,
        Source::Gguf(path) => {
            let file = WeightFile::open(path)?;
            let header = Header::read(file.bytes(), &file.name)?;
            gguf_names::config(&header.metadata, &header.table(file.bytes(), &file.name)?, &file.name)?
        }
    })
}

/// The metadata of a GGUF file, its tokenizer included.
pub fn metadata(path: &Path) -> Result<Map<String, Value>, EngineError> {
    let file = WeightFile::open(path)?;
    Ok(Header::read(file.bytes(), &file.name)?.metadata)
}

const BUILT_IN: &str = "the built-in config.json";

/// A checkpoint whose headers fit its configuration.
struct Checked<'a> {
    /// What decides its numbers beside the weights.
    text: &'a [u8],
    config: Config,
    layout: Layout,
    loader: Loader<'a>,
}

/// Maps the files, checks them, and hands them to `work`.
fn opened<R>(
    source: Source,
    options: &Options,
    work: impl FnOnce(Checked) -> Result<R, EngineError>,
) -> Result<R, EngineError> {
    let (text, name, files) = files(source)?;
    let gguf = match (source, files.as_slice()) {
        (Source::Gguf(_), [file]) => Some(Header::read(file.bytes(), &file.name)?),
        _ => None,
    };
    let (mut config, mut table, text) = match (&gguf, files.as_slice()) {
        (Some(header), [file]) => {
            let table = header.table(file.bytes(), &file.name)?;
            (gguf_names::config(&header.metadata, &table, &file.name)?, table, header.text(file.bytes()))
        }
        _ => (Config::parse(&text, &name)?, Table::read(&files)?, text.as_slice()),
    };
    table.tensors.remove(gguf_names::FREQUENCIES);
    config.rope.scaling = config.rope.scaling.or(options.rope.clone());
    let layout = layout(&config, &table);
    check(&layout, &table, &config)?;
    let adapter = options.adapter.as_deref().map(adapter::open).transpose()?;
    let adapter = adapter.as_ref().map(|opened| Adapter::new(opened, &layout)).transpose()?;
    let loader = loader(options, &table, adapter.as_ref())?;
    work(Checked { text, config, layout, loader })
}

impl Checked<'_> {
    fn engine(self, options: &Options, facts: Facts, memory: Option<u64>) -> Result<Engine, EngineError> {
        let Checked { config, loader, .. } = self;
        Ok(Engine {
            facts,
            decoder: Decoder::load(&loader, &config)?,
            head: Head::load(&loader, &config)?,
            cache: Cache::new(&config, cache_dtype(options, &loader)?, &loader.device)?,
            device: loader.device.clone(),
            chunk: plan::chunk(options.chunk, &config, loader.device.is_cpu()),
            memory,
            config,
            seen: Vec::new(),
            rows: Vec::new(),
        })
    }

    fn plan(&self, options: &Options) -> Result<Plan, EngineError> {
        let means = Means {
            cache: cache_dtype(options, &self.loader)?,
            chunk: plan::chunk(options.chunk, &self.config, self.loader.device.is_cpu()),
            tokens: options.longest.unwrap_or(usize::MAX).min(self.config.rope.context()),
            have: device::free_bytes(&self.loader.device, options.memory),
        };
        Ok(plan::plan(&self.config, &self.layout, &self.loader, &means))
    }

    /// Of everything that decides an answer. Reads every weight, and refuses those that are no numbers.
    fn hash(&self, options: &Options) -> Result<blake3::Hash, EngineError> {
        let mut hash = blake3::Hasher::new();
        hash.update(self.text).update(digest(&self.loader.table.tensors)?.as_bytes());
        hash.update(format!("{:?}", options.rope).as_bytes());
        hash.update(options.cache.as_deref().unwrap_or_default().as_bytes());
        if let Some(adapter) = self.loader.adapter {
            hash.update(adapter.text).update(digest(&adapter.table.tensors)?.as_bytes());
        }
        Ok(hash.finalize())
    }

    fn facts(&self, hash: &blake3::Hash) -> Facts {
        Facts {
            architecture: self.config.architecture.clone(),
            parameters: self.layout.values().map(|shape| shape.iter().product::<usize>()).sum(),
            vocabulary: self.config.vocabulary,
            context: self.config.rope.context(),
            head: self.config.head,
            outputs: self.config.outputs,
            dtype: self.dtype(),
            device: name(&self.loader.device),
            weights_hash: hash.to_hex().to_string(),
        }
    }

    /// How most weights are kept.
    fn dtype(&self) -> String {
        let mut bytes: Vec<(String, usize)> = Vec::new();
        for (name, shape) in self.layout.iter().filter(|(_, shape)| shape.len() > 1) {
            let Some(found) = self.loader.table.tensors.get(name) else { continue };
            let (kind, count) = (self.loader.kind(name, found).name(), shape.iter().product::<usize>());
            match bytes.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, sum)) => *sum += count,
                None => bytes.push((kind, count)),
            }
        }
        bytes.into_iter().max_by_key(|(_, count)| *count).map(|(kind, _)| kind).unwrap_or_default()
    }
}

type Files<'a> = (Vec<u8>, String, Vec<WeightFile<'a>>);

fn files(source: Source) -> Result<Files, EngineError> {
    match source {
        Source::Folder(folder) => {
            let (text, name) = configuration(folder)?;
            Ok((text, name, files_of(folder)?))
        }
        Source::Gguf(path) => Ok((Vec::new(), String::new(), vec![WeightFile::open(path)?])),
        Source::Embedded { config, weights } => {
            let file = WeightFile::given("the built-in model.safetensors", weights);
            Ok((config.to_vec(), BUILT_IN.into(), vec![file]))
        }
    }
}

fn configuration(folder: &Path) -> Result<(Vec<u8>, String), EngineError> {
    let path = folder.join("config.json");
    let text = fs::read(&path).map_err(|source| EngineError::Io { path: path.clone(), source })?;
    Ok((text, path.display().to_string()))
}

fn loader<'a>(
    options: &Options,
    table: &'a Table<'a>,
    adapter: Option<&'a Adapter<'a>>,
) -> Result<Loader<'a>, EngineError> {
    let device = device::device(&options.device)?;
    let stored = options.dtype.as_deref().map(device::dtype).transpose()?;
    let own = match &table.get("model.embed_tokens.weight")?.kind {
        Kind::Plain(dtype) => *dtype,
        _ => DType::F32,
    };
    // A card's kernels for packed weights take f32 beside them.
    let packed = table.tensors.values().any(|found| matches!(found.kind, Kind::Packed(_)));
    let own = if packed { DType::F32 } else { own };
    let compute = if device.is_cpu() { DType::F32 } else { stored.unwrap_or(own) };
    Ok(Loader { table, adapter, device, stored, compute })
}

/// As named; else as it is computed.
fn cache_dtype(options: &Options, loader: &Loader) -> Result<DType, EngineError> {
    options.cache.as_deref().map_or(Ok(loader.compute), device::dtype)
}

fn name(device: &Device) -> String {
    match device.location() {
        candle_core::DeviceLocation::Cpu => "cpu".into(),
        candle_core::DeviceLocation::Cuda { gpu_id } => format!("cuda:{gpu_id}"),
        candle_core::DeviceLocation::Metal { .. } => "metal".into(),
    }
}
