//! A row of `rollscope score`: one shape, whether the score was computed, remembered, imported, or is missing.

use serde_json::{Value, json};

use super::Told;
use crate::cli::output::Row;
use crate::library::Summary;
use crate::reward::imported::Imported;
use crate::reward::{Earlier, ScoreError, ScorerFacts};
use crate::trajectory::{Score, TracePoint, sigmoid};

/// `scored`, why it is not, or `stale`: then no score, and under that name what was said before and what has changed.
pub fn of(summary: &Summary, facts: &ScorerFacts, told: &Told) -> Row {
    let (asked, judged) = (told.asked.as_ref(), told.outcome.as_ref().ok());
    let tokens = match &told.outcome {
        Err(ScoreError::TooLong { tokens, .. }) => Some(*tokens),
        _ => asked.map(|asked| asked.tokens),
    };
    let state = match (&told.outcome, &told.stale) {
        (Ok(_), _) => "scored",
        (Err(_), Some(_)) => "stale",
        (Err(error), None) => error.state(),
    };
    row(
        summary,
        state,
        judged.map(|judged| &judged.score),
        &json!({
            "tokens": tokens,
            "cut": asked.map_or(&[][..], |asked| &asked.cut),
            "model": facts.name,
            "profile": facts.profile,
            "device": facts.device,
            "dtype": facts.dtype,
            "fingerprint": asked.map(|asked| &asked.fingerprint),
            "trace": judged.and_then(|judged| judged.trace.as_ref()?.as_ref().ok()).map(|points| trace(points)),
            "seconds": judged.map(|judged| judged.seconds),
            "error": told.outcome.as_ref().err().map(ToString::to_string),
            "stale": told.stale.as_ref().map(stale),
        }),
    )
}

fn stale(earlier: &Earlier) -> Value {
    json!({"score": earlier.score.probability(), "log_odds": earlier.score.log_odds, "why": earlier.why})
}

pub fn imported(summary: &Summary, imported: &Imported, score: &Score) -> Row {
    let tokens = Some(score.tokens).filter(|tokens| *tokens > 0);
    row(summary, "imported", Some(score), &json!({ "tokens": tokens, "cut": [], "model": imported.model }))
}

fn trace(points: &[TracePoint]) -> Vec<Value> {
    let one =
        |point: &TracePoint| json!({"turn": point.turn, "score": sigmoid(point.log_odds), "log_odds": point.log_odds});
    points.iter().map(one).collect()
}

/// Every row has every field, so that a table of them has the same columns throughout.
fn row(summary: &Summary, state: &str, score: Option<&Score>, made: &Value) -> Row {
    let row = json!({
        "id": summary.id,
        "path": summary.path,
        "task_id": summary.task_id,
        "run": summary.run,
        "attempt": summary.attempt,
        "state": state,
        "score": score.map(Score::probability),
        "log_odds": score.map(|score| score.log_odds),
        "logit_yes": score.and_then(|score| score.logit_yes),
        "logit_no": score.and_then(|score| score.logit_no),
        "trace": made["trace"],
        "outputs": score.map(|score| &score.outputs).filter(|outputs| !outputs.is_empty()),
        "tokens": made["tokens"],
        "cut": made["cut"],
        "model": made["model"],
        "profile": made["profile"],
        "device": made["device"],
        "dtype": made["dtype"],
        "fingerprint": made["fingerprint"],
        "resolved": summary.resolved,
        "seconds": made["seconds"],
        "error": made["error"],
        "stale": made["stale"],
    });
    match row {
        Value::Object(row) => row,
        _ => Row::new(),
    }
}
