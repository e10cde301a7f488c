//! Pure functions over (score, outcome, task).
