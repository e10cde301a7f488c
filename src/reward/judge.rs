//! A scorer with a memory: what was asked before in exactly the same way is not computed again.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::trace;
use super::{Cut, Identity, Prompt, Prompter, ScoreError, Scorer, ScorerFacts};
use crate::store::questions::{Outcome, QuestionRow};
use crate::store::scores::{ScoreRow, ScoreStore};
use crate::trajectory::{Score, TracePoint, Trajectory};

/// Owns the model. Lives on one thread.
pub struct Judge {
    scorer: Box<dyn Scorer>,
    memory: Option<ScoreStore>,
    tracing: bool,
}

/// A question that has not been answered yet: the exact prompt and the key of its answer.
pub struct Question {
    pub prompt: Prompt,
    pub fingerprint: String,
    /// Of the question itself: it is found by it before it is put into words.
    key: String,
}

/// What a score's row says of its question.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    pub fingerprint: String,
    pub tokens: usize,
    pub cut: Vec<Cut>,
}

/// A score and where it came from.
pub struct Judged {
    pub score: Score,
    /// Computed now, or before by any process that shares the database.
    pub remembered: bool,
    pub seconds: f64,
    /// The score after each turn, the full one last; `None` where it was not asked for, a reason where there is none.
    pub trace: Option<Result<Vec<TracePoint>, String>>,
    /// Why the score could not be kept; it counts all the same.
    pub unsaved: Option<String>,
}

/// A stale score: what the same model said of the same trajectory when it was asked in another way.
#[derive(Debug, Clone, PartialEq)]
pub struct Earlier {
    pub score: Score,
    /// What has changed since.
    pub why: String,
}

impl Question {
    pub fn asked(&self) -> Asked {
        let prompt = &self.prompt;
        Asked { fingerprint: self.fingerprint.clone(), tokens: prompt.token_ids.len(), cut: prompt.cut.clone() }
    }
}

impl Judge {
    pub fn new(scorer: Box<dyn Scorer>, memory: Option<ScoreStore>) -> Self {
        Self { scorer, memory, tracing: false }
    }

    /// Asks after each turn as well from now on.
    #[must_use]
    pub fn tracing(self, tracing: bool) -> Self {
        Self { tracing, ..self }
    }

    pub fn facts(&self) -> ScorerFacts {
        self.scorer.facts()
    }

    /// How many questions may be asked at once.
    pub fn lanes(&self) -> usize {
        self.scorer.lanes()
    }

    /// A judge that asks the same model while this one waits for its answer.
    pub fn beside(&self) -> Option<Self> {
        let memory = self.memory.as_ref().map(ScoreStore::again).transpose().ok()?;
        Some(Self { scorer: self.scorer.beside()?, memory, tracing: self.tracing })
    }

    pub fn prompter(&self) -> Arc<Prompter> {
        self.scorer.prompter()
    }

    /// What came of asking exactly the same before, found without putting the question into words: a score, or that it is
    /// too long. `None` says nothing: the question may have been answered all the same.
    pub fn before(&self, trajectory: &Trajectory) -> Option<Result<(Asked, Judged), ScoreError>> {
        let memory = self.memory.as_ref()?;
        let known = memory.question(&self.key(trajectory)).ok()??;
        let fingerprint = match known.outcome {
            Outcome::Scored(fingerprint) => fingerprint,
            Outcome::TooLong(tokens) => {
                let limit = self.prompter().context();
                return (tokens > limit).then_some(Err(ScoreError::TooLong { tokens, limit }));
            }
        };
        let row = memory.find(&fingerprint).ok()??;
        let earlier = if self.asks_for_traces() { Some(Ok(memory.trace(&fingerprint).ok()??)) } else { None };
        let trace = self.traced(earlier, trajectory, &scored(&row));
        let asked = Asked { fingerprint, tokens: row.tokens, cut: serde_json::from_str(&row.cut).ok()? };
        Some(Ok((asked, Judged { trace, ..remembered(&row) })))
    }

