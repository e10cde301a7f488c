//! The gate of the feed-forward layers: silu(gate) * up.

use candle_core::{CpuStorage, CustomOp1, D, DType, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::rows::Rows;
use super::wide::{exp, wide};

/// (rows, 2 n), gate before up -> (rows, n).
pub fn gated(input: &Tensor) -> Result<Tensor> {
    if input.device().is_cpu() && input.dtype() == DType::F32 {
        return input.apply_op1_no_bwd(&Gated);
    }
    composed(input)
}

fn composed(input: &Tensor) -> Result<Tensor> {
    let half = input.dim(D::Minus1)? / 2;
    input.narrow(D::Minus1, 0, half)?.silu()? * input.narrow(D::Minus1, half, half)?
}

struct Gated;

impl CustomOp1 for Gated {
    fn name(&self) -> &'static str {
        "gated"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let input = Rows::of(storage, layout)?;
        let half = input.width / 2;
        let mut output = vec![0f32; input.outer * half];
        output.par_chunks_mut(half.max(1)).with_min_len(16).enumerate().for_each(|(row, output)| {
            let (gate, up) = input.row(row, 0).split_at(half);
            wide(
                #[inline(always)]
                || {
                    for ((output, gate), up) in output.iter_mut().zip(gate).zip(up) {
                        *output = gate / (1.0 + exp(-gate)) * up;
                    }
                },
            );
        });
        Ok((CpuStorage::F32(output), (input.outer, half).into()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::{far, random};
    use super::*;

    #[test]
    fn the_loop_is_the_composition() -> Result<()> {
        let input = random(&[33, 38])?;
        assert!(far(&gated(&input)?, &composed(&input)?)? < 1e-6);
        Ok(())
    }
}
