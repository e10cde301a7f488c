//! One file per subcommand: the same rooms without a screen. Data goes to stdout, people's words to stderr.

mod calibrate;
mod completions;
mod demo;
mod doctor;
mod eval;
mod export;
mod follow;
mod harmless;
mod judge;
mod list;
mod logits;
mod man;
mod model;
mod models;
mod open;
mod output;
mod prompt;
mod rank;
mod score;
mod screen;
mod search;
mod show;
mod verdicts;
mod whatif;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use output::Finish;

use crate::library::Sources;
use crate::store::Index;

#[derive(Debug, Parser)]
#[command(name = "rollscope", version, about, args_conflicts_with_subcommands = true, after_help = AFTER_HELP)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    screen: screen::Arguments,
}

const AFTER_HELP: &str = "\
Exit status: 0 done; 1 failed; 2 wrong usage; 3 done, but something was skipped, unreadable or not scored (said on stderr).

  rollscope runs/                     the screen on a folder
  rollscope rank runs/ --format csv   per task: the candidates in order, the pick, its margin
  rollscope demo                      the bundled rollouts with the bundled judge";

#[derive(Debug, Subcommand)]
enum Command {
    /// The screen on the bundled rollouts with the bundled reward model; without a terminal: scores and prints the ranking
    Demo(demo::Arguments),
    /// A row per trajectory
    List(list::Arguments),
    /// One trajectory, readable, or whole as canonical JSON
    Show(Target),
    /// Score all trajectories, resumable
    Score(score::Arguments),
    /// Per task: candidates in order, the pick, its margin
    Rank(rank::Arguments),
    /// The judge judged: AUC, calibration, best@k, with intervals and definitions
    Eval(eval::Arguments),
    /// Which trajectories hold a text: files are searched as bytes, only what was hit is read
    Search(search::Arguments),
    /// Predictions of the picks, training rows, preference pairs, verdicts, tables, a report
    Export(export::Arguments),
    /// Learn from labels what scores have meant, and save it as a profile
    Calibrate(calibrate::Arguments),
    /// Score again with a part taken out: how much does the judge lean on it?
    Whatif(whatif::Arguments),
    /// Verdicts of people: list, agreement of annotators, import
    Verdicts(verdicts::Arguments),
    /// The exact prompt the model gets, with token count and read position
    Prompt(prompt::Arguments),
    /// Raw numbers for token ids: to check a checkpoint against its reference
    Logits(logits::Arguments),
    /// How models are asked, which are in the hub's cache, whether one fits this machine; fetch one
    Models(models::Arguments),
    /// Devices and features found
    Doctor(doctor::Arguments),
    /// Shell completions
    Completions(completions::Arguments),
    /// The manual page
    Man,
}

/// What to open, and how outcomes are joined to it.
#[derive(Debug, Clone, Default, Args)]
pub struct Inputs {
    /// Files, folders, globs, or - for standard input
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// More sources of outcomes: SWE-bench reports, or CSV with `path` or `instance_id` (and `run`), `resolved`
    #[arg(long, value_name = "FILE", num_args = 1..)]
    labels: Vec<PathBuf>,
    /// Only those that fit: words, `score>0.8`, `resolved:false`, `file:NAME`, `text:WORD`, /regex/, !, and, or, ( )
    #[arg(long, value_name = "QUERY")]
    filter: Option<String>,
    /// Patches that solve the tasks: predictions, or rows of a SWE-bench data set; people see them, judges never
    #[arg(long, value_name = "FILE", num_args = 1..)]
    gold: Vec<PathBuf>,
    /// Rows of the data set the tasks are from: issues and gold patches
    #[arg(long, value_name = "FILE", num_args = 1..)]
    tasks: Vec<PathBuf>,
    /// Scores made elsewhere: rows of `rollscope score`, of SWE-Lego, or a table with `instance_id` (and `run`), `score`
    #[arg(long, value_name = "FILE", num_args = 1..)]
    scores: Vec<PathBuf>,
    /// Exit with status 1 instead of 3 when something could not be read
    #[arg(long)]
    strict: bool,
}

