//! rollscope opens agent rollouts, shows their turns and patches, scores them with a reward model and ranks the
//! candidates of each task while the scores arrive.
//!
//! The rooms, in dependency order: each uses only those above it (`tests/architecture.rs` reads this list).
//!
//! ```text
//! trajectory   what a trajectory is: plain data
//! diff         patch text -> files and hunks; words within a line
//! syntax       code -> named scopes, line by line (names, never colours)
//! formats      bytes -> trajectories: one trait, one table, one file per format
//! store        what lies on disk: files, folders and archives in; the score database
//! library      the trajectories in memory: summaries, labels joined, groups, order
//! metrics      pure functions over (score, outcome, task)
//! engine       the neural network: tokens in, numbers out; it has never heard of trajectories
//! reward       a trajectory -> a score: profile, prompt, scorers, cache, queue
//! app          the state and its rules: update(&mut self, Msg) -> Vec<Effect>. No IO, no drawing
//! ui           &App -> cells
//! runtime      the outside world: terminal, event loop, effects, the thread that owns the model
//! cli          one file per subcommand: the same rooms without a screen
//! ```

pub mod app;
pub mod cli;
pub mod diff;
pub mod engine;
pub mod formats;
pub mod library;
pub mod metrics;
pub mod reward;
pub mod runtime;
pub mod store;
pub mod syntax;
pub mod trajectory;
pub mod ui;

/// Here and not in the program's `main`, so that benches and tests measure what users run.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
