//! The loops between the matrix multiplications. Each is one pass over rows on the CPU; on other devices the same
//! function is composed of tensor operations, which also is what the tests compare the loops with.

// A loop gets the registers of the function it is inlined into, and only then (see `wide`).
#![allow(clippy::inline_always)]

mod add;
mod attention;
mod matmul;
mod mixed;
mod norm;
mod panels;
mod product;
mod rope;
mod rows;
mod silu;
mod wide;

pub use add::add;
pub use attention::{LONG_KEYS, attention};
pub use mixed::mixed;
pub use norm::rms_norm;
pub use panels::packed_product;
pub use product::product;
pub use rope::rotate;
pub use silu::gated;

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
}
