//! Which trajectories fit into which context: how long their whole prompts are, measured by a worker while one looks on.

use std::collections::HashSet;

use super::page::{Line, Span};
use super::{App, Effect, Phase, Sheet, SheetKind};
use crate::reward::CONTEXTS;

/// As many of the longest are listed; all are counted.
const LISTED: usize = 1_000;

/// What is known of the lengths.
#[derive(Debug, Clone, Default)]
pub struct Fits {
    /// Tokens of whole prompts with the ids of their trajectories, the longest first.
    measured: Vec<(usize, String)>,
    /// Ids of those that cannot be asked about, and why.
    unasked: Vec<(String, String)>,
    known: HashSet<String>,
    pub running: bool,
}

/// What a worker finds out, and its end.
#[derive(Debug, Clone)]
pub enum FitMsg {
    Measured(Vec<(String, Result<usize, String>)>),
    Done,
}

impl Fits {
    fn take(&mut self, lengths: Vec<(String, Result<usize, String>)>) {
        for (id, length) in lengths {
            if self.known.insert(id.clone()) {
                match length {
                    Ok(tokens) => self.measured.push((tokens, id)),
                    Err(reason) => self.unasked.push((id, reason)),
                }
            }
        }
        self.measured.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    }

    /// How many fit into a context of that many tokens.
    fn fit(&self, context: usize) -> usize {
        self.measured.len() - self.measured.partition_point(|(tokens, _)| *tokens > context)
    }
}

impl App {
    /// Opens or closes the sheet, and has measured what is not known yet.
    pub(super) fn show_fits(&mut self) -> Vec<Effect> {
        if self.sheet.take().is_some_and(|sheet| sheet.kind == SheetKind::Fits) {
            return Vec::new();
        }
        self.sheet = Some(Sheet::new(SheetKind::Fits));
        let ids = self.board.candidates().iter().map(|candidate| &candidate.summary.id);
        let unknown: Vec<String> = ids.filter(|id| !self.fits.known.contains(*id)).cloned().collect();
        if self.fits.running || unknown.is_empty() {
            return Vec::new();
        }
        self.fits.running = true;
        vec![Effect::Measure(unknown)]
    }

    pub(super) fn on_fit(&mut self, msg: FitMsg) {
        match msg {
            FitMsg::Measured(lengths) => self.fits.take(lengths),
            FitMsg::Done => self.fits.running = false,
        }
    }

    /// The sheet: how many fit into each context, then the longest, one by one.
    pub(super) fn fit_lines(&self, query: &str, columns: usize) -> Vec<Line> {
        let query = query.to_lowercase();
        let named = |id: &str| (self.name_of(id), id.to_lowercase().contains(&query));
        let longest = self.fits.measured.iter().filter(|(_, id)| named(id).1).take(LISTED);
        let mut lines = self.counted();
        lines.extend(longest.map(|(tokens, id)| length_line(*tokens, &named(id).0, columns)));
        for (id, reason) in self.fits.unasked.iter().filter(|(id, _)| named(id).1).take(LISTED) {
            lines.push(line(vec![Span::new("  not asked  ", "problem"), Span::washed(&named(id).0, "text", 13)]));
            lines.push(line(vec![Span::new("             ", "text"), Span::washed(reason, "dim", 13)]));
        }
        lines
    }

    fn counted(&self) -> Vec<Line> {
        let (fits, all) = (&self.fits, self.board.candidates().len());
        let asked = match &self.judge.phase {
            Phase::Ready(facts) => format!("profile {}: at most {} tokens", facts.profile, grouped(facts.context)),
            _ => "no judge is there that words prompts".to_owned(),
        };
        let done = format!("  {} of {all} measured{}", fits.known.len().min(all), if fits.running { " …" } else { "" });
        let cells =
            |cell: &dyn Fn(usize) -> usize| CONTEXTS.map(|(_, context)| format!("{:>8}", cell(context))).concat();
        let heads = CONTEXTS.map(|(name, _)| format!("{name:>8}")).concat();
        vec![
            line(vec![Span::washed(&asked, "text", 0), Span::new(done, "dim")]),
            line(vec![Span::new(format!("  context    {heads}"), "sheet.heading")]),
            line(vec![Span::new(format!("  fit        {}", cells(&|context| fits.fit(context))), "text")]),
            line(vec![Span::new(
                format!("  too long   {}", cells(&|context| fits.measured.len() - fits.fit(context))),
                "text",
            )]),
            Line::default(),
            line(vec![Span::new("  tokens     the longest first", "sheet.heading")]),
        ]
    }

    /// Task and run, for the eye.
    fn name_of(&self, id: &str) -> String {
        let summary = self.board.candidate(id).map(|candidate| &candidate.summary);
        summary.map_or_else(|| id.to_owned(), |summary| format!("{} · {}", summary.task_id, summary.run))
    }
}

/// `  41,208       ✗       ✓       ✓       ✓  task · run`
fn length_line(tokens: usize, name: &str, columns: usize) -> Line {
    let mut spans = vec![Span::new(format!("  {:<11}", grouped(tokens)), "text")];
    for (_, context) in CONTEXTS {
        let (mark, ink) = if tokens <= context { ("✓", "dim") } else { ("✗", "problem") };
        spans.push(Span::new(format!("{mark:>8}"), ink));
    }
    let from = 13 + 8 * CONTEXTS.len() + 2;
    spans.push(Span::new("  ", "text"));
    spans.push(Span::washed(&ending(name, columns.saturating_sub(from)), "text", from));
    line(spans)
}

fn line(spans: Vec<Span>) -> Line {
    Line { spans, ..Line::default() }
}

/// `41,208`
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(|group| String::from_utf8_lossy(group).into_owned());
    groups.collect::<Vec<_>>().join(",")
}

/// The end of a name tells it from others.
fn ending(name: &str, room: usize) -> String {
    let count = name.chars().count();
    if count <= room {
        return name.to_owned();
    }
    let kept: String = name.chars().skip(count - room.saturating_sub(1)).collect();
    format!("…{kept}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_counted_from_the_lengths_and_none_counts_twice() {
        let mut fits = Fits::default();
        let lengths = [("a", 32_768), ("b", 32_769), ("c", 300_000), ("d", 10)];
        fits.take(lengths.iter().map(|(id, tokens)| ((*id).to_owned(), Ok(*tokens))).collect());
        fits.take(vec![("a".into(), Ok(5)), ("e".into(), Err("no turns".into()))]);
        assert_eq!(CONTEXTS.map(|(_, context)| fits.fit(context)), [2, 3, 3, 3]);
        assert_eq!(fits.measured[0], (300_000, "c".to_owned()));
        assert_eq!((fits.unasked.len(), fits.known.len()), (1, 5));
    }

    #[test]
    fn numbers_and_names_are_cut_for_the_eye() {
        assert_eq!([7, 999, 41_208, 1_000_000].map(grouped), ["7", "999", "41,208", "1,000,000"]);
        assert_eq!((ending("tide · run-a", 6), ending("run", 3)), ("…run-a".into(), "run".into()));
    }
}
