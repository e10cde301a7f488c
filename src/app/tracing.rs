//! How a score came about: what the judge says after each turn, where that moves most, and going there.

use super::board::Trace;
use super::page::{TraceChart, wash};
use super::{App, Candidate, Effect, Face, Pane, Phase, Tab, Wanted};
use crate::trajectory::{TracePoint, sigmoid};

/// Less than this much is no change to look at.
const STILL: f64 = 0.02;

/// A change of the score from one point of a trace to the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Swing {
    /// The point at which it has happened, by index.
    pub point: usize,
    /// The first turn and the last that only the second point has seen, by index.
    pub turns: (usize, usize),
    /// As probabilities.
    pub before: f64,
    pub after: f64,
}

impl Swing {
    pub fn rises(&self) -> bool {
        self.after > self.before
    }

    fn size(&self) -> f64 {
        (self.after - self.before).abs()
    }

    /// `turn 17`, or where several turns lie between the points, `turns 17–23`.
    pub fn place(&self) -> String {
        let (first, last) = (self.turns.0 + 1, self.turns.1 + 1);
        if last > first { format!("turns {first}–{last}") } else { format!("turn {first}") }
    }

    /// `falls most at turn 17: 0.82 → 0.40`
    pub fn say(&self) -> String {
        let way = if self.rises() { "rises" } else { "falls" };
        format!("{way} most at {}: {:.2} → {:.2}", self.place(), self.before, self.after)
    }
}

/// The sharpest fall and the sharpest rise of a trace, the sharper one first.
pub fn swings(points: &[TracePoint]) -> Vec<Swing> {
    let swing = |(nth, pair): (usize, &[TracePoint])| Swing {
        point: nth + 1,
        turns: (pair[0].turn + 1, pair[1].turn.max(pair[0].turn + 1)),
        before: sigmoid(pair[0].log_odds),
        after: sigmoid(pair[1].log_odds),
    };
    let all: Vec<Swing> = points.windows(2).enumerate().map(swing).filter(|swing| swing.size() >= STILL).collect();
    let sharpest = |rises: bool| {
        let of_way = all.iter().filter(|swing| swing.rises() == rises);
        of_way.max_by(|a, b| a.size().total_cmp(&b.size())).copied()
    };
    let mut swings: Vec<Swing> = [sharpest(false), sharpest(true)].into_iter().flatten().collect();
    swings.sort_by(|a, b| b.size().total_cmp(&a.size()));
    swings
}

impl App {
    /// The trace of the trajectory on show, as far as it may be seen.
    fn trace_shown(&self) -> Option<&Trace> {
        let id = self.reader.shown().filter(|id| !self.hides(id))?;
        self.board.beside(id)?.trace.as_ref()
    }

    /// The points of that trace, where it is known.
    pub fn trace_points(&self) -> &[TracePoint] {
        if let Some(Trace::Known(points)) = self.trace_shown() { points } else { &[] }
    }

    /// Where that trace moves most.
    pub fn swings(&self) -> Vec<Swing> {
        swings(self.trace_points())
    }

    /// Asks for the trace; where it is known, goes to where it moves most, then to where it moves most the other way.
    pub(super) fn trace(&mut self) -> Vec<Effect> {
        let Some(id) = self.reader.shown().map(str::to_owned) else {
            self.say("nothing is open that was scored");
            return Vec::new();
        };
        let scored = self.board.candidate(&id).is_some_and(|candidate| candidate.score().is_some());
        match self.trace_shown() {
            Some(Trace::Known(_)) => self.visit_swing(),
            Some(Trace::Asked) => self.say("it is being asked after each turn"),
            _ if !scored => self.say("it has no score yet that could be traced"),
            _ if !matches!(self.judge.phase, Phase::Ready(_)) => self.say("there is no reward model to ask"),
            _ => {
                self.board.put_beside(&id, |beside| beside.trace = Some(Trace::Asked));
                self.judge.wishes.push_back((id, Wanted::Trace));
                self.say("asking after each turn …");
                return self.feed();
            }
        }
        Vec::new()
    }

