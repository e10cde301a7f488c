//! Rotary positions applied to heads, which turns the tensor to head-major on the way.

use candle_core::{CpuStorage, CustomOp2, DType, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::rows::Rows;

/// (tokens, heads, dim) and the table's rows for these tokens (tokens, dim: cosines, then sines) -> (heads, tokens, dim).
/// Pairs are (i, i + dim / 2), as in `rotate_half` of transformers. On a card the result is a view whose heads are not adjacent.
pub fn rotate(input: &Tensor, table: &Tensor) -> Result<Tensor> {
    if input.device().is_cpu() && input.dtype() == DType::F32 {
        return input.apply_op2_no_bwd(table, &Rotate);
    }
    #[cfg(feature = "cuda")]
    if input.device().is_cuda() {
        return on_card(input, table);
    }
    composed(input, table)
}

/// One kernel; cosines and sines are of the heads' own width, as in transformers.
#[cfg(feature = "cuda")]
fn on_card(input: &Tensor, table: &Tensor) -> Result<Tensor> {
    let half = input.dim(2)? / 2;
    let part = |at: usize| table.narrow(1, at, half)?.to_dtype(input.dtype())?.contiguous();
    let heads = input.contiguous()?.unsqueeze(0)?;
    candle_nn::rotary_emb::rope_thd(&heads, &part(0)?, &part(half)?)?.squeeze(0)?.transpose(0, 1)
}

fn composed(input: &Tensor, table: &Tensor) -> Result<Tensor> {
    let half = input.dim(2)? / 2;
    let part = |tensor: &Tensor, at: usize| tensor.narrow(tensor.rank() - 1, at, half);
    let (cos, sin) = (part(table, 0)?.unsqueeze(1)?, part(table, half)?.unsqueeze(1)?);
    let (cos, sin) = (cos.to_dtype(input.dtype())?, sin.to_dtype(input.dtype())?);
    let (first, second) = (part(input, 0)?, part(input, half)?);
    let left = (first.broadcast_mul(&cos)? - second.broadcast_mul(&sin)?)?;
    let right = (second.broadcast_mul(&cos)? + first.broadcast_mul(&sin)?)?;
    Tensor::cat(&[left, right], 2)?.transpose(0, 1)?.contiguous()
}

struct Rotate;

impl CustomOp2 for Rotate {
    fn name(&self) -> &'static str {
        "rotate"
    }

    fn cpu_fwd(&self, s: &CpuStorage, l: &Layout, st: &CpuStorage, lt: &Layout) -> Result<(CpuStorage, Shape)> {
        let input = Rows::of(s, l)?;
        let table = Rows::of(st, lt)?;
        let (tokens, heads, width) = (input.outer, input.inner, input.width);
        if (table.outer, table.width) != (tokens, width) {
            bail!("the table has {} rows of {}, the heads are {tokens} of {width}", table.outer, table.width);
        }
        let mut output = vec![0f32; tokens * heads * width];
        output.par_chunks_mut(width.max(1)).with_min_len(64).enumerate().for_each(|(at, output)| {
            let (head, token) = (at / tokens, at % tokens);
            turn(input.row(token, head), table.row(token, 0), output);
        });
        Ok((CpuStorage::F32(output), (heads, tokens, width).into()))
    }
}

fn turn(input: &[f32], table: &[f32], output: &mut [f32]) {
    let half = input.len() / 2;
    let (first, second) = input.split_at(half);
    let (cos, sin) = table.split_at(half);
    let (left, right) = output.split_at_mut(half);
    for i in 0..half {
        left[i] = first[i] * cos[i] - second[i] * sin[i];
        right[i] = second[i] * cos[i] + first[i] * sin[i];
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::{far, random};
    use super::*;

    #[test]
    fn the_loop_is_the_composition() -> Result<()> {
        let (input, table) = (random(&[5, 9, 6])?, random(&[5, 6])?);
        let heads = input.narrow(1, 4, 3)?;
        assert!(far(&rotate(&heads, &table)?, &composed(&heads, &table)?)? < 1e-6);
        assert!(rotate(&heads, &table.narrow(0, 0, 4)?).is_err());
        Ok(())
    }
}
