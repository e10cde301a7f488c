//! An evaluation as one JSON object, and as rows with one number each.

use serde_json::{Map, Value, json};

use super::evaluation::{Corrected, Evaluation};
use crate::cli::output::Row;
use crate::metrics::{AT_K, Bin, Confusion, Interval, MEASURES, Measure, Report};
use crate::trajectory::sigmoid;

/// Every number, nested by its key; what has no value is null.
pub fn object(evaluation: &Evaluation) -> Row {
    let Evaluation { scored, report, draws, .. } = evaluation;
    let mut row = Row::new();
    row.insert("model".into(), json!(scored.model));
    row.insert("trajectories".into(), json!(evaluation.trajectories));
    row.insert("scored".into(), json!(evaluation.with_score));
    row.insert("labelled".into(), json!(evaluation.labelled));
    numbers(&mut row, report);
    let curve = |x: fn(&Confusion) -> Option<f64>, y: fn(&Confusion) -> Option<f64>| {
        let point = |point: &crate::metrics::Point| json!({ "x": x(&point.counts), "y": y(&point.counts), "score": sigmoid(point.log_odds) });
        Value::Array(report.points.iter().map(point).collect())
    };
    row.insert("roc".into(), curve(Confusion::false_positive_rate, Confusion::recall));
    row.insert("pr".into(), curve(Confusion::recall, Confusion::precision));
    let slices = evaluation.slices.iter().map(|slice| {
        let mut row = Row::new();
        row.insert("kind".into(), json!(slice.kind));
        row.insert("name".into(), json!(slice.name));
        numbers(&mut row, &slice.report);
        Value::Object(row)
    });
    row.insert("slices".into(), slices.collect());
    if let Some(corrected) = &evaluation.corrected {
        row.insert("corrected".into(), Value::Object(after_verdicts(corrected)));
    }
    row.insert("draws".into(), json!({ "count": draws.count, "seed": draws.seed, "over": "tasks" }));
    let definitions = MEASURES.iter().chain(&AT_K).map(|one| (one.key.to_owned(), json!(one.definition)));
    row.insert("definitions".into(), Value::Object(definitions.collect()));
    row
}

fn after_verdicts(corrected: &Corrected) -> Row {
    let mut row = Row::new();
    row.insert("reviewed".into(), json!(corrected.reviewed));
    row.insert("turned".into(), json!(corrected.turned));
    row.insert("contested".into(), json!(corrected.contested));
    numbers(&mut row, &corrected.report);
    row
}

fn numbers(row: &mut Row, report: &Report) {
    row.insert("judged".into(), json!(report.judged));
    row.insert("resolved".into(), json!(report.resolved));
    row.insert("tasks".into(), json!(report.tasks));
    row.insert("mixed_tasks".into(), json!(report.mixed_tasks));
    let mut intervals = Map::new();
    for (measure, estimate) in MEASURES.iter().zip(&report.estimates) {
        put(row, measure.key, json!(estimate.value));
        put(&mut intervals, measure.key, bounds(estimate.interval));
    }
    put(row, "ece.bins", report.width_bins.iter().map(bin).collect());
    put(row, "ece.mass_bins", report.mass_bins.iter().map(bin).collect());
    row.insert("threshold".into(), json!(report.threshold));
    let Confusion { tp, fp, tn, fn_ } = report.confusion;
    row.insert("confusion".into(), json!({ "tp": tp, "fp": fp, "tn": tn, "fn": fn_ }));
    for (series, measure) in AT_K.iter().enumerate() {
        let values = report.curve.iter().map(|step| json!([step.at.best, step.at.pass, step.at.random][series]));
        row.insert(measure.key.into(), values.collect());
        intervals.insert(measure.key.into(), report.curve.iter().map(|step| bounds(step.intervals[series])).collect());
    }
    row.insert("tasks_at_k".into(), report.curve.iter().map(|step| json!(step.at.tasks)).collect());
    row.insert("intervals".into(), Value::Object(intervals));
}

/// At `a.b`: into the object `a`, made where it is not there.
fn put(row: &mut Row, key: &str, value: Value) {
    match key.split_once('.') {
        None => drop(row.insert(key.into(), value)),
        Some((outer, inner)) => {
            if let Value::Object(inside) = row.entry(outer).or_insert_with(|| Value::Object(Map::new())) {
                put(inside, inner, value);
            }
        }
    }
}

fn bounds(interval: Option<Interval>) -> Value {
    interval.map_or(Value::Null, |interval| json!([interval.low, interval.high]))
}

fn bin(bin: &Bin) -> Value {
    json!({ "count": bin.count, "score": bin.score, "resolved": bin.resolved, "low": bin.low, "high": bin.high })
}

/// One row per number: for spreadsheets.
pub fn rows(evaluation: &Evaluation) -> Vec<Row> {
    let model = &evaluation.scored.model;
    let mut rows = of_report(model, "all", "", &evaluation.report);
    if let Some(corrected) = &evaluation.corrected {
        rows.extend(of_report(model, "corrected", "", &corrected.report));
    }
    rows.extend(evaluation.slices.iter().flat_map(|slice| of_report(model, slice.kind, &slice.name, &slice.report)));
    rows
}

fn of_report(model: &str, kind: &str, name: &str, report: &Report) -> Vec<Row> {
    let row = |measure: &Measure, k: Option<usize>, value: Option<f64>, interval: Option<Interval>, n: usize| {
        let row = json!({
            "model": model, "slice": kind, "name": name, "measure": measure.key, "k": k, "value": value,
            "low": interval.map(|one| one.low), "high": interval.map(|one| one.high), "judged": report.judged,
            "resolved": report.resolved, "tasks": n, "definition": measure.definition,
        });
        if let Value::Object(row) = row { row } else { Row::new() }
    };
    let single = MEASURES.iter().zip(&report.estimates);
    let mut rows: Vec<Row> =
        single.map(|(measure, one)| row(measure, None, one.value, one.interval, report.tasks)).collect();
    for (series, measure) in AT_K.iter().enumerate() {
        rows.extend(report.curve.iter().map(|step| {
            let value = [step.at.best, step.at.pass, step.at.random][series];
            row(measure, Some(step.at.k), Some(value), step.intervals[series], step.at.tasks)
        }));
    }
    rows
}
