//! `rollscope score --dry-run`: what would be asked, without asking: how long every prompt is, and where it fits.

use rayon::prelude::*;
use serde_json::{Value, json};

use crate::cli::output::{Row, Sheet};
use crate::library::{Library, Summary};
use crate::reward::{CONTEXTS, Prompter, ScoreError};

pub const COLUMNS: &[&str] =
    &["id", "task_id", "run", "state", "tokens", "asked", "fits_32k", "fits_64k", "fits_128k", "fits_256k", "error"];

/// A row for every trajectory, and a line on stderr that counts them; answers how many could not be asked about.
pub fn rows(library: &Library, prompter: &Prompter, sheet: &mut Sheet) -> anyhow::Result<usize> {
    let asked: Vec<Asked> =
        library.summaries().par_iter().map(|summary| Asked::of(library, prompter, summary)).collect();
    for (summary, asked) in library.summaries().iter().zip(&asked) {
        sheet.row(&asked.row(summary, prompter))?;
    }
    let all = asked.len();
    let fit = |limit: usize| asked.iter().filter(|asked| asked.tokens.is_some_and(|tokens| tokens <= limit)).count();
    let counts: Vec<String> = CONTEXTS.iter().map(|(name, limit)| format!("{name}: {}", fit(*limit))).collect();
    let missing = asked.iter().filter(|asked| asked.outcome.is_err()).count();
    let profile = &prompter.profile().name;
    eprintln!("rollscope: of {all} prompts of profile {profile}, whole, fit into {}", counts.join(", "));
    eprintln!("rollscope: {} would be asked with at most {} tokens, {missing} not", all - missing, prompter.context());
    Ok(missing)
}

struct Asked {
    /// Of the whole prompt.
    tokens: Option<usize>,
    /// Of the prompt that would be asked, after the profile's rule for long ones.
    outcome: Result<usize, ScoreError>,
}

impl Asked {
    fn of(library: &Library, prompter: &Prompter, summary: &Summary) -> Self {
        match library.load(&summary.id) {
            Ok(trajectory) => Self {
                tokens: prompter.uncut(&trajectory).ok(),
                outcome: prompter.prompt(&trajectory).map(|prompt| prompt.token_ids.len()),
            },
            Err(note) => Self { tokens: None, outcome: Err(ScoreError::Failed(note.to_string())) },
        }
    }

    fn row(&self, summary: &Summary, prompter: &Prompter) -> Row {
        let mut row = json!({
            "id": summary.id,
            "path": summary.path,
            "task_id": summary.task_id,
            "run": summary.run,
            "attempt": summary.attempt,
            "state": self.outcome.as_ref().map_or_else(ScoreError::state, |_| "fits"),
            "tokens": self.tokens,
            "asked": self.outcome.as_ref().ok(),
            "context": prompter.context(),
            "profile": prompter.profile().name,
            "error": self.outcome.as_ref().err().map(ToString::to_string),
        });
        for (name, limit) in CONTEXTS {
            row[format!("fits_{name}")] = json!(self.tokens.map(|tokens| tokens <= limit));
        }
        if let Value::Object(row) = row { row } else { Row::new() }
    }
}
