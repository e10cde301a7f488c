//! What candidates are gathered by: any field. Texts by their value, numbers in bins with round bounds, which are the
//! same whatever is listed. What has no value stands behind the others, in a group that says so.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::{Candidate, Judged};
use crate::library::natural;
use crate::library::query::{FIELDS, Field, Kind};
use crate::trajectory::join_key;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Grouping {
    #[default]
    Task,
    /// Never the task: that is a group of its own kind.
    By(Field),
    Nothing,
}

impl Grouping {
    /// Everything one can gather by. What differs in every trajectory gathers nothing.
    pub fn all() -> Vec<Self> {
        let mut all = vec![Self::Task, Self::Nothing];
        for (_, field) in FIELDS {
            let by = Self::By(*field);
            let gathers =
                !matches!(field, Field::TaskId | Field::Id | Field::Path | Field::Judged | Field::Notes | Field::Text);
            if gathers && !all.contains(&by) {
                all.push(by);
            }
        }
        all
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::By(Field::Resolved) => "outcome",
            Self::By(field) => field.name(),
            Self::Nothing => "none",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|it| it.name() == name)
    }

    /// A score, a rank or a verdict can move a candidate to another group.
    pub(super) fn moves(self) -> bool {
        matches!(self, Self::By(Field::Score | Field::Rank | Field::Resolved | Field::Verdict))
    }

    pub(super) fn of(self, candidate: &Candidate) -> Gathered<'_> {
        match self {
            Self::Task => Gathered::Text(Cow::Borrowed(join_key(&candidate.summary.task_id))),
            Self::Nothing => Gathered::Text(Cow::Borrowed("")),
            Self::By(field) => value(field, candidate).unwrap_or_else(|| Gathered::Missing(missing(field, candidate))),
        }
    }

    /// Which of two groups stands first where nothing is sorted by. Of scores one wants the high ones.
    pub(super) fn order(self, a: &Gathered, b: &Gathered) -> Ordering {
        let falling = matches!(self, Self::By(Field::Score | Field::Reward));
        match (a, b) {
            (Gathered::Bin(a), Gathered::Bin(b)) if falling => b.order(a),
            (Gathered::Bin(a), Gathered::Bin(b)) => a.order(b),
            (Gathered::Text(a), Gathered::Text(b)) => natural(a, b),
            (Gathered::Missing(a), Gathered::Missing(b)) => a.cmp(b),
            (a, b) => a.is_missing().cmp(&b.is_missing()),
        }
    }

    /// What stands in the head of a group.
    pub(super) fn head(self, gathered: &Gathered) -> String {
        match (self, gathered) {
            (Self::By(field), Gathered::Bin(bin)) => bin.name(field),
            (_, Gathered::Text(text)) => text.clone().into_owned(),
            (_, Gathered::Missing(why)) => (*why).to_owned(),
            (_, Gathered::Bin(_)) => String::new(),
        }
    }
}

/// Where a candidate belongs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Gathered<'a> {
    Text(Cow<'a, str>),
    Bin(Bin),
    /// Why there is no value.
    Missing(&'static str),
}

impl Default for Gathered<'_> {
    fn default() -> Self {
        Self::Missing("")
    }
}

impl Gathered<'_> {
    fn is_missing(&self) -> bool {
        matches!(self, Self::Missing(_))
    }

    pub fn owned(self) -> Gathered<'static> {
        match self {
            Self::Text(text) => Gathered::Text(Cow::Owned(text.into_owned())),
            Self::Bin(bin) => Gathered::Bin(bin),
            Self::Missing(why) => Gathered::Missing(why),
        }
    }
}

