//! From checked bytes to tensors: digest, dtype, device. The only place that copies weights.

use std::borrow::Cow;
use std::collections::BTreeMap;

use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{DType, Device, Tensor};
use half::{bf16, f16};
use rayon::prelude::*;

use super::adapter::Adapter;
use super::error::EngineError;
use super::linear::Linear;
use super::weight::Weight;
use super::weights::{Found, Kind, Table};

pub struct Loader<'a> {
    pub table: &'a Table<'a>,
    pub adapter: Option<&'a Adapter<'a>>,
    pub device: Device,
    /// How matrices are kept; none where each stays as it is stored.
    pub stored: Option<DType>,
    /// How activations, norms and biases are computed.
    pub compute: DType,
}

impl Loader<'_> {
    pub fn vector(&self, name: &str) -> Result<Tensor, EngineError> {
        let tensor = self.merged(name, self.table.get(name)?)?;
        Ok(tensor.to_dtype(self.compute)?.to_device(&self.device)?)
    }

    pub fn matrix(&self, name: &str) -> Result<Weight, EngineError> {
        self.weight(name, self.table.get(name)?)
    }

    /// The matrices that lie one after the other in one tensor.
    pub fn matrices(&self, name: &str, count: usize) -> Result<Vec<Weight>, EngineError> {
        let whole = self.table.get(name)?;
        (0..count).map(|index| self.weight(name, &whole.part(index))).collect()
    }

    /// `{stem}.weight` with its bias, where the layout has one.
    pub fn linear(&self, stem: &str) -> Result<Linear, EngineError> {
        self.stacked(&[stem.to_owned()])
    }

    /// Several linear layers over the same input as one, rows in the order given.
    pub fn stacked(&self, stems: &[String]) -> Result<Linear, EngineError> {
        let weights = stems.iter().map(|stem| self.matrix(&format!("{stem}.weight"))).collect::<Result<Vec<_>, _>>()?;
        let biased = stems.iter().all(|stem| self.has(&format!("{stem}.bias")));
        let biases = stems.iter().filter(|_| biased).map(|stem| self.vector(&format!("{stem}.bias")));
        let biases = biases.collect::<Result<Vec<_>, _>>()?;
        let bias = if biased { Some(Tensor::cat(&biases, 0)?) } else { None };
        Ok(Linear { weight: Weight::joined(weights)?, bias })
    }

    pub fn has(&self, name: &str) -> bool {
        self.table.tensors.contains_key(name)
    }

    /// What the tensor `name` will be kept as.
    pub fn kind(&self, name: &str, found: &Found) -> Kind {
        let adapted = self.adapter.is_some_and(|adapter| adapter.changes(name));
        match (self.stored, &found.kind) {
            (Some(dtype), _) => Kind::Plain(dtype),
            // Merged weights have more digits than the narrow kinds hold.
            (None, _) if adapted => Kind::Plain(self.compute),
            (None, kind) => kind.clone(),
        }
    }

    fn weight(&self, name: &str, found: &Found) -> Result<Weight, EngineError> {
        match self.kind(name, found) {
            Kind::Packed(kind) => Ok(Weight::Packed(vec![packed(found, kind, &self.device)?])),
            Kind::Plain(dtype) => {
                Ok(Weight::Plain(self.merged(name, found)?.to_dtype(dtype)?.to_device(&self.device)?))
            }
            Kind::Other(kind) => Err(found.wrong(format!("has dtype {kind}"))),
        }
    }

    fn merged(&self, name: &str, found: &Found) -> Result<Tensor, EngineError> {
        let tensor = raw(found)?;
        match self.adapter {
            Some(adapter) => adapter.merge(name, tensor),
            None => Ok(tensor),
        }
    }
}

/// A copy of a stored tensor on the CPU: in its own dtype, or in f32 where it was packed.
pub fn raw(found: &Found) -> Result<Tensor, EngineError> {
    match &found.kind {
        Kind::Plain(dtype) => Ok(Tensor::from_raw_buffer(&rows_in_order(found), *dtype, &found.shape, &Device::Cpu)?),
        Kind::Packed(kind) => Ok(packed(found, *kind, &Device::Cpu)?.dequantize(&Device::Cpu)?),
        Kind::Other(kind) => Err(found.wrong(format!("has dtype {kind}"))),
    }
}

