//! `rollscope verdicts`: what people said, how far they agree, and verdicts of other stores taken over.

use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::json;

use super::output::{self, Row};
use super::{Finish, Format, open};
use crate::metrics::Agreement;
use crate::store::verdicts::{self, VerdictStore, standing};
use crate::trajectory::Ruling;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// A row per annotator and trajectory
    List {
        #[arg(long, value_enum)]
        format: Option<Format>,
    },
    /// Cohen's kappa of every two annotators, Krippendorff's alpha of all, and every trajectory they disagree on
    Agreement {
        #[arg(long, value_enum)]
        format: Option<Format>,
    },
    /// Take over verdicts that `rollscope export verdicts` wrote, or rows with annotator, id or key, and verdict. Nothing
    /// that is here is lost: of two verdicts by one annotator on one trajectory both stay in the log, and the later stands
    Import {
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

const COLUMNS: &[&str] = &["annotator", "task_id", "run", "verdict", "failures", "flag", "skip", "note", "id"];

pub fn run(arguments: &Arguments) -> anyhow::Result<Finish> {
    let path = VerdictStore::default_path().context("no data folder on this system; name one with ROLLSCOPE_DATA")?;
    match &arguments.what {
        What::List { format } => {
            output::print(&verdicts::rows(&VerdictStore::read(&path)?, false), COLUMNS, *format)?;
            Ok(Finish::Done)
        }
        What::Agreement { format } => agreement(&Agreement::of(&standing(&VerdictStore::read(&path)?)), *format),
        What::Import { files } => import(&mut VerdictStore::open(&path)?, files),
    }
}

fn import(store: &mut VerdictStore, files: &[PathBuf]) -> anyhow::Result<Finish> {
    let mut problems = 0;
    for file in files {
        let text = fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
        let (events, notes) = verdicts::parse(file, &text);
        open::report(notes.iter());
        problems += notes.len();
        let import = store.import(&events)?;
        eprintln!(
            "rollscope: {}: {} new, {} known already, {} contradict verdicts of the same annotator",
            file.display(),
            import.added,
            import.known,
            import.conflicts.len()
        );
        for conflict in &import.conflicts {
            let said = |ruling: Option<Ruling>| ruling.map_or("no verdict", Ruling::name);
            eprintln!(
                "rollscope: {}: {} said {} here, {} there; both are kept, the later stands",
                output::washed(&conflict.subject.id),
                output::washed(&conflict.ours.annotator),
                said(conflict.ours.ruling),
                said(conflict.theirs.ruling)
            );
        }
    }
    Ok(Finish::of(problems, false))
}

fn agreement(agreement: &Agreement, format: Option<Format>) -> anyhow::Result<Finish> {
    if output::chosen(format) == Format::Table {
        return output::raw(text(agreement).as_bytes()).map(|()| Finish::Done);
    }
    let pairs = agreement.pairs.iter().map(
        |pair| json!({ "a": pair.a, "b": pair.b, "shared": pair.shared, "agreed": pair.agreed, "kappa": pair.kappa }),
    );
    let disagreements = agreement.disagreements.iter().map(|one| {
        json!({ "id": one.subject.id, "key": one.subject.key, "task_id": one.subject.task_id, "verdicts": one.rulings })
    });
    let row = json!({
        "annotators": agreement.annotators, "judged": agreement.judged, "shared": agreement.shared,
        "krippendorff_alpha": agreement.alpha, "pairs": pairs.collect::<Vec<_>>(),
        "disagreements": disagreements.collect::<Vec<_>>(),
    });
    let row: Row = row.as_object().cloned().unwrap_or_default();
    output::print(&[row], &[], format)?;
    Ok(Finish::Done)
}

fn text(agreement: &Agreement) -> String {
    use std::fmt::Write;
    let number = |value: Option<f64>| value.map_or_else(|| "-".into(), |value| format!("{value:.3}"));
    let mut text = format!(
        "{} annotators, {} trajectories judged, {} by two or more\n\nKrippendorff's alpha  {}   1 - observed / expected \
         disagreement, nominal, all annotators; 1 is full agreement, 0 is chance\n",
        agreement.annotators.len(),
        agreement.judged,
        agreement.shared,
        number(agreement.alpha)
    );
    for pair in &agreement.pairs {
        let names = format!("{} and {}", output::washed(&pair.a), output::washed(&pair.b));
        let _ = writeln!(
            text,
            "Cohen's kappa         {}   {names}: the same on {} of {}; (p_o - p_e) / (1 - p_e)",
            number(pair.kappa),
            pair.agreed,
            pair.shared
        );
    }
    if !agreement.disagreements.is_empty() {
        text.push_str("\nthey disagree on\n");
    }
    for one in &agreement.disagreements {
        let said = one.rulings.iter().map(|(who, ruling)| format!("{} {}", output::washed(who), ruling.name()));
        let _ = writeln!(text, "  {}: {}", output::washed(&one.subject.id), said.collect::<Vec<_>>().join(", "));
    }
    text
}
