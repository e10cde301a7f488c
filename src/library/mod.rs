//! The trajectories in memory: summaries, labels joined, groups, order. Opens nothing.
