//! Flash-attention kernels of candle's crates (features `flash` and `flash3`): in, the views that the cache gives; out, what
//! [`attention`](super::attention()) gives. Which numbers they take is guarded there.

use candle_core::{Device, Result, Tensor};

/// Versions of the kernels (<https://arxiv.org/abs/2307.08691>, <https://arxiv.org/abs/2407.08608>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flash {
    /// From Ampere on.
    Two,
    /// On Hopper alone.
    Three,
}

/// The kernels that this build has and this device runs.
pub fn on(device: &Device) -> Option<Flash> {
    let (major, _) = capability(device)?;
    [(Flash::Three, cfg!(feature = "flash3") && major == 9), (Flash::Two, cfg!(feature = "flash") && major >= 8)]
        .into_iter()
        .find_map(|(version, runs)| runs.then_some(version))
}

#[cfg(feature = "cuda")]
fn capability(device: &Device) -> Option<(i32, i32)> {
    if !device.is_cuda() {
        return None;
    }
    device.as_cuda_device().ok()?.cuda_stream().context().compute_capability().ok()
}

#[cfg(not(feature = "cuda"))]
fn capability(_: &Device) -> Option<(i32, i32)> {
    None
}

/// With fewer queries than keys both crates align the causal mask at the end, as a chunk against a cache needs it. They
/// take any strides between rows, so that neither queries nor keys are copied.
#[cfg(feature = "flash")]
pub fn flash(queries: &Tensor, keys: &Tensor, values: &Tensor, version: Flash) -> Result<Tensor> {
    let (heads, tokens, dim) = queries.dims3()?;
    // (heads, tokens, dim) -> (1, tokens, heads, dim)
    let rows = |tensor: &Tensor| tensor.transpose(0, 1)?.unsqueeze(0);
    let (queries, keys, values) = (rows(queries)?, rows(keys)?, rows(values)?);
    let scale = (dim as f32).powf(-0.5);
    let mixed = match version {
        Flash::Two => candle_flash_attn::flash_attn(&queries, &keys, &values, scale, true)?,
        #[cfg(feature = "flash3")]
        Flash::Three => candle_flash_attn_v3::flash_attn(&queries, &keys, &values, scale, true, false)?,
        #[cfg(not(feature = "flash3"))]
        Flash::Three => candle_core::bail!("this build has no kernels of flash attention 3 (feature `flash3`)"),
    };
    mixed.reshape((tokens, heads * dim))
}

#[cfg(not(feature = "flash"))]
pub fn flash(_: &Tensor, _: &Tensor, _: &Tensor, version: Flash) -> Result<Tensor> {
    candle_core::bail!("this build has no kernels of flash attention for {version:?} (feature `flash`)")
}

#[cfg(all(test, feature = "flash"))]
mod tests {
    use candle_core::DType;

    use super::super::steps::in_steps;
    use super::super::test::{far, random};
    use super::*;

    /// Unequal lengths show how the mask is aligned.
    const CASES: [(usize, usize); 5] = [(1000, 1000), (1, 4096), (512, 8192), (64, 129), (45, 70_000)];

    #[test]
    fn kernels_agree_with_tensor_operations() -> Result<()> {
        let Ok(card) = Device::new_cuda_with_stream(0) else {
            eprintln!("no CUDA device answers: the flash-attention kernels were not run");
            return Ok(());
        };
        for (tokens, length) in CASES {
            let on_card = |shape: &[usize]| random(shape)?.to_device(&card)?.to_dtype(DType::BF16);
            let queries = on_card(&[32, tokens, 128])?;
            let keys = on_card(&[4, length + 7, 128])?.narrow(1, 0, length)?;
            let values = on_card(&[4, length + 7, 128])?.narrow(1, 0, length)?;
            let wide = |tensor: &Tensor| tensor.to_dtype(DType::F32);
            let exact = in_steps(&wide(&queries)?, &wide(&keys)?, &wide(&values)?)?;
            let newest = on(&card);
            for version in
                [Flash::Two, Flash::Three].into_iter().filter(|one| Some(*one) == newest || *one == Flash::Two)
            {
                let ours = wide(&flash(&queries, &keys, &values, version)?)?;
                let off = far(&ours, &exact)?;
                eprintln!("{version:?}, {tokens} queries, {length} keys: off by {off:.5}");
                assert!(off < 0.02, "{version:?}, {tokens} queries, {length} keys: off by {off}");
            }
            let steps = far(&wide(&in_steps(&queries, &keys, &values)?)?, &exact)?;
            assert!(steps < 0.05, "steps in bf16, {tokens} queries, {length} keys: off by {steps}");
        }
        Ok(())
    }
}
