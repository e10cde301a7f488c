//! The loops between the matrix multiplications. Each is one pass over rows on the CPU; on other devices the same
//! function is composed of tensor operations, which also is what the tests compare the loops with.

mod attention;
mod matmul;
mod norm;
mod rope;
mod rows;
mod silu;

pub use attention::attention;
pub use norm::rms_norm;
pub use rope::rotate;
pub use silu::gated;