fn value(field: Field, candidate: &Candidate) -> Option<Gathered<'_>> {
    let summary = &candidate.summary;
    let text = match field {
        Field::Resolved => {
            Cow::Borrowed(summary.resolved.map(|resolved| if resolved { "resolved" } else { "unresolved" })?)
        }
        Field::Run => Cow::Borrowed(summary.run.as_str()),
        Field::Format => Cow::Borrowed(summary.format),
        Field::Model => Cow::Borrowed(summary.model.as_deref()?),
        Field::File => Cow::Owned(summary.touched.join(", ")),
        _ if field.kind() == Kind::Text => Cow::Owned(candidate.asked().first_text(field)?),
        _ => return candidate.asked().number(field).filter(|number| number.is_finite()).map(|it| bin(field, it)),
    };
    (!text.is_empty()).then_some(Gathered::Text(text))
}

fn missing(field: Field, candidate: &Candidate) -> &'static str {
    match field {
        Field::Resolved => "unknown",
        Field::Model => "(model not known)",
        Field::Run => "(run not named)",
        Field::Attempt => "(attempt not numbered)",
        Field::ExitStatus => "(exit status not known)",
        Field::Verdict => "(no verdict)",
        Field::CostUsd => "(cost not known)",
        Field::Reward => "(no reward in the source)",
        Field::InputTokens | Field::OutputTokens => "(tokens not counted)",
        Field::PatchFiles | Field::PatchAdded | Field::PatchRemoved | Field::File => {
            if candidate.summary.patch_files.is_some() { "(empty patch)" } else { "(no patch known)" }
        }
        Field::Score | Field::Rank => match candidate.judged {
            Judged::TooLong { .. } => "(too long to score)",
            Judged::Failed(_) => "(scoring failed)",
            _ => "(not scored)",
        },
        _ => "(not known)",
    }
}

/// Numbers from `from` up to, but without, `to`; exactly `from` where the two are equal. By their bits, so that bins can
/// be looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Bin {
    from: u64,
    to: u64,
}

fn bin(field: Field, number: f64) -> Gathered<'static> {
    let whole = number.floor();
    let (from, to) = match field {
        Field::Score => tenth(number),
        Field::Rank | Field::Attempt => (number, number),
        Field::Reward if number.fract() == 0.0 => (number, number),
        Field::Reward if (0.0..1.0).contains(&number) => tenth(number),
        Field::Reward => (whole, whole + 1.0),
        // In cents.
        Field::CostUsd => {
            let (from, to) = step((number * 100.0) as u64);
            (from / 100.0, to / 100.0)
        }
        _ => match step(number as u64) {
            (from, to) if to - from <= 1.0 => (from, from),
            bounds => bounds,
        },
    };
    // Zero has two signs, and as many bits.
    Gathered::Bin(Bin { from: (from + 0.0).to_bits(), to: (to + 0.0).to_bits() })
}

/// The tenth of 0 to 1 that holds a number. One belongs to the last.
fn tenth(number: f64) -> (f64, f64) {
    let nth = (number * 10.0).floor().clamp(0.0, 9.0);
    (nth / 10.0, (nth + 1.0) / 10.0)
}

/// 0, 1, 2–4, 5–9, 10–19, 20–49, 50–99, and so on.
fn step(number: u64) -> (f64, f64) {
    let mut base = 1;
    while number / 10 >= base {
        base *= 10;
    }
    let (from, to): (u64, u64) = match number / base {
        0 => (0, 1),
        1 => (1, 2),
        2..=4 => (2, 5),
        _ => (5, 10),
    };
    ((from * base) as f64, to as f64 * base as f64)
}

impl Bin {
    fn bounds(self) -> (f64, f64) {
        (f64::from_bits(self.from), f64::from_bits(self.to))
    }

    fn order(self, other: &Self) -> Ordering {
        let ((from, to), (other_from, other_to)) = (self.bounds(), other.bounds());
        from.total_cmp(&other_from).then(to.total_cmp(&other_to))
    }

