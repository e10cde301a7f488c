//! A mixture of experts: each token goes through the few experts its router prefers.

use candle_core::{D, DType, Device, Tensor};

use super::config::Experts;
use super::error::EngineError;
use super::kernels::gated;
use super::linear::Linear;
use super::loader::Loader;

pub struct Mixture {
    router: Linear,
    experts: Vec<Expert>,
    chosen: usize,
    normalise: bool,
}

struct Expert {
    gate_up: Linear,
    down: Linear,
}

/// Which token goes where: positions in `tokens` and `weights` are grouped by expert.
struct Routes {
    tokens: Vec<u32>,
    weights: Vec<f32>,
    /// Tokens of each expert.
    counts: Vec<usize>,
    /// Where the k-th choice of token t lies in the grouped order, at t * k.
    back: Vec<u32>,
}

impl Mixture {
    pub fn load(loader: &Loader, stem: &str, plan: &Experts) -> Result<Self, EngineError> {
        let experts = if loader.has(&format!("{stem}.experts.gate_up_proj")) {
            fused(loader, stem, plan.count)?
        } else {
            (0..plan.count).map(|i| single(loader, &format!("{stem}.experts.{i}"))).collect::<Result<_, _>>()?
        };
        let router = loader.linear(&format!("{stem}.gate"))?;
        Ok(Self { router, experts, chosen: plan.chosen, normalise: plan.normalise })
    }

    /// (tokens, hidden) -> (tokens, hidden).
    pub fn forward(&self, input: &Tensor) -> candle_core::Result<Tensor> {
        let (tokens, hidden) = input.dims2()?;
        let routes = self.route(&self.router.forward(input)?)?;
        let grouped = input.index_select(&indices(&routes.tokens, input.device())?, 0)?;
        let mut parts = Vec::new();
        let mut from = 0;
        for (expert, count) in self.experts.iter().zip(&routes.counts).filter(|(_, count)| **count > 0) {
            let rows = grouped.narrow(0, from, *count)?;
            parts.push(expert.down.forward(&gated(&expert.gate_up.forward(&rows)?)?)?);
            from += count;
        }
        let mixed = Tensor::cat(&parts, 0)?.index_select(&indices(&routes.back, input.device())?, 0)?;
        let weights = Tensor::from_vec(routes.weights, (tokens, 1, self.chosen), input.device())?;
        let mixed = mixed.reshape((tokens, self.chosen, hidden))?;
        weights.to_dtype(mixed.dtype())?.matmul(&mixed)?.squeeze(1)
    }

    /// Softmax over all experts, then the `chosen` largest; equal ones in index order.
    fn route(&self, logits: &Tensor) -> candle_core::Result<Routes> {
        let logits = logits.to_dtype(DType::F32)?;
        let exponents = logits.broadcast_sub(&logits.max_keepdim(D::Minus1)?)?.exp()?;
        let rows: Vec<Vec<f32>> = exponents.broadcast_div(&exponents.sum_keepdim(D::Minus1)?)?.to_vec2()?;
        let picks: Vec<Vec<usize>> = rows.iter().map(|row| largest(row, self.chosen)).collect();
        let mut weights = Vec::with_capacity(rows.len() * self.chosen);
        for (row, picks) in rows.iter().zip(&picks) {
            let sum: f32 = if self.normalise { picks.iter().map(|pick| row[*pick]).sum() } else { 1.0 };
            weights.extend(picks.iter().map(|pick| row[*pick] / sum));
        }
        Ok(grouped(&picks, weights, self.experts.len()))
    }
}

fn grouped(picks: &[Vec<usize>], weights: Vec<f32>, experts: usize) -> Routes {
    let mut counts = vec![0; experts];
    picks.iter().flatten().for_each(|expert| counts[*expert] += 1);
    let mut next: Vec<usize> = counts.iter().scan(0, |sum, count| Some(std::mem::replace(sum, *sum + count))).collect();
    let mut tokens = vec![0; weights.len()];
    let mut back = Vec::with_capacity(weights.len());
    for (token, picks) in picks.iter().enumerate() {
        for expert in picks {
            tokens[next[*expert]] = token as u32;
            back.push(next[*expert] as u32);
            next[*expert] += 1;
        }
    }
    Routes { tokens, weights, counts, back }
}

fn largest(row: &[f32], count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..row.len()).collect();
    order.sort_by(|a, b| row[*b].total_cmp(&row[*a]));
    order.truncate(count);
    order
}

fn indices(list: &[u32], device: &Device) -> candle_core::Result<Tensor> {
    Tensor::from_slice(list, list.len(), device)
}

fn single(loader: &Loader, stem: &str) -> Result<Expert, EngineError> {
    let gate_up = loader.stacked(&[format!("{stem}.gate_proj"), format!("{stem}.up_proj")])?;
    Ok(Expert { gate_up, down: loader.linear(&format!("{stem}.down_proj"))? })
}

/// All experts of a layer in two tensors, as transformers 5 keeps them in memory.
fn fused(loader: &Loader, stem: &str, count: usize) -> Result<Vec<Expert>, EngineError> {
    let gate_up = loader.matrix(&format!("{stem}.experts.gate_up_proj"))?;
    let down = loader.matrix(&format!("{stem}.experts.down_proj"))?;
    let plain =
        |tensor: &Tensor, i| -> candle_core::Result<Linear> { Ok(Linear { weight: tensor.get(i)?, bias: None }) };
    (0..count).map(|i| Ok(Expert { gate_up: plain(&gate_up, i)?, down: plain(&down, i)? })).collect()
}
