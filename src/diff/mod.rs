//! Patch text -> files and hunks; words within a line. Knows nothing of trajectories beyond their text.
