//! A linear layer.

use candle_core::{Result, Tensor};

pub struct Linear {
    /// (outputs, inputs)
    pub weight: Tensor,
    /// (outputs)
    pub bias: Option<Tensor>,
}

impl Linear {
    /// (rows, inputs) -> (rows, outputs). Weights kept narrower than the activations are widened for the multiplication
    /// only, so that they cost memory once in their own dtype.
    pub fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let output = input.matmul(&self.weight.to_dtype(input.dtype())?.t()?)?;
        match &self.bias {
            Some(bias) => output.broadcast_add(bias),
            None => Ok(output),
        }
    }
}
