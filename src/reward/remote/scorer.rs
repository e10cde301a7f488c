//! A reward model on servers, behind the same contract as one on this machine.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::address::Address;
use super::kind::{self, Kind, Served};
use super::line::{Line, Trouble, Watch};
use super::pool::Pool;
use super::wires::{self, Answer, Asked, Misread, Wire};
use super::{KEY, Limits};
use crate::reward::head;
use crate::reward::identity::hashed;
use crate::reward::profile::{Head, Profile};
use crate::reward::{ChatFiles, Identity, Prompt, Prompter, ScoreError, Scorer, ScorerFacts, Tokenizer};
use crate::trajectory::{Score, Trajectory, log_odds_of};

/// Servers do not say in which precision they compute.
const AS_SERVED: &str = "as served";

/// What makes the prompts here, while the weights are there.
pub struct Made {
    pub profile: Profile,
    pub tokenizer: Tokenizer,
    pub chat: ChatFiles,
    /// Rows of the model's embedding; `None` if nobody says.
    pub vocabulary: Option<usize>,
}

#[derive(Clone)]
pub struct RemoteScorer {
    shared: Arc<Shared>,
}

struct Shared {
    prompter: Arc<Prompter>,
    served: Served,
    pool: Pool,
    line: Line,
    /// Dialects that may be understood, the best first.
    wires: Vec<&'static dyn Wire>,
    /// The one in use, and whether it has been understood.
    wire: AtomicUsize,
    understood: AtomicBool,
    vocabulary: Option<usize>,
}

impl RemoteScorer {
    /// Asks every address who it is; all must serve the same model, cut into tokens as here.
    pub fn open(typed: &[String], made: Made, limits: Limits) -> Result<Self, ScoreError> {
        let key = std::env::var(KEY).ok().filter(|key| !key.is_empty());
        Self::open_with(typed, made, limits, key)
    }

    /// As [`Self::open`], with the key given.
    pub fn open_with(typed: &[String], made: Made, limits: Limits, key: Option<String>) -> Result<Self, ScoreError> {
        let addresses = typed.iter().map(|typed| Address::parse(typed)).collect::<Result<Vec<_>, _>>();
        let addresses = addresses.map_err(ScoreError::Failed)?;
        let line = Line::new(&limits, key).map_err(ScoreError::Failed)?;
        let pools = addresses.iter().map(|address| Pool::new(vec![address.clone()], limits.clone()));
        let mut go_on = |_: usize| ControlFlow::Continue(());
        let mut find = |pool: Pool| {
            pool.ask(&mut go_on, &mut |address, watch| kind::find(&line, address, watch))
                .map_err(|trouble| told(&trouble))
        };
        let served = pools.map(&mut find).collect::<Result<Vec<_>, _>>()?;
        let first = one_model(&addresses, &served)?;
        for address in &addresses {
            known_tokens(&line, address, &first, &made)?;
        }
        let wires = wires::fitting(first.kind, &made.profile.head, addresses.iter().find_map(|address| address.wire));
        let Some(spare) = wires.first().map(|wire| wire.spare()) else {
            let reason = format!("{} cannot be asked for the head of profile {}", first.engine(), made.profile.name);
            return Err(ScoreError::Failed(format!("{}: {reason}", addresses[0].base)));
        };
        let context = first.limit.map(|limit| limit.saturating_sub(spare));
        let prompter = Arc::new(Prompter::new(made.profile, made.tokenizer, made.chat, context)?);
        let (wire, understood, vocabulary) = (AtomicUsize::new(0), AtomicBool::new(false), made.vocabulary);
        let pool = Pool::new(addresses, limits);
        Ok(Self {
            shared: Arc::new(Shared { prompter, served: first, pool, line, wires, wire, understood, vocabulary }),
        })
    }
}

fn told(trouble: &Trouble) -> ScoreError {
    match trouble {
        Trouble::Never(why) | Trouble::Absent(why) | Trouble::Later { why, .. } => ScoreError::Failed(why.clone()),
        Trouble::Stopped => ScoreError::Stopped,
    }
}

