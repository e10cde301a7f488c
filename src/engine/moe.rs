//! A mixture of experts: each token goes through the few experts its router prefers.

use candle_core::{DType, Tensor};
use rayon::prelude::*;

use super::config::Experts;
use super::error::EngineError;
use super::kernels::{gated, mixed};
use super::linear::Linear;
use super::loader::Loader;
use super::weight::Weight;

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
        let experts = experts(loader, stem, plan.count)?;
        let router = loader.linear(&format!("{stem}.gate"))?;
        Ok(Self { router, experts, chosen: plan.chosen, normalise: plan.normalise })
    }

    /// (tokens, hidden) -> (tokens, hidden).
    pub fn forward(&self, input: &Tensor) -> candle_core::Result<Tensor> {
        let routes = self.route(&self.router.forward(input)?)?;
        let rows = starts(&routes.counts).zip(&routes.counts);
        let asked: Vec<_> = self.experts.iter().zip(rows).filter(|(_, (_, count))| **count > 0).collect();
        // Each has few rows: on the CPU a thread per expert does more than all threads on one. A GPU has one queue, and what is
        // launched once for all experts is not launched for each.
        let cpu = input.device().is_cpu();
        let all = if cpu { None } else { Some(gathered(input, &routes.tokens)?) };
        let one = |(expert, (from, count)): &(&Expert, (usize, &usize))| {
            let rows = match &all {
                Some(all) => all.narrow(0, *from, **count)?,
                None => gathered(input, &routes.tokens[*from..from + *count])?,
            };
            expert.down.forward(&gated(&expert.gate_up.forward(&rows)?)?)
        };
        let parts = if cpu {
            asked.par_iter().map(one).collect::<candle_core::Result<Vec<_>>>()?
        } else {
            asked.iter().map(one).collect::<candle_core::Result<Vec<_>>>()?
        };
        mixed(&parts, &routes.back, &routes.weights, self.chosen)
    }

    /// Softmax over all experts, then the `chosen` largest; equal ones in index order.
    fn route(&self, logits: &Tensor) -> candle_core::Result<Routes> {
        let logits: Vec<f32> = logits.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?;
        let one = |logits: &[f32]| {
            let picks = largest(logits, self.chosen);
            let odds = |logit: &f32| (logit - logits[picks[0]]).exp();
            let mut weights: Vec<f32> = picks.iter().map(|pick| odds(&logits[*pick])).collect();
            let sum: f32 = if self.normalise { weights.iter().sum() } else { logits.iter().map(odds).sum() };
            for weight in &mut weights {
                *weight /= sum;
            }
            (picks, weights)
        };
        let (picks, weights): (Vec<_>, Vec<_>) =
            logits.par_chunks(self.experts.len()).with_min_len(32).map(one).unzip();
        Ok(grouped(&picks, weights.concat(), self.experts.len()))
    }
}

fn grouped(picks: &[Vec<usize>], weights: Vec<f32>, experts: usize) -> Routes {
    let mut counts = vec![0; experts];
    picks.iter().flatten().for_each(|expert| counts[*expert] += 1);
    let mut next: Vec<usize> = starts(&counts).collect();
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

/// Where the rows of each expert begin.
fn starts(counts: &[usize]) -> impl Iterator<Item = usize> {
    counts.iter().scan(0, |sum, count| Some(std::mem::replace(sum, *sum + count)))
}

/// Where the `count` largest lie, the largest first; equal ones in index order. At least one.
fn largest(row: &[f32], count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..row.len()).collect();
    let before = |a: &usize, b: &usize| row[*b].total_cmp(&row[*a]).then(a.cmp(b));
    if count < order.len() {
        order.select_nth_unstable_by(count, before);
        order.truncate(count);
    }
    order.sort_unstable_by(before);
    order
}

fn gathered(input: &Tensor, rows: &[u32]) -> candle_core::Result<Tensor> {
    input.index_select(&Tensor::from_slice(rows, rows.len(), input.device())?, 0)
}

/// Published checkpoints have a tensor per expert and projection, GGUF one per projection, and transformers 5 keeps gate
/// and up together.
fn experts(loader: &Loader, stem: &str, count: usize) -> Result<Vec<Expert>, EngineError> {
    let all = |name: &str| loader.matrices(&format!("{stem}.experts.{name}"), count);
    let of = |weight| Linear { weight, bias: None };
    if loader.has(&format!("{stem}.experts.gate_up_proj")) {
        let pairs = all("gate_up_proj")?.into_iter().zip(all("down_proj")?);
        return Ok(pairs.map(|(gate_up, down)| Expert { gate_up: of(gate_up), down: of(down) }).collect());
    }
    if loader.has(&format!("{stem}.experts.gate_proj.weight")) {
        let (gates, ups) = (all("gate_proj.weight")?, all("up_proj.weight")?);
        let triples = gates.into_iter().zip(ups).zip(all("down_proj.weight")?);
        let join = |((gate, up), down)| Ok(Expert { gate_up: of(Weight::joined(vec![gate, up])?), down: of(down) });
        return triples.map(join).collect();
    }
    (0..count).map(|index| single(loader, &format!("{stem}.experts.{index}"))).collect()
}

fn single(loader: &Loader, stem: &str) -> Result<Expert, EngineError> {
    let gate_up = loader.stacked(&[format!("{stem}.gate_proj"), format!("{stem}.up_proj")])?;
    Ok(Expert { gate_up, down: loader.linear(&format!("{stem}.down_proj"))? })
}
