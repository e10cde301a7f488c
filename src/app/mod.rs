//! The state and its rules: `update(&mut self, Msg) -> Vec<Effect>`. No IO, no drawing.
