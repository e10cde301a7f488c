//! What-if: what would the judge say without a part of the rollout? What that costs is named first; what it comes to
//! stands beside the score.

use std::sync::Arc;

use super::{App, Choice, Effect, Judged, Phase, Wanted};
use crate::reward::Taken;

/// A part that can be taken out, and how many tokens are to be read then; or why that cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub taken: Taken,
    pub tokens: Result<usize, String>,
}

/// What can be taken out of one trajectory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offers {
    pub id: String,
    pub offers: Vec<Offer>,
}

impl App {
    /// Asks what it would cost to ask.
    pub(super) fn weigh(&mut self) -> Vec<Effect> {
        let opened = self.reader.shown().zip(self.reader.opened());
        let Some((id, opened)) = opened.map(|(id, opened)| (id.to_owned(), Arc::clone(opened))) else {
            self.say("nothing is open that a part could be taken out of");
            return Vec::new();
        };
        if !matches!(self.judge.phase, Phase::Ready(_)) {
            self.say("there is no reward model to ask");
            return Vec::new();
        }
        self.say("counting what it would cost …");
        vec![Effect::Weigh(id, opened)]
    }

    /// Who has turned away meanwhile is not bothered.
    pub(super) fn offered(&mut self, id: String, offers: Result<Vec<Offer>, String>) {
        if self.reader.shown() != Some(&id) || self.prompt.is_some() || self.chooser.is_some() {
            return;
        }
        self.toast = None;
        match offers {
            Ok(offers) if offers.is_empty() => self.say("it has no thoughts, last words, tests or files to take out"),
            Ok(offers) => {
                self.offers = Some(Offers { id, offers });
                self.choose_from(Choice::Without);
            }
            Err(reason) => self.say(reason),
        }
    }

    /// The judge is asked as soon as it is free, before anything else.
    pub(super) fn ask_without(&mut self, nth: usize) -> Vec<Effect> {
        let Some((id, offer)) = self.offers.take().and_then(|mut it| {
            let offer = (nth < it.offers.len()).then(|| it.offers.swap_remove(nth))?;
            Some((it.id, offer))
        }) else {
            return Vec::new();
        };
        self.said_without(&id, &offer.taken.name(), Judged::Waiting);
        self.judge.wishes.push_back((id, Wanted::Without(offer.taken)));
        self.feed()
    }

    pub(super) fn said_without(&mut self, id: &str, part: &str, judged: Judged) {
        let arrived = match &judged {
            Judged::Scored(score) => Some(format!("without {part}: {:.2}", score.probability())),
            Judged::Failed(reason) => Some(format!("without {part}: not scored: {reason}")),
            Judged::TooLong { tokens, limit } => Some(format!("without {part}: {tokens} of at most {limit} tokens")),
            Judged::Waiting | Judged::Scoring { .. } => None,
        };
        self.board.put_beside(id, |beside| {
            beside.without.retain(|(other, _)| other != part);
            beside.without.push((part.to_owned(), judged));
        });
        if let Some(text) = arrived {
            self.say(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{JudgeMsg, Key, Keymap, LibraryMsg, Msg, Opened};
    use crate::library::Summary;
    use crate::reward::ScorerFacts;
    use crate::trajectory::Score;

    fn score(log_odds: f64) -> Score {
        Score { log_odds, logit_yes: None, logit_no: None, outputs: Vec::new(), tokens: 900 }
    }

    fn keys(app: &mut App, row: &str) -> Vec<Effect> {
        Key::row(row).into_iter().flat_map(|key| app.update(Msg::Key(key))).collect()
    }

    fn opened() -> App {
        let mut app = App::new("what if", Keymap::defaults());
        let summary = Summary { id: "a".into(), task_id: "t".into(), ..Summary::default() };
        app.update(Msg::Library(LibraryMsg::Listed(vec![summary])));
        app.update(Msg::Judge(JudgeMsg::Loaded(ScorerFacts::default())));
        app.update(Msg::Judge(JudgeMsg::Known(vec![("a".into(), score(1.0))])));
        app.update(Msg::Body("a".into(), Ok(Arc::new(Opened::default()))));
        app
    }

    #[test]
    fn the_cost_is_named_before_anything_is_asked_and_the_drop_stands_beside_the_score() {
        let mut app = opened();
        assert!(keys(&mut app, "W").iter().any(|effect| matches!(effect, Effect::Weigh(id, _) if id == "a")));
        let offer = Offer { taken: Taken::Thoughts, tokens: Ok(1234) };
        app.update(Msg::Offers("a".into(), Ok(vec![offer])));
        let items = app.chooser.as_ref().unwrap().items(&app);
        assert!(items[0].about.starts_with("1234 tokens"), "{}", items[0].about);
        assert!(keys(&mut app, "<enter>").is_empty(), "the judge is busy");
        let asked = app.update(Msg::Judge(JudgeMsg::Ready));
        assert!(matches!(asked.as_slice(), [Effect::ScoreWithout(id, Taken::Thoughts)] if id == "a"), "{asked:?}");
        let judged = Judged::Scored(score(-1.0));
        app.update(Msg::Judge(JudgeMsg::Without { id: "a".into(), part: "thoughts".into(), judged }));
        let account = app.account().unwrap();
        let line = account.sections[0].1.iter().find(|(name, _)| name == "without thoughts").unwrap();
        assert_eq!(line.1, "0.268941 (drop +0.4621, in log-odds +2.000)");
    }

    #[test]
    fn who_cannot_be_asked_is_not_and_who_has_gone_is_said() {
        let mut app = opened();
        app.update(Msg::Offers("another".into(), Ok(Vec::new())));
        assert!(app.chooser.is_none() && app.toast().is_none(), "one has turned away");
        app.update(Msg::Offers("a".into(), Ok(vec![Offer { taken: Taken::Tests, tokens: Ok(3) }])));
        keys(&mut app, "<enter>");
        app.update(Msg::Judge(JudgeMsg::Gone("out of memory".into())));
        assert!(app.toast().unwrap().contains("out of memory"));
        keys(&mut app, "W");
        assert_eq!(app.toast(), Some("there is no reward model to ask"));
    }
}
