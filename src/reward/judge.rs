//! A scorer with a memory: what was asked before in exactly the same way is not computed again.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::{Prompt, Prompter, ScoreError, Scorer, ScorerFacts};
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

    /// What this model said of a trajectory when it was asked in another way: a stale score, and what has changed.
    pub fn earlier(&self, id: &str, question: Option<&Question>) -> Option<(Score, String)> {
        let facts = self.facts();
        let rows = self.memory.as_ref()?.of(id).ok()?;
        let other = |row: &&ScoreRow| question.is_none_or(|question| question.fingerprint != row.fingerprint);
        let row = rows.iter().filter(|row| row.model == facts.name).find(other)?;
        let why = match question {
            _ if row.profile != facts.profile => format!("by profile {}, and now it is {}", row.profile, facts.profile),
            _ if row.dtype != facts.dtype => format!("in {}, and now it is {}", row.dtype, facts.dtype),
            Some(question) if question.prompt.token_ids.len() != row.tokens => {
                format!("of a prompt of {} tokens, and now it has {}", row.tokens, question.prompt.token_ids.len())
            }
            _ => "the weights, the profile or the prompt have changed".into(),
        };
        Some((scored(row), why))
    }

    pub fn question(&self, trajectory: &Trajectory) -> Result<Question, ScoreError> {
        let prompt = self.scorer.prompt(trajectory)?;
        let fingerprint = self.scorer.fingerprint(&prompt);
        Ok(Question { prompt, fingerprint })
    }

    /// The answer, if the same question was answered before.
    pub fn recall(&self, question: &Question) -> Option<Judged> {
        let row = self.memory.as_ref()?.find(&question.fingerprint).ok()??;
        let score = scored(&row);
        Some(Judged { score, remembered: true, seconds: row.seconds, trace: None, unsaved: None })
    }

    /// Recalls, or computes and keeps. `watch` hears how many tokens are done, and can stop the work.
    pub fn answer(
        &mut self,
        trajectory: &Trajectory,
        question: &Question,
        watch: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Judged, ScoreError> {
        let start = Instant::now();
        let (trace, lost) = if self.tracing { self.trace(trajectory, question, watch)? } else { (None, None) };
        if let Some(known) = self.recall(question) {
            return Ok(Judged { trace: closed(trace, trajectory, &known.score), unsaved: lost, ..known });
        }
        let score = self.scorer.score(&question.prompt, watch)?;
        let seconds = start.elapsed().as_secs_f64();
        let unsaved = self.keep(trajectory, question, &score, seconds).or(lost);
        Ok(Judged { trace: closed(trace, trajectory, &score), score, remembered: false, seconds, unsaved })
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
        self.memory.as_ref()?.insert(&row).err().map(|error| error.to_string())
    }
}

type Trace = Option<Result<Vec<TracePoint>, String>>;

/// A trace ends with the full score.
fn closed(trace: Trace, trajectory: &Trajectory, score: &Score) -> Trace {
    let last = TracePoint { turn: trajectory.turns.len().saturating_sub(1), log_odds: score.log_odds };
    trace.map(|points| points.map(|points| points.into_iter().chain([last]).collect()))
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
