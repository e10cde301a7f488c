//! From checked bytes to tensors: digest, dtype, device. The only place that copies weights.

use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor};
use half::{bf16, f16};
use rayon::prelude::*;
use safetensors::tensor::{Dtype, TensorView};

use super::adapter::Adapter;
use super::error::EngineError;
use super::linear::Linear;
use super::weights::{Found, Table};

pub struct Loader<'a> {
    pub table: &'a Table<'a>,
    pub adapter: Option<&'a Adapter<'a>>,
    pub device: Device,
    /// How matrices are kept.
    pub stored: DType,
    /// How activations, norms and biases are computed.
    pub compute: DType,
}

impl Loader<'_> {
    pub fn vector(&self, name: &str) -> Result<Tensor, EngineError> {
        Ok(self.merged(name)?.to_dtype(self.compute)?.to_device(&self.device)?)
    }

    pub fn matrix(&self, name: &str) -> Result<Tensor, EngineError> {
        Ok(self.merged(name)?.to_dtype(self.stored)?.to_device(&self.device)?)
    }

    /// `{stem}.weight` with its bias, where the layout has one.
    pub fn linear(&self, stem: &str) -> Result<Linear, EngineError> {
        self.stacked(&[stem.to_owned()])
    }

    /// Several linear layers over the same input as one, rows in the order given.
    pub fn stacked(&self, stems: &[String]) -> Result<Linear, EngineError> {
        let weights = stems.iter().map(|stem| self.matrix(&format!("{stem}.weight"))).collect::<Result<Vec<_>, _>>()?;
        let biased = stems.iter().all(|stem| self.table.tensors.contains_key(&format!("{stem}.bias")));
        let biases = stems.iter().filter(|_| biased).map(|stem| self.vector(&format!("{stem}.bias")));
        let biases = biases.collect::<Result<Vec<_>, _>>()?;
        let bias = if biased { Some(joined(biases)?) } else { None };
        Ok(Linear { weight: joined(weights)?, bias })
    }

    pub fn has(&self, name: &str) -> bool {
        self.table.tensors.contains_key(name)
    }

    fn merged(&self, name: &str) -> Result<Tensor, EngineError> {
        let missing = || EngineError::Missing { place: self.table.place.clone(), tensor: name.into() };
        let found = self.table.tensors.get(name).ok_or_else(missing)?;
        let tensor = raw(&found.view)?;
        match self.adapter {
            Some(adapter) => adapter.merge(name, tensor),
            None => Ok(tensor),
        }
    }
}

fn joined(mut parts: Vec<Tensor>) -> Result<Tensor, EngineError> {
    match parts.len() {
        1 => Ok(parts.remove(0)),
        _ => Ok(Tensor::cat(&parts, 0)?),
    }
}

/// A copy of a stored tensor on the CPU, in its own dtype.
pub fn raw(view: &TensorView) -> Result<Tensor, EngineError> {
    Ok(Tensor::from_raw_buffer(view.data(), raw_dtype(view), view.shape(), &Device::Cpu)?)
}

/// The dtype of a tensor that passed the layout's check.
pub fn raw_dtype(view: &TensorView) -> DType {
    match view.dtype() {
        Dtype::F16 => DType::F16,
        Dtype::BF16 => DType::BF16,
        _ => DType::F32,
    }
}

/// One hash over names, dtypes, shapes and bytes: the same however the tensors are spread over shards. Refuses NaN and
/// infinity on the way, since every byte passes by.
pub fn digest(tensors: &BTreeMap<String, Found>) -> Result<blake3::Hash, EngineError> {
    let all: Vec<_> = tensors.iter().collect();
    let one = |(name, found): &(&String, &Found)| {
        if !finite(&found.view) {
            let reason = "holds NaN or infinity; the file is damaged or its training diverged".into();
            return Err(EngineError::Tensor { file: found.file.into(), tensor: (*name).clone(), reason });
        }
        let head = format!("{name} {:?} {:?}\n", found.view.dtype(), found.view.shape());
        Ok((head, blake3::hash(found.view.data())))
    };
    let parts = all.par_iter().map(one).collect::<Result<Vec<_>, _>>()?;
    let mut whole = blake3::Hasher::new();
    for (head, hash) in parts {
        whole.update(head.as_bytes()).update(hash.as_bytes());
    }
    Ok(whole.finalize())
}

/// Whether all exponents are below the one that means NaN or infinity.
fn finite(view: &TensorView) -> bool {
    // Without an early exit inside a block, so that the compiler may compare many at once.
    let halves = |infinity: u16| {
        let bad = |pair: &[u8; 2]| u16::from_le_bytes(*pair) & infinity == infinity;
        let (all, _) = view.data().as_chunks::<2>();
        !all.chunks(4096).any(|block| block.iter().fold(false, |found, pair| found | bad(pair)))
    };
    match view.dtype() {
        Dtype::BF16 => halves(bf16::INFINITY.to_bits()),
        Dtype::F16 => halves(f16::INFINITY.to_bits()),
        _ => {
            let bad = |number: &[u8; 4]| !f32::from_le_bytes(*number).is_finite();
            let (all, _) = view.data().as_chunks::<4>();
            !all.chunks(4096).any(|block| block.iter().fold(false, |found, number| found | bad(number)))
        }
    }
}