fn packed(found: &Found, kind: GgmlDType, device: &Device) -> Result<QTensor, EngineError> {
    let storage = QStorage::from_data(rows_in_order(found), device, kind)?;
    Ok(QTensor::new(storage, found.shape.as_slice())?)
}

/// Row 2 i + j of a head that is stored in pairs is its row i + j dim / 2 (llama.cpp `convert_hf_to_gguf.py`, `permute`).
fn rows_in_order<'a>(found: &Found<'a>) -> Cow<'a, [u8]> {
    let rows = found.shape.first().copied().unwrap_or_default();
    let Some(heads) = found.paired.filter(|heads| *heads > 0 && rows % (2 * heads) == 0 && rows > 0) else {
        return Cow::Borrowed(found.data);
    };
    let (width, dim) = (found.data.len() / rows, rows / heads);
    let stored = |row: usize| row / dim * dim + 2 * (row % dim % (dim / 2)) + row % dim / (dim / 2);
    Cow::Owned((0..rows).flat_map(|row| &found.data[stored(row) * width..(stored(row) + 1) * width]).copied().collect())
}

/// One hash over names, dtypes, shapes and bytes: the same however the tensors are spread over shards. Refuses NaN and
/// infinity on the way, since every byte passes by.
pub fn digest(tensors: &BTreeMap<String, Found>) -> Result<blake3::Hash, EngineError> {
    let all: Vec<_> = tensors.iter().collect();
    let one = |(name, found): &(&String, &Found)| {
        if !finite(found) {
            return Err(found.wrong("holds NaN or infinity; the file is damaged or its training diverged".into()));
        }
        let head = format!("{name} {:?} {:?}\n", found.kind, found.shape);
        Ok((head, blake3::hash(found.data)))
    };
    let parts = all.par_iter().map(one).collect::<Result<Vec<_>, _>>()?;
    let mut whole = blake3::Hasher::new();
    for (head, hash) in parts {
        whole.update(head.as_bytes()).update(hash.as_bytes());
    }
    Ok(whole.finalize())
}

/// Whether all exponents are below the one that means NaN or infinity; of packed numbers, those of their scales.
fn finite(found: &Found) -> bool {
    // Without an early exit inside a block, so that the compiler may compare many at once.
    let halves = |infinity: u16| {
        let bad = |pair: &[u8; 2]| u16::from_le_bytes(*pair) & infinity == infinity;
        let (all, _) = found.data.as_chunks::<2>();
        !all.chunks(4096).any(|block| block.iter().fold(false, |found, pair| found | bad(pair)))
    };
    match &found.kind {
        Kind::Plain(DType::BF16) => halves(bf16::INFINITY.to_bits()),
        Kind::Plain(DType::F16) => halves(f16::INFINITY.to_bits()),
        Kind::Packed(kind) => {
            let scales = scales(*kind);
            let number = |block: &[u8], at: usize| f16::from_le_bytes([block[at], block[at + 1]]);
            found.data.chunks_exact(kind.type_size()).all(|b| scales.iter().all(|at| number(b, *at).is_finite()))
        }
        _ => {
            let bad = |number: &[u8; 4]| !f32::from_le_bytes(*number).is_finite();
            let (all, _) = found.data.as_chunks::<4>();
            !all.chunks(4096).any(|block| block.iter().fold(false, |found, number| found | bad(number)))
        }
    }
}

/// Where the f16 scales of a block lie (ggml `ggml-common.h`).
fn scales(kind: GgmlDType) -> &'static [usize] {
    match kind {
        GgmlDType::Q4_1 | GgmlDType::Q5_1 | GgmlDType::Q4K | GgmlDType::Q5K => &[0, 2],
        GgmlDType::Q2K => &[80, 82],
        GgmlDType::Q3K => &[108],
        GgmlDType::Q6K => &[208],
        _ => &[0],
    }
}
