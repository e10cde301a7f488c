//! The page: numbers with their definitions, charts, and each trajectory on which judge, tests and people differ.

use std::fmt::Write;

use super::chart;
use super::html::{escaped, link};
use crate::cli::eval::evaluation::{Evaluation, Scored};
use crate::library::{Library, Reviewed, Summary};
use crate::metrics::{AT_K, Agreement, Confusion, Estimate, Interval, MEASURES, Measure, Report};
use crate::trajectory::{Ruling, Score, Verdict};

/// Disagreements that are listed per side; the heading says how many there are.
const MOST: usize = 500;

const STYLE: &str = "
:root { color-scheme: light dark; --ink: #1d1f21; --paper: #fff; --faint: #8a8f94; --rule: #dcdfe3; --up: #1668b8; --down: #c2571a; }
@media (prefers-color-scheme: dark) { :root { --ink: #d8dadd; --paper: #17191c; --faint: #888d94; --rule: #34383e; --up: #6fb1f0; --down: #f0a06a; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
h1, h2, h3 { line-height: 1.2; } h2 { margin-top: 2.5rem; border-bottom: 2px solid var(--rule); padding-bottom: .3rem; overflow-wrap: anywhere; } h3 { margin-top: 2rem; }
table { border-collapse: collapse; margin: .5rem 0 1.5rem; } th, td { text-align: left; padding: .25rem 1.25rem .25rem 0; border-bottom: 1px solid var(--rule); vertical-align: top; overflow-wrap: anywhere; } th { color: var(--faint); font-weight: 600; overflow-wrap: normal; }
td.n { font-variant-numeric: tabular-nums; white-space: nowrap; } small, .faint { color: var(--faint); } code { overflow-wrap: anywhere; } a { color: var(--up); }
.wide { overflow-x: auto; } .places td:last-child { font-size: 13px; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr)); gap: 1.5rem 1rem; } figure { margin: 0; } figcaption { color: var(--faint); font-size: 13px; } .key { font-weight: 700; } .key.a { color: var(--up); } .key.b { color: var(--down); }
svg { display: block; width: 100%; } svg text { font: 10px system-ui, sans-serif; fill: var(--faint); } svg .name { fill: var(--ink); } .x { text-anchor: middle; } .y { text-anchor: end; } .grid { stroke: var(--rule); }
.line { fill: none; stroke: var(--up); stroke-width: 2; } .even { fill: none; stroke: var(--faint); stroke-dasharray: 3 3; } .range { stroke: var(--up); } .dot, .up { fill: var(--up); } .down { fill: var(--down); }
";

pub fn page(library: &Library, evaluations: &[Evaluation], reviewed: &Reviewed) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>rollscope: the judge judged</title><style>{STYLE}</style></head><body>\n<h1>The judge judged</h1>\n"
    );
    for evaluation in evaluations {
        judge(&mut page, library, evaluation);
    }
    people(&mut page, library, reviewed);
    page.push_str("</body></html>\n");
    page
}

fn judge(page: &mut String, library: &Library, evaluation: &Evaluation) {
    let Evaluation { scored, report, .. } = evaluation;
    let _ = writeln!(page, "<h2>{}</h2>", escaped(&scored.model));
    let _ = writeln!(
        page,
        "<p>{} trajectories, {} scored, {} with a known outcome. The numbers stand on {} with both: {} resolved, {} tasks, {} of \
         them with both outcomes.</p>",
        evaluation.trajectories,
        evaluation.with_score,
        evaluation.labelled,
        report.judged,
        report.resolved,
        report.tasks,
        report.mixed_tasks
    );
    if !scored.worth.is_empty() {
        let _ = writeln!(page, "<p>What its scores are worth: {}</p>", escaped(&scored.worth));
    }
    measures(page, evaluation);
    charts(page, library, evaluation);
    at_k(page, report);
    slices(page, evaluation);
    disagreements(page, library, evaluation);
}

