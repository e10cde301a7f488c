//! A matrix of a layer as it is kept: plain numbers of some width, or blocks with scales as GGUF has them.

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{DType, Device, Result, Tensor, bail};

use super::kernels::{packed_product, product};

pub enum Weight {
    /// (outputs, inputs)
    Plain(Tensor),
    /// Rows one after the other, (outputs of the part, inputs) each; parts may differ in kind.
    Packed(Vec<QTensor>),
    /// The same where some are packed and others plain: a card's kernels for packed numbers take no plain ones.
    Beside(Vec<Weight>),
}

impl Weight {
    /// Several over the same input as one, rows in the order given.
    pub fn joined(mut parts: Vec<Weight>) -> Result<Weight> {
        if parts.len() == 1 {
            return Ok(parts.remove(0));
        }
        let plain: Vec<&Tensor> = parts.iter().filter_map(|part| part.plain()).collect();
        if plain.len() == parts.len() && plain.iter().all(|part| part.dtype() == plain[0].dtype()) {
            return Ok(Weight::Plain(Tensor::cat(&plain, 0)?));
        }
        if !parts.iter().all(Weight::on_cpu) {
            return Ok(Weight::Beside(parts));
        }
        let packed = parts.into_iter().map(Weight::packed).collect::<Result<Vec<_>>>()?;
        Ok(Weight::Packed(packed.into_iter().flatten().collect()))
    }

    fn plain(&self) -> Option<&Tensor> {
        match self {
            Weight::Plain(tensor) => Some(tensor),
            Weight::Packed(_) | Weight::Beside(_) => None,
        }
    }

    fn on_cpu(&self) -> bool {
        match self {
            Weight::Plain(tensor) => tensor.device().is_cpu(),
            Weight::Packed(parts) => parts.iter().all(|part| part.device().is_cpu()),
            Weight::Beside(parts) => parts.iter().all(Weight::on_cpu),
        }
    }

    fn packed(self) -> Result<Vec<QTensor>> {
        let tensor = match self {
            Weight::Packed(parts) => return Ok(parts),
            Weight::Beside(parts) => {
                let parts = parts.into_iter().map(Weight::packed).collect::<Result<Vec<_>>>()?;
                return Ok(parts.into_iter().flatten().collect());
            }
            Weight::Plain(tensor) => tensor,
        };
        let dtype = match tensor.dtype() {
            DType::F16 => GgmlDType::F16,
            DType::BF16 => GgmlDType::BF16,
            _ => GgmlDType::F32,
        };
        Ok(vec![QTensor::quantize(&tensor.to_dtype(DType::F32)?, dtype)?])
    }

    /// (rows, inputs) -> (rows, outputs).
    pub fn forward(&self, input: &Tensor) -> Result<Tensor> {
        match self {
            Weight::Plain(tensor) => product(input, tensor),
            Weight::Packed(parts) if input.device().is_cpu() => packed_product(input, parts),
            Weight::Packed(parts) => {
                let one = |part: &QTensor| -> Result<Tensor> { input.apply_op1_no_bwd(part) };
                Tensor::cat(&parts.iter().map(one).collect::<Result<Vec<_>>>()?, 1)
            }
            Weight::Beside(parts) => {
                Tensor::cat(&parts.iter().map(|part| part.forward(input)).collect::<Result<Vec<_>>>()?, 1)
            }
        }
    }

    /// The rows with these indices, in f32 or in their own dtype.
    pub fn rows(&self, ids: &[u32], device: &Device) -> Result<Tensor> {
        let ids = Tensor::from_slice(ids, ids.len(), device)?;
        match self {
            Weight::Plain(tensor) => tensor.index_select(&ids, 0),
            Weight::Packed(parts) => match parts.as_slice() {
                [only] => only.embedding(&ids),
                _ => bail!("rows of a matrix in {} parts are not looked up", parts.len()),
            },
            Weight::Beside(parts) => bail!("rows of a matrix in {} parts are not looked up", parts.len()),
        }
    }
}
