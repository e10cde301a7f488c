//! `rollscope PATH…`: the screen. Where stdout is no terminal, its plain twin: the list.

use std::io::{self, IsTerminal};
use std::path::Path;

use clap::Args;

use super::{Bench, Finish, Inputs, JudgeOptions, judge, list, open};
use crate::runtime::{self, Options};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    bench: Bench,
    #[command(flatten)]
    look: Look,
}

/// How the screen looks and what it listens to.
#[derive(Debug, Clone, Args)]
pub struct Look {
    /// auto, dark, light, contrast, contrast-light, safe, safe-light (for eyes that do not tell red from green), ansi (16
    /// colours), mono, or one of your own; auto asks the terminal for its background
    #[arg(long, value_name = "NAME")]
    theme: Option<String>,
    /// Draw with ASCII alone; without it, what the locale says
    #[arg(long)]
    ascii: bool,
    /// Leave the mouse to the terminal
    #[arg(long)]
    no_mouse: bool,
    /// Open without a reward model
    #[arg(long)]
    no_score: bool,
}

pub fn run(arguments: Arguments) -> anyhow::Result<Finish> {
    if arguments.bench.inputs.paths.is_empty() {
        return Ok(suggest());
    }
    if !io::stdout().is_terminal() {
        return list::run(&list::Arguments::of(arguments.bench.inputs));
    }
    let Bench { inputs, judge } = arguments.bench;
    let title = inputs.paths.iter().map(|root| root.display().to_string()).collect::<Vec<_>>().join(" ");
    show(title, &inputs, judge, arguments.look)
}

/// Takes the terminal over until the user leaves.
pub fn show(title: String, inputs: &Inputs, options: JudgeOptions, look: Look) -> anyhow::Result<Finish> {
    let filter = open::query(inputs)?;
    let name = options.model.first().cloned().unwrap_or_else(|| "default judge".into());
    let make: runtime::MakeJudge = Box::new(move || judge::load(&options));
    runtime::run(Options {
        title,
        sources: inputs.sources(),
        filter,
        theme: look.theme,
        no_mouse: look.no_mouse,
        ascii: look.ascii,
        judge: (!look.no_score).then_some((name, make)),
    })?;
    Ok(Finish::Done)
}

/// Without a path: what can be opened here, and the demo.
fn suggest() -> Finish {
    let folder = std::env::current_dir().unwrap_or_default();
    let openable = likely(&folder);
    eprintln!("rollscope: name the rollouts to open");
    for path in openable.iter().take(8) {
        eprintln!("  rollscope {}", super::output::washed(path));
    }
    if openable.is_empty() {
        eprintln!("  rollscope PATH…      files, folders or globs; nothing in this folder looks like rollouts");
    }
    eprintln!("  rollscope demo       the bundled rollouts\n  rollscope --help     everything else");
    Finish::Usage
}

/// Folders and data files right here, by their names alone.
fn likely(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let data =
        |name: &str| ["traj", "jsonl", "json", "eval", "parquet"].iter().any(|end| name.ends_with(&format!(".{end}")));
    let mut names: Vec<String> = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| {
            data(name) || ["trajectories", "rollouts", "runs", "evaluation", "output"].contains(&name.as_str())
        })
        .collect();
    names.sort();
    names
}