fn measures(page: &mut String, evaluation: &Evaluation) {
    let corrected = evaluation.corrected.as_ref();
    let draws = evaluation.draws;
    let _ = writeln!(
        page,
        "<h3>Numbers</h3><p class=\"faint\">In brackets: 95 % intervals from {} bootstrap draws over tasks, seed {}.</p>",
        draws.count, draws.seed
    );
    let extra = if corrected.is_some() { "<th>corrected by verdicts</th>" } else { "" };
    let _ = writeln!(page, "<table><tr><th>measure</th><th>value</th>{extra}<th>definition</th></tr>");
    for (at, Measure { name, definition, .. }) in MEASURES.iter().enumerate() {
        let cell = |report: &Report| format!("<td class=\"n\">{}</td>", estimate(report.estimates.get(at)));
        let extra = corrected.map(|corrected| cell(&corrected.report)).unwrap_or_default();
        let definition = escaped(definition);
        let _ = writeln!(page, "<tr><td>{name}</td>{}{extra}<td>{definition}</td></tr>", cell(&evaluation.report));
    }
    page.push_str("</table>\n");
    if let Some(corrected) = corrected {
        let _ = writeln!(
            page,
            "<p>{} have verdicts; {} outcomes turned; on {} people are divided.</p>",
            corrected.reviewed, corrected.turned, corrected.contested
        );
    }
    let Confusion { tp, fp, tn, fn_ } = evaluation.report.confusion;
    let _ = writeln!(
        page,
        "<table><tr><th>at threshold {}</th><th>resolved</th><th>unresolved</th></tr>\
         <tr><td>taken as resolved</td><td class=\"n\">{tp}</td><td class=\"n\">{fp}</td></tr>\
         <tr><td>taken as unresolved</td><td class=\"n\">{fn_}</td><td class=\"n\">{tn}</td></tr></table>",
        evaluation.report.threshold
    );
}

fn charts(page: &mut String, library: &Library, evaluation: &Evaluation) {
    let report = &evaluation.report;
    let both = |summary: &Summary| Some((score(&evaluation.scored, summary)?.probability(), summary.resolved?));
    let scores: Vec<(f64, bool)> =
        evaluation.members.iter().filter_map(|at| both(library.summaries().get(*at)?)).collect();
    let charts = [
        (
            chart::histogram(&scores),
            "Scores of the <span class=\"key a\">resolved</span> and the <span class=\"key b\">unresolved</span>.",
        ),
        (
            chart::reliability(&report.width_bins),
            "15 bins of equal width: share resolved against mean score, with Wilson intervals (95 %).",
        ),
        (chart::roc(&report.points), "ROC: every threshold from the highest score down."),
        (chart::precision_recall(&report.points), "Precision against recall, every threshold."),
        (chart::best_of(&report.curve), "best@k between what a perfect judge and blind picking would reach."),
    ];
    page.push_str("<div class=\"charts\">\n");
    for (chart, caption) in charts {
        let _ = writeln!(page, "<figure>{chart}<figcaption>{caption}</figcaption></figure>");
    }
    page.push_str("</div>\n");
}

fn at_k(page: &mut String, report: &Report) {
    page.push_str("<h3>Picking among candidates</h3><table><tr><th>k</th>");
    for measure in &AT_K {
        let _ = write!(page, "<th title=\"{}\">{}</th>", escaped(measure.definition), measure.name);
    }
    page.push_str("<th>tasks</th></tr>\n");
    for step in &report.curve {
        let values = [step.at.best, step.at.pass, step.at.random];
        let _ = write!(page, "<tr><td class=\"n\">{}</td>", step.at.k);
        for (value, interval) in values.into_iter().zip(step.intervals) {
            let _ = write!(page, "<td class=\"n\">{}</td>", number(Some(value), interval));
        }
        let _ = writeln!(page, "<td class=\"n\">{}</td></tr>", step.at.tasks);
    }
    page.push_str("</table>\n");
    for measure in &AT_K {
        let _ = writeln!(page, "<p class=\"faint\">{}: {}</p>", measure.name, escaped(measure.definition));
    }
}