fn one_model(addresses: &[Address], served: &[Served]) -> Result<Served, ScoreError> {
    let first = served.first().ok_or_else(|| ScoreError::Failed("no address given".into()))?;
    let other = |one: &&(&Address, &Served)| one.1.model != first.model || one.1.kind != first.kind;
    let all: Vec<_> = addresses.iter().zip(served).collect();
    if let Some((address, other)) = all.iter().find(other) {
        let reason = format!("{} with {}, and {} with {}", first.engine(), first.model, other.engine(), other.model);
        return Err(ScoreError::Failed(format!("{}: replicas serve one model, not {reason}", address.base)));
    }
    // The shortest of them decides what fits.
    let limit = served.iter().filter_map(|one| one.limit).min();
    Ok(Served { limit, ..first.clone() })
}

/// One id beyond the vocabulary ends a vLLM server that has no tokenizer: without knowing either, nothing is sent.
fn known_tokens(line: &Line, address: &Address, served: &Served, made: &Made) -> Result<(), ScoreError> {
    if served.kind != Kind::Vllm {
        return Ok(());
    }
    let mut go_on = |_: usize| ControlFlow::Continue(());
    match kind::same_tokens(line, address, &served.model, &made.tokenizer, &mut go_on) {
        Some(true) => Ok(()),
        Some(false) => Err(ScoreError::Failed(format!(
            "{}: {} cuts text into other tokens than the tokenizer given; --tokenizer takes the folder of its own",
            address.base, served.model
        ))),
        None if made.vocabulary.is_some() => Ok(()),
        None => Err(ScoreError::Failed(format!(
            "{}: the server has no tokenizer to compare, and the size of the vocabulary is not known; \
             put the model's config.json beside tokenizer.json",
            address.base
        ))),
    }
}

impl Shared {
    fn asked<'a>(&'a self, prompt: &'a Prompt) -> Asked<'a> {
        Asked { model: &self.served.model, prompt, prompter: &self.prompter }
    }

    fn check(&self, prompt: &Prompt) -> Result<(), ScoreError> {
        let (tokens, limit) = (prompt.token_ids.len(), self.prompter.context());
        if tokens > limit {
            return Err(ScoreError::TooLong { tokens, limit });
        }
        let all = prompt.token_ids.iter().chain(&prompt.labels.yes).chain(&prompt.labels.no);
        match all.max().zip(self.vocabulary) {
            Some((id, size)) if *id as usize >= size => {
                let reason =
                    format!("token {id} is outside the model's vocabulary of {size}: is it another tokenizer?");
                Err(ScoreError::Failed(format!("not sent: {reason}")))
            }
            _ => Ok(()),
        }
    }

