//! `rollscope models`: how models are asked, which checkpoints lie in the hub's cache, whether one fits, and fetching it.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::{Args, Subcommand};
use hf_hub::api::Progress;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::model::Model;
use super::output::{self, Row};
use super::{Finish, Format};
use crate::engine::{HeadKind, Options};
use crate::reward::hub::{self, RemoteFile};
use crate::reward::{self, Head, OverLength, Profile};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
    #[arg(long, value_enum)]
    format: Option<Format>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Whether this machine can run a checkpoint, and which profiles fit it
    Check {
        /// A folder, a GGUF file, or org/name from the hub's cache
        model: String,
        /// auto, cpu, cuda, cuda:N or metal
        #[arg(long, default_value = "auto")]
        device: String,
        /// f32, bf16 or f16
        #[arg(long)]
        dtype: Option<String>,
    },
    /// Fetch a checkpoint from the Hugging Face hub into its cache: safetensors or GGUF, never a pickle
    Pull {
        /// org/name
        name: String,
        /// Everything but the weights: enough to make prompts for a model that is served elsewhere
        #[arg(long)]
        tokenizer_only: bool,
    },
    /// What one profile does, where its rules were published, and what is assumed
    Show {
        /// A built-in profile or a TOML file
        profile: String,
    },
}

const COLUMNS: &[&str] = &["profile", "head", "context", "over_length", "assumed", "cached", "about"];

pub fn run(arguments: &Arguments) -> anyhow::Result<Finish> {
    match &arguments.what {
        None => list(arguments.format),
        Some(What::Check { model, device, dtype }) => check(model, device, dtype.clone()),
        Some(What::Pull { name, tokenizer_only }) => pull(name, *tokenizer_only),
        Some(What::Show { profile }) => show(profile),
    }
}

fn list(format: Option<Format>) -> anyhow::Result<Finish> {
    let profiles: Vec<Profile> = Profile::names().iter().map(|name| Profile::find(name)).collect::<Result<_, _>>()?;
    output::print(&profiles.iter().map(row).collect::<Vec<_>>(), COLUMNS, format)?;
    if output::chosen(format) == Format::Table {
        let cached = hub::all_cached();
        eprintln!("\n{} checkpoints in the hub's cache, {}", cached.len(), hub::cache().display());
        for (name, _) in &cached {
            eprintln!("  {}", output::washed(name));
        }
        eprintln!("`rollscope models show PROFILE` says what is assumed");
    }
    Ok(Finish::Done)
}

fn row(profile: &Profile) -> Row {
    let cached: Vec<&String> = profile.checkpoints.iter().filter(|name| hub::cached(name).is_some()).collect();
    let row = json!({
        "profile": profile.name,
        "head": head(&profile.head),
        "context": profile.limits.context,
        "over_length": rule(profile.limits.over_length),
        "assumed": profile.assumed,
        "checkpoints": profile.checkpoints,
        "cached": cached,
        "source": profile.source,
        "about": profile.about,
    });
    if let serde_json::Value::Object(row) = row { row } else { Row::new() }
}

fn head(head: &Head) -> &'static str {
    match head {
        Head::YesNo { .. } => "yes/no",
        Head::SeqCls { .. } => "outputs",
        Head::TokenCls { .. } => "per turn",
    }
}

fn rule(rule: OverLength) -> &'static str {
    match rule {
        OverLength::Refuse => "refuse",
        OverLength::CondenseThoughts => "condense thoughts",
        OverLength::Left => "cut from the left",
        OverLength::DropMiddle => "drop middle turns",
    }
}

fn show(name: &str) -> anyhow::Result<Finish> {
    let profile = Profile::find(name)?;
    let mut text = format!("{}: {}\n", profile.name, profile.about);
    let _ = writeln!(
        text,
        "  read as        {}; up to {} tokens; longer ones: {}",
        head(&profile.head),
        profile.limits.context,
        rule(profile.limits.over_length)
    );
    for (title, lines) in
        [("for", &profile.checkpoints), ("published in", &profile.source), ("assumed", &profile.assumed)]
    {
        for (nth, line) in lines.iter().enumerate() {
            let _ = writeln!(text, "  {:14} {line}", if nth == 0 { title } else { "" });
        }
    }
    if !profile.decision.worth.is_empty() {
        let _ = writeln!(text, "  worth          {}", profile.decision.worth);
    }
    if let Head::SeqCls { outputs, .. } = &profile.head {
        let _ = writeln!(text, "  outputs        {}", outputs.join(", "));
    }
    output::raw(text.as_bytes())?;
    Ok(Finish::Done)
}

