//! The threads that own the models. They pull: when one is ready it says so, and is told the most useful trajectory. A model
//! on this machine has one thread; of a model on servers there are several.

use std::ops::ControlFlow;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Wake;
use super::reading::{Asking, Shelf};
use super::worker::{spawn, stand_back};
use crate::app::board::Stale;
use crate::app::{JudgeMsg, Judged, Made, Msg};
use crate::reward::{self, Earlier, Judge, Question, ScoreError, Taken, without};
use crate::store::caught;
use crate::trajectory::{Score, Trajectory};

/// Makes the judges (the first ranks, a second stands beside it), on the thread that will own them: loading takes a while. What
/// it is handed tells the user something in passing.
pub type MakeJudge = Box<dyn FnOnce(&dyn Fn(&str)) -> anyhow::Result<Vec<Judge>> + Send>;

/// Progress is told at most this often.
const EVERY: Duration = Duration::from_millis(80);
/// A model that breaks that often in a row is not asked again.
const MOST_PANICS: usize = 3;
/// Questions in flight while somebody looks on: what the cursor is on must not wait behind many.
const LANES: usize = 8;

struct Desk {
    judge: Judge,
    second: Option<Judge>,
    shelf: Shelf,
    wake: Sender<Wake>,
    start: Instant,
}

/// What the screen wants scored.
#[derive(Debug)]
pub enum Order {
    Score(String),
    /// Without a part, for somebody who asked what it is worth.
    Without(String, Taken),
    /// After each turn.
    Trace(String),
}

impl Order {
    fn id(&self) -> &str {
        let (Self::Score(id) | Self::Without(id, _) | Self::Trace(id)) = self;
        id
    }

    /// It cannot be carried out.
    fn failed(&self, reason: String) -> JudgeMsg {
        let id = self.id().to_owned();
        match self {
            Self::Score(_) => JudgeMsg::Failed { id, reason },
            Self::Without(_, taken) => JudgeMsg::Without { id, part: taken.name(), judged: Judged::Failed(reason) },
            Self::Trace(_) => JudgeMsg::Traced { id, trace: Err(reason) },
        }
    }
}

type Orders = Arc<Mutex<Receiver<Order>>>;

/// Starts the threads; what is sent to them is scored, one trajectory at a time each.
pub fn start(
    name: String,
    make: MakeJudge,
    (shelf, asking): (Shelf, Asking),
    wake: Sender<Wake>,
    start: Instant,
) -> std::io::Result<Sender<Order>> {
    let (orders, ordered) = mpsc::channel();
    let ordered: Orders = Arc::new(Mutex::new(ordered));
    spawn("judge", move || {
        stand_back();
        let tell = |msg| wake.send(Wake::Msg(Msg::Judge(msg))).is_ok();
        tell(JudgeMsg::Loading(name));
        let say = |text: &str| drop(wake.send(Wake::Msg(Msg::Toast(text.to_owned()))));
        let judges = caught(|| make(&say)).and_then(|made| made.map_err(|error| format!("{error:#}")));
        let mut judges = match judges {
            Ok(judges) => judges.into_iter(),
            Err(reason) => {
                tell(JudgeMsg::Gone(reason));
                return;
            }
        };
        let Some(judge) = judges.next() else { return };
        let _ = asking.set(judge.prompter());
        Desk { judge, second: judges.next(), shelf, wake, start }.open(&ordered);
    })?;
    Ok(orders)
}

impl Desk {
    fn tell(&self, msg: JudgeMsg) -> bool {
        self.wake.send(Wake::Msg(Msg::Judge(msg))).is_ok()
    }

    /// Says who judges, and gives every lane a thread.
    fn open(self, orders: &Orders) {
        let facts = self.judge.facts();
        if let Some(second) = self.second.as_ref().map(Judge::facts) {
            let same = second.name == facts.name;
            self.tell(JudgeMsg::Second(if same { second.profile } else { second.name }));
        }
        self.tell(JudgeMsg::Loaded(facts));
        for lane in (1..self.judge.lanes().min(LANES)).map_while(|_| self.beside()) {
            let orders = orders.clone();
            let _ = spawn("judge", move || lane.work(&orders));
        }
        self.work(orders);
    }

    fn beside(&self) -> Option<Self> {
        let second = match &self.second {
            Some(second) => Some(second.beside()?),
            None => None,
        };
        let judge = self.judge.beside()?;
        Some(Self { judge, second, shelf: self.shelf.clone(), wake: self.wake.clone(), start: self.start })
    }

    fn work(mut self, orders: &Orders) {
        let mut panics = 0;
        while self.tell(JudgeMsg::Ready) {
            let next = orders.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(order) = next else { return };
            match caught(|| self.carry_out(&order)) {
                Ok(()) => panics = 0,
                Err(panicked) => {
                    panics += 1;
                    self.tell(order.failed(panicked.clone()));
                    if panics == MOST_PANICS {
                        self.tell(JudgeMsg::Gone(panicked));
                        return;
                    }
                }
            }
        }
    }

