//! The outside world: terminal, event loop, effects, the thread that owns the model.
