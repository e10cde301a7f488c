//! Root mean square norm: x / sqrt(mean(x^2) + epsilon) * weight.

use candle_core::{CpuStorage, CustomOp2, D, DType, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::rows::Rows;
use super::wide::{sum_of, wide};

/// Over the last dimension of a rank 2 or 3 tensor; `weight` has that width. In f32 inside, whatever the dtype.
pub fn rms_norm(input: &Tensor, weight: &Tensor, epsilon: f64) -> Result<Tensor> {
    if input.device().is_cpu() && input.dtype() == DType::F32 {
        return input.apply_op2_no_bwd(weight, &RmsNorm { epsilon: epsilon as f32 });
    }
    #[cfg(feature = "cuda")]
    if input.device().is_cuda() {
        return candle_nn::ops::rms_norm(&input.contiguous()?, weight, epsilon as f32);
    }
    composed(input, weight, epsilon)
}

fn composed(input: &Tensor, weight: &Tensor, epsilon: f64) -> Result<Tensor> {
    let wide = input.to_dtype(DType::F32)?;
    let mean = wide.sqr()?.mean_keepdim(D::Minus1)?;
    let normed = wide.broadcast_div(&(mean + epsilon)?.sqrt()?)?;
    normed.to_dtype(input.dtype())?.broadcast_mul(weight)
}

struct RmsNorm {
    epsilon: f32,
}

impl CustomOp2 for RmsNorm {
    fn name(&self) -> &'static str {
        "rms_norm"
    }

    fn cpu_fwd(&self, s: &CpuStorage, l: &Layout, sw: &CpuStorage, lw: &Layout) -> Result<(CpuStorage, Shape)> {
        let input = Rows::of(s, l)?;
        let weight = &sw.as_slice::<f32>()?[lw.start_offset()..lw.start_offset() + input.width];
        let mut output = vec![0f32; l.shape().elem_count()];
        let block = input.inner * input.width;
        output.par_chunks_mut(block.max(1)).with_min_len(16).enumerate().for_each(|(outer, rows)| {
            wide(
                #[inline(always)]
                || {
                    for (inner, row) in rows.chunks_mut(input.width).enumerate() {
                        normalise(input.row(outer, inner), weight, self.epsilon, row);
                    }
                },
            );
        });
        Ok((CpuStorage::F32(output), l.shape().clone()))
    }
}

#[inline(always)]
fn normalise(input: &[f32], weight: &[f32], epsilon: f32, output: &mut [f32]) {
    output.copy_from_slice(input);
    let scale = 1.0 / (sum_of(output, |x| *x * *x) / input.len() as f32 + epsilon).sqrt();
    for (output, weight) in output.iter_mut().zip(weight) {
        *output *= scale * weight;
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::{far, random};
    use super::*;

    #[test]
    fn the_loop_is_the_composition() -> Result<()> {
        let weight = random(&[35])?;
        for input in [random(&[7, 35])?, random(&[3, 8, 35])?.narrow(1, 2, 5)?] {
            assert!(far(&rms_norm(&input, &weight, 1e-6)?, &composed(&input, &weight, 1e-6)?)? < 1e-5);
        }
        Ok(())
    }
}
