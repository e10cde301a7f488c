//! The thread that owns the model. It pulls: when it is ready it says so, and is told the most useful trajectory.

use std::ops::ControlFlow;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use super::Wake;
use super::reading::Shelf;
use super::worker::{caught, spawn};
use crate::app::{JudgeMsg, Msg};
use crate::reward::{Judge, ScoreError};

/// Makes the judge, on the thread that will own it: loading a model takes a while.
pub type MakeJudge = Box<dyn FnOnce() -> anyhow::Result<Judge> + Send>;

/// Progress is told at most this often.
const EVERY: Duration = Duration::from_millis(80);
/// A model that breaks that often in a row is not asked again.
const MOST_PANICS: usize = 3;

struct Desk {
    judge: Judge,
    shelf: Shelf,
    wake: Sender<Wake>,
    start: Instant,
}

/// Starts the thread; what is sent to it is scored, one trajectory at a time.
pub fn start(
    name: String,
    make: MakeJudge,
    shelf: Shelf,
    wake: Sender<Wake>,
    start: Instant,
) -> std::io::Result<Sender<String>> {
    let (orders, ordered) = mpsc::channel();
    spawn("judge", move || {
        let tell = |msg| wake.send(Wake::Msg(Msg::Judge(msg))).is_ok();
        tell(JudgeMsg::Loading(name));
        match caught(make) {
            Ok(Ok(judge)) => Desk { judge, shelf, wake, start }.work(&ordered),
            Ok(Err(error)) => drop(tell(JudgeMsg::Gone(format!("{error:#}")))),
            Err(panicked) => drop(tell(JudgeMsg::Gone(panicked))),
        }
    })?;
    Ok(orders)
}

impl Desk {
    fn tell(&self, msg: JudgeMsg) -> bool {
        self.wake.send(Wake::Msg(Msg::Judge(msg))).is_ok()
    }

    fn work(mut self, ordered: &Receiver<String>) {
        let mut panics = 0;
        self.tell(JudgeMsg::Loaded(self.judge.facts()));
        while self.tell(JudgeMsg::Ready) {
            let Ok(id) = ordered.recv() else { return };
            match caught(|| self.judge(&id)) {
                Ok(()) => panics = 0,
                Err(panicked) => {
                    panics += 1;
                    self.tell(JudgeMsg::Failed { id, reason: panicked.clone() });
                    if panics == MOST_PANICS {
                        self.tell(JudgeMsg::Gone(panicked));
                        return;
                    }
                }
            }
        }
    }

    fn judge(&mut self, id: &str) {
        let msg = match self.judged(id) {
            Ok(msg) => msg,
            Err(ScoreError::TooLong { tokens, limit }) => JudgeMsg::TooLong { id: id.to_owned(), tokens, limit },
            Err(error) => JudgeMsg::Failed { id: id.to_owned(), reason: error.to_string() },
        };
        self.tell(msg);
    }

    fn judged(&mut self, id: &str) -> Result<JudgeMsg, ScoreError> {
        let trajectory = self.shelf.load(id).map_err(ScoreError::Failed)?;
        let question = self.judge.question(&trajectory)?;
        if let Some(known) = self.judge.recall(&question) {
            return Ok(JudgeMsg::Known(vec![(id.to_owned(), known.score)]));
        }
        let (start, wake, total) = (self.start, self.wake.clone(), question.prompt.token_ids.len());
        let tell = |msg| wake.send(Wake::Msg(Msg::Judge(msg))).is_ok();
        tell(JudgeMsg::Started { id: id.to_owned(), at: start.elapsed() });
        let mut told = Instant::now();
        let mut watch = |done: usize| {
            if told.elapsed() < EVERY {
                return ControlFlow::Continue(());
            }
            told = Instant::now();
            // Nobody listens any more: the program is ending.
            let listening = tell(JudgeMsg::Progress { id: id.to_owned(), done, total, at: start.elapsed() });
            if listening { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        let judged = self.judge.answer(&trajectory, &question, &mut watch)?;
        tell(JudgeMsg::Progress { id: id.to_owned(), done: total, total, at: start.elapsed() });
        if let Some(reason) = judged.unsaved {
            let _ = wake.send(Wake::Msg(Msg::Toast(format!("the score could not be kept: {reason}"))));
        }
        Ok(JudgeMsg::Scored { id: id.to_owned(), score: judged.score, at: start.elapsed() })
    }
}
