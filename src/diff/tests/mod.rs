//! Patches of every kind, and what holds for all of them.

mod comparing;
mod corpus;
mod making;
mod parsing;
mod properties;
