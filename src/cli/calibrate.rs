//! `rollscope calibrate`: learns from labels what scores have meant, shows what that gains on tasks it did not see, and saves it
//! as a profile.

use std::fmt::Write;
use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::eval::evaluation::{Scored, judged, members};
use super::{Bench, Finish, Format, eval, judge, open, output};
use crate::metrics::{Draws, Fitted, Judged, Method, Scale};
use crate::reward::recalibrated;
use crate::trajectory::{log_odds_of, sigmoid};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    bench: Bench,
    /// temperature: one number, ranks and decisions at 0.5 stay; platt: also an offset; isotonic: any rising curve
    #[arg(long, value_enum, default_value_t = Way::Platt)]
    method: Way,
    /// Where the calibrated profile goes; give it to --profile
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Bootstrap draws over tasks for the intervals of the gains
    #[arg(long, default_value_t = Draws::default().count, value_name = "N")]
    draws: usize,
    /// Seed of the folds and of those draws
    #[arg(long, default_value_t = Draws::default().seed, value_name = "N")]
    seed: u64,
    #[arg(long, value_enum)]
    format: Option<Format>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Way {
    Temperature,
    Platt,
    Isotonic,
}

impl Way {
    fn method(self) -> Method {
        match self {
            Self::Temperature => Method::Temperature,
            Self::Platt => Method::Platt,
            Self::Isotonic => Method::Isotonic,
        }
    }
}

/// Scores at which before and after are shown.
const SHOWN: [f64; 11] = [0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.98];

pub fn run(arguments: &Arguments) -> anyhow::Result<Finish> {
    let library = open::library(&arguments.bench.inputs)?;
    let (said, missing) = eval::said(&arguments.bench, &library)?;
    let [scored] = said.as_slice() else { bail!("one judge at a time: {} were named", said.len()) };
    let chosen = members(&library, scored, &open::query(&arguments.bench.inputs)?);
    let summaries = library.summaries();
    let data = judged(summaries, scored, &chosen, &|index| summaries.get(index).and_then(|one| one.resolved));
    let method = arguments.method.method();
    let fitted = method.fit(&data, Draws { count: arguments.draws, seed: arguments.seed })?;
    match output::chosen(arguments.format) {
        Format::Table => output::raw(text(scored, method, &fitted, &data).as_bytes())?,
        format => output::print(&[row(scored, method, &fitted, &data)], &[], Some(format))?,
    }
    if let Some(path) = &arguments.save {
        save(arguments, path, method, &fitted, &data)?;
    }
    Ok(open::finish(&library, &arguments.bench.inputs, missing))
}

/// The profile that the scores were made with, scaled. Imported scores are of a profile that only the user knows.
fn save(arguments: &Arguments, path: &PathBuf, method: Method, fitted: &Fitted, data: &[Judged]) -> anyhow::Result<()> {
    let Bench { inputs, judge: options } = &arguments.bench;
    let imported = options.model.is_empty() && !inputs.scores.is_empty();
    ensure!(
        !imported || !options.profile.is_empty(),
        "--save: name with --profile the profile that the scores were made with"
    );
    let note = format!("Calibrated by rollscope: {} on {} labelled trajectories.", method.name(), data.len());
    let text = recalibrated(&judge::profile_name(options)?, &fitted.scale, &note)?;
    std::fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))?;
    eprintln!("rollscope: saved; use it with --profile {}", path.display());
    Ok(())
}

fn row(scored: &Scored, method: Method, fitted: &Fitted, data: &[Judged]) -> output::Row {
    let gains = fitted.gains.iter().map(|gain| {
        let interval = gain.gain.map(|one| [one.low, one.high]);
        let numbers = json!({ "before": gain.before, "after": gain.after, "gain": gain.before - gain.after, "interval": interval });
        (gain.key.to_owned(), numbers)
    });
    let scale = match &fitted.scale {
        Scale::Line { temperature, offset } => json!({ "temperature": temperature, "offset": offset }),
        Scale::Steps(knots) => json!({ "steps": knots }),
    };
    let map = SHOWN.map(|before| json!({ "before": before, "after": after(fitted, before) }));
    let pairs = [
        ("model", json!(scored.model)),
        ("method", json!(method.name())),
        ("judged", json!(data.len())),
        ("folds", json!(fitted.folds)),
        ("scale", scale),
        ("gains", Value::Object(gains.collect())),
        ("scores", json!(map)),
    ];
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn after(fitted: &Fitted, before: f64) -> f64 {
    sigmoid(fitted.scale.apply(log_odds_of(before)))
}

fn text(scored: &Scored, method: Method, fitted: &Fitted, data: &[Judged]) -> String {
    let mut text = format!(
        "{} of {} on {} labelled trajectories; before and after on tasks that the fit did not see ({} folds over tasks)\n\n",
        method.name(),
        output::washed(&scored.model),
        data.len(),
        fitted.folds
    );
    let _ =
        writeln!(text, "{:18}{:>8}{:>8}{:>8}  95 % of the gain (bootstrap over tasks)", "", "before", "after", "gain");
    for gain in &fitted.gains {
        let interval = gain.gain.map_or_else(String::new, |one| format!("[{:+.3}, {:+.3}]", one.low, one.high));
        let difference = gain.before - gain.after;
        let _ = writeln!(text, "{:18}{:8.3}{:8.3}{difference:+8.3}  {interval}", gain.key, gain.before, gain.after);
    }
    match &fitted.scale {
        Scale::Line { temperature, offset } => {
            let _ = writeln!(text, "\nlog-odds / {temperature:.4} {offset:+.4}");
        }
        Scale::Steps(knots) => {
            let _ = writeln!(text, "\na rising curve of {} knots; scores between two equal knots tie", knots.len());
        }
    }
    let line = |of: &dyn Fn(f64) -> f64| {
        SHOWN.iter().map(|before| format!("{:.2}", of(*before))).collect::<Vec<_>>().join("  ")
    };
    let _ = writeln!(
        text,
        "score before {}\nscore after  {}",
        line(&|before| before),
        line(&|before| after(fitted, before))
    );
    text
}
