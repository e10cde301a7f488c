//! The engine against transformers and against itself: the checkpoints and answers of `make_cases.py`, GGUF files made of
//! them, hostile input. With `ROLLSCOPE_REFERENCE=<folder>` also every case that `reference_models.py` wrote there.

mod bad_input;
mod fixture;
mod gguf;
mod gguf_names;
mod memory;
mod reference;
