//! Keys and values of the tokens read so far, in memory allocated for the prompt asked and kept for the next.

use candle_core::{DType, Device, Result, Tensor};
use half::{bf16, f16};
use rayon::prelude::*;

use super::config::Config;
use super::rope::Rope;

pub struct Cache {
    rope: Rope,
    head_dim: usize,
    /// (tokens, dim): cosines and sines of every position.
    table: Tensor,
    layers: Vec<Store>,
    dtype: DType,
    capacity: usize,
}

/// One layer's (key heads, capacity, dim).
struct Store {
    keys: Tensor,
    values: Tensor,
}

impl Store {
    fn new(shape: (usize, usize, usize), dtype: DType, device: &Device) -> Result<Self> {
        Ok(Self { keys: zeros(shape, dtype, device)?, values: zeros(shape, dtype, device)? })
    }
}

/// In main memory all threads write them: the system clears each page when it is first written, and one thread alone would
/// spend a twentieth of a long prompt on it.
fn zeros(shape: (usize, usize, usize), dtype: DType, device: &Device) -> Result<Tensor> {
    let count = shape.0 * shape.1 * shape.2;
    match dtype {
        _ if !device.is_cpu() => Tensor::zeros(shape, dtype, device),
        DType::F32 => Tensor::from_vec(touched(count, 0f32), shape, device),
        DType::BF16 => Tensor::from_vec(touched(count, bf16::ZERO), shape, device),
        DType::F16 => Tensor::from_vec(touched(count, f16::ZERO), shape, device),
        _ => Tensor::zeros(shape, dtype, device),
    }
}

fn touched<T: Copy + Send>(count: usize, zero: T) -> Vec<T> {
    rayon::iter::repeat_n(zero, count).collect()
}

impl Cache {
    pub fn new(config: &Config, dtype: DType, device: &Device) -> Result<Self> {
        let shape = (config.kv_heads, 0, config.head_dim);
        let layers = (0..config.layers).map(|_| Store::new(shape, dtype, device)).collect::<Result<_>>()?;
        let table = Tensor::zeros((0, config.head_dim), DType::F32, device)?;
        Ok(Self { rope: config.rope.clone(), head_dim: config.head_dim, table, layers, dtype, capacity: 0 })
    }

    /// Bytes that `tokens` tokens take over all layers, and their positions.
    pub fn bytes(config: &Config, dtype: DType, tokens: usize) -> u64 {
        let row = config.kv_heads * config.head_dim * dtype.size_in_bytes();
        (2 * config.layers * row + config.head_dim * DType::F32.size_in_bytes()) as u64 * tokens as u64
    }

    pub fn dtype(&self) -> DType {
        self.dtype
    }

    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Makes room for `tokens`, keeping the first `kept`. One layer at a time, so that old and new never stand beside
    /// each other as a whole.
    pub fn reserve(&mut self, tokens: usize, kept: usize) -> Result<()> {
        if tokens <= self.capacity {
            return Ok(());
        }
        let device = self.table.device().clone();
        self.table = Tensor::from_vec(self.rope.table(self.head_dim, tokens), (tokens, self.head_dim), &device)?;
        for layer in &mut self.layers {
            let (heads, _, dim) = layer.keys.dims3()?;
            let wider = Store::new((heads, tokens, dim), layer.keys.dtype(), &device)?;
            if kept > 0 {
                wider.keys.slice_set(&layer.keys.narrow(1, 0, kept)?.contiguous()?, 1, 0)?;
                wider.values.slice_set(&layer.values.narrow(1, 0, kept)?.contiguous()?, 1, 0)?;
            }
            *layer = wider;
        }
        self.capacity = tokens;
        Ok(())
    }

    /// Cosines and sines of the positions from `from` on.
    pub fn positions(&self, from: usize, count: usize) -> Result<Tensor> {
        self.table.narrow(0, from, count)
    }

    /// Puts a chunk's (key heads, tokens, dim) at `from`; gives all keys and values up to its end.
    pub fn extend(&mut self, layer: usize, from: usize, keys: &Tensor, values: &Tensor) -> Result<(Tensor, Tensor)> {
        let store = &self.layers[layer];
        store.keys.slice_set(&keys.to_dtype(self.dtype)?.contiguous()?, 1, from)?;
        store.values.slice_set(&values.to_dtype(self.dtype)?, 1, from)?;
        let length = from + keys.dim(1)?;
        Ok((store.keys.narrow(1, 0, length)?, store.values.narrow(1, 0, length)?))
    }
}
