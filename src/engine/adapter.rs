//! Low-rank adapters as PEFT saves them, merged into the weights at load: W + (alpha / r) B A
//! (<https://arxiv.org/abs/2106.09685>; with `use_rslora` alpha / sqrt(r), <https://arxiv.org/abs/2312.03732>).

use std::fs;
use std::path::Path;

use candle_core::{DType, Tensor};
use serde_json::Value;

use super::config::Fields;
use super::error::EngineError;
use super::layout::Layout;
use super::loader::raw;
use super::weights::{Kind, Table, WeightFile};

const PREFIX: &str = "base_model.model.";

/// How strongly an adapter counts, from `adapter_config.json`.
#[derive(Clone, Copy)]
pub struct Strength {
    alpha: f64,
    root: bool,
}

pub struct Adapter<'a> {
    pub table: Table<'a>,
    /// `adapter_config.json`
    pub text: &'a [u8],
    strength: Strength,
}

/// The files of an adapter.
pub struct Opened {
    text: Vec<u8>,
    strength: Strength,
    files: Vec<WeightFile<'static>>,
}

/// Reads `adapter_config.json` and opens `adapter_model.safetensors`.
pub fn open(folder: &Path) -> Result<Opened, EngineError> {
    let path = folder.join("adapter_config.json");
    let text = fs::read(&path).map_err(|source| EngineError::Io { path: path.clone(), source })?;
    let strength = strength(&text, &path)?;
    let weights = WeightFile::open(&folder.join("adapter_model.safetensors"))?;
    Ok(Opened { text, strength, files: vec![weights] })
}

fn strength(text: &[u8], path: &Path) -> Result<Strength, EngineError> {
    let file = path.display().to_string();
    let wrong = |reason: &str| EngineError::Adapter { file: file.clone(), reason: reason.into() };
    let value: Value = serde_json::from_slice(text).map_err(|why| wrong(&format!("not JSON: {why}")))?;
    let fields = Fields { file: &file, map: value.as_object().ok_or_else(|| wrong("not a JSON object"))? };
    if fields.text("peft_type") != Some("LORA") {
        return Err(fields.unsupported("peft_type", "only LORA is"));
    }
    if fields.text("bias").is_some_and(|bias| bias != "none") {
        return Err(fields.unsupported("bias", "only none is"));
    }
    for key in ["use_dora", "fan_in_fan_out", "lora_bias", "use_qalora", "use_bdlora"] {
        if fields.flag(key) {
            return Err(fields.unsupported(key, "merge the adapter with PEFT first"));
        }
    }
    let filled = |value: &Value| value.as_object().map_or(!value.is_null(), |map| !map.is_empty());
    let keys = ["alpha_pattern", "layer_replication", "target_parameters", "trainable_token_indices"];
    if let Some(key) = keys.iter().find(|key| fields.map.get(**key).is_some_and(filled)) {
        return Err(fields.unsupported(key, "merge the adapter with PEFT first"));
    }
    let alpha = fields.number("lora_alpha").ok_or_else(|| wrong("`lora_alpha` is missing"))?;
    Ok(Strength { alpha, root: fields.flag("use_rslora") })
}

impl<'a> Adapter<'a> {
    /// Checks that every tensor of the adapter has a place in the model and the shape that fits there.
    pub fn new(opened: &'a Opened, layout: &Layout) -> Result<Self, EngineError> {
        let table = Table::read(&opened.files)?;
        let adapter = Self { table, text: &opened.text, strength: opened.strength };
        for (name, found) in &adapter.table.tensors {
            let base = base(name);
            let nowhere = || found.wrong(format!("the model has no {base} to apply it to"));
            let shape = layout.get(&base).ok_or_else(nowhere)?;
            if !adapter.fits(name, &base, shape) || !matches!(found.kind, Kind::Plain(_)) {
                let (shown, kind) = (&found.shape, found.kind.name());
                return Err(found.wrong(format!("has shape {shown:?} in {kind}, which does not fit {shape:?}")));
            }
        }
        Ok(adapter)
    }

    /// Whether the tensor `name` of the model is changed.
    pub fn changes(&self, name: &str) -> bool {
        self.table.tensors.contains_key(&format!("{PREFIX}{name}")) || self.table.tensors.contains_key(&pair(name).0)
    }

    /// The tensor `name` of the model with what the adapter changes in it, in f32 where it does.
    pub fn merge(&self, name: &str, tensor: Tensor) -> Result<Tensor, EngineError> {
        if let Some(replaced) = self.table.tensors.get(&format!("{PREFIX}{name}")) {
            return raw(replaced);
        }
        let (a, b) = pair(name);
        let (Some(a), Some(b)) = (self.table.tensors.get(&a), self.table.tensors.get(&b)) else {
            return Ok(tensor);
        };
        let a = raw(a)?.to_dtype(DType::F32)?;
        let b = raw(b)?.to_dtype(DType::F32)?;
        let rank = a.dim(0)? as f64;
        let scale = self.strength.alpha / if self.strength.root { rank.sqrt() } else { rank };
        Ok((tensor.to_dtype(DType::F32)? + (b.matmul(&a)? * scale)?)?)
    }

    fn fits(&self, name: &str, base: &str, shape: &[usize]) -> bool {
        let of = |name: &str| self.table.tensors.get(name).map(|found| found.shape.clone());
        let (a, b) = pair(base);
        if name != a && name != b {
            return shape.len() < 3 && of(name).as_deref() == Some(shape);
        }
        match (of(&a).as_deref(), of(&b).as_deref(), shape) {
            (Some([rank, inputs]), Some([outputs, same]), [rows, columns]) => {
                *rank > 0 && rank == same && outputs == rows && inputs == columns
            }
            _ => false,
        }
    }
}

/// `model.x.weight` -> the two low-rank factors of it.
fn pair(name: &str) -> (String, String) {
    let stem = name.strip_suffix(".weight").unwrap_or(name);
    (format!("{PREFIX}{stem}.lora_A.weight"), format!("{PREFIX}{stem}.lora_B.weight"))
}

/// The tensor of the model that an adapter's tensor changes.
fn base(name: &str) -> String {
    let name = name.strip_prefix(PREFIX).unwrap_or(name);
    name.replace(".lora_A.weight", ".weight").replace(".lora_B.weight", ".weight")
}
