//! What the keys do in the hunt: walking the queue, giving verdicts and taking them back, blind or seeing.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::judging::{Counts, Hunt, Leaving, Order, Pool, Queue, say};
use super::{App, Effect, Face, Move, Pane, PromptKind};
use crate::trajectory::{Ruling, Shown, Subject, Verdict, sigmoid};

/// Larger queues are ordered by a worker.
const AT_ONCE: usize = 2_000;
/// What could not be written is tried again after this time.
pub(super) const AGAIN: Duration = Duration::from_secs(2);

/// What an undo or a redo came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Turned {
    pub subject: Subject,
    /// The verdict taken back, or given again.
    pub verdict: Verdict,
    /// What the annotator says about it now.
    pub now: Option<Verdict>,
}

impl App {
    pub(super) fn show_hunt(&mut self) {
        if !self.may_uncover() {
            return;
        }
        self.sheet = None;
        self.face = if self.face == Face::Hunt { Face::Board } else { Face::Hunt };
        self.focus = Pane::Board;
        if self.face == Face::Board
            && let Some(id) = self.hunt.selected.clone()
        {
            self.board.choose(&id);
        }
        self.refit();
    }

    /// Everywhere but in the hunt scores and outcomes are to be seen: who hunts blind is told so, and leaves with the next
    /// key, seeing from then on.
    pub(super) fn may_uncover(&mut self) -> bool {
        let blind = self.face == Face::Hunt && self.hunt.blind;
        if blind && self.hunt.leaving != Leaving::Warned {
            self.hunt.leaving = Leaving::Asked;
            self.say("you are blind, and scores and outcomes show there: once more leaves, and ends blind");
            return false;
        }
        self.hunt.blind &= !blind;
        true
    }

    /// The trajectory under the cursor of whatever face is on.
    pub fn looked_at(&self) -> Option<&str> {
        match self.face {
            Face::Hunt => self.hunt.selected.as_deref(),
            _ => self.board.trajectory(),
        }
    }

    /// Score and outcome of this trajectory are not to be seen yet.
    pub fn hides(&self, id: &str) -> bool {
        let ruled = || self.board.candidate(id).is_some_and(|candidate| candidate.said.ruling.is_some());
        self.hunt.blind && self.face == Face::Hunt && !ruled()
    }

    /// The same of the one in the reader.
    pub(super) fn hides_shown(&self) -> bool {
        self.reader.shown().is_some_and(|id| self.hides(id))
    }

    /// Keeps the queue in step with the board while somebody looks at it.
    pub(super) fn line_up(&mut self) -> Option<Effect> {
        let opinions = if self.hunt.order == Order::Contested { self.board.opinions() } else { 0 };
        let wish = (self.board.version(), self.hunt.order, self.hunt.blind, opinions);
        if self.face != Face::Hunt || self.hunt.asked.is_some() || self.hunt.made == Some(wish) {
            return None;
        }
        self.hunt.asked = Some(wish);
        let pool = self.pool();
        if pool.samples.len() <= AT_ONCE {
            self.lined_up(Arc::new(pool.line_up()));
            return None;
        }
        Some(Effect::LineUp(Arc::new(pool)))
    }

    fn pool(&self) -> Pool {
        Pool {
            version: self.board.version(),
            order: self.hunt.order,
            blind: self.hunt.blind,
            threshold: self.board.threshold,
            samples: self.board.samples().clone(),
        }
    }

    pub(super) fn lined_up(&mut self, queue: Arc<Queue>) {
        self.hunt.made = self.hunt.asked.take();
        self.hunt.queue = queue;
        let wanted = self.hunt.selected.as_deref().and_then(|id| self.board.nth(id));
        let found = wanted.and_then(|nth| self.hunt.queue.place(nth));
        self.hunt_go(found.unwrap_or(self.hunt.cursor));
        self.recount();
    }

    pub(super) fn hunt_go(&mut self, place: usize) {
        self.hunt.cursor = place.min(self.hunt.items().len().saturating_sub(1));
        let candidate = self.hunt.item().and_then(|item| self.board.candidates().get(item.nth));
        self.hunt.selected = candidate.map(|candidate| candidate.summary.id.clone());
    }

    pub(super) fn travel_hunt(&mut self, by: Move) {
        let half = (self.layout().hunt_rows() / 2).max(1) as isize;
        let here = self.hunt.cursor();
        self.hunt_go(match by {
            Move::Rows(rows) => here.saturating_add_signed(rows),
            Move::Halves(halves) => here.saturating_add_signed(halves * half),
            Move::Top => 0,
            Move::Bottom => usize::MAX,
        });
    }

    /// To the next one that waits for a verdict.
    fn advance(&mut self) {
        let open = |place: &usize| {
            let candidate = self.board.candidates().get(self.hunt.items()[*place].nth);
            candidate.is_some_and(|it| it.said.ruling.is_none() && !it.said.skip)
        };
        let (here, all) = (self.hunt.cursor(), self.hunt.items().len());
        match (here + 1..all).chain(0..here).find(open) {
            Some(place) => self.hunt_go(place),
            None => self.say("every one in this queue has its verdict"),
        }
    }

