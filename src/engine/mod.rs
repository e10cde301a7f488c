//! The neural network: tokens in, numbers out. It has never heard of trajectories or text.
