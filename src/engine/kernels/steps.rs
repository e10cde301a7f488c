//! Attention made of tensor operations: for devices and numbers without a kernel of their own, and what kernels are
//! compared with. Some queries and some keys at a time, with a running softmax in f32 (<https://arxiv.org/abs/2205.14135>).

use candle_core::{D, DType, Device, Result, Tensor, bail};

/// Scores of all heads that stand in memory at once. A card's kernels count elements in 32 bits; this stays far below.
const SCORES: usize = 1 << 26;
/// Of one step, which is a launch over all heads.
const KEYS: usize = 2048;

/// Bytes that the scores of one step take: as multiplied, in f32, and what the softmax makes of them.
pub const STEP_BYTES: u64 = 16 * SCORES as u64;

/// As [`attention`](super::attention()).
pub fn in_steps(queries: &Tensor, keys: &Tensor, values: &Tensor) -> Result<Tensor> {
    let tokens = (SCORES / KEYS / queries.dim(0)?.max(1)).max(1);
    in_steps_of(tokens, KEYS, queries, keys, values)
}

/// The same with `step` queries and `width` keys at a time. A query meets no key that all of its step are before.
pub fn in_steps_of(step: usize, width: usize, queries: &Tensor, keys: &Tensor, values: &Tensor) -> Result<Tensor> {
    let (tokens, past) = (queries.dim(1)?, keys.dim(1)?.saturating_sub(queries.dim(1)?));
    let one = |first: usize| {
        let count = step.min(tokens - first);
        let visible = past + first + count;
        mixed(&queries.narrow(1, first, count)?, &keys.narrow(1, 0, visible)?, &values.narrow(1, 0, visible)?, width)
    };
    let parts = (0..tokens).step_by(step.clamp(1, tokens.max(1))).map(one).collect::<Result<Vec<_>>>()?;
    if let [whole] = parts.as_slice() { Ok(whole.clone()) } else { Tensor::cat(&parts, 0) }
}

/// Keys and values that are kept otherwise than the queries are converted a step at a time.
fn mixed(queries: &Tensor, keys: &Tensor, values: &Tensor, width: usize) -> Result<Tensor> {
    let (heads, tokens, dim) = queries.dims3()?;
    let (key_heads, length, _) = keys.dims3()?;
    let group = heads / key_heads;
    let queries = queries.contiguous()?.reshape((key_heads, group * tokens, dim))?;
    let mut running: Option<(Tensor, Tensor, Tensor)> = None;
    for from in (0..length).step_by(width.min(length)) {
        let count = width.min(length - from);
        let keys = keys.narrow(1, from, count)?.to_dtype(queries.dtype())?.transpose(1, 2)?;
        let scores = (queries.matmul(&keys)?.to_dtype(DType::F32)? * f64::from(dim as f32).powf(-0.5))?;
        let scores = match hidden(length - tokens, tokens, from, count, queries.device())? {
            Some(mask) => {
                let scores = scores.reshape((key_heads, group, tokens, count))?;
                scores.broadcast_add(&mask)?.reshape((key_heads, group * tokens, count))?
            }
            None => scores,
        };
        let highest = scores.max_keepdim(D::Minus1)?;
        let highest = if let Some((before, ..)) = &running { highest.maximum(before)? } else { highest };
        let weights = scores.broadcast_sub(&highest)?.exp()?;
        let mut total = weights.sum_keepdim(D::Minus1)?;
        let values = values.narrow(1, from, count)?.to_dtype(queries.dtype())?.contiguous()?;
        let mut sum = weights.to_dtype(values.dtype())?.matmul(&values)?.to_dtype(DType::F32)?;
        if let Some((before, old_total, old_sum)) = &running {
            let fade = (before - &highest)?.exp()?;
            total = (total + (old_total * &fade)?)?;
            sum = (sum + old_sum.broadcast_mul(&fade)?)?;
        }
        running = Some((highest, total, sum));
    }
    let Some((_, total, sum)) = running else { bail!("attention over no keys") };
    let mixed = sum.broadcast_div(&total)?.to_dtype(queries.dtype())?.reshape((heads, tokens, dim))?;
    mixed.transpose(0, 1)?.reshape((tokens, heads * dim))
}

/// (tokens, count): zero where a key is visible and a very low number where it lies in the future; none where all are
/// visible. Made on the device: the host would take longer than the rest.
fn hidden(past: usize, tokens: usize, from: usize, count: usize, device: &Device) -> Result<Option<Tensor>> {
    if from + count <= past + 1 {
        return Ok(None);
    }
    let own = Tensor::arange(past as u32, (past + tokens) as u32, device)?.unsqueeze(1)?;
    let keys = Tensor::arange(from as u32, (from + count) as u32, device)?.unsqueeze(0)?;
    Ok(Some((keys.broadcast_gt(&own)?.to_dtype(DType::F32)? * f64::from(f32::MIN / 2.0))?))
}

#[cfg(test)]
mod tests {
    use super::super::test::{far, random};
    use super::*;

    /// Every score of the whole length at once, by its definition.
    fn plain(queries: &Tensor, keys: &Tensor, values: &Tensor) -> Result<Tensor> {
        let (heads, tokens, dim) = queries.dims3()?;
        let (key_heads, length, _) = keys.dims3()?;
        let spread = |tensor: &Tensor| -> Result<Tensor> {
            let wide = tensor.unsqueeze(1)?.broadcast_as((key_heads, heads / key_heads, length, dim))?;
            wide.contiguous()?.reshape((heads, length, dim))
        };
        let mask = (0..tokens).flat_map(|token| {
            (0..length).map(move |key| if key + tokens > length + token { f32::NEG_INFINITY } else { 0.0 })
        });
        let mask = Tensor::from_iter(mask, queries.device())?.reshape((1, tokens, length))?;
        let scores = (queries.matmul(&spread(keys)?.transpose(1, 2)?)? * (dim as f64).powf(-0.5))?;
        let weights = scores.broadcast_add(&mask)?.exp()?;
        let weights = weights.broadcast_div(&weights.sum_keepdim(D::Minus1)?)?;
        weights.matmul(&spread(values)?)?.transpose(0, 1)?.reshape((tokens, heads * dim))
    }

    #[test]
    fn steps_of_any_size_are_the_whole() -> Result<()> {
        for (heads, key_heads, tokens, length) in [(4, 2, 1, 1), (4, 2, 65, 65), (6, 1, 30, 200), (3, 3, 1, 113)] {
            let queries = random(&[heads, tokens, 16])?;
            let keys = random(&[key_heads, length + 9, 16])?.narrow(1, 0, length)?;
            let values = random(&[key_heads, length + 9, 16])?.narrow(1, 0, length)?;
            let whole = plain(&queries, &keys, &values)?;
            for (step, width) in [(1, 1), (7, 64), (64, 7), (1000, 1000)] {
                assert!(far(&in_steps_of(step, width, &queries, &keys, &values)?, &whole)? < 1e-5);
            }
            assert!(far(&in_steps(&queries, &keys, &values)?, &whole)? < 1e-5);
        }
        Ok(())
    }

    #[test]
    fn a_step_of_many_heads_stays_within_its_scores() {
        for heads in [1, 32, 128, 1 << 20] {
            let tokens = (SCORES / KEYS / heads).max(1);
            assert!(tokens == 1 || heads * tokens * KEYS <= SCORES);
        }
    }
}
