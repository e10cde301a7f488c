//! A linear layer.

use candle_core::{Result, Tensor};

use super::kernels::{add, product};

pub struct Linear {
    /// (outputs, inputs)
    pub weight: Tensor,
    /// (outputs)
    pub bias: Option<Tensor>,
}

impl Linear {
    /// (rows, inputs) -> (rows, outputs).
    pub fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let output = product(input, &self.weight)?;
        match &self.bias {
            Some(bias) => add(&output, bias),
            None => Ok(output),
        }
    }
}