    fn name(self, field: Field) -> String {
        let (from, to) = self.bounds();
        let exact = self.from == self.to;
        match field {
            Field::Rank | Field::Attempt => format!("{} {from}", field.name()),
            Field::Score | Field::Reward if exact => format!("{} {from}", field.name()),
            Field::Score | Field::Reward => format!("{} {}–{}", field.name(), share(from), share(to)),
            Field::CostUsd if from == 0.0 => "under $0.01".to_owned(),
            Field::CostUsd if from < 1.0 => format!("${from:.2}–{to:.2}"),
            Field::CostUsd => format!("${from}–{to}"),
            _ if exact && self.from == 1_f64.to_bits() => format!("1 {}", counted(field).0),
            _ if exact => format!("{from} {}", counted(field).1),
            _ if from < 1_000.0 => format!("{from}–{} {}", to - 1.0, counted(field).1),
            _ => format!("{}–{} {}", round(from), round(to), counted(field).1),
        }
    }
}

/// `.9`, as scores stand on the board.
fn share(number: f64) -> String {
    let text = number.to_string();
    text.strip_prefix("0.").map_or(text.clone(), |rest| format!(".{rest}"))
}

/// `20k`, `5M`, `1G`.
fn round(number: f64) -> String {
    match number {
        number if number >= 1e9 => format!("{}G", number / 1e9),
        number if number >= 1e6 => format!("{}M", number / 1e6),
        number => format!("{}k", number / 1e3),
    }
}

/// What a field counts: one of it, and many.
fn counted(field: Field) -> (&'static str, &'static str) {
    match field {
        Field::Turns => ("turn", "turns"),
        Field::ToolCalls => ("tool call", "tool calls"),
        Field::PatchFiles => ("file in the patch", "files in the patch"),
        Field::PatchAdded => ("line added", "lines added"),
        Field::PatchRemoved => ("line removed", "lines removed"),
        Field::InputTokens => ("input token", "input tokens"),
        Field::OutputTokens => ("output token", "output tokens"),
        Field::Loops => ("equal action in a row", "equal actions in a row"),
        Field::Bytes => ("byte", "bytes"),
        field => (field.name(), field.name()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn head(field: Field, number: f64) -> String {
        Grouping::By(field).head(&bin(field, number))
    }

    #[test]
    fn numbers_lie_in_bins_whose_heads_can_be_read() {
        let cases = [
            (Field::Score, 0.94, "score .9–1"),
            (Field::Score, 1.0, "score .9–1"),
            (Field::Score, 0.0, "score 0–.1"),
            (Field::Rank, 1.0, "rank 1"),
            (Field::Turns, 0.0, "0 turns"),
            (Field::Turns, 1.0, "1 turn"),
            (Field::Turns, 49.0, "20–49 turns"),
            (Field::Turns, 50.0, "50–99 turns"),
            (Field::InputTokens, 23_456.0, "20k–50k input tokens"),
            (Field::Bytes, 1_999_999.0, "1M–2M bytes"),
            (Field::CostUsd, 0.0, "under $0.01"),
            (Field::CostUsd, 0.2, "$0.20–0.50"),
            (Field::CostUsd, 3.0, "$2–5"),
            (Field::Reward, 1.0, "reward 1"),
            (Field::Reward, -0.0, "reward 0"),
            (Field::Reward, 0.25, "reward .2–.3"),
            (Field::Reward, -1.5, "reward -2–-1"),
        ];
        for (field, number, expected) in cases {
            assert_eq!(head(field, number), expected, "{number}");
        }
    }

    #[test]
    fn every_grouping_is_found_by_its_name() {
        for grouping in Grouping::all() {
            assert_eq!(Grouping::named(grouping.name()), Some(grouping));
        }
        assert_eq!(Grouping::named("text"), None);
    }

    proptest! {
        /// A larger number never stands before a smaller one, whatever the field.
        #[test]
        fn bins_are_in_the_order_of_what_lies_in_them(a in 0.0..5e9f64, b in 0.0..5e9f64, small in 0.0..2.0f64) {
            for field in [Field::Turns, Field::CostUsd, Field::Bytes, Field::Loops] {
                for (a, b) in [(a.floor(), b.floor()), (small, a), (small.floor(), b.floor())] {
                    let order = Grouping::By(field).order(&bin(field, a), &bin(field, b));
                    prop_assert!(order.is_eq() || order == a.total_cmp(&b), "{field:?} {a} {b}");
                }
            }
        }
    }
}