    /// What this model said of a trajectory when it was asked in another way.
    pub fn earlier(&self, id: &str, question: Option<&Question>) -> Option<Earlier> {
        let name = self.facts().name;
        let rows = self.memory.as_ref()?.of(id).ok()?;
        let other = |row: &&ScoreRow| question.is_none_or(|question| question.fingerprint != row.fingerprint);
        let row = rows.iter().filter(|row| row.model == name).find(other)?;
        Some(Earlier { score: scored(row), why: self.changed(row, question) })
    }

    /// What is another today than when a score was made.
    fn changed(&self, row: &ScoreRow, question: Option<&Question>) -> String {
        let (facts, now) = (self.facts(), self.scorer.identity());
        let then = self.memory.as_ref().and_then(|memory| memory.question_of(&row.fingerprint).ok()?);
        let tokens = question.map(|question| question.prompt.token_ids.len());
        match (then, tokens) {
            _ if row.profile != facts.profile => format!("by profile {}, and now it is {}", row.profile, facts.profile),
            _ if row.dtype != facts.dtype => format!("in {}, and now it is {}", row.dtype, facts.dtype),
            (Some(then), _) if then.weights != now.weights => "by other weights of that name".into(),
            (Some(then), _) if then.profile != now.profile => format!("by profile {} as it was then", row.profile),
            (_, Some(tokens)) if tokens != row.tokens => {
                format!("of a prompt of {} tokens, and now it has {tokens}", row.tokens)
            }
            (Some(_), Some(_)) => "of another prompt".into(),
            (Some(_), None) => "it cannot be asked any more".into(),
            (None, _) => "the weights, the profile or the prompt have changed".into(),
        }
    }

    pub fn question(&self, trajectory: &Trajectory) -> Result<Question, ScoreError> {
        let key = self.key(trajectory);
        let prompt = self.scorer.prompt(trajectory).inspect_err(|error| {
            if let (ScoreError::TooLong { tokens, .. }, Some(memory)) = (error, &self.memory) {
                // Kept or not, it is too long.
                let _ = memory.keep_question(&self.put(key.clone(), Outcome::TooLong(*tokens)));
            }
        })?;
        let fingerprint = self.scorer.fingerprint(&prompt);
        Ok(Question { prompt, fingerprint, key })
    }

    fn key(&self, trajectory: &Trajectory) -> String {
        self.scorer.identity().question(&self.prompter(), trajectory)
    }

    fn put(&self, key: String, outcome: Outcome) -> QuestionRow {
        let Identity { weights, profile, .. } = self.scorer.identity();
        QuestionRow { key, weights, profile, outcome }
    }

    fn answered(&self, question: &Question) -> QuestionRow {
        self.put(question.key.clone(), Outcome::Scored(question.fingerprint.clone()))
    }

    /// The answer, if the same question was answered before.
    pub fn recall(&self, question: &Question) -> Option<Judged> {
        let memory = self.memory.as_ref()?;
        let row = memory.find(&question.fingerprint).ok()??;
        // Next time it need not be put into words; where that cannot be kept, it will be.
        let _ = memory.keep_question(&self.answered(question));
        Some(remembered(&row))
    }

