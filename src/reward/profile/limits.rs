//! How long a prompt may be, and what happens to longer ones.

use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub context: usize,
    #[serde(default)]
    pub over_length: OverLength,
    /// For `condense_thoughts`: where condensing starts, if below `context`.
    pub condense_above: Option<usize>,
    /// For `drop_middle`: how many of the first turns stay.
    #[serde(default)]
    pub keep_first: usize,
    /// Rope scaling that the published script forces, whatever config.json says.
    pub rope: Option<Rope>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverLength {
    #[default]
    Refuse,
    /// Thoughts are replaced by a placeholder, longest first.
    CondenseThoughts,
    /// Tokens are dropped from the front.
    Left,
    /// Whole turns are dropped from the middle.
    DropMiddle,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rope {
    pub kind: RopeKind,
    pub factor: f64,
    /// Yarn: context before scaling; absent: the checkpoint's `max_position_embeddings`.
    pub original: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RopeKind {
    Yarn,
    Linear,
}
