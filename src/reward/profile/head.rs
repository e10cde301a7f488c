//! Where the answer stands in what a model gives back.

use serde::Deserialize;

/// Where the answer stands in what the model gives back.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Head {
    /// Logits of two sets of label tokens at the last position.
    YesNo {
        yes: Vec<String>,
        no: Vec<String>,
        read: Spelling,
        /// A label of several tokens is read at its first one, as some published scripts do; else it is an error.
        #[serde(default)]
        first_token: bool,
    },
    /// One output of a pooled classification head.
    SeqCls {
        index: usize,
        #[serde(default)]
        outputs: Vec<String>,
        #[serde(default)]
        activation: Activation,
    },
    /// A value per token, read at the token `at` that closes the last stretch opened by `after`.
    TokenCls {
        after: String,
        at: String,
        #[serde(default)]
        activation: Activation,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spelling {
    /// As written in the profile.
    Bare,
    /// With a space in front.
    Space,
    /// All spellings as written; the largest logit of each side counts.
    Max,
}

/// From a head's raw output to log-odds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// The output is the log-odds.
    #[default]
    Sigmoid,
    /// Softmax over all outputs.
    Softmax,
    /// The output is the probability itself.
    None,
}

impl Head {
    /// Names of its outputs, where it has several.
    pub fn names(&self) -> &[String] {
        match self {
            Self::SeqCls { outputs, .. } => outputs,
            _ => &[],
        }
    }

    /// The first setting that cannot work: its key, and why.
    pub(super) fn sensible(&self) -> Result<(), (&'static str, String)> {
        match self {
            Self::YesNo { yes, no, read, .. } => {
                let one_each = yes.len() == 1 && no.len() == 1;
                if yes.is_empty() || no.is_empty() || (*read != Spelling::Max && !one_each) {
                    return Err(("read", "one spelling per label, or several with read = \"max\"".into()));
                }
            }
            Self::SeqCls { index, outputs, .. } if !outputs.is_empty() && *index >= outputs.len() => {
                return Err(("index", format!("index {index} of {} outputs", outputs.len())));
            }
            _ => {}
        }
        Ok(())
    }
}
