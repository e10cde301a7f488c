//! Prompts against a reference made with transformers (`make_reference.py`), and hostile trajectories.

mod corpus;
mod fixture;
#[path = "../engine/gguf_names.rs"]
mod gguf_names;
mod local;
mod memory;
mod prompts;
mod scores;
mod tokens;
mod trace;
