//! Sums of rows. candle's own addition wakes a pool of threads that spin, beside the one that multiplies.

use candle_core::{CpuStorage, CustomOp2, DType, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::rows::Rows;
use super::wide::wide;

/// (rows, n) plus (rows, n), or plus one row (n) for all.
pub fn add(left: &Tensor, right: &Tensor) -> Result<Tensor> {
    if left.device().is_cpu() && left.dtype() == DType::F32 {
        let right = if right.rank() == 1 { &right.unsqueeze(0)? } else { right };
        return left.apply_op2_no_bwd(right, &Add);
    }
    left.broadcast_add(right)
}

struct Add;

impl CustomOp2 for Add {
    fn name(&self) -> &'static str {
        "add"
    }

    fn cpu_fwd(&self, s: &CpuStorage, l: &Layout, sr: &CpuStorage, lr: &Layout) -> Result<(CpuStorage, Shape)> {
        let (left, right) = (Rows::of(s, l)?, Rows::of(sr, lr)?);
        if right.width != left.width || ![1, left.outer].contains(&right.outer) {
            bail!("cannot add {:?} to {:?}", lr.dims(), l.dims());
        }
        let mut output = vec![0f32; left.outer * left.width];
        output.par_chunks_mut(left.width.max(1)).with_min_len(64).enumerate().for_each(|(row, output)| {
            let (left, right) = (left.row(row, 0), right.row(row % right.outer, 0));
            wide(
                #[inline(always)]
                || {
                    for ((output, left), right) in output.iter_mut().zip(left).zip(right) {
                        *output = left + right;
                    }
                },
            );
        });
        Ok((CpuStorage::F32(output), l.shape().clone()))
    }
}
