//! The last hidden state -> the numbers asked for, in f32. Multiplies only the rows asked for.

use candle_core::{DType, Tensor};

use super::config::{Config, HeadKind};
use super::error::EngineError;
use super::linear::Linear;
use super::loader::Loader;
use super::weight::Weight;

/// What a caller wants to know at the end of a prompt.
#[derive(Clone, Copy, Debug)]
pub enum Want<'a> {
    /// The logits of these tokens, in this order.
    Labels(&'a [u32]),
    /// The logits of the whole vocabulary.
    Vocabulary,
    /// The outputs of a sequence classification head.
    Classes,
    /// The outputs of a token classification head, a row per token.
    Tokens,
}

/// The head's own matrix, or none where it is the embedding.
pub struct Head {
    kind: HeadKind,
    own: Option<Linear>,
}

impl Head {
    pub fn load(loader: &Loader, config: &Config) -> Result<Self, EngineError> {
        let own = match config.head {
            HeadKind::Causal if config.tied => None,
            HeadKind::Causal => Some(loader.linear("lm_head")?),
            HeadKind::Sequence | HeadKind::Tokens => Some(loader.linear("score")?),
        };
        Ok(Self { kind: config.head, own })
    }

    pub fn check(&self, want: Want) -> Result<(), EngineError> {
        match (self.kind, want) {
            (HeadKind::Causal, Want::Labels(_) | Want::Vocabulary)
            | (HeadKind::Sequence, Want::Classes)
            | (HeadKind::Tokens, Want::Tokens) => Ok(()),
            (kind, want) => Err(EngineError::WrongHead { head: kind.name(), asked: want.name() }),
        }
    }

    /// hidden (rows, hidden) after the last norm -> one row of outputs per row. `labels` picks rows of the matrix.
    pub fn rows(
        &self,
        hidden: &Tensor,
        embedding: &Weight,
        labels: Option<&[u32]>,
    ) -> candle_core::Result<Vec<Vec<f32>>> {
        let (weight, bias) = match &self.own {
            Some(linear) => (&linear.weight, linear.bias.as_ref()),
            None => (embedding, None),
        };
        let hidden = hidden.to_dtype(DType::F32)?;
        let rows = match labels {
            Some(ids) => hidden.matmul(&weight.rows(ids, hidden.device())?.to_dtype(DType::F32)?.t()?)?,
            None => weight.forward(&hidden.contiguous()?)?,
        };
        match bias {
            Some(bias) => rows.broadcast_add(&bias.to_dtype(DType::F32)?)?.to_vec2(),
            None => rows.to_vec2(),
        }
    }
}

impl HeadKind {
    pub fn name(self) -> &'static str {
        match self {
            HeadKind::Causal => "causal",
            HeadKind::Sequence => "sequence classification",
            HeadKind::Tokens => "token classification",
        }
    }
}

impl Want<'_> {
    fn name(self) -> &'static str {
        match self {
            Want::Labels(_) => "label logits",
            Want::Vocabulary => "vocabulary logits",
            Want::Classes => "class outputs",
            Want::Tokens => "token outputs",
        }
    }
}
