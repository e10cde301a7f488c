//! A strided tensor on the CPU seen as rows: of f32, or of narrower numbers that are widened a block at a time.

use candle_core::{CpuStorage, DType, Layout, Result, bail};
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};

use super::wide::wide;

/// Rank 2 or 3 with unit stride in the last dimension; rank 2 counts as rank 3 with a middle of 1.
pub struct Rows<'a> {
    data: &'a [f32],
    pub outer: usize,
    pub inner: usize,
    pub width: usize,
    strides: (usize, usize),
}

impl<'a> Rows<'a> {
    pub fn of(storage: &'a CpuStorage, layout: &Layout) -> Result<Self> {
        let CpuStorage::F32(data) = storage else { bail!("this kernel computes in f32") };
        let (outer, inner, width, strides) = match (layout.dims(), layout.stride()) {
            (&[outer, width], &[step, 1]) => (outer, 1, width, (step, 0)),
            (&[outer, inner, width], &[step, small, 1]) => (outer, inner, width, (step, small)),
            (dims, stride) => bail!("rows of dims {dims:?} with strides {stride:?} are not adjacent numbers"),
        };
        Ok(Self { data: &data[layout.start_offset()..], outer, inner, width, strides })
    }

    pub fn row(&self, outer: usize, inner: usize) -> &'a [f32] {
        let at = outer * self.strides.0 + inner * self.strides.1;
        &self.data[at..at + self.width]
    }

    /// Every number of a contiguous tensor.
    pub fn all(&self) -> &'a [f32] {
        &self.data[..self.outer * self.inner * self.width]
    }

    /// `count` rows of the inner dimension, which must be adjacent.
    pub fn run(&self, outer: usize, inner: usize, count: usize) -> &'a [f32] {
        debug_assert_eq!(self.strides.1, self.width);
        let at = outer * self.strides.0 + inner * self.strides.1;
        &self.data[at..at + count * self.width]
    }
}

/// Keys or values: (heads, length, dim), rows of a head adjacent.
pub struct Blocks<'a> {
    data: Numbers<'a>,
    pub heads: usize,
    pub length: usize,
    pub dim: usize,
    /// From head to head.
    stride: usize,
}

enum Numbers<'a> {
    F32(&'a [f32]),
    Bf16(&'a [bf16]),
    F16(&'a [f16]),
}

impl<'a> Blocks<'a> {
    pub fn of(storage: &'a CpuStorage, layout: &Layout) -> Result<Self> {
        let (&[heads, length, dim], &[stride, row, 1]) = (layout.dims(), layout.stride()) else {
            bail!("keys of dims {:?} with strides {:?} are not adjacent rows", layout.dims(), layout.stride());
        };
        if row != dim {
            bail!("rows of {dim} numbers lie {row} apart");
        }
        let from = layout.start_offset();
        let data = match storage {
            CpuStorage::F32(data) => Numbers::F32(&data[from..]),
            CpuStorage::BF16(data) => Numbers::Bf16(&data[from..]),
            CpuStorage::F16(data) => Numbers::F16(&data[from..]),
            _ => bail!("keys are of f32, bf16 or f16"),
        };
        Ok(Self { data, heads, length, dim, stride })
    }

    /// `count` rows of a head in f32; `room` holds them where they have to be widened.
    pub fn rows<'b>(&'b self, head: usize, from: usize, count: usize, room: &'b mut Vec<f32>) -> &'b [f32] {
        let start = head * self.stride + from * self.dim;
        let range = start..start + count * self.dim;
        room.resize(if matches!(self.data, Numbers::F32(_)) { 0 } else { range.len() }, 0.0);
        match self.data {
            Numbers::F32(data) => return &data[range],
            Numbers::Bf16(data) => widen_bf16(&data[range], room),
            Numbers::F16(data) => data[range].convert_to_f32_slice(room),
        }
        room
    }
}

/// The compiler makes two instructions of eight or sixteen numbers; `half` has none for this kind.
pub fn widen_bf16(narrow: &[bf16], room: &mut [f32]) {
    wide(
        #[inline(always)]
        || {
            for (wide, narrow) in room.iter_mut().zip(narrow) {
                *wide = f32::from_bits(u32::from(narrow.to_bits()) << 16);
            }
        },
    );
}

/// Kinds of numbers that [`Blocks`] reads.
pub fn readable(dtype: DType) -> bool {
    matches!(dtype, DType::F32 | DType::BF16 | DType::F16)
}