    pub(super) fn next_order(&mut self) {
        self.hunt.order = self.hunt.order.next();
        (self.hunt.cursor, self.hunt.selected) = (0, None);
    }

    pub(super) fn toggle_blind(&mut self) {
        self.hunt.blind = !self.hunt.blind;
        let now =
            if self.hunt.blind { "blind: score and outcome are shown after your verdict" } else { "seeing again" };
        self.say(now);
    }

    /// What one has said about the one under the cursor, to be changed.
    fn verdict_here(&self) -> Option<Verdict> {
        let candidate = self.board.candidates().get(self.hunt.item()?.nth)?;
        let subject = candidate.summary.subject();
        let shown = Shown {
            score: candidate.score().map(crate::trajectory::Score::probability),
            resolved: candidate.stated,
            model: self.judge.name().map(str::to_owned),
        };
        let before = self.hunt.ledger.mine(&subject).cloned();
        let annotator = self.hunt.ledger.annotator.clone();
        let fresh = || Verdict { annotator, subject, ..Verdict::default() };
        Some(Verdict { shown, at: 0, ..before.unwrap_or_else(fresh) })
    }

    /// One of the four keys. Blind, they are answers: it solves its task, it does not, – , unclear.
    pub(super) fn rule(&mut self, ruling: Ruling) -> Vec<Effect> {
        let Some(before) = self.verdict_here() else {
            self.say("there is nothing to judge here");
            return Vec::new();
        };
        if self.hunt.blind && before.ruling.is_none() {
            return self.answer(before, ruling);
        }
        let changed_mind = if before.blind { Some(before.ruling != Some(ruling)) } else { None };
        let effects = self.give(Verdict { ruling: Some(ruling), skip: false, changed_mind, ..before });
        self.advance();
        effects
    }

    /// A blind verdict: what it means follows from score and outcome, which are shown from now on.
    fn answer(&mut self, before: Verdict, key: Ruling) -> Vec<Effect> {
        let answer = match key {
            Ruling::JudgeWrong => Some(true),
            Ruling::TestsWrong => Some(false),
            Ruling::Unclear => None,
            Ruling::BothRight => {
                self.say("blind: 1 it solves its task · 2 it does not · 4 unclear");
                return Vec::new();
            }
        };
        let yes = sigmoid(self.board.threshold);
        let judge = before.shown.score.map(|score| score >= yes);
        let ruling = answer.map_or(Ruling::Unclear, |it| Ruling::of_answer(it, judge, before.shown.resolved));
        self.say(format!("{}: 1-4 change your mind, j goes on", say(ruling)));
        self.give(Verdict {
            ruling: Some(ruling),
            answer,
            blind: true,
            changed_mind: Some(false),
            skip: false,
            ..before
        })
    }

    pub(super) fn clear_verdict(&mut self) -> Vec<Effect> {
        let Some(Verdict { annotator, subject, .. }) = self.verdict_here() else { return Vec::new() };
        if self.hunt.ledger.mine(&subject).is_none() {
            self.say("there is no verdict of yours to clear");
            return Vec::new();
        }
        self.give(Verdict { annotator, subject, ..Verdict::default() })
    }

    pub(super) fn flag(&mut self) -> Vec<Effect> {
        self.verdict_here().map_or_else(Vec::new, |it| self.give(Verdict { flag: !it.flag, ..it }))
    }

    pub(super) fn skip(&mut self) -> Vec<Effect> {
        let open = self.verdict_here().filter(|it| it.ruling.is_none());
        let effects = open.map_or_else(Vec::new, |it| self.give(Verdict { skip: true, ..it }));
        self.advance();
        effects
    }

    pub(super) fn note(&mut self, text: &str) -> Vec<Effect> {
        self.verdict_here().map_or_else(Vec::new, |it| self.give(Verdict { note: text.trim().to_owned(), ..it }))
    }

    /// Names from the taxonomy, by how they begin; those that are there already are taken off.
    pub(super) fn name_failure(&mut self, typed: &str) -> Vec<Effect> {
        let Some(mut verdict) = self.verdict_here() else { return Vec::new() };
        for word in typed.split_whitespace() {
            let Some(failure) = self.hunt.ledger.taxonomy.iter().find(|it| it.name.starts_with(word)) else {
                self.say(format!("`{word}` begins no name of the taxonomy"));
                return Vec::new();
            };
            match verdict.failures.iter().position(|name| *name == failure.name) {
                Some(at) => drop(verdict.failures.remove(at)),
                None => verdict.failures.push(failure.name.clone()),
            }
        }
        self.give(verdict)
    }