fn slices(page: &mut String, evaluation: &Evaluation) {
    if evaluation.slices.is_empty() {
        return;
    }
    page.push_str("<h3>Parts</h3><div class=\"wide\"><table><tr><th>part</th><th>n (resolved)</th>");
    for measure in &MEASURES[..9] {
        let _ = write!(page, "<th>{}</th>", measure.name);
    }
    page.push_str("</tr>\n");
    for slice in &evaluation.slices {
        let report = &slice.report;
        let name = escaped(&slice.name);
        let _ = write!(
            page,
            "<tr><td>{} {name}</td><td class=\"n\">{} ({})</td>",
            slice.kind, report.judged, report.resolved
        );
        for one in &report.estimates[..9] {
            let _ = write!(page, "<td class=\"n\">{}</td>", number(one.value, None));
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</table></div>\n");
}

/// Taken as resolved though the tests failed, and the mirror: the surest first.
fn disagreements(page: &mut String, library: &Library, evaluation: &Evaluation) {
    let threshold = evaluation.report.threshold;
    let mut wrong: Vec<(&Summary, &Score)> = Vec::new();
    for summary in evaluation.members.iter().filter_map(|at| library.summaries().get(*at)) {
        let Some((score, resolved)) = score(&evaluation.scored, summary).zip(summary.resolved) else { continue };
        if (score.probability() >= threshold) != resolved {
            wrong.push((summary, score));
        }
    }
    wrong.sort_by(|a, b| b.1.log_odds.total_cmp(&a.1.log_odds).then_with(|| a.0.id.cmp(&b.0.id)));
    let (mut unresolved, mut resolved): (Vec<_>, Vec<_>) =
        wrong.into_iter().partition(|(summary, _)| summary.resolved == Some(false));
    resolved.reverse();
    if !(unresolved.is_empty() && resolved.is_empty()) {
        page.push_str(
            "<p class=\"faint\">A place is a file; <code>rollscope show 'PLACE'</code> prints what is there.</p>\n",
        );
    }
    section(page, "Scored as resolved, tests say unresolved", &mut unresolved);
    section(page, "Scored as unresolved, tests say resolved", &mut resolved);
}

fn section(page: &mut String, heading: &str, wrong: &mut Vec<(&Summary, &Score)>) {
    let _ = writeln!(page, "<h3>{heading} ({})</h3>", wrong.len());
    if wrong.len() > MOST {
        let _ = writeln!(page, "<p class=\"faint\">The surest {MOST}.</p>");
        wrong.truncate(MOST);
    }
    if wrong.is_empty() {
        return page.push_str("<p>None.</p>\n");
    }
    page.push_str("<table class=\"places\"><tr><th>score</th><th>task</th><th>run</th><th>place</th></tr>\n");
    for (summary, score) in wrong {
        let _ = writeln!(
            page,
            "<tr><td class=\"n\">{:.3}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            score.probability(),
            escaped(&summary.task_id),
            escaped(&summary.run),
            place(summary)
        );
    }
    page.push_str("</table>\n");
}

/// What the program calls it, as a link to its file.
fn place(summary: &Summary) -> String {
    format!("<a href=\"{}\">{}</a>", link(&summary.path.to_string_lossy()), escaped(&summary.id))
}

fn people(page: &mut String, library: &Library, reviewed: &Reviewed) {
    let about = |index: usize| reviewed.about(index).iter().cloned();
    let all: Vec<Verdict> = (0..library.summaries().len()).flat_map(about).collect();
    if all.is_empty() {
        return;
    }
    let agreement = Agreement::of(&all);
    let _ = writeln!(
        page,
        "<h2>People</h2><p>{} annotators on {} trajectories, {} seen by two or more. Krippendorff's alpha {} <small>(1 - observed / \
         expected disagreement; 1 is full agreement, 0 is chance)</small></p>",
        agreement.annotators.len(),
        agreement.judged,
        agreement.shared,
        number(agreement.alpha, None)
    );
    page.push_str("<table><tr><th>annotators</th><th>same</th><th>Cohen's kappa</th></tr>\n");
    for pair in &agreement.pairs {
        let (a, b, kappa) = (escaped(&pair.a), escaped(&pair.b), number(pair.kappa, None));
        let _ = writeln!(
            page,
            "<tr><td>{a}, {b}</td><td class=\"n\">{} of {}</td><td class=\"n\">{kappa}</td></tr>",
            pair.agreed, pair.shared
        );
    }
    page.push_str(
        "</table>\n<table class=\"places\"><tr><th>verdicts that are more than agreement</th><th>place</th></tr>\n",
    );
    for (index, summary) in library.summaries().iter().enumerate() {
        let said = reviewed.about(index);
        if said.iter().any(|verdict| verdict.ruling != Some(Ruling::BothRight)) {
            let words = said.iter().map(spoken).collect::<Vec<_>>().join("<br>");
            let _ = writeln!(page, "<tr><td>{words}</td><td>{}</td></tr>", place(summary));
        }
    }
    page.push_str("</table>\n");
}

fn spoken(verdict: &Verdict) -> String {
    let ruling = verdict.ruling.map_or("no verdict", Ruling::name);
    let failures: Vec<String> = verdict.failures.iter().map(|one| escaped(one)).collect();
    let failures = if failures.is_empty() { String::new() } else { format!(" [{}]", failures.join(", ")) };
    let note = if verdict.note.is_empty() { String::new() } else { format!(": {}", escaped(&verdict.note)) };
    format!("{} {ruling}{failures}{note}", escaped(&verdict.annotator))
}

fn score<'a>(scored: &'a Scored, summary: &Summary) -> Option<&'a Score> {
    scored.scores.get(&summary.id)
}

fn estimate(estimate: Option<&Estimate>) -> String {
    estimate.map_or_else(|| "-".into(), |one| number(one.value, one.interval))
}

fn number(value: Option<f64>, interval: Option<Interval>) -> String {
    match (value, interval) {
        (None, _) => "-".into(),
        (Some(value), None) => format!("{value:.3}"),
        (Some(value), Some(Interval { low, high, .. })) => format!("{value:.3} <small>[{low:.3}, {high:.3}]</small>"),
    }
}
