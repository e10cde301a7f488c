//! `rollscope show`: one trajectory, readable, or whole as canonical JSON.

use std::fmt::Write;

use super::{Finish, Shape, Target, open, output};
use crate::library::Full;
use crate::trajectory::{Part, PartKind, Severity, Trajectory};

pub fn run(arguments: &Target) -> anyhow::Result<Finish> {
    let (library, id) = open::one(&arguments.id, &arguments.labels)?;
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
            let _ = writeln!(text, "\n── patch ──\n{}", output::washed_lines(patch.text.trim_matches('\n')));
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
    let body = output::washed_lines(part.text.trim_end());
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
        None => return output::washed_lines(name),
    };
    let arguments = arguments.as_str().map_or_else(|| format!("{arguments:#}"), String::from);
    output::washed_lines(&format!("{name} {arguments}"))
}
