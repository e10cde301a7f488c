//! A linear layer.

use candle_core::{Result, Tensor};

use super::kernels::add;
use super::weight::Weight;

pub struct Linear {
    pub weight: Weight,
    /// (outputs)
    pub bias: Option<Tensor>,
}

impl Linear {
    /// (rows, inputs) -> (rows, outputs).
    pub fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let output = self.weight.forward(input)?;
        match &self.bias {
            Some(bias) => add(&output, bias),
            None => Ok(output),
        }
    }
}
