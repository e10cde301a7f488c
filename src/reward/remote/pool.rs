//! Replicas and how much each of them bears: more after every answer, half after every refusal, nothing while it rests.

use std::ops::ControlFlow;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Limits;
use super::address::Address;
use super::line::{Trouble, Watch};

/// Questions in flight on a replica that has not answered yet.
const FIRST: f64 = 4.0;
/// A pause doubles this often at most.
const DOUBLINGS: u32 = 5;
/// Whoever waits for a place looks up this often.
const GLANCE: Duration = Duration::from_millis(40);

pub struct Pool {
    pub replicas: Vec<Address>,
    limits: Limits,
    gates: Mutex<Vec<Gate>>,
    freed: Condvar,
}

#[derive(Debug, Clone)]
struct Gate {
    running: usize,
    /// Most questions in flight; grows by one for a round of answers.
    limit: f64,
    resting: Option<Instant>,
    /// When the last failure was counted.
    failed: Option<Instant>,
    /// Failures in a row, each counted once for all that were in flight.
    failures: u32,
    /// The reason of the last one.
    why: String,
}

impl Pool {
    pub fn new(replicas: Vec<Address>, limits: Limits) -> Self {
        let gate = Gate {
            running: 0,
            limit: FIRST.min(limits.most as f64),
            resting: None,
            failed: None,
            failures: 0,
            why: String::new(),
        };
        let gates = Mutex::new(vec![gate; replicas.len()]);
        Self { replicas, limits, gates, freed: Condvar::new() }
    }

    pub fn most(&self) -> usize {
        self.limits.most.max(1)
    }

    /// Asks a replica that has room, and another time where that is worth it. The error names the address.
    pub fn ask<T>(
        &self,
        watch: Watch,
        ask: &mut dyn FnMut(&Address, Watch) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let mut last = String::new();
        for _ in 0..self.limits.attempts.max(1) {
            let at = self.enter(watch)?;
            let place = &self.replicas[at].base;
            let asked = Instant::now();
            let answer = ask(&self.replicas[at], watch);
            self.leave(at, asked, answer.as_ref().err());
            match answer {
                Err(Trouble::Later { wait: Some(wait), why }) if wait > self.limits.patience => {
                    return Err(Trouble::Never(format!("{place}: {why}; it asks to wait {} s", wait.as_secs())));
                }
                Err(Trouble::Later { why, .. }) => last = format!("{place}: {why}"),
                Err(Trouble::Never(why)) => return Err(Trouble::Never(format!("{place}: {why}"))),
                Err(Trouble::Absent(why)) => return Err(Trouble::Absent(format!("{place}: {why}"))),
                other => return other,
            }
        }
        Err(Trouble::Never(format!("{last} (asked {} times)", self.limits.attempts.max(1))))
    }

    fn gates(&self) -> MutexGuard<'_, Vec<Gate>> {
        self.gates.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a place on the replica with the least to do.
    fn enter(&self, watch: Watch) -> Result<usize, Trouble> {
        let mut gates = self.gates();
        loop {
            let now = Instant::now();
            let open = |gate: &Gate| {
                gate.resting.is_none_or(|until| until <= now) && (gate.running as f64) < gate.limit.floor()
            };
            let free = (0..gates.len()).filter(|at| open(&gates[*at])).min_by_key(|at| gates[*at].running);
            if let Some(at) = free {
                gates[at].running += 1;
                return Ok(at);
            }
            if let Some(trouble) = self.given_up(&gates) {
                return Err(trouble);
            }
            let soonest = gates.iter().filter_map(|gate| gate.resting?.checked_duration_since(now)).min();
            let nap = soonest.unwrap_or(GLANCE).clamp(Duration::from_millis(1), GLANCE);
            gates = self.freed.wait_timeout(gates, nap).unwrap_or_else(PoisonError::into_inner).0;
            if let ControlFlow::Break(()) = watch(0) {
                return Err(Trouble::Stopped);
            }
        }
    }

    /// Where nobody has answered for as many rounds as a question is worth, further ones fail at once; one of them goes
    /// through after every pause, and finds out whether somebody is there again.
    fn given_up(&self, gates: &[Gate]) -> Option<Trouble> {
        let dead = |gate: &Gate| gate.failures >= self.limits.attempts.max(1);
        let (first, place) = (gates.first()?, &self.replicas.first()?.base);
        gates.iter().all(dead).then(|| Trouble::Never(format!("{place}: {}; it has stopped answering", first.why)))
    }

