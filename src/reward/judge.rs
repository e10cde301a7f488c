//! A scorer with a memory: what was asked before in exactly the same way is not computed again.

use std::ops::ControlFlow;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::{Prompt, ScoreError, Scorer, ScorerFacts};
use crate::store::scores::{ScoreRow, ScoreStore};
use crate::trajectory::{Score, Trajectory};

/// Owns the model. Lives on one thread.
pub struct Judge {
    scorer: Box<dyn Scorer>,
    memory: Option<ScoreStore>,
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
    /// Why the score could not be kept; it counts all the same.
    pub unsaved: Option<String>,
}

impl Judge {
    pub fn new(scorer: Box<dyn Scorer>, memory: Option<ScoreStore>) -> Self {
        Self { scorer, memory }
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
        Some(Self { scorer: self.scorer.beside()?, memory })
    }

    pub fn question(&self, trajectory: &Trajectory) -> Result<Question, ScoreError> {
        let prompt = self.scorer.prompt(trajectory)?;
        let fingerprint = self.scorer.fingerprint(&prompt);
        Ok(Question { prompt, fingerprint })
    }

    /// The answer, if the same question was answered before.
    pub fn recall(&self, question: &Question) -> Option<Judged> {
        let row = self.memory.as_ref()?.find(&question.fingerprint).ok()??;
        let score = Score {
            log_odds: row.log_odds,
            logit_yes: row.logit_yes,
            logit_no: row.logit_no,
            outputs: row.outputs,
            tokens: row.tokens,
        };
        Some(Judged { score, remembered: true, seconds: row.seconds, unsaved: None })
    }

    /// Recalls, or computes and keeps. `watch` hears how many tokens are done, and can stop the work.
    pub fn answer(
        &mut self,
        trajectory: &Trajectory,
        question: &Question,
        watch: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Judged, ScoreError> {
        if let Some(known) = self.recall(question) {
            return Ok(known);
        }
        let start = Instant::now();
        let score = self.scorer.score(&question.prompt, watch)?;
        let seconds = start.elapsed().as_secs_f64();
        let unsaved = self.keep(trajectory, question, &score, seconds);
        Ok(Judged { score, remembered: false, seconds, unsaved })
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
