//! What can be asked of a trajectory: the fields of `list`, and what is known beside them.

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Number,
    Text,
    /// `true`, `false` or `unknown`.
    Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    Id,
    Path,
    Format,
    TaskId,
    Run,
    Attempt,
    Model,
    Turns,
    ToolCalls,
    ExitStatus,
    Resolved,
    Reward,
    Score,
    Rank,
    /// Scored candidates of its task with an outcome, of those that the rest of the query leaves.
    Judged,
    PatchFiles,
    PatchAdded,
    PatchRemoved,
    InputTokens,
    OutputTokens,
    CostUsd,
    Loops,
    Notes,
    Bytes,
    Verdict,
    /// Touched by the patch.
    File,
    /// Anything said or done in it.
    Text,
}

/// Names as `list` has them, with their short forms behind them.
pub const FIELDS: &[(&str, Field)] = &[
    ("id", Field::Id),
    ("path", Field::Path),
    ("format", Field::Format),
    ("task_id", Field::TaskId),
    ("task", Field::TaskId),
    ("run", Field::Run),
    ("attempt", Field::Attempt),
    ("model", Field::Model),
    ("turns", Field::Turns),
    ("tool_calls", Field::ToolCalls),
    ("exit_status", Field::ExitStatus),
    ("exit", Field::ExitStatus),
    ("resolved", Field::Resolved),
    ("reward", Field::Reward),
    ("score", Field::Score),
    ("rank", Field::Rank),
    ("judged", Field::Judged),
    ("patch_files", Field::PatchFiles),
    ("patch_added", Field::PatchAdded),
    ("patch_removed", Field::PatchRemoved),
    ("input_tokens", Field::InputTokens),
    ("output_tokens", Field::OutputTokens),
    ("cost_usd", Field::CostUsd),
    ("cost", Field::CostUsd),
    ("loops", Field::Loops),
    ("notes", Field::Notes),
    ("bytes", Field::Bytes),
    ("verdict", Field::Verdict),
    ("file", Field::File),
    ("text", Field::Text),
];

impl Field {
    pub fn named(name: &str) -> Option<Self> {
        FIELDS.iter().find(|(known, _)| *known == name).map(|(_, field)| *field)
    }

    /// Its full name.
    pub fn name(self) -> &'static str {
        FIELDS.iter().find(|(_, field)| *field == self).map_or("", |(name, _)| name)
    }

    pub fn kind(self) -> Kind {
        match self {
            Self::Resolved => Kind::Outcome,
            Self::Id
            | Self::Path
            | Self::Format
            | Self::TaskId
            | Self::Run
            | Self::Model
            | Self::ExitStatus
            | Self::Notes
            | Self::Verdict
            | Self::File
            | Self::Text => Kind::Text,
            _ => Kind::Number,
        }
    }

    /// The known name that a mistyped one is nearest to.
    pub fn meant(typed: &str) -> Option<&'static str> {
        let near = |name: &&'static str| {
            name.starts_with(typed) || typed.starts_with(*name) || distance(name, typed) <= 1 + typed.len() / 5
        };
        let names = FIELDS.iter().map(|(name, _)| *name).chain(["has"]);
        names.filter(near).min_by_key(|name| distance(name, typed))
    }
}

/// Letters to change, add or leave out.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, other) in b.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *other);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
