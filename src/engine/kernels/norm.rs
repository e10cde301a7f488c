//! Root mean square norm: x / sqrt(mean(x^2) + epsilon) * weight.

use candle_core::{CpuStorage, CustomOp2, D, DType, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::rows::Rows;

/// Over the last dimension of a rank 2 or 3 tensor; `weight` has that width. In f32 inside, whatever the dtype.
pub fn rms_norm(input: &Tensor, weight: &Tensor, epsilon: f64) -> Result<Tensor> {
    if input.device().is_cpu() && input.dtype() == DType::F32 {
        return input.apply_op2_no_bwd(weight, &RmsNorm { epsilon: epsilon as f32 });
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
            for (inner, row) in rows.chunks_mut(input.width).enumerate() {
                normalise(input.row(outer, inner), weight, self.epsilon, row);
            }
        });
        Ok((CpuStorage::F32(output), l.shape().clone()))
    }
}

fn normalise(input: &[f32], weight: &[f32], epsilon: f32, output: &mut [f32]) {
    let scale = 1.0 / (sum_of_squares(input) / input.len() as f32 + epsilon).sqrt();
    for ((output, input), weight) in output.iter_mut().zip(input).zip(weight) {
        *output = input * scale * weight;
    }
}

/// In eight lanes, so that the compiler may use wide registers.
fn sum_of_squares(row: &[f32]) -> f32 {
    let (blocks, rest) = row.as_chunks::<8>();
    let mut lanes = [0f32; 8];
    for block in blocks {
        for (lane, x) in lanes.iter_mut().zip(block) {
            *lane += x * x;
        }
    }
    lanes.iter().sum::<f32>() + rest.iter().map(|x| x * x).sum::<f32>()
}
