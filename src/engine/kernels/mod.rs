//! The loops between the matrix multiplications. Each is one pass over rows on the CPU; on other devices the same
//! function is a kernel of candle's or composed of tensor operations, which also is what the tests compare the loops with.

// A loop gets the registers of the function it is inlined into, and only then (see `wide`).
#![allow(clippy::inline_always)]

mod add;
mod attention;
mod flash;
mod matmul;
mod mixed;
mod norm;
mod panels;
mod product;
mod rope;
mod rows;
mod silu;
mod steps;
mod wide;

pub use add::add;
pub use attention::{Way, attention, way};
pub use flash::on as flash_on;
pub use mixed::mixed;
pub use norm::rms_norm;
pub use panels::packed_product;
pub use product::product;
pub use rope::rotate;
pub use silu::gated;
pub use steps::STEP_BYTES;

#[cfg(test)]
mod test {
    use candle_core::{Device, Result, Tensor};

    /// Numbers in [-2, 2), the same at every run.
    pub fn random(shape: &[usize]) -> Result<Tensor> {
        let mut state = 0x2545_f491_u32;
        let mut next = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 22) as f32 - 2.0
        };
        Tensor::from_iter((0..shape.iter().product()).map(|_| next()), &Device::Cpu)?.reshape(shape)
    }

    /// The largest difference.
    pub fn far(left: &Tensor, right: &Tensor) -> Result<f32> {
        assert_eq!(left.dims(), right.dims());
        (left - right)?.abs()?.flatten_all()?.max(0)?.to_scalar()
    }

    /// What other devices compute is compared here with the loops; the loops are compared with tensor operations beside each.
    #[cfg(feature = "cuda")]
    #[test]
    fn a_card_computes_what_the_cpu_does() -> Result<()> {
        use super::{add, attention, gated, mixed, product, rms_norm, rotate};
        let Ok(card) = Device::new_cuda_with_stream(0) else {
            eprintln!("no CUDA device answers: its kernels were not run");
            return Ok(());
        };
        let (rows, weight, heads) = (random(&[300, 64])?, random(&[96, 64])?, random(&[300, 6, 32])?);
        let (keys, values, table) = (random(&[2, 900, 32])?, random(&[2, 900, 32])?, random(&[300, 32])?);
        let parts = [random(&[7, 64])?, random(&[5, 64])?];
        let (back, shares) = ([11, 0, 4, 3, 8, 9, 10, 1, 2, 5, 6, 7], [0.25; 12]);
        let all = |device: &Device| -> Result<Vec<Tensor>> {
            let on = |tensor: &Tensor| tensor.to_device(device);
            let queries = rotate(&on(&heads)?, &on(&table)?)?;
            let parts = parts.iter().map(on).collect::<Result<Vec<_>>>()?;
            Ok(vec![
                rms_norm(&on(&rows)?, &on(&weight.get(0)?)?, 1e-6)?,
                gated(&on(&rows)?)?,
                add(&on(&rows)?, &on(&weight.get(0)?)?)?,
                product(&on(&rows)?, &on(&weight)?)?,
                mixed(&parts, &back, &shares, 3)?,
                attention(&queries, &on(&keys)?, &on(&values)?)?,
                queries.contiguous()?,
            ])
        };
        for (at, (ours, theirs)) in all(&card)?.iter().zip(all(&Device::Cpu)?).enumerate() {
            let off = far(&ours.to_device(&Device::Cpu)?, &theirs)?;
            assert!(off < 1e-3, "operation {at}: off by {off}");
        }
        Ok(())
    }
}