fn check(model: &str, device: &str, dtype: Option<String>) -> anyhow::Result<Finish> {
    let Model::Here(path, name) = Model::named(model)? else {
        bail!("{model} is served elsewhere: its machine decides")
    };
    let options = Options { device: device.into(), dtype, ..Options::default() };
    let own = Some(path.join("profile.toml")).filter(|own| own.is_file()).map(|own| own.display().to_string());
    let profiles = own.into_iter().chain(Profile::names());
    let mut text = format!("{name}\n");
    let mut fitting = 0;
    for profile in profiles.map(|name| Profile::find(&name)) {
        let profile = profile?;
        let (fits, line) = fit(&path, profile, &options);
        fitting += usize::from(fits);
        let _ = writeln!(text, "{line}");
    }
    output::raw(text.as_bytes())?;
    Ok(if fitting > 0 { Finish::Done } else { Finish::Failed })
}

/// Whether a profile can be asked of a checkpoint on this machine, and a line that says why or why not.
fn fit(path: &Path, profile: Profile, options: &Options) -> (bool, String) {
    let name = profile.name.clone();
    let result = reward::head_of(path).and_then(|(kind, outputs)| {
        matches(&profile.head, kind, outputs)?;
        let plan = reward::plan(path, &profile, options).map_err(|error| error.to_string())?;
        let fits = plan.fits();
        reward::prompter(path, profile).map_err(|error| error.to_string())?;
        if fits { Ok(plan.to_string()) } else { Err(plan.to_string()) }
    });
    let (mark, why) = match &result {
        Ok(why) => ("✓", why),
        Err(why) => ("✗", why),
    };
    (result.is_ok(), format!("  {mark} {name:24} {why}"))
}

/// Whether a profile reads the head that a checkpoint has.
pub fn matches(head: &Head, kind: HeadKind, outputs: usize) -> Result<(), String> {
    let wanted = match head {
        Head::YesNo { .. } => HeadKind::Causal,
        Head::SeqCls { .. } => HeadKind::Sequence,
        Head::TokenCls { .. } => HeadKind::Tokens,
    };
    match head {
        _ if kind != wanted => Err(format!("it has a {} head, and a {} head is read", kind.name(), wanted.name())),
        Head::SeqCls { outputs: named, .. } if named.len() > outputs => {
            Err(format!("it has {outputs} outputs, and {} are named", named.len()))
        }
        _ => Ok(()),
    }
}

fn pull(name: &str, tokenizer_only: bool) -> anyhow::Result<Finish> {
    if !hub::is_name(name) {
        bail!("{name}: the hub's names look like org/name");
    }
    let weights = |file: &str| [".safetensors", ".gguf"].iter().any(|end| file.ends_with(end));
    let mut files = hub::files(name).map_err(anyhow::Error::msg)?;
    files.retain(|file| !(tokenizer_only && weights(&file.name)));
    let missing = || files.iter().filter(|file| file.here.is_none());
    let bytes: u64 = missing().filter_map(|file| file.size).sum();
    eprintln!("{name}: {} files, {} of them to fetch, {}", files.len(), missing().count(), size(bytes));
    let mut folder = PathBuf::new();
    for file in &files {
        let path = match &file.here {
            Some(path) => path.clone(),
            None => fetch(name, file)?,
        };
        folder = path.parent().map(PathBuf::from).unwrap_or_default();
    }
    output::raw(format!("{}\n", folder.display()).as_bytes())?;
    Ok(Finish::Done)
}

/// With a bar on a terminal, and a line when it is there.
fn fetch(name: &str, file: &RemoteFile) -> anyhow::Result<PathBuf> {
    let bar = ProgressBar::no_length().with_style(style()).with_message(output::washed(&file.name));
    let path = hub::fetch(name, file, Shown(bar)).map_err(anyhow::Error::msg)?;
    eprintln!("  {} {}", output::washed(&file.name), file.size.map_or_else(String::new, size));
    Ok(path)
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{msg:40!} {bytes:>10} of {total_bytes} {bar:20} {bytes_per_sec} {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

struct Shown(ProgressBar);

impl Progress for Shown {
    fn init(&mut self, size: usize, _: &str) {
        self.0.set_length(size as u64);
    }

    fn update(&mut self, size: usize) {
        self.0.inc(size as u64);
    }

    fn finish(&mut self) {
        self.0.finish_and_clear();
    }
}
