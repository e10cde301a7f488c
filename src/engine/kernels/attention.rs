//! Causal attention with grouped heads: which way suits a device, and the loops for the CPU. They go in blocks with a running
//! softmax: memory for one tile of scores per thread, never for a row of the whole length (<https://arxiv.org/abs/2205.14135>).

use candle_core::{CpuStorage, CustomOp3, DType, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::flash::{self, Flash, flash};
use super::matmul::{Matrix, multiply};
use super::rows::{Blocks, Rows, readable};
use super::steps::in_steps;
use super::wide::{Fused, exp2, highest, sum_of, wide_fused};

/// Rows of a score tile (tokens times heads of a group) and its columns (keys): 256 kB of scores. Keys and values are packed for
/// the multiplication once per tile, so that a smaller one costs more than it saves in the core's cache.
const TILE: usize = 256;
const KEYS: usize = 256;

/// queries (heads, tokens, dim), keys and values (key heads, length, dim), the last `tokens` of `length` being the
/// queries' own positions -> (tokens, heads * dim).
pub fn attention(queries: &Tensor, keys: &Tensor, values: &Tensor) -> Result<Tensor> {
    let device = queries.device();
    match way(device.is_cpu(), flash::on(device), queries.dtype(), keys.dtype(), queries.dim(2)?) {
        Way::Loops => queries.apply_op3_no_bwd(keys, values, &Attention),
        Way::Flash(kernels) => flash(queries, keys, values, kernels),
        Way::Steps => in_steps(queries, keys, values),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The loops of this file.
    Loops,
    Flash(Flash),
    /// Tensor operations that every device has.
    Steps,
}

/// How queries of one kind meet keys of one kind, where a device has the kernels `flash`. Those are built for bf16 and heads
/// of 128 alone; others of them would end the program.
pub fn way(cpu: bool, flash: Option<Flash>, queries: DType, keys: DType, dim: usize) -> Way {
    match flash {
        _ if cpu && queries == DType::F32 && readable(keys) => Way::Loops,
        Some(kernels) if !cpu && (queries, keys, dim) == (DType::BF16, DType::BF16, 128) => Way::Flash(kernels),
        _ => Way::Steps,
    }
}

struct Attention;

impl CustomOp3 for Attention {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(
        &self,
        sq: &CpuStorage,
        lq: &Layout,
        sk: &CpuStorage,
        lk: &Layout,
        sv: &CpuStorage,
        lv: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (queries, keys, values) = (Rows::of(sq, lq)?, Blocks::of(sk, lk)?, Blocks::of(sv, lv)?);
        let (heads, tokens, dim) = (queries.outer, queries.inner, queries.width);
        let sizes = |blocks: &Blocks| (blocks.heads, blocks.length, blocks.dim);
        if !heads.is_multiple_of(keys.heads)
            || keys.length < tokens
            || keys.dim != dim
            || sizes(&keys) != sizes(&values)
        {
            bail!("attention of {:?} over {:?}", lq.dims(), lk.dims());
        }
        let group = heads / keys.heads;
        let step = (TILE / group).max(1);
        let tiles: Vec<(usize, usize)> =
            (0..tokens).step_by(step).flat_map(|from| (0..keys.heads).map(move |head| (head, from))).collect();
        let done: Vec<Vec<f32>> = tiles
            .par_iter()
            .map(|&(head, from)| {
                let count = step.min(tokens - from);
                let past = keys.length - tokens;
                let tile = Tile::new(&queries, head * group..(head + 1) * group, from, count, past);
                tile.attend(&keys, &values, head)
            })
            .collect();
        let mut output = vec![0f32; tokens * heads * dim];
        output.par_chunks_mut(step * heads * dim).enumerate().for_each(|(at, rows)| {
            for head in 0..heads {
                let tile = &done[at * keys.heads + head / group];
                let count = rows.len() / (heads * dim);
                let from = (head % group) * count * dim;
                for (row, mixed) in rows.chunks_mut(heads * dim).zip(tile[from..].chunks(dim)) {
                    row[head * dim..(head + 1) * dim].copy_from_slice(mixed);
                }
            }
        });
        Ok((CpuStorage::F32(output), (tokens, heads * dim).into()))
    }
}

/// The queries of one group of heads at some adjacent tokens: rows of `dim`, head after head.
struct Tile {
    rows: Vec<f32>,
    first: usize,
    tokens: usize,
    dim: usize,
    /// Tokens before the first query of the chunk.
    past: usize,
}

impl Tile {
    fn new(queries: &Rows, heads: std::ops::Range<usize>, first: usize, tokens: usize, past: usize) -> Self {
        let rows = heads.flat_map(|head| queries.run(head, first, tokens)).copied().collect();
        Self { rows, first, tokens, dim: queries.width, past }
    }

    /// Mixes the values of a key head for every row.
    fn attend(&self, keys: &Blocks, values: &Blocks, head: usize) -> Vec<f32> {
        let (dim, past, mut room) = (self.dim, self.past, Vec::new());
        let count = self.rows.len() / dim;
        // In units of log 2, so that a weight is a power of two.
        let scale = (dim as f32).powf(-0.5) * std::f32::consts::LOG2_E;
        let visible = past + self.first + self.tokens;
        let mut mixed = vec![0f32; self.rows.len()];
        let mut state = vec![(f32::NEG_INFINITY, 0f32); count];
        let mut scores = vec![0f32; count * KEYS.min(visible)];
        for from in (0..visible).step_by(KEYS) {
            let width = KEYS.min(visible - from);
            let scores = &mut scores[..count * width];
            let block = Matrix::rows(keys.rows(head, from, width, &mut room), dim);
            multiply(scores, width, Matrix::rows(&self.rows, dim), block.transposed(), scale, false);
            wide_fused(
                #[inline(always)]
                |fused| {
                    let rows = scores.chunks_mut(width).zip(mixed.chunks_mut(dim)).zip(&mut state);
                    for (at, ((row, mixed), state)) in rows.enumerate() {
                        let seen = (past + self.first + at % self.tokens + 1).saturating_sub(from).min(width);
                        let fade = soften(row, seen, state, fused);
                        for x in mixed {
                            *x *= fade;
                        }
                    }
                },
            );
            let block = Matrix::rows(values.rows(head, from, width, &mut room), dim);
            multiply(&mut mixed, dim, Matrix::rows(scores, width), block, 1.0, true);
        }
        for (row, (_, total)) in mixed.chunks_mut(dim).zip(&state) {
            for x in row {
                *x /= total;
            }
        }
        mixed
    }
}

/// Scores in units of log 2 -> unnormalised weights, zero after the first `seen`. `state` is the highest score and the sum of weights so
/// far; gives the factor by which what was mixed before must fade.
#[inline(always)]
fn soften(row: &mut [f32], seen: usize, state: &mut (f32, f32), fused: Fused) -> f32 {
    let (row, future) = row.split_at_mut(seen);
    future.fill(0.0);
    if seen == 0 {
        return 1.0;
    }
    let highest = highest(row, state.0);
    let total = sum_of(row, |score| {
        *score = exp2(*score - highest, fused);
        *score
    });
    let fade = exp2(state.0 - highest, fused);
    *state = (highest, state.1 * fade + total);
    fade
}

#[cfg(test)]
mod tests {
    use super::super::steps::in_steps_of;
    use super::super::test::{far, random};
    use super::*;

    #[test]
    fn flash_kernels_are_asked_only_for_what_was_built() {
        use DType::{BF16, F16, F32};
        let three = Some(Flash::Three);
        assert_eq!(way(false, three, BF16, BF16, 128), Way::Flash(Flash::Three));
        assert_eq!(way(false, Some(Flash::Two), BF16, BF16, 128), Way::Flash(Flash::Two));
        for (queries, keys, dim) in
            [(BF16, BF16, 64), (BF16, F32, 128), (F32, BF16, 128), (F16, F16, 128), (F32, F32, 128)]
        {
            assert_eq!(way(false, three, queries, keys, dim), Way::Steps);
        }
        assert_eq!(way(false, None, BF16, BF16, 128), Way::Steps);
        assert_eq!(way(true, None, F32, BF16, 128), Way::Loops);
        assert_eq!(way(true, three, BF16, BF16, 128), Way::Steps, "the kernels are on a card");
    }

    #[test]
    fn blocks_are_the_whole() -> Result<()> {
        for (heads, key_heads, tokens, length) in [(4, 2, 1, 1), (4, 2, 300, 300), (6, 1, 70, 700), (3, 3, 1, 513)] {
            let queries = random(&[heads, tokens, 16])?;
            let keys = random(&[key_heads, length + 9, 16])?.narrow(1, 0, length)?;
            let values = random(&[key_heads, length + 9, 16])?.narrow(1, 0, length)?;
            let whole = in_steps_of(usize::MAX, usize::MAX, &queries, &keys, &values)?;
            assert!(far(&attention(&queries, &keys, &values)?, &whole)? < 1e-5);
            for dtype in [DType::BF16, DType::F16] {
                let (keys, values) = (keys.to_dtype(dtype)?, values.to_dtype(dtype)?);
                let widened = |tensor: &Tensor| tensor.to_dtype(DType::F32);
                let exact = in_steps(&queries, &widened(&keys)?, &widened(&values)?)?;
                assert!(far(&attention(&queries, &keys, &values)?, &exact)? < 1e-5);
            }
        }
        Ok(())
    }

    #[test]
    fn the_future_is_not_seen() -> Result<()> {
        let (queries, keys) = (random(&[2, 40, 8])?, random(&[2, 40, 8])?);
        let values = random(&[2, 40, 8])?;
        let whole = attention(&queries, &keys, &values)?;
        let part = |tensor: &Tensor| tensor.narrow(1, 0, 25)?.contiguous();
        let start = attention(&part(&queries)?, &part(&keys)?, &part(&values)?)?;
        assert!(far(&whole.narrow(0, 0, 25)?, &start)? < 1e-6);
        Ok(())
    }
}
