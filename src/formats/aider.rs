//! aider's chat history, Markdown: sessions under their heading, `####` the user, `>` the program, the rest the model.
//!
//! Each session of a file is one attempt at its task.

use regex::Regex;

use super::conversation::Conversation;
use super::{Content, Document, Format, Reading};
use crate::trajectory::{Part, Role, Trajectory, Turn, Usage};

pub struct Aider;

const HEADING: &str = "# aider chat started at ";

impl Format for Aider {
    fn name(&self) -> &'static str {
        "aider"
    }

    fn about(&self) -> &'static str {
        "aider: .aider.chat.history.md"
    }

    fn claims(&self, document: &Document) -> bool {
        matches!(document.content, Content::Text(text) if text.trim_start().starts_with(HEADING))
    }

    fn read(&self, document: &Document) -> Reading {
        let Content::Text(text) = document.content else { return Reading::default() };
        let sessions = sessions(text);
        let several = sessions.len() > 1;
        let numbered = sessions.into_iter().enumerate().map(|(index, session)| Trajectory {
            id: if several { format!("session-{}", index + 1) } else { String::new() },
            attempt: several.then_some(index as u32 + 1),
            ..trajectory(session)
        });
        Reading { trajectories: numbered.collect(), ..Reading::default() }
    }
}

/// Each session with its heading.
fn sessions(text: &str) -> Vec<&str> {
    let inner = text.match_indices(HEADING).map(|(at, _)| at);
    let starts: Vec<usize> = inner.filter(|at| *at == 0 || text.as_bytes()[at - 1] == b'\n').collect();
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts.iter().zip(ends).map(|(start, end)| &text[*start..end]).collect()
}

#[derive(Clone, Copy, PartialEq)]
enum Voice {
    User,
    Program,
    Model,
}

fn trajectory(session: &str) -> Trajectory {
    let (heading, body) = session.split_once('\n').unwrap_or((session, ""));
    let mut talk = Conversation::default();
    let mut notices = String::new();
    for (voice, text) in blocks(body) {
        match voice {
            Voice::User => talk.push(Turn::user(text)),
            Voice::Model => talk.push(Turn::assistant(vec![Part::text(text)])),
            Voice::Program => {
                notices.push_str(&text);
                notices.push('\n');
                add_notice(&mut talk, text);
            }
        }
    }
    let mut turns = talk.finish();
    let started = heading.strip_prefix(HEADING).map(|time| time.trim().to_string());
    turns.first_mut().into_iter().for_each(|turn| turn.timestamp.clone_from(&started));
    Trajectory { model: model(&notices), turns, usage: usage(&notices), ..Trajectory::default() }
}

/// What follows an answer came of it; the rest stands beside.
fn add_notice(talk: &mut Conversation, text: String) {
    match talk.last().map(|turn| turn.role) {
        Some(Role::Assistant) => talk.result(Part::result(text, None, None)),
        Some(_) => talk.extend(vec![Part::note(text)]),
        None => talk.push(Turn::new(Role::Other, vec![Part::note(text)])),
    }
}

/// Runs of lines of one voice, without what marks the voice and the two spaces that end a line of Markdown.
fn blocks(body: &str) -> Vec<(Voice, String)> {
    let mut blocks: Vec<(Voice, String)> = Vec::new();
    for line in body.split_inclusive('\n') {
        let marked =
            |mark: &str| line.strip_prefix(mark).or_else(|| (line.trim_end() == mark.trim_end()).then_some("\n"));
        let (voice, text) = match (marked("#### "), marked("> ")) {
            (Some(text), _) => (Voice::User, text.replace("  \n", "\n")),
            (_, Some(text)) => (Voice::Program, text.replace("  \n", "\n")),
            _ => (Voice::Model, line.to_string()),
        };
        let blank = line.trim().is_empty();
        match blocks.last_mut() {
            Some((before, said)) if *before == voice => said.push_str(&text),
            // A blank line between voices is no word of the model.
            _ if blank => {}
            _ => blocks.push((voice, text)),
        }
    }
    for (_, text) in &mut blocks {
        text.truncate(text.trim_end_matches('\n').len());
    }
    blocks
}

fn model(notices: &str) -> Option<String> {
    let line = notices.lines().find_map(|line| {
        line.strip_prefix("Models: ").or_else(|| {
            line.split_once("odel: ").filter(|(head, _)| *head == "M" || *head == "Main m").map(|(_, rest)| rest)
        })
    })?;
    line.split_whitespace().next().map(|name| name.trim_end_matches(',').to_string())
}

/// `33771 prompt tokens, 48 completion tokens, $0.169575 cost`, later `Tokens: 4.2k sent, 1.1k received. Cost: $0.01 …`.
fn usage(notices: &str) -> Usage {
    const COUNTED: &str = r"(?m)^(?:Tokens: )?([\d.,]+)(k?) (?:prompt tokens|sent).*?, ([\d.,]+)(k?) (?:completion tokens|received)(?:[^$\n]*\$([\d.]+))?";
    let Ok(pattern) = Regex::new(COUNTED) else { return Usage::default() };
    let mut usage = Usage::default();
    let count = |number: &str, thousands: &str| {
        let number: Option<f64> = number.replace(',', "").parse().ok();
        number.map(|number| (if thousands == "k" { number * 1000.0 } else { number }).round() as u64)
    };
    for found in pattern.captures_iter(notices) {
        let input = count(&found[1], &found[2]);
        let output = count(&found[3], &found[4]);
        let cost = found.get(5).and_then(|cost| cost.as_str().trim_end_matches('.').parse::<f64>().ok());
        usage.input_tokens = input.map(|n| n.saturating_add(usage.input_tokens.unwrap_or(0))).or(usage.input_tokens);
        usage.output_tokens =
            output.map(|n| n.saturating_add(usage.output_tokens.unwrap_or(0))).or(usage.output_tokens);
        usage.cost_usd = cost.map(|cost| cost + usage.cost_usd.unwrap_or(0.0)).or(usage.cost_usd);
    }
    usage
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_cost_of_both_generations_are_summed() {
        let old = usage(
            "33771 prompt tokens, 48 completion tokens, $0.169575 cost\n1,000 prompt tokens, 2 completion tokens, $0.5 cost\n",
        );
        assert_eq!((old.input_tokens, old.output_tokens), (Some(34771), Some(50)));
        assert!(old.cost_usd.is_some_and(|cost| (cost - 0.669_575).abs() < 1e-9));
        let new = usage("Tokens: 4.2k sent, 1.0k cache write, 110 received. Cost: $0.01 message, $0.05 session.\n");
        assert_eq!((new.input_tokens, new.output_tokens, new.cost_usd), (Some(4200), Some(110), Some(0.01)));
    }

    #[test]
    fn counts_beyond_measure_are_the_largest_there_is() {
        let line = format!("Tokens: {0} sent, {0} received. Cost: $0.01 message\n", "9".repeat(40));
        assert_eq!(usage(&line.repeat(2)).output_tokens, Some(u64::MAX));
    }
}
