//! Products with matrices that are kept narrower than f32: some rows at a time are widened, while they stay in a core's
//! cache, and multiplied there. The whole matrix never stands widened in memory.

use std::ops::Range;

use candle_core::quantized::QTensor;
use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape, Tensor, bail};
use half::slice::HalfFloatSliceExt;
use rayon::prelude::*;

use super::matmul::{Matrix, multiply};
use super::rows::{Rows, widen_bf16};

/// Numbers of a widened panel: 512 kB.
const PANEL: usize = 1 << 17;
const FEWEST_ROWS: usize = 16;

/// input (rows, inputs) in f32 and bf16 or f16 weights (outputs, inputs) -> (rows, outputs).
pub fn narrow_product(input: &Tensor, weight: &Tensor) -> Result<Tensor> {
    input.apply_op2_no_bwd(weight, &Narrow)
}

/// The same with packed weights, the outputs of their parts side by side.
pub fn packed_product(input: &Tensor, parts: &[QTensor]) -> Result<Tensor> {
    input.contiguous()?.apply_op1_no_bwd(&Packed { parts })
}

struct Narrow;

impl CustomOp2 for Narrow {
    fn name(&self) -> &'static str {
        "narrow product"
    }

    fn cpu_fwd(&self, s: &CpuStorage, l: &Layout, sw: &CpuStorage, lw: &Layout) -> Result<(CpuStorage, Shape)> {
        let input = Rows::of(s, l)?;
        let (outputs, inputs) = lw.shape().dims2()?;
        if !l.is_contiguous() || !lw.is_contiguous() || input.width != inputs || inputs == 0 {
            bail!("cannot multiply {:?} with {:?}", l.dims(), lw.dims());
        }
        let from = |rows: Range<usize>| lw.start_offset() + rows.start * inputs..lw.start_offset() + rows.end * inputs;
        let widen = |rows: Range<usize>, panel: &mut Vec<f32>| {
            panel.resize(rows.len() * inputs, 0.0);
            match sw {
                CpuStorage::F16(data) => data[from(rows)].convert_to_f32_slice(panel),
                CpuStorage::BF16(data) => widen_bf16(&data[from(rows)], panel),
                _ => bail!("panels are of bf16 or f16"),
            }
            Ok(())
        };
        let output = product(input.all(), inputs, &panels(0..outputs, inputs), outputs, &widen)?;
        Ok((CpuStorage::F32(output), (input.outer, outputs).into()))
    }
}

struct Packed<'a> {
    parts: &'a [QTensor],
}

impl CustomOp1 for Packed<'_> {
    fn name(&self) -> &'static str {
        "packed product"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let input = Rows::of(storage, layout)?;
        let (mut ranges, mut starts, mut outputs) = (Vec::new(), Vec::new(), 0);
        for part in self.parts {
            let (rows, inputs) = part.shape().dims2()?;
            if inputs != input.width {
                bail!("cannot multiply {:?} with {:?}", layout.dims(), part.shape());
            }
            ranges.extend(panels(outputs..outputs + rows, inputs));
            starts.push((outputs, part.data()?, part.dtype()));
            outputs += rows;
        }
        let widen = |rows: Range<usize>, panel: &mut Vec<f32>| {
            let after = starts.partition_point(|(start, ..)| *start <= rows.start);
            let (start, data, dtype) = &starts[after - 1];
            let row = input.width / dtype.block_size() * dtype.type_size();
            let bytes = &data[(rows.start - start) * row..(rows.end - start) * row];
            match dtype.from_data(bytes.into()).dequantize(rows.len() * input.width)? {
                CpuStorage::F32(numbers) => *panel = numbers,
                _ => bail!("{dtype:?} does not unpack to f32"),
            }
            Ok(())
        };
        let output = product(input.all(), input.width, &ranges, outputs, &widen)?;
        Ok((CpuStorage::F32(output), (input.outer, outputs).into()))
    }
}

/// Rows of each panel.
fn panels(rows: Range<usize>, inputs: usize) -> Vec<Range<usize>> {
    let height = (PANEL / inputs.max(1)).max(FEWEST_ROWS);
    rows.clone().step_by(height).map(|from| from..rows.end.min(from + height)).collect()
}

type Widen<'a> = dyn Fn(Range<usize>, &mut Vec<f32>) -> Result<()> + Sync + 'a;

fn product(input: &[f32], inputs: usize, ranges: &[Range<usize>], outputs: usize, widen: &Widen) -> Result<Vec<f32>> {
    let one = |panel: &mut Vec<f32>, range: &Range<usize>| {
        widen(range.clone(), panel)?;
        let mut output = vec![0f32; input.len() / inputs * range.len()];
        let weights = Matrix::rows(panel, inputs).transposed();
        multiply(&mut output, range.len(), Matrix::rows(input, inputs), weights, 1.0, false);
        Ok(output)
    };
    let done = ranges.par_iter().map_init(Vec::new, one).collect::<Result<Vec<_>>>()?;
    let mut output = vec![0f32; input.len() / inputs * outputs];
    output.par_chunks_mut(outputs).with_min_len(16).enumerate().for_each(|(row, output)| {
        for (range, part) in ranges.iter().zip(&done) {
            output[range.clone()].copy_from_slice(&part[row * range.len()..(row + 1) * range.len()]);
        }
    });
    Ok(output)
}

#[cfg(test)]
mod tests {
    use candle_core::DType;
    use candle_core::quantized::GgmlDType;

    use super::super::test::{far, random};
    use super::*;

    #[test]
    fn panels_give_the_product_with_the_widened_matrix() -> Result<()> {
        let (input, weight) = (random(&[37, 256])?, random(&[1100, 256])?);
        for dtype in [DType::BF16, DType::F16] {
            let narrow = weight.to_dtype(dtype)?;
            let exact = input.matmul(&narrow.to_dtype(DType::F32)?.t()?)?;
            assert!(far(&narrow_product(&input, &narrow)?, &exact)? < 1e-3);
        }
        assert!(narrow_product(&input.narrow(1, 0, 255)?.contiguous()?, &weight.to_dtype(DType::F16)?).is_err());
        Ok(())
    }

    #[test]
    fn packed_parts_stand_side_by_side() -> Result<()> {
        let (input, weight) = (random(&[5, 256])?, random(&[600, 256])?);
        let kinds = [(0, 520, GgmlDType::Q4K), (520, 16, GgmlDType::Q6K), (536, 64, GgmlDType::F16)];
        let parts =
            kinds.map(|(from, count, kind)| QTensor::quantize(&weight.narrow(0, from, count)?.affine(1.0, 0.0)?, kind));
        let parts = parts.into_iter().collect::<Result<Vec<_>>>()?;
        let whole = parts.iter().map(|part| part.dequantize(input.device())).collect::<Result<Vec<_>>>()?;
        let exact = input.matmul(&Tensor::cat(&whole, 0)?.t()?)?;
        assert!(far(&packed_product(&input, &parts)?, &exact)? < 1e-3);
        Ok(())
    }
}
