//! The multiplication of a linear layer.

use candle_core::{CpuStorage, CustomOp2, DType, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::matmul::{Matrix, multiply};
use super::panels::narrow_product;
use super::rows::Rows;

/// Weights up to this many numbers stay in a core's cache; then each thread takes its own rows of the input. Larger ones
/// are worth packing once for all threads, which gemm does.
const SMALL: usize = 1 << 18;
const BLOCK: usize = 64;

/// (rows, inputs) and weights (outputs, inputs) -> (rows, outputs).
pub fn product(input: &Tensor, weight: &Tensor) -> Result<Tensor> {
    if !input.device().is_cpu() || input.dtype() != DType::F32 {
        return input.matmul(&weight.to_dtype(input.dtype())?.t()?);
    }
    match weight.dtype() {
        DType::F32 if weight.elem_count() <= SMALL => input.apply_op2_no_bwd(weight, &Product),
        DType::F32 => input.matmul(&weight.t()?),
        _ => narrow_product(input, weight),
    }
}

struct Product;

impl CustomOp2 for Product {
    fn name(&self) -> &'static str {
        "product"
    }

    fn cpu_fwd(&self, s: &CpuStorage, l: &Layout, sw: &CpuStorage, lw: &Layout) -> Result<(CpuStorage, Shape)> {
        let (input, weight) = (Rows::of(s, l)?, Rows::of(sw, lw)?);
        if !l.is_contiguous() || !lw.is_contiguous() || input.width != weight.width || weight.width == 0 {
            bail!("cannot multiply {:?} with {:?}", l.dims(), lw.dims());
        }
        let outputs = weight.outer;
        let weights = Matrix::rows(weight.all(), weight.width).transposed();
        let mut output = vec![0f32; input.outer * outputs];
        let blocks = output.par_chunks_mut(BLOCK * outputs).zip(input.all().par_chunks(BLOCK * input.width));
        blocks.for_each(|(output, rows)| {
            multiply(output, outputs, Matrix::rows(rows, input.width), weights, 1.0, false);
        });
        Ok((CpuStorage::F32(output), (input.outer, outputs).into()))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Result;

    use super::super::test::{far, random};
    use super::super::{add, product};

    #[test]
    fn a_linear_layer_is_a_product_and_a_sum() -> Result<()> {
        let (input, weight, bias) = (random(&[130, 24])?, random(&[40, 24])?, random(&[40])?);
        let exact = input.matmul(&weight.t()?)?;
        assert!(far(&product(&input, &weight)?, &exact)? < 1e-5);
        assert!(far(&add(&exact, &bias)?, &exact.broadcast_add(&bias)?)? < 1e-6);
        assert!(far(&add(&exact, &exact)?, &(&exact * 2.0)?)? < 1e-6);
        assert!(product(&input, &random(&[40, 23])?).is_err());
        Ok(())
    }
}
