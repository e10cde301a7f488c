//! Scoring on servers: the prompt is made here, token by token; the server only multiplies. Synchronous outside, as every
//! scorer; what waits for sockets is inside `line`.
//!
//! `address` reads what the user typed, `kind` finds out who answers there, `wires` are the dialects, `pool` spreads the
//! questions over replicas and tries again where that is worth it.

mod address;
mod kind;
mod line;
mod pool;
mod scorer;
mod wires;

use std::time::Duration;

pub use scorer::{Made, RemoteScorer};

/// Where the key is looked for: nowhere else, and it is written nowhere.
pub const KEY: &str = "ROLLSCOPE_API_KEY";

/// How patient a remote scorer is.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Until a connection stands.
    pub connect: Duration,
    /// Until an answer is there, whole. A server's first answer may take a minute.
    pub answer: Duration,
    /// How often a question is asked that did not come through.
    pub attempts: u32,
    /// The first pause after a failure; each further one is twice as long.
    pub pause: Duration,
    /// The longest pause that a server may ask for.
    pub patience: Duration,
    /// Most questions in flight, all replicas together.
    pub most: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(600),
            attempts: 6,
            pause: Duration::from_millis(250),
            patience: Duration::from_secs(120),
            most: 32,
        }
    }
}

/// Whether `--model` names a server.
pub fn is_address(model: &str) -> bool {
    model.starts_with("http://") || model.starts_with("https://")
}
