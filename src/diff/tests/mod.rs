//! Patches of every kind, and what holds for all of them.

mod corpus;
mod parsing;
mod properties;