    fn leave(&self, at: usize, asked: Instant, trouble: Option<&Trouble>) {
        let most = self.limits.most as f64;
        let gate = &mut self.gates()[at];
        gate.running -= 1;
        match trouble {
            Some(Trouble::Later { wait, why }) => gate.rest(asked, *wait, why, &self.limits),
            Some(Trouble::Stopped) => {}
            _ => {
                gate.failures = 0;
                gate.limit = (gate.limit + 1.0 / gate.limit).min(most).max(1.0);
            }
        }
        self.freed.notify_all();
    }
}

impl Gate {
    /// What was asked before the last failure was known, and fails too, says nothing new.
    fn rest(&mut self, asked: Instant, wait: Option<Duration>, why: &str, limits: &Limits) {
        let now = Instant::now();
        if self.resting.is_some_and(|until| until > now) || self.failed.is_some_and(|failed| asked < failed) {
            return;
        }
        self.failed = Some(now);
        why.clone_into(&mut self.why);
        let pause = limits.pause * 2_u32.pow(self.failures.min(DOUBLINGS));
        self.resting = Some(now + wait.unwrap_or(pause).min(limits.patience));
        self.failures += 1;
        self.limit = (self.limit / 2.0).max(1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(replicas: usize) -> Pool {
        let address = |nth: usize| Address { base: format!("http://r{nth}"), wire: None, model: None };
        let limits = Limits { pause: Duration::from_millis(1), attempts: 3, most: 8, ..Limits::default() };
        Pool::new((0..replicas).map(address).collect(), limits)
    }

    fn later(why: &str) -> Trouble {
        Trouble::Later { wait: None, why: why.into() }
    }

    #[test]
    fn the_next_try_goes_to_another_replica() {
        let mut asked = Vec::new();
        let answer = pool(2).ask(&mut |_| ControlFlow::Continue(()), &mut |address, _| {
            asked.push(address.base.clone());
            if address.base == "http://r0" { Err(later("busy")) } else { Ok(7) }
        });
        assert_eq!((answer, asked), (Ok(7), vec!["http://r0".to_owned(), "http://r1".into()]));
    }

    #[test]
    fn what_fails_every_time_says_where_why_and_how_often() {
        let mut times = 0;
        let answer: Result<(), _> = pool(1).ask(&mut |_| ControlFlow::Continue(()), &mut |_, _| {
            times += 1;
            Err(later("status 503"))
        });
        assert_eq!((times, answer), (3, Err(Trouble::Never("http://r0: status 503 (asked 3 times)".into()))));
    }

    #[test]
    fn a_server_that_asks_for_an_hour_is_not_waited_for() {
        let wait = Some(Duration::from_secs(3600));
        let answer: Result<(), _> = pool(1).ask(&mut |_| ControlFlow::Continue(()), &mut |_, _| {
            Err(Trouble::Later { wait, why: "status 429".into() })
        });
        assert!(matches!(answer, Err(Trouble::Never(why)) if why.contains("3600 s")));
    }

    #[test]
    fn where_nobody_answers_any_more_the_rest_fails_at_once_until_somebody_does() {
        let limits =
            Limits { pause: Duration::from_secs(3600), patience: Duration::from_secs(3600), ..Limits::default() };
        let pool = Pool { limits, ..pool(1) };
        pool.gates()[0].failures = 6;
        let refused = Trouble::Later { wait: None, why: "refused".into() };
        pool.gates()[0].rest(Instant::now(), None, "refused", &pool.limits);
        let mut asked = 0;
        let answer: Result<(), _> = pool.ask(&mut |_| ControlFlow::Continue(()), &mut |_, _| {
            asked += 1;
            Err(refused.clone())
        });
        assert_eq!((asked, answer), (0, Err(Trouble::Never("http://r0: refused; it has stopped answering".into()))));
        pool.gates()[0].resting = None;
        assert_eq!(pool.ask(&mut |_| ControlFlow::Continue(()), &mut |_, _| Ok(1)), Ok(1));
        assert_eq!(pool.gates()[0].failures, 0);
    }

    #[test]
    fn a_replica_bears_more_after_answers_and_half_after_a_refusal() {
        let pool = pool(1);
        for _ in 0..100 {
            pool.ask(&mut |_| ControlFlow::Continue(()), &mut |_, _| Ok(())).unwrap();
        }
        assert!((pool.gates()[0].limit - 8.0).abs() < 1e-9);
        let _ = pool.ask(&mut |_| ControlFlow::Break(()), &mut |_, _| Err::<(), _>(later("busy")));
        assert!((pool.gates()[0].limit - 4.0).abs() < 1e-9);
    }
}
