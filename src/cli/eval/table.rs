//! An evaluation for people: every number with its interval and, beside it, what it means.

use std::fmt::Write;

use super::evaluation::{Evaluation, Slice};
use crate::cli::output::washed;
use crate::metrics::{AT_K, Confusion, Estimate, Interval, MEASURES, Report, Step};

/// Slices and steps of the curve that are printed; the other forms have all.
const MOST: usize = 24;

/// Columns of the terminal.
pub fn width() -> usize {
    crossterm::terminal::size().map_or(100, |(columns, _)| usize::from(columns)).clamp(60, 200)
}

pub fn text(evaluation: &Evaluation, width: usize) -> String {
    let mut text = head(evaluation, width);
    measures(&mut text, evaluation, width);
    decisions(&mut text, &evaluation.report);
    curve(&mut text, &evaluation.report.curve, width);
    slices(&mut text, &evaluation.slices);
    let draws = evaluation.draws;
    let _ = writeln!(
        text,
        "\n[ ] are 95 % intervals: {} bootstrap draws over tasks, seed {}. - means that it cannot be said.",
        draws.count, draws.seed
    );
    text
}

fn head(evaluation: &Evaluation, width: usize) -> String {
    let Evaluation { scored, report, trajectories, with_score, labelled, .. } = evaluation;
    let mut text = format!("judge {}\n", washed(&scored.model));
    let line = format!(
        "{trajectories} trajectories, {with_score} scored, {labelled} with a known outcome; the numbers stand on {} with \
         both: {} resolved, {} tasks, {} of them with both outcomes",
        report.judged, report.resolved, report.tasks, report.mixed_tasks
    );
    folded(&mut text, &line, 0, width);
    if !scored.worth.is_empty() {
        folded(&mut text, &format!("what its scores are worth: {}", washed(&scored.worth)), 0, width);
    }
    if let Some(corrected) = &evaluation.corrected {
        let line = format!(
            "corrected: {} have verdicts, {} outcomes turned, on {} people are divided",
            corrected.reviewed, corrected.turned, corrected.contested
        );
        folded(&mut text, &line, 0, width);
    }
    text.push('\n');
    text
}

fn measures(text: &mut String, evaluation: &Evaluation, width: usize) {
    let corrected = evaluation.corrected.as_ref().map(|one| &one.report);
    if corrected.is_some() {
        let _ = writeln!(text, "{:25}{:24}corrected", "", "as the tests say");
    }
    for (at, measure) in MEASURES.iter().enumerate() {
        let cell = |report: &Report| estimate(report.estimates.get(at).copied().unwrap_or_default());
        let mut line = format!("{:25}{:24}", measure.name, cell(&evaluation.report));
        if let Some(corrected) = corrected {
            let _ = write!(line, "{:24}", cell(corrected));
        }
        let indent = line.chars().count();
        if indent + 30 <= width {
            text.push_str(&line);
            folded(text, measure.definition, indent, width);
        } else {
            let _ = writeln!(text, "{}", line.trim_end());
            text.push_str("    ");
            folded(text, measure.definition, 4, width);
        }
    }
}

fn decisions(text: &mut String, report: &Report) {
    let Confusion { tp, fp, tn, fn_ } = report.confusion;
    let _ = writeln!(text, "\nat threshold {}      resolved  unresolved", report.threshold);
    let _ = writeln!(text, "  taken as resolved   {tp:8}  {fp:10}");
    let _ = writeln!(text, "  taken as unresolved {fn_:8}  {tn:10}");
}

fn curve(text: &mut String, curve: &[Step], width: usize) {
    if curve.len() < 2 {
        return;
    }
    let _ = writeln!(text, "\n  k  {:24}{:24}{:24}tasks", AT_K[0].name, AT_K[1].name, AT_K[2].name);
    for step in curve.iter().take(MOST) {
        let values = [step.at.best, step.at.pass, step.at.random];
        let cells = values
            .into_iter()
            .zip(step.intervals)
            .map(|(value, interval)| format!("{:24}", number(Some(value), interval)));
        let _ = writeln!(text, "{:3}  {}{:5}", step.at.k, cells.collect::<String>(), step.at.tasks);
    }
    for measure in &AT_K {
        let line = format!("     {}: {}", measure.name, measure.definition);
        folded(text, &line, 5, width);
    }
}

fn slices(text: &mut String, slices: &[Slice]) {
    if slices.is_empty() {
        return;
    }
    let columns = ["auc.within_run", "auc.pooled", "auc.per_task", "ece.equal_width", "brier"];
    let names = ["within run", "pooled", "per task", "ECE width", "Brier"];
    let _ = write!(text, "\n{:34}{:>6} {:>8}", "slice", "n", "resolved");
    for name in names {
        let _ = write!(text, " {name:>10}");
    }
    text.push('\n');
    for slice in slices.iter().take(MOST) {
        let name = shortened(&format!("{} {}", slice.kind, washed(&slice.name)), 33);
        let _ = write!(text, "{name:34}{:>6} {:>8}", slice.report.judged, slice.report.resolved);
        for key in columns {
            let _ = write!(text, " {:>10}", number(slice.report.estimate(key).value, None));
        }
        text.push('\n');
    }
    if slices.len() > MOST {
        let _ = writeln!(text, "… and {} more: --format json or csv has all", slices.len() - MOST);
    }
}

fn estimate(estimate: Estimate) -> String {
    number(estimate.value, estimate.interval)
}

fn number(value: Option<f64>, interval: Option<Interval>) -> String {
    match (value, interval) {
        (None, _) => "-".into(),
        (Some(value), None) => format!("{value:.3}"),
        (Some(value), Some(Interval { low, high, .. })) => format!("{value:.3} [{low:.3}, {high:.3}]"),
    }
}

fn shortened(name: &str, most: usize) -> String {
    let length = name.chars().count();
    if length <= most {
        name.into()
    } else {
        format!("…{}", name.chars().skip(length - most + 1).collect::<String>())
    }
}

/// Appends words, broken at the width; lines behind the first are indented.
fn folded(text: &mut String, words: &str, indent: usize, width: usize) {
    let mut column = text.rsplit('\n').next().map_or(0, |line| line.chars().count());
    let mut first = true;
    for word in words.split(' ') {
        let length = word.chars().count();
        if !first && column + 1 + length > width {
            text.push('\n');
            text.push_str(&" ".repeat(indent));
            column = indent;
        } else if !first {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += length;
        first = false;
    }
    text.push('\n');
}
