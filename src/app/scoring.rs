//! What the scorers say, and what they are given next: they pull, the queue is data.

use super::{App, Effect, JudgeMsg, Judged, Phase, Wanted};
use crate::reward::Attention;
use crate::trajectory::log_odds_of;

impl App {
    pub(super) fn on_judge(&mut self, msg: JudgeMsg) -> Vec<Effect> {
        match msg {
            JudgeMsg::Loading(name) => self.judge.phase = Phase::Loading(name),
            JudgeMsg::Loaded(facts) => {
                self.board.set_threshold(log_odds_of(facts.threshold));
                self.judge.phase = Phase::Ready(facts);
            }
            JudgeMsg::Ready => {
                self.judge.idle += 1;
                return self.feed();
            }
            JudgeMsg::Started { id, at } => {
                self.board.judge(&id, Judged::Scoring { done: 0, total: 0 });
                self.judge.started(id, at);
            }
            JudgeMsg::Progress { id, done, total, at } => {
                self.board.judge(&id, Judged::Scoring { done, total });
                self.judge.progressed(&id, done, at);
            }
            JudgeMsg::Scored { id, score, at } => {
                self.board.judge(&id, Judged::Scored(score));
                self.judge.ended(&id, Some(at));
            }
            JudgeMsg::Known(scores) => {
                for (id, _) in &scores {
                    self.judge.ended(id, None);
                }
                self.board.judge_all(scores.into_iter().map(|(id, score)| (id, Judged::Scored(score))).collect());
            }
            JudgeMsg::TooLong { id, tokens, limit } => {
                self.board.judge(&id, Judged::TooLong { tokens, limit });
                self.judge.ended(&id, None);
            }
            JudgeMsg::Failed { id, reason } => {
                self.board.judge(&id, Judged::Failed(reason));
                self.judge.ended(&id, None);
            }
            JudgeMsg::Made { id, made } => self.board.put_beside(&id, |beside| beside.made = Some(made)),
            JudgeMsg::Stale { id, stale } => self.board.put_beside(&id, |beside| beside.stale = Some(stale)),
            JudgeMsg::Second(name) => self.board.second = Some(name),
            JudgeMsg::Also { id, judged } => self.board.second_says(&id, judged),
            JudgeMsg::Without { id, part, judged } => self.said_without(&id, &part, judged),
            JudgeMsg::Traced { id, trace } => self.traced(&id, trace),
            JudgeMsg::Gone(reason) => self.judge_gone(reason),
        }
        Vec::new()
    }

    fn judge_gone(&mut self, reason: String) {
        for id in self.judge.give_up() {
            self.board.judge(&id, Judged::Failed(reason.clone()));
        }
        for (id, wanted) in std::mem::take(&mut self.judge.wishes) {
            match wanted {
                Wanted::Without(taken) => self.said_without(&id, &taken.name(), Judged::Failed(reason.clone())),
                Wanted::Trace => self.traced(&id, Err(reason.clone())),
            }
        }
        self.judge.phase = Phase::Gone(reason);
    }

    /// Hands every scorer that waits the most useful trajectory.
    pub(super) fn feed(&mut self) -> Vec<Effect> {
        let height = self.layout().board_rows();
        let mut effects = Vec::new();
        while self.judge.idle > 0 {
            if let Some((id, wanted)) = self.judge.wishes.pop_front() {
                self.judge.idle -= 1;
                effects.push(match wanted {
                    Wanted::Without(taken) => Effect::ScoreWithout(id, taken),
                    Wanted::Trace => Effect::Trace(id),
                });
                continue;
            }
            let (cursor, task, visible) = self.board.attention(height);
            let next = self.judge.queue.take(&Attention { cursor, task, visible: &visible });
            let Some(nth) = next else { break };
            let Some(id) = self.board.candidates().get(nth).map(|it| it.summary.id.clone()) else { continue };
            self.judge.idle -= 1;
            self.board.judge(&id, Judged::Scoring { done: 0, total: 0 });
            effects.push(Effect::Score(id));
        }
        effects
    }
}
