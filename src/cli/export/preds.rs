//! Predictions as the SWE-bench harness takes them (`get_predictions_from_file` in `swebench/harness/utils.py`): a JSON list
//! or JSON lines of `instance_id`, `model_name_or_path`, `model_patch`.

use serde_json::json;

use super::chosen::Field;
use super::{Out, write};
use crate::cli::output::{Row, washed};
use crate::cli::{Bench, Finish, open};

pub fn run(bench: &Bench, out: &Out, name: Option<&str>) -> anyhow::Result<Finish> {
    let field = Field::of(bench, false)?;
    // The harness makes a folder of this name.
    let name = name.map_or_else(|| format!("rollscope-{}", field.scored.model.replace(['/', '\\'], "_")), String::from);
    let (mut rows, mut missing) = (Vec::new(), 0);
    for (task, candidates) in field.tasks() {
        let scored = candidates.first().filter(|one| one.log_odds.is_some());
        let patch = scored.and_then(|pick| field.library.load(&pick.summary.id).ok()?.patch);
        let Some(patch) = patch else {
            missing += 1;
            let reason =
                if scored.is_some() { "no patch is known of its pick" } else { "none of its candidates has a score" };
            eprintln!("rollscope: {}: {reason}; left out", washed(task));
            continue;
        };
        rows.push(row(task, &name, &patch.text));
    }
    write::rows(&rows, out)?;
    Ok(open::finish(&field.library, &bench.inputs, field.missing + missing))
}

/// A patch that lost its last line break does not apply.
fn row(task: &str, name: &str, patch: &str) -> Row {
    let end = if patch.trim().is_empty() || patch.ends_with('\n') { "" } else { "\n" };
    let pairs = [
        ("instance_id".to_owned(), json!(task)),
        ("model_name_or_path".to_owned(), json!(name)),
        ("model_patch".to_owned(), json!(format!("{patch}{end}"))),
    ];
    pairs.into_iter().collect()
}