impl Inputs {
    fn sources(&self) -> Sources {
        let Self { paths, labels, gold, tasks, .. } = self.clone();
        Sources { roots: paths, labels, gold, tasks, index: Index::default_path() }
    }
}

/// What is judged, and by whom.
#[derive(Debug, Clone, Args)]
pub struct Bench {
    #[command(flatten)]
    inputs: Inputs,
    #[command(flatten)]
    judge: JudgeOptions,
}

/// One trajectory, and the shape it is printed in.
#[derive(Debug, Clone, Args)]
pub struct Target {
    /// A file with one trajectory, or PATH#ID for one of several (the ids of `rollscope list`)
    #[arg(value_name = "PATH[#ID]")]
    id: String,
    #[arg(long, value_enum, default_value_t = Shape::Text)]
    format: Shape,
    /// More sources of outcomes; they never reach a prompt
    #[arg(long, value_name = "FILE", num_args = 1..)]
    labels: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shape {
    Text,
    Json,
}

/// Which judge scores, and where it runs.
#[derive(Debug, Clone, Args)]
pub struct JudgeOptions {
    /// A folder, a GGUF file, org/name from the hub's cache, or http://… (replicas with commas between); without it, the
    /// bundled model. Given twice, two models judge side by side
    #[arg(long, value_name = "MODEL")]
    model: Vec<String>,
    /// How the model is asked and read: a built-in profile or a TOML file; the second is for the second model
    #[arg(long, value_name = "NAME|FILE")]
    profile: Vec<String>,
    /// Folder with tokenizer.json, for models that are served elsewhere or are a single file
    #[arg(long, value_name = "DIR")]
    tokenizer: Option<PathBuf>,
    /// Most questions in flight, for models that are served
    #[arg(long, value_name = "N", default_value_t = 32)]
    in_flight: usize,
    /// Seconds until an answer of a server must be there
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    timeout: u64,
    /// auto, cpu, cuda, cuda:N or metal
    #[arg(long, default_value = "auto")]
    device: String,
    /// f32, bf16 or f16; without it, what suits the device
    #[arg(long)]
    dtype: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Table,
    Json,
    Jsonl,
    Csv,
}

/// Parses the command line, does what it says, and answers with the exit status.
pub fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(finish) => finish.into(),
        Err(error) if broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rollscope: {}", output::washed_lines(&format!("{error:#}")));
            ExitCode::from(1)
        }
    }
}

impl Cli {
    fn run(self) -> anyhow::Result<Finish> {
        match self.command {
            None => screen::run(self.screen),
            Some(Command::Demo(arguments)) => demo::run(arguments),
            Some(Command::List(arguments)) => list::run(&arguments),
            Some(Command::Show(arguments)) => show::run(&arguments),
            Some(Command::Score(arguments)) => score::run(&arguments),
            Some(Command::Rank(arguments)) => rank::run(&arguments),
            Some(Command::Export(arguments)) => export::run(&arguments),
            Some(Command::Calibrate(arguments)) => calibrate::run(&arguments),
            Some(Command::Whatif(arguments)) => whatif::run(&arguments),
            Some(Command::Verdicts(arguments)) => verdicts::run(&arguments),
            Some(Command::Eval(arguments)) => eval::run(&arguments),
            Some(Command::Search(arguments)) => search::run(&arguments),
            Some(Command::Prompt(arguments)) => prompt::run(&arguments),
            Some(Command::Logits(arguments)) => logits::run(&arguments),
            Some(Command::Models(arguments)) => models::run(&arguments),
            Some(Command::Doctor(arguments)) => doctor::run(&arguments),
            Some(Command::Completions(arguments)) => completions::run(&arguments),
            Some(Command::Man) => man::run(),
        }
    }
}

/// A reader that has seen enough (`rollscope list | head`) is not a failure.
fn broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
    })
}
