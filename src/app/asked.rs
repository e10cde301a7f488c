//! What the reader says about a score: its state, its numbers, who made it. The question itself comes from a worker.

use super::board::{Beside, Stale};
use super::leaf::Asker;
use super::page::Account;
use super::{App, Candidate, Judged, Phase};
use crate::trajectory::{Score, sigmoid};

/// How a score came about.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Made {
    pub fingerprint: String,
    pub seconds: f64,
    /// From an earlier run of the program.
    pub remembered: bool,
}

impl App {
    pub(super) fn asker(&self) -> Asker {
        if matches!(self.judge.phase, Phase::Ready(_)) { Asker::Ready } else { Asker::Absent }
    }

    /// All that is known of the score of the trajectory on show.
    pub(super) fn account(&self) -> Option<Account> {
        let candidate = self.board.candidate(self.reader.shown()?)?;
        let mut sections = vec![("score".to_owned(), self.state(candidate))];
        let score = candidate.score().or(self.beside(candidate).and_then(|beside| Some(&beside.stale.as_ref()?.score)));
        sections.push(("outputs".to_owned(), score.map(|score| self.outputs(score)).unwrap_or_default()));
        sections.push(("judge".to_owned(), self.judge_lines(candidate)));
        Some(Account {
            sections: sections.into_iter().filter(|(_, lines)| !lines.is_empty()).collect(),
            trace: self.trace_chart(),
            swings: self.trace_lines(candidate),
        })
    }

    fn beside(&self, candidate: &Candidate) -> Option<&Beside> {
        self.board.beside(&candidate.summary.id)
    }

    fn state(&self, candidate: &Candidate) -> Vec<(String, String)> {
        let line = |name: &str, value: String| (name.to_owned(), value);
        let mut lines = match &candidate.judged {
            Judged::Scored(score) => {
                let mut lines = vec![line("state", "scored".into())];
                lines.extend(numbers(score));
                lines
            }
            Judged::Waiting => vec![line("state", "not scored yet".into())],
            Judged::Scoring { done, total } => vec![line("state", format!("being scored: {done} of {total} tokens"))],
            Judged::TooLong { tokens, limit } => {
                let over = tokens.saturating_sub(*limit);
                vec![line("state", format!("not scored: too long by {over} tokens ({tokens} of at most {limit})"))]
            }
            Judged::Failed(reason) => vec![line("state", format!("not scored: {reason}"))],
        };
        let beside = self.beside(candidate);
        lines.extend(beside.iter().flat_map(|beside| &beside.without).map(|(part, judged)| {
            let value = match (judged, candidate.score()) {
                (Judged::Scored(score), Some(whole)) => format!(
                    "{:.6} (drop {:+.4}, in log-odds {:+.3})",
                    score.probability(),
                    whole.probability() - score.probability(),
                    whole.log_odds - score.log_odds
                ),
                (Judged::Scored(score), None) => format!("{:.6}", score.probability()),
                (Judged::Failed(reason), _) => format!("not scored: {reason}"),
                (Judged::TooLong { tokens, limit }, _) => format!("not scored: {tokens} of at most {limit} tokens"),
                (Judged::Waiting | Judged::Scoring { .. }, _) => "being asked".to_owned(),
            };
            line(&format!("without {part}"), value)
        }));
        let stale = beside.and_then(|beside| beside.stale.as_ref()).filter(|_| candidate.score().is_none());
        if let Some(Stale { score, why }) = stale {
            lines.push(line("stale", format!("{:.4} was said before, but {why}", sigmoid(score.log_odds))));
        }
        if let Some((second, name)) = beside.and_then(|beside| beside.second.as_ref()).zip(self.board.second.as_ref()) {
            let said = match second {
                Judged::Scored(score) => format!("{:.4} (log-odds {:+.3})", score.probability(), score.log_odds),
                Judged::Failed(reason) => format!("not scored: {reason}"),
                Judged::TooLong { tokens, limit } => format!("not scored: {tokens} of at most {limit} tokens"),
                Judged::Waiting | Judged::Scoring { .. } => "not scored yet".into(),
            };
            lines.push(line(name, said));
        }
        lines
    }

    /// By the names that the profile gives them; a head that is read at every turn has one for each.
    fn outputs(&self, score: &Score) -> Vec<(String, String)> {
        let Phase::Ready(facts) = &self.judge.phase else { return Vec::new() };
        if score.outputs.len() < 2 {
            return Vec::new();
        }
        let named = |(nth, value): (usize, &f64)| {
            let name = facts.outputs.get(nth).cloned().unwrap_or_else(|| format!("turn {}", nth + 1));
            let shown = if facts.outputs.is_empty() { *value } else { sigmoid(*value) };
            (name, format!("{shown:.3}  raw {value:+.3}"))
        };
        score.outputs.iter().enumerate().map(named).collect()
    }

    fn judge_lines(&self, candidate: &Candidate) -> Vec<(String, String)> {
        let Phase::Ready(facts) = &self.judge.phase else { return Vec::new() };
        let mut lines = vec![
            ("model".to_owned(), facts.name.clone()),
            ("profile".to_owned(), facts.profile.clone()),
            ("device".to_owned(), format!("{}, {}", facts.device, facts.dtype)),
            ("threshold".to_owned(), format!("{:.2}", facts.threshold)),
        ];
        if let Some(made) = self.beside(candidate).and_then(|beside| beside.made.as_ref()) {
            let when = if made.remembered { "in an earlier run, in" } else { "just now, in" };
            lines.push(("computed".into(), format!("{when} {:.2} s", made.seconds)));
            lines.push(("fingerprint".into(), made.fingerprint.clone()));
        }
        if !facts.worth.is_empty() {
            lines.push(("worth".into(), facts.worth.clone()));
        }
        lines
    }
}

fn numbers(score: &Score) -> Vec<(String, String)> {
    let mut lines = vec![
        ("score".to_owned(), format!("{:.6}", score.probability())),
        ("log-odds".to_owned(), format!("{:+.6}", score.log_odds)),
    ];
    if let (Some(yes), Some(no)) = (score.logit_yes, score.logit_no) {
        lines.push(("logits".into(), format!("yes {yes:.4}, no {no:.4}")));
    }
    lines.push(("tokens".into(), score.tokens.to_string()));
    lines
}
