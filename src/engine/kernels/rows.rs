//! A strided f32 tensor on the CPU seen as rows.

use candle_core::{CpuStorage, Layout, Result, bail};

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