    /// Recalls, or computes and keeps. `watch` hears how many tokens are done, and can stop the work.
    pub fn answer(
        &mut self,
        trajectory: &Trajectory,
        question: &Question,
        watch: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Judged, ScoreError> {
        let start = Instant::now();
        let asks = self.asks_for_traces();
        let (trace, lost) = if asks { self.trace(trajectory, question, watch)? } else { (None, None) };
        if let Some(known) = self.recall(question) {
            return Ok(Judged { trace: self.traced(trace, trajectory, &known.score), unsaved: lost, ..known });
        }
        let score = self.scorer.score(&question.prompt, watch)?;
        let seconds = start.elapsed().as_secs_f64();
        let unsaved = self.keep(trajectory, question, &score, seconds).or(lost);
        Ok(Judged { trace: self.traced(trace, trajectory, &score), score, remembered: false, seconds, unsaved })
    }

    /// The score after each turn, the full one last: said already, recalled, or asked now.
    pub fn ask_trace(
        &mut self,
        trajectory: &Trajectory,
        watch: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Vec<TracePoint>, ScoreError> {
        let before = std::mem::replace(&mut self.tracing, true);
        let judged = match self.before(trajectory) {
            Some(known) => known.map(|(_, judged)| judged),
            None => self.question(trajectory).and_then(|question| self.answer(trajectory, &question, watch)),
        };
        self.tracing = before;
        judged?.trace.unwrap_or_else(|| Err("no trace: this judge makes none".into())).map_err(ScoreError::Failed)
    }

    /// The same, where nothing has to be asked for it.
    pub fn known_trace(&self, fingerprint: &str, trajectory: &Trajectory, score: &Score) -> Option<Vec<TracePoint>> {
        trace::by_turns(self.prompter().profile(), trajectory, score).or_else(|| {
            let before = self.memory.as_ref()?.trace(fingerprint).ok()??;
            closed(Some(Ok(before)), trajectory, score)?.ok()
        })
    }

    fn asks_for_traces(&self) -> bool {
        self.tracing && !trace::is_by_turns(self.prompter().profile())
    }

    /// The whole trace: the points before with the score behind them, or what a judge of turns has said already.
    fn traced(&self, before: Trace, trajectory: &Trajectory, score: &Score) -> Trace {
        let said = self.tracing.then(|| trace::by_turns(self.prompter().profile(), trajectory, score)).flatten();
        said.map(Ok).or_else(|| closed(before, trajectory, score))
    }

    /// The points before the full score, recalled or computed and kept, and why they could not be kept.
    fn trace(
        &mut self,
        trajectory: &Trajectory,
        question: &Question,
        watch: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<(Trace, Option<String>), ScoreError> {
        let known = self.memory.as_ref().and_then(|memory| memory.trace(&question.fingerprint).ok()?);
        if let Some(points) = known {
            return Ok((Some(Ok(points)), None));
        }
        let moments = match self.scorer.moments(trajectory, &question.prompt) {
            Ok(moments) => moments,
            Err(error) => return Ok((Some(Err(error.to_string())), None)),
        };
        let mut points = Vec::new();
        for moment in moments {
            let score = self.scorer.score(&moment.prompt, watch)?;
            points.push(TracePoint { turn: moment.turn, log_odds: score.log_odds });
        }
        let lost = self.memory.as_ref().and_then(|memory| memory.keep_trace(&question.fingerprint, &points).err());
        Ok((Some(Ok(points)), lost.map(|error| error.to_string())))
    }

    fn keep(&self, trajectory: &Trajectory, question: &Question, score: &Score, seconds: f64) -> Option<String> {
        let facts = self.facts();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
        let row = ScoreRow {
            fingerprint: question.fingerprint.clone(),
            id: trajectory.id.clone(),
            task_id: trajectory.task_id.clone(),
            run: trajectory.run.clone(),
            attempt: trajectory.attempt,
            model: facts.name,
            profile: facts.profile,
            log_odds: score.log_odds,
            logit_yes: score.logit_yes,
            logit_no: score.logit_no,
            outputs: score.outputs.clone(),
            tokens: score.tokens,
            cut: serde_json::to_string(&question.prompt.cut).unwrap_or_default(),
            device: facts.device,
            dtype: facts.dtype,
            seconds,
            created: now,
        };
        let kept = self.memory.as_ref()?.insert_answer(&row, &self.answered(question));
        kept.err().map(|error| error.to_string())
    }
}

type Trace = Option<Result<Vec<TracePoint>, String>>;

/// A trace ends with the full score.
fn closed(trace: Trace, trajectory: &Trajectory, score: &Score) -> Trace {
    let last = TracePoint { turn: trajectory.turns.len().saturating_sub(1), log_odds: score.log_odds };
    trace.map(|points| points.map(|points| points.into_iter().chain([last]).collect()))
}

fn remembered(row: &ScoreRow) -> Judged {
    Judged { score: scored(row), remembered: true, seconds: row.seconds, trace: None, unsaved: None }
}

fn scored(row: &ScoreRow) -> Score {
    Score {
        log_odds: row.log_odds,
        logit_yes: row.logit_yes,
        logit_no: row.logit_no,
        outputs: row.outputs.clone(),
        tokens: row.tokens,
    }
}