    fn carry_out(&mut self, order: &Order) {
        match (self.shelf.load(order.id()), order) {
            (Err(reason), _) => drop(self.tell(order.failed(reason))),
            (Ok(trajectory), Order::Score(id)) => self.judge(id, &trajectory),
            (Ok(trajectory), Order::Without(id, taken)) => {
                let judged = match without(&trajectory, taken) {
                    Some(rest) => asked(&mut self.judge, &rest),
                    None => Judged::Failed("there is nothing to take out".to_owned()),
                };
                self.tell(JudgeMsg::Without { id: id.clone(), part: taken.name(), judged });
            }
            (Ok(trajectory), Order::Trace(id)) => {
                let trace = self.judge.ask_trace(&trajectory, &mut |_| ControlFlow::Continue(()));
                let trace = trace.map_err(|error| error.to_string());
                self.tell(JudgeMsg::Traced { id: id.clone(), trace });
            }
        }
    }

    fn judge(&mut self, id: &str, trajectory: &Trajectory) {
        let msg = match self.judged(id, trajectory) {
            Ok(msg) => msg,
            Err(ScoreError::TooLong { tokens, limit }) => JudgeMsg::TooLong { id: id.to_owned(), tokens, limit },
            Err(error) => JudgeMsg::Failed { id: id.to_owned(), reason: error.to_string() },
        };
        self.tell(msg);
        if let Some(second) = &mut self.second {
            let judged = asked(second, trajectory);
            self.tell(JudgeMsg::Also { id: id.to_owned(), judged });
        }
    }

    fn judged(&mut self, id: &str, trajectory: &Trajectory) -> Result<JudgeMsg, ScoreError> {
        match self.judge.before(trajectory) {
            Some(Ok((asked, known))) => {
                self.tell_trace(id, &asked.fingerprint, trajectory, &known.score);
                return Ok(self.known(id, asked.fingerprint, known));
            }
            Some(Err(error)) => {
                self.tell_stale(id, None);
                return Err(error);
            }
            None => {}
        }
        let question = self.judge.question(trajectory).inspect_err(|_| self.tell_stale(id, None))?;
        if let Some(known) = self.judge.recall(&question) {
            self.tell_trace(id, &question.fingerprint, trajectory, &known.score);
            return Ok(self.known(id, question.fingerprint, known));
        }
        self.tell_stale(id, Some(&question));
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
        let judged = self.judge.answer(trajectory, &question, &mut watch)?;
        tell(JudgeMsg::Progress { id: id.to_owned(), done: total, total, at: start.elapsed() });
        if let Some(reason) = judged.unsaved {
            let _ = wake.send(Wake::Msg(Msg::Toast(format!("the score could not be kept: {reason}"))));
        }
        self.tell_trace(id, &question.fingerprint, trajectory, &judged.score);
        let made = Made { fingerprint: question.fingerprint, seconds: judged.seconds, remembered: false };
        tell(JudgeMsg::Made { id: id.to_owned(), made });
        Ok(JudgeMsg::Scored { id: id.to_owned(), score: judged.score, at: start.elapsed() })
    }

    fn known(&self, id: &str, fingerprint: String, known: reward::Judged) -> JudgeMsg {
        let made = Made { fingerprint, seconds: known.seconds, remembered: true };
        self.tell(JudgeMsg::Made { id: id.to_owned(), made });
        JudgeMsg::Known(vec![(id.to_owned(), known.score)])
    }

    /// Where it is known already how the score came about.
    fn tell_trace(&self, id: &str, fingerprint: &str, trajectory: &Trajectory, score: &Score) {
        if let Some(trace) = self.judge.known_trace(fingerprint, trajectory, score) {
            self.tell(JudgeMsg::Traced { id: id.to_owned(), trace: Ok(trace) });
        }
    }

    fn tell_stale(&self, id: &str, question: Option<&Question>) {
        if let Some(Earlier { score, why }) = self.judge.earlier(id, question) {
            self.tell(JudgeMsg::Stale { id: id.to_owned(), stale: Stale { score, why } });
        }
    }
}

/// What a judge says, without progress on the way.
fn asked(judge: &mut Judge, trajectory: &Trajectory) -> Judged {
    let score = match judge.before(trajectory) {
        Some(before) => before.map(|(_, known)| known.score),
        None => judge
            .question(trajectory)
            .and_then(|question| Ok(judge.answer(trajectory, &question, &mut |_| ControlFlow::Continue(()))?.score)),
    };
    match score {
        Ok(score) => Judged::Scored(score),
        Err(ScoreError::TooLong { tokens, limit }) => Judged::TooLong { tokens, limit },
        Err(error) => Judged::Failed(error.to_string()),
    }
}
