//! `rollscope demo`: the bundled rollouts with the bundled reward model.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use include_dir::{Dir, include_dir};

use super::{Finish, Format, Inputs, JudgeOptions, judge, open, rank, screen};
use crate::library::Query;

static ROLLOUTS: Dir = include_dir!("$CARGO_MANIFEST_DIR/assets/demo/rollouts");

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    judge: JudgeOptions,
    #[command(flatten)]
    look: screen::Look,
    #[arg(long, value_enum)]
    format: Option<Format>,
}

pub fn run(arguments: Arguments) -> anyhow::Result<Finish> {
    let folder = unpack()?;
    if io::stdout().is_terminal() && arguments.format.is_none() {
        return screen::show(
            "demo".into(),
            &Inputs { paths: vec![folder], ..Inputs::default() },
            arguments.judge,
            arguments.look,
        );
    }
    let inputs = Inputs { paths: vec![folder], ..Inputs::default() };
    let library = open::library(&inputs)?;
    let ask = |options: &JudgeOptions| rank::asked(&library, &mut judge::load(options, &judge::on_stderr)?);
    let said = judge::each(&arguments.judge).iter().map(ask).collect::<anyhow::Result<Vec<_>>>()?;
    let missing = rank::ranking(&library, &said, &Query::default(), arguments.format)?;
    Ok(Finish::of(missing, false))
}

/// Writes the bundled rollouts where the screen can open them like any others: once for each version of them.
fn unpack() -> anyhow::Result<PathBuf> {
    let places = [directories::ProjectDirs::from("", "", "rollscope").map(|dirs| dirs.cache_dir().to_path_buf())];
    let fallback = std::env::temp_dir().join("rollscope");
    let mut tried = None;
    for place in places.into_iter().flatten().chain([fallback]) {
        match unpack_below(&place) {
            Ok(folder) => return Ok(folder),
            Err(error) => tried = Some(error),
        }
    }
    Err(tried.unwrap_or_else(|| anyhow::anyhow!("no folder to unpack the demo into")))
}

fn unpack_below(place: &Path) -> anyhow::Result<PathBuf> {
    let folder = place.join(format!("demo-{}", digest(&ROLLOUTS)));
    if folder.is_dir() {
        return Ok(folder);
    }
    // Whole or not at all: another process may be unpacking the same.
    let unfinished = place.join(format!("demo.{}", std::process::id()));
    let write = || -> io::Result<()> {
        fs::create_dir_all(&unfinished)?;
        ROLLOUTS.extract(&unfinished)?;
        fs::rename(&unfinished, &folder)
    };
    match write() {
        Ok(()) => Ok(folder),
        Err(_) if folder.is_dir() => Ok(folder),
        Err(error) => Err(error).with_context(|| format!("unpacking the demo rollouts into {}", place.display())),
    }
}

fn digest(folder: &Dir) -> String {
    fn add(hasher: &mut blake3::Hasher, folder: &Dir) {
        for file in folder.files() {
            hasher.update(file.path().to_string_lossy().as_bytes());
            hasher.update(file.contents());
        }
        folder.dirs().for_each(|inner| add(hasher, inner));
    }
    let mut hasher = blake3::Hasher::new();
    add(&mut hasher, folder);
    hasher.finalize().to_hex()[..12].to_string()
}
