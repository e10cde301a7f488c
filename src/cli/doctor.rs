//! `rollscope doctor`: what this build and this machine can run.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::thread;

use clap::Args;

use super::{Finish, JudgeOptions, judge, models, output};
use crate::engine;
use crate::formats::FORMATS;
use crate::reward::remote::KEY;
use crate::reward::{self, Profile, hub};
use crate::store::scores::ScoreStore;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    judge: JudgeOptions,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<Finish> {
    let mut text = String::new();
    let _ = writeln!(text, "rollscope {}", env!("CARGO_PKG_VERSION"));
    let _ = writeln!(text, "  built with     {}", built_with());
    let _ = writeln!(text, "machine");
    let _ = writeln!(text, "  processor      {} threads; {}", threads(), vector_width());
    let _ = writeln!(text, "  memory         {}", memory());
    if let Some(card) = engine::card() {
        let _ = writeln!(text, "  card           {}", card.unwrap_or_else(|reason| reason));
    }
    let _ = writeln!(text, "scores");
    let _ = writeln!(text, "  kept in        {}", kept_in());
    let _ = writeln!(text, "judge");
    let model = describe(&arguments.judge);
    let _ = writeln!(text, "  model          {}", model.as_ref().unwrap_or_else(|reason| reason));
    let _ = writeln!(text, "  profiles       {}", Profile::names().join(", "));
    let key = if std::env::var_os(KEY).is_some() { "set" } else { "not set" };
    let _ = writeln!(text, "  servers        vLLM, SGLang, OpenAI's completions: --model http://…; {KEY} is {key}");
    let cached = hub::all_cached();
    let _ = writeln!(text, "hub's cache      {}: {} checkpoints", hub::cache().display(), cached.len());
    for (name, folder) in &cached {
        let _ = writeln!(text, "  {} is read by {}", output::washed(name), readers(folder));
    }
    let _ = writeln!(text, "formats");
    for format in FORMATS {
        let _ = writeln!(text, "  {:14} {}", format.name(), format.about());
    }
    output::raw(text.as_bytes())?;
    Ok(if model.is_ok() { Finish::Done } else { Finish::Failed })
}

/// Profiles that read the head a checkpoint has, those made for it first; `models check` says whether it fits the machine.
fn readers(folder: &Path) -> String {
    let (kind, outputs) = match reward::head_of(folder) {
        Ok(head) => head,
        Err(reason) => return format!("nothing: {reason}"),
    };
    let fits =
        |name: &String| Profile::find(name).is_ok_and(|profile| models::matches(&profile.head, kind, outputs).is_ok());
    let names: Vec<String> = Profile::names().into_iter().filter(fits).collect();
    if names.is_empty() { format!("no profile (a {} head)", kind.name()) } else { names.join(", ") }
}

fn built_with() -> String {
    let features = [
        ("cuda", cfg!(feature = "cuda")),
        ("flash", cfg!(feature = "flash")),
        ("flash3", cfg!(feature = "flash3")),
        ("metal", cfg!(feature = "metal")),
    ];
    let on: Vec<&str> = features.iter().filter(|(_, on)| *on).map(|(name, _)| *name).collect();
    let devices = if on.is_empty() { "CPU only".into() } else { format!("CPU, {}", on.join(", ")) };
    format!("{devices}; {}-{}", std::env::consts::ARCH, std::env::consts::OS)
}

fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(target_arch = "x86_64")]
fn vector_width() -> &'static str {
    if is_x86_feature_detected!("avx512f") {
        "AVX-512"
    } else if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        "AVX2"
    } else {
        "no AVX2: scoring will be slow"
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn vector_width() -> &'static str {
    "vector width chosen at run time"
}

fn memory() -> String {
    let info = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kilobytes = |name: &str| -> Option<f64> {
        let line = info.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse().ok()
    };
    match (kilobytes("MemTotal:"), kilobytes("MemAvailable:")) {
        (Some(total), Some(free)) => format!("{:.1} GB, {:.1} GB available", total / 1e6, free / 1e6),
        _ => "not known on this system".into(),
    }
}

fn kept_in() -> String {
    let Some(path) = ScoreStore::default_path() else { return "nowhere: no data folder on this system".into() };
    if !path.exists() {
        return format!("{} (none yet)", path.display());
    }
    match ScoreStore::open(&path).and_then(|store| store.count()) {
        Ok(count) => format!("{} ({count} scores)", path.display()),
        Err(error) => error.to_string(),
    }
}

fn describe(options: &JudgeOptions) -> Result<String, String> {
    let scorer = judge::scorer(options).map_err(|error| format!("does not load: {error:#}"))?;
    let facts = scorer.facts();
    Ok(format!(
        "{}: {:.1}M parameters, {} on {}, profile {}, up to {} tokens",
        facts.name,
        facts.parameters as f64 / 1e6,
        facts.dtype,
        facts.device,
        facts.profile,
        facts.context
    ))
}
