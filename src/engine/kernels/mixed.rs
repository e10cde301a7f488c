//! What the experts of a mixture say of each token, as one weighted sum.

use candle_core::{DType, Layout, Result, Storage, Tensor, bail};
use rayon::prelude::*;

use super::wide::wide;

/// parts: (rows of an expert, hidden) each, in f32 or narrower; row `back[t * chosen + k]` of them all together is the
/// k-th choice of token t, and counts `weights[t * chosen + k]` times -> (tokens, hidden).
pub fn mixed(parts: &[Tensor], back: &[u32], weights: &[f32], chosen: usize) -> Result<Tensor> {
    if parts.iter().all(|part| part.device().is_cpu() && part.dtype() == DType::F32) {
        return summed(parts, back, weights, chosen);
    }
    composed(parts, back, weights, chosen)
}

fn composed(parts: &[Tensor], back: &[u32], weights: &[f32], chosen: usize) -> Result<Tensor> {
    let tokens = back.len() / chosen;
    let all = Tensor::cat(parts, 0)?;
    let chosen_rows = all.index_select(&Tensor::from_slice(back, back.len(), all.device())?, 0)?;
    let weights = Tensor::from_slice(weights, (tokens, 1, chosen), all.device())?.to_dtype(all.dtype())?;
    weights.matmul(&chosen_rows.reshape((tokens, chosen, all.dim(1)?))?)?.squeeze(1)
}

fn summed(parts: &[Tensor], back: &[u32], weights: &[f32], chosen: usize) -> Result<Tensor> {
    let Some(hidden) = parts.first().map(|part| part.dim(1)).transpose()? else { bail!("a mixture of no experts") };
    let held: Vec<_> = parts.iter().map(Tensor::storage_and_layout).collect();
    let slices = held.iter().map(|(storage, layout)| numbers(storage, layout)).collect::<Result<Vec<_>>>()?;
    let rows: Vec<&[f32]> = slices.iter().flat_map(|slice| slice.chunks_exact(hidden)).collect();
    let tokens = back.len() / chosen;
    let mut output = vec![0f32; tokens * hidden];
    output
        .par_chunks_mut(hidden)
        .with_min_len(16)
        .zip(back.par_chunks(chosen).zip(weights.par_chunks(chosen)))
        .for_each(|(output, (back, weights))| {
            wide(
                #[inline(always)]
                || {
                    for (at, weight) in back.iter().zip(weights) {
                        for (output, x) in output.iter_mut().zip(rows[*at as usize]) {
                            *output += weight * x;
                        }
                    }
                },
            );
        });
    Tensor::from_vec(output, (tokens, hidden), parts[0].device())
}

fn numbers<'a>(storage: &'a Storage, layout: &Layout) -> Result<&'a [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (Storage::Cpu(storage), Some((from, to))) => Ok(&storage.as_slice::<f32>()?[from..to]),
        _ => bail!("rows of an expert lie side by side in main memory"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::{far, random};
    use super::*;

    #[test]
    fn the_sum_is_the_composition() -> Result<()> {
        let parts = [random(&[3, 10])?, random(&[1, 10])?, random(&[4, 10])?];
        let (back, weights) = ([7, 0, 1, 3, 2, 4, 5, 6], [0.5, 0.25, 0.1, 0.9, 1.0, 0.0, 0.3, 0.7]);
        assert!(far(&mixed(&parts, &back, &weights, 2)?, &composed(&parts, &back, &weights, 2)?)? < 1e-6);
        Ok(())
    }
}
