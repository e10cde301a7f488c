//! `rollscope export`: what others' tools go on with. Rows are made here, written by `write`.

mod chosen;
mod preds;
mod report;
mod tables;
mod training;
mod write;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Bench, Finish, Inputs, eval};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// SWE-bench predictions: per task the patch of the best-scored candidate
    Preds {
        #[command(flatten)]
        bench: Bench,
        #[command(flatten)]
        out: Out,
        /// What the predictions are called (`model_name_or_path`); without it, after the judge
        #[arg(long)]
        name: Option<String>,
    },
    /// Chat rows to train on: at most so many per task, those with the fewest turns first
    Sft {
        #[command(flatten)]
        bench: Bench,
        #[command(flatten)]
        out: Out,
        #[command(flatten)]
        by: chosen::By,
        /// Trajectories per task; 2 is what SWE-Gym found best
        #[arg(long, default_value_t = 2)]
        cap: usize,
    },
    /// Preference pairs of one task, the hardest first: chosen, rejected, and how far the scores lie apart
    Pairs {
        #[command(flatten)]
        bench: Bench,
        #[command(flatten)]
        out: Out,
        #[command(flatten)]
        by: chosen::By,
        /// Pairs per task
        #[arg(long, default_value_t = 4)]
        cap: usize,
        /// Only pairs whose scores lie at least so far apart (in log-odds); negative: the judge prefers the rejected one
        #[arg(long, allow_hyphen_values = true)]
        min_margin: Option<f64>,
    },
    /// What people said: one row per annotator and trajectory
    Verdicts {
        #[command(flatten)]
        out: Out,
        /// Every event, with what was undone and replaced
        #[arg(long)]
        history: bool,
    },
    /// A table of scores
    Scores {
        #[command(flatten)]
        bench: Bench,
        #[command(flatten)]
        out: Out,
    },
    /// A table of outcomes, as --labels reads it
    Labels {
        #[command(flatten)]
        inputs: Inputs,
        #[command(flatten)]
        out: Out,
    },
    /// One HTML file with every number, its definition and interval, charts, and each disagreement
    Report {
        #[command(flatten)]
        bench: Bench,
        #[command(flatten)]
        ways: eval::Ways,
        /// Where the page goes; without it, to stdout
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// Where rows go, and in which form.
#[derive(Debug, Clone, Args)]
pub struct Out {
    /// Where the rows go; without it, to stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Without it, what the name of the file says, else jsonl
    #[arg(long, value_enum)]
    format: Option<write::Form>,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<Finish> {
    match &arguments.what {
        What::Preds { bench, out, name } => preds::run(bench, out, name.as_deref()),
        What::Sft { bench, out, by, cap } => training::sft(bench, out, by, *cap),
        What::Pairs { bench, out, by, cap, min_margin } => training::pairs(bench, out, by, *cap, *min_margin),
        What::Verdicts { out, history } => tables::verdicts(out, *history),
        What::Scores { bench, out } => tables::scores(bench, out),
        What::Labels { inputs, out } => tables::labels(inputs, out),
        What::Report { bench, ways, output } => report::run(bench, ways, output.as_deref()),
    }
}