    /// The text a prompt of the hunt begins with.
    pub(super) fn said_before(&self, kind: PromptKind) -> String {
        let note = self.verdict_here().map(|verdict| verdict.note);
        note.filter(|_| kind == PromptKind::Note).unwrap_or_default()
    }

    fn give(&mut self, verdict: Verdict) -> Vec<Effect> {
        let subject = verdict.subject.clone();
        let next = self.hunt.ledger.give(verdict);
        self.spread(std::slice::from_ref(&subject));
        next.map(|verdict| Effect::Record(Box::new(verdict))).into_iter().collect()
    }

    /// Takes a verdict of one's own back; one that never reached the disk goes on waiting for it.
    pub(super) fn undo(&mut self, redo: bool) -> Vec<Effect> {
        if self.hunt.ledger.unsaved() > 0 {
            self.say("first what was given has to be saved");
            return Vec::new();
        }
        vec![Effect::Turn { annotator: self.hunt.ledger.annotator.clone(), redo }]
    }

    pub(super) fn turned(&mut self, redo: bool, done: Result<Option<Box<Turned>>, String>) {
        match done.map(|turned| turned.map(|it| *it)) {
            Ok(Some(Turned { subject, verdict, now })) => {
                self.hunt.ledger.stands(subject.clone(), now);
                self.spread(std::slice::from_ref(&subject));
                self.hunt_to(&subject);
                let what = verdict.ruling.map_or("note", say);
                self.say(format!("{}: {what}", if redo { "given again" } else { "taken back" }));
            }
            Ok(None) => self.say(if redo { "nothing to give again" } else { "nothing left to take back" }),
            Err(reason) => self.say(reason),
        }
    }

    fn hunt_to(&mut self, subject: &Subject) {
        let places = self.board.copies_of(subject).into_iter().filter_map(|nth| self.hunt.queue.place(nth));
        if let Some(place) = places.min() {
            self.hunt_go(place);
        }
    }

    /// The disk has answered.
    pub(super) fn recorded(&mut self, verdict: &Verdict, done: Result<(), String>) -> Vec<Effect> {
        match done {
            Ok(()) => {
                let next = self.hunt.ledger.saved(verdict);
                next.map(|verdict| Effect::Record(Box::new(verdict))).into_iter().collect()
            }
            Err(reason) => {
                self.say(format!("not saved: {}", reason.trim_start_matches("not saved: ")));
                self.hunt.ledger.trouble = Some(reason);
                self.try_again = self.now + AGAIN;
                Vec::new()
            }
        }
    }

    /// Tries what could not be written once more, now and then.
    pub(super) fn retry(&mut self) -> Vec<Effect> {
        if self.hunt.ledger.trouble.is_none() || self.now < self.try_again {
            return Vec::new();
        }
        self.try_again = self.now + AGAIN;
        self.hunt.ledger.next_unsaved().map(|verdict| Effect::Record(Box::new(verdict))).into_iter().collect()
    }

    /// All verdicts that lay in the store.
    pub(super) fn verdicts(&mut self, all: Vec<Verdict>) {
        let before = self.hunt.ledger.subjects();
        self.hunt.ledger.load(all);
        self.spread(&before);
        self.spread_all();
    }

    /// What was said about trajectories goes to their rows, and to their outcomes where verdicts correct outcomes.
    fn spread(&mut self, subjects: &[Subject]) {
        let Hunt { ledger, corrected, .. } = &self.hunt;
        let copies: BTreeSet<usize> = subjects.iter().flat_map(|subject| self.board.copies_of(subject)).collect();
        let said = |nth: usize| {
            let summary = &self.board.candidates()[nth].summary;
            (nth, ledger.said(&summary.key, &summary.id, *corrected))
        };
        let said: Vec<_> = copies.into_iter().map(said).collect();
        self.board.set_said(said);
        self.recount();
    }

    pub(super) fn spread_all(&mut self) {
        self.spread(&self.hunt.ledger.subjects());
    }

    pub(super) fn toggle_corrected(&mut self) {
        self.hunt.corrected = !self.hunt.corrected;
        self.spread_all();
        let now =
            if self.hunt.corrected { "outcomes as the verdicts correct them" } else { "outcomes as the tests say" };
        self.say(now);
    }

    fn recount(&mut self) {
        let mut counts = Counts::default();
        for nth in self.board.ruled() {
            let Some(item) = self.hunt.queue.place(nth).map(|place| &self.hunt.queue.items[place]) else { continue };
            let said = self.board.candidates()[nth].said;
            counts.done += 1;
            // Blind, the whole queue is in random order; what was picked by its score before says nothing of all.
            let random = item.random && (said.blind || !self.hunt.blind);
            counts.random += usize::from(random);
            counts.random_wrong += usize::from(random && said.ruling == Some(Ruling::JudgeWrong));
        }
        (counts.blind, counts.changed) = self.hunt.ledger.reveals();
        self.hunt.counts = counts;
    }
}