    pub(super) fn traced(&mut self, id: &str, trace: Result<Vec<TracePoint>, String>) {
        let asked = self.board.beside(id).is_some_and(|beside| beside.trace == Some(Trace::Asked));
        if asked && self.reader.shown() == Some(id) && !self.hides(id) {
            let said = match &trace {
                Ok(points) => swings(points).first().map_or("the score hardly moves".to_owned(), Swing::say),
                Err(reason) => reason.clone(),
            };
            self.say(said);
        }
        let trace = trace.map_or_else(Trace::Absent, Trace::Known);
        self.board.put_beside(id, |beside| beside.trace = Some(trace));
    }

    fn visit_swing(&mut self) {
        let swings = self.swings();
        let here = if self.reader.tab() == Tab::Turns { self.chapter_here() } else { None };
        let other = swings.iter().find(|swing| Some(swing.turns.0) != here);
        let Some(swing) = other.or(swings.first()) else {
            return self.say("the score hardly moves from turn to turn");
        };
        self.going = Some(swing.turns.0);
        self.say(swing.say());
        self.reader.show_tab(Tab::Turns);
        if self.face == Face::Board {
            self.focus = Pane::Reader;
        }
    }

    fn chapter_here(&mut self) -> Option<usize> {
        self.read(|page, view, _| view.chapter_of(page, view.cursor.line))
    }

    /// Goes to the turn that somebody wants to see, once the turns are on show.
    pub(super) fn arrive(&mut self) {
        let Some(turn) = self.going else { return };
        if self.reader.tab() != Tab::Turns {
            self.going = None;
        } else if self.reader.page().is_some() {
            self.going = None;
            self.read(|page, view, frame| {
                if let Some(chapter) = page.chapters.get(turn) {
                    view.jump_to_top(page, view.first_line(chapter.block), frame);
                }
            });
        }
    }

    /// What the score tab says of the trace, under its own heading.
    pub(super) fn trace_lines(&self, candidate: &Candidate) -> Vec<(String, String)> {
        let line = |name: &str, value: String| vec![(name.to_owned(), value)];
        let Some(score) = candidate.score() else { return Vec::new() };
        match self.trace_shown() {
            Some(Trace::Known(_)) => {
                let swings = self.swings();
                if swings.is_empty() {
                    return line("still", "it hardly moves from turn to turn".into());
                }
                let keys = ["T", "T T"];
                keys.iter().zip(&swings).map(|(key, swing)| ((*key).to_owned(), swing.say())).collect()
            }
            Some(Trace::Asked) => line("trace", "being asked".into()),
            Some(Trace::Absent(reason)) => line("none", wash(reason.trim_start_matches("no trace: "), 0).into_owned()),
            None if matches!(self.judge.phase, Phase::Ready(_)) => {
                line("T", format!("asks after each turn: reads its {} tokens again, and a few more", score.tokens))
            }
            None => Vec::new(),
        }
    }

    pub(super) fn trace_chart(&self) -> Option<TraceChart> {
        let points = self.trace_points();
        (points.len() > 1).then(|| TraceChart::of(points, &self.swings()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trajectory::log_odds_of;

    fn trace(scores: &[(usize, f64)]) -> Vec<TracePoint> {
        scores.iter().map(|(turn, score)| TracePoint { turn: *turn, log_odds: log_odds_of(*score) }).collect()
    }

    #[test]
    fn the_sharpest_fall_and_rise_are_named_with_the_turns_that_made_them() {
        let points = trace(&[(2, 0.3), (4, 0.35), (8, 0.9), (10, 0.5), (12, 0.6)]);
        let said: Vec<String> = swings(&points).iter().map(Swing::say).collect();
        assert_eq!(said, ["rises most at turns 6–9: 0.35 → 0.90", "falls most at turns 10–11: 0.90 → 0.50"]);
        assert_eq!(swings(&points)[0].turns, (5, 8));
    }

    #[test]
    fn what_hardly_moves_has_no_swing() {
        assert_eq!(swings(&trace(&[(2, 0.5), (4, 0.51), (6, 0.505)])), []);
        assert_eq!(swings(&trace(&[(2, 0.5)])), []);
        assert_eq!(swings(&[]), []);
        let rising = trace(&[(1, 0.1), (2, 0.2), (3, 0.9)]);
        assert_eq!(swings(&rising).len(), 1, "it never falls");
    }
}