    /// Asks in the dialect in use, and turns to the next where it is not understood.
    fn ask(&self, prompt: &Prompt, watch: Watch) -> Result<Answer, ScoreError> {
        let asked = self.asked(prompt);
        let mut refused = Vec::new();
        loop {
            let at = self.wire.load(Ordering::Relaxed);
            let wire = self.wires[at];
            let why = match self.ask_in(wire, &asked, watch) {
                Ok(answer) => {
                    self.understood.store(true, Ordering::Relaxed);
                    return Ok(answer);
                }
                Err(Misread::Below(error)) => return Err(error),
                Err(Misread::Stopped) => return Err(ScoreError::Stopped),
                Err(Misread::Wrong(why)) => return Err(ScoreError::Failed(why)),
                // Who has understood once talks nonsense now.
                Err(Misread::NotUnderstood(why)) if self.understood.load(Ordering::Relaxed) => {
                    return Err(ScoreError::Failed(why));
                }
                Err(Misread::NotUnderstood(why)) => why,
            };
            refused.push(format!("{} {why}", wire.route()));
            if at + 1 >= self.wires.len() {
                return Err(ScoreError::Failed(refused.join("; ")));
            }
            let _ = self.wire.compare_exchange(at, at + 1, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    fn ask_in(&self, wire: &dyn Wire, asked: &Asked, watch: Watch) -> Result<Answer, Misread> {
        let (place, answer) = self.send(wire, asked, &wire.body(asked), watch)?;
        let named = |why: String| format!("{place}: {why}");
        wires::checked(&answer, asked).map_err(|why| Misread::Wrong(named(why)))?;
        let read = wire.read(&answer, asked).map_err(|misread| match misread {
            Misread::Wrong(why) => Misread::Wrong(named(why)),
            Misread::NotUnderstood(why) => Misread::NotUnderstood(named(why)),
            other => other,
        })?;
        match wire.activated(asked).filter(|_| read.looks_activated()) {
            None => Ok(read),
            Some(body) => {
                let (_, again) = self.send(wire, asked, &body, watch)?;
                let again = wire.read(&again, asked)?;
                raw(read, &again).map_err(|why| Misread::Wrong(named(why)))
            }
        }
    }

    fn send(
        &self,
        wire: &dyn Wire,
        asked: &Asked,
        body: &serde_json::Value,
        watch: Watch,
    ) -> Result<(String, serde_json::Value), Misread> {
        let answer = self.pool.ask(watch, &mut |address, watch| {
            let answer = self.line.post(&address.at(wire.route()), body, watch)?;
            Ok((address.base.clone(), answer))
        });
        answer.map_err(|trouble| match trouble {
            Trouble::Absent(why) => Misread::NotUnderstood(why),
            Trouble::Never(why) if wire.may_be_refused(&why, self.served.kind, asked) => Misread::NotUnderstood(why),
            Trouble::Never(why) | Trouble::Later { why, .. } => Misread::Wrong(why),
            Trouble::Stopped => Misread::Stopped,
        })
    }
}

/// Values between 0 and 1 may be raw, or the server may not have understood that raw ones were asked for: then asking for
/// activated ones gives the same.
fn raw(read: Answer, again: &Answer) -> Result<Answer, String> {
    let same = |a: f64, b: f64| (a - b).abs() < 1e-6;
    let (Answer::Rows(raw), Answer::Rows(activated)) = (&read, again) else { return Ok(read) };
    let pairs = raw.iter().flatten().zip(activated.iter().flatten());
    if !pairs.clone().all(|(a, b)| same(*a, *b)) {
        return Ok(read);
    }
    match raw[..] {
        [ref only] if only.len() == 1 && only[0] > 0.0 && only[0] < 1.0 => Ok(Answer::Odds(log_odds_of(only[0]))),
        _ => {
            Err("it gives probabilities where raw outputs were asked for; a newer server understands use_activation"
                .into())
        }
    }
}

impl Scorer for RemoteScorer {
    fn facts(&self) -> ScorerFacts {
        let Shared { prompter, served, pool, .. } = &*self.shared;
        let more =
            if pool.replicas.len() > 1 { format!(" and {} more", pool.replicas.len() - 1) } else { String::new() };
        let decision = &prompter.profile().decision;
        ScorerFacts {
            name: served.model.clone(),
            profile: prompter.profile().name.clone(),
            device: format!("{} at {}{more}", served.engine(), pool.replicas[0].base),
            dtype: AS_SERVED.into(),
            parameters: 0,
            context: prompter.context(),
            threshold: decision.threshold,
            worth: decision.worth.clone(),
            outputs: prompter.profile().head.names().to_vec(),
        }
    }

    fn prompt(&self, trajectory: &Trajectory) -> Result<Prompt, ScoreError> {
        self.shared.prompter.prompt(trajectory)
    }

    fn prompter(&self) -> Arc<Prompter> {
        Arc::clone(&self.shared.prompter)
    }

    fn identity(&self) -> Identity {
        let Shared { prompter, served, .. } = &*self.shared;
        Identity {
            weights: hashed(&["remote", &served.model, &served.identity]).finalize().to_hex().to_string(),
            profile: prompter.profile().hash.clone(),
            dtype: AS_SERVED.into(),
        }
    }

    fn score(&mut self, prompt: &Prompt, watch: &mut dyn FnMut(usize) -> ControlFlow<()>) -> Result<Score, ScoreError> {
        let shared = &*self.shared;
        shared.check(prompt)?;
        let answer = shared.ask(prompt, watch)?;
        let _ = watch(prompt.token_ids.len());
        let profile = shared.prompter.profile();
        let score = match (answer, &profile.head) {
            (Answer::Odds(odds), Head::YesNo { .. }) => head::calibrated(odds, &profile.decision, prompt),
            // One number where two labels were asked for: served as a classifier, their difference.
            (Answer::Rows(rows), Head::YesNo { .. }) if rows.iter().map(Vec::len).eq([1]) => {
                head::calibrated(rows[0][0], &profile.decision, prompt)
            }
            (Answer::Odds(odds), _) => head::score(&profile.head, &profile.decision, prompt, &[vec![odds]]),
            (Answer::Rows(rows), _) => head::score(&profile.head, &profile.decision, prompt, &rows),
        };
        score.map_err(|why| ScoreError::Failed(format!("{}: {why}", shared.pool.replicas[0].base)))
    }

    fn lanes(&self) -> usize {
        self.shared.pool.most()
    }

    fn beside(&self) -> Option<Box<dyn Scorer>> {
        Some(Box::new(self.clone()))
    }
}
