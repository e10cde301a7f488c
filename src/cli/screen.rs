//! `rollscope PATH…`: the screen. Where stdout is no terminal, its plain twin: the list.

use std::io::{self, IsTerminal};
use std::path::Path;

use anyhow::Context;
use clap::Args;

use super::{Bench, Finish, Inputs, JudgeOptions, judge, list, open};
use crate::app::{self, Failure};
use crate::runtime::{self, Options};
use crate::store::verdicts::VerdictStore;

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
    /// Who gives verdicts; without it, the name of the user
    #[arg(long, value_name = "NAME")]
    annotator: Option<String>,
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
    let filter = open::filter(inputs)?;
    let name = if options.model.is_empty() { "default judge".into() } else { options.model.join(" and ") };
    let bench = Bench { inputs: inputs.clone(), judge: options };
    let judges = if look.no_score { 0 } else { judge::named(&bench) };
    let make: runtime::MakeJudge = Box::new(move |say| judge::panel(&bench, say));
    runtime::run(Options {
        title,
        sources: inputs.sources(),
        filter,
        theme: look.theme,
        no_mouse: look.no_mouse,
        ascii: look.ascii,
        annotator: look.annotator.filter(|name| !name.trim().is_empty()).unwrap_or_else(user),
        verdicts: VerdictStore::default_path(),
        taxonomy: taxonomy()?,
        judge: (judges > 0).then_some((name, make)),
        judges,
        scores: inputs.scores.clone(),
    })?;
    Ok(Finish::Done)
}

fn user() -> String {
    let named = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
    named.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| "me".into())
}

/// Names for failures: `failures.toml` in the user's configuration, or the list that comes with the program.
fn taxonomy() -> anyhow::Result<Vec<Failure>> {
    let own = directories::ProjectDirs::from("", "", "rollscope").map(|dirs| dirs.config_dir().join("failures.toml"));
    let Some(path) = own.filter(|path| path.exists()) else {
        return app::taxonomy(include_str!("../../assets/failures.toml")).map_err(anyhow::Error::msg);
    };
    let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    app::taxonomy(&text).map_err(anyhow::Error::msg).with_context(|| path.display().to_string())
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
