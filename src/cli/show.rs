//! `rollscope show`: one trajectory, readable, or whole as canonical JSON.

use std::fmt::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Finish, open, output};
use crate::library::Full;
use crate::trajectory::{Part, PartKind, Severity, Trajectory};

#[derive(Debug, Args)]
pub struct Arguments {
    /// A file with one trajectory, or PATH#ID for one of several (the ids of `rollscope list`)
    #[arg(value_name = "PATH[#ID]")]
    target: String,
    #[arg(long, value_enum, default_value_t = Shape::Text)]
    format: Shape,
    /// More sources of outcomes
    #[arg(long, value_name = "FILE", num_args = 1..)]
    labels: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Shape {
    Text,
    Json,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<Finish> {
    let (library, id) = open::one(&arguments.target, &arguments.labels)?;
    let trajectory = open::body(&library, &id)?;
    let text = match arguments.format {
        Shape::Json => serde_json::to_string_pretty(&Full::of(&trajectory))? + "\n",
        Shape::Text => readable(&trajectory),
    };
    output::raw(text.as_bytes())?;
    let problems = trajectory.notes.iter().filter(|note| note.severity == Severity::Problem).count();
    Ok(Finish::of(problems, false))
}

fn readable(trajectory: &Trajectory) -> String {
    let mut text = format!("{}\n", head(trajectory));
    for (number, turn) in trajectory.turns.iter().enumerate() {
        let role = format!("{:?}", turn.role).to_lowercase();
        let _ = writeln!(text, "\n── {} · {role} ──", number + 1);
        turn.parts.iter().for_each(|part| write_part(&mut text, part));
    }
    match &trajectory.patch {
        Some(patch) if !patch.is_empty() => {
            let _ = writeln!(text, "\n── patch ──\n{}", washed_lines(patch.text.trim_matches('\n')));
        }
        Some(_) => text.push_str("\n── empty patch ──\n"),
        None => text.push_str("\n── no patch known ──\n"),
    }
    text
}

fn head(trajectory: &Trajectory) -> String {
    let outcome = match trajectory.outcome.resolved() {
        Some(true) => "resolved",
        Some(false) => "unresolved",
        None => "outcome unknown",
    };
    let known = [
        Some(trajectory.task_id.clone()),
        Some(trajectory.run.clone()),
        trajectory.attempt.map(|attempt| format!("attempt {attempt}")),
        Some(format!("{} turns", trajectory.turns.len())),
        trajectory.exit_status.clone(),
        Some(outcome.into()),
        trajectory.usage.cost_usd.map(|cost| format!("${cost:.2}")),
    ];
    let known = known.into_iter().flatten().filter(|piece| !piece.is_empty());
    output::washed(&known.collect::<Vec<_>>().join(" · "))
}

fn write_part(text: &mut String, part: &Part) {
    let body = washed_lines(part.text.trim_end());
    let _ = match part.kind {
        PartKind::Text => writeln!(text, "{body}"),
        PartKind::Thought => writeln!(text, "(thought) {body}"),
        PartKind::Note => writeln!(text, "(note) {body}"),
        PartKind::ToolCall => writeln!(text, "▸ {}", call(part)),
        PartKind::ToolResult => match part.exit_code {
            Some(code) => writeln!(text, "{body}\n(exit {code})"),
            None => writeln!(text, "{body}"),
        },
    };
}

fn call(part: &Part) -> String {
    let name = part.name.as_deref().unwrap_or("call");
    let arguments = match &part.arguments {
        Some(serde_json::Value::Object(map)) if map.len() == 1 => map.values().next().cloned().unwrap_or_default(),
        Some(value) => value.clone(),
        None => return washed_lines(name),
    };
    let arguments = arguments.as_str().map_or_else(|| format!("{arguments:#}"), String::from);
    washed_lines(&format!("{name} {arguments}"))
}

/// Lines and tabs stay; everything else that steers a terminal becomes a symbol.
fn washed_lines(text: &str) -> String {
    text.split('\n')
        .map(|line| line.split('\t').map(output::washed).collect::<Vec<_>>().join("\t"))
        .collect::<Vec<_>>()
        .join("\n")
}
