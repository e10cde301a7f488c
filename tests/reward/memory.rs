//! What was asked before is found again without being worded; what is another question is not.

use std::ops::ControlFlow;

use rollscope::engine::Options;
use rollscope::reward::{Judge, LocalScorer, Profile, ScoreError};
use rollscope::store::scores::ScoreStore;
use rollscope::trajectory::{Part, Trajectory, Turn};
use tempfile::TempDir;

use crate::fixture::trajectory;
use crate::local::checkpoint;

fn judge(data: &TempDir, profile: Profile) -> Judge {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { device: "cpu".into(), dtype: Some("f32".into()), ..Options::default() };
    let scorer = LocalScorer::load(&checkpoint(&folder), profile, &options).unwrap();
    Judge::new(Box::new(scorer), Some(ScoreStore::open(&data.path().join("scores")).unwrap()))
}

fn named(name: &str) -> Profile {
    Profile::find(name).unwrap()
}

#[test]
fn an_answered_question_is_found_unworded_and_another_is_not() {
    let data = TempDir::new().unwrap();
    let mut first = judge(&data, named("swe-gym"));
    assert!(first.before(&trajectory()).is_none());
    let question = first.question(&trajectory()).unwrap();
    let answer = first.answer(&trajectory(), &question, &mut |_| ControlFlow::Continue(())).unwrap();

    let (asked, known) = judge(&data, named("swe-gym")).before(&trajectory()).unwrap().unwrap();
    assert_eq!((known.score, known.remembered), (answer.score, true));
    assert_eq!(asked, question.asked());

    let mut other = trajectory();
    other.turns.push(Turn::assistant(vec![Part::text("One more word.")]));
    assert!(first.before(&other).is_none(), "another trajectory");
    assert!(judge(&data, named("swe-gym:bare")).before(&trajectory()).is_none(), "another profile");
    let mut shorter = named("swe-gym");
    shorter.limits.context -= 29_000;
    assert!(judge(&data, shorter).before(&trajectory()).is_none(), "another context");
    assert!(judge(&data, named("swe-gym")).tracing(true).before(&trajectory()).is_none(), "its trace is not known");
}

#[test]
fn what_a_prompt_does_not_show_costs_a_wording_and_no_score() {
    let data = TempDir::new().unwrap();
    let mut judge = judge(&data, named("swe-gym"));
    let question = judge.question(&trajectory()).unwrap();
    judge.answer(&trajectory(), &question, &mut |_| ControlFlow::Continue(())).unwrap();
    let labelled = Trajectory { outcome: true.into(), ..trajectory() };
    assert!(judge.before(&labelled).is_none());
    let again = judge.question(&labelled).unwrap();
    assert_eq!(again.fingerprint, question.fingerprint);
    assert!(judge.recall(&again).is_some_and(|known| known.remembered));
    assert!(judge.before(&labelled).is_some(), "and the next time it is found at once");
}

#[test]
fn what_is_too_long_is_so_without_being_worded_again() {
    let data = TempDir::new().unwrap();
    let mut short = named("swe-gym");
    short.limits.context = 100;
    let first = judge(&data, short.clone());
    assert!(first.before(&trajectory()).is_none());
    let error = first.question(&trajectory()).err().unwrap();
    assert!(matches!(error, ScoreError::TooLong { limit: 100, .. }), "{error}");
    let again = judge(&data, short).before(&trajectory()).unwrap();
    assert_eq!(again.err(), Some(error));
    assert!(judge(&data, named("swe-gym")).before(&trajectory()).is_none(), "where more fits, it is asked");
}

#[test]
fn a_stale_score_says_what_has_changed() {
    let data = TempDir::new().unwrap();
    let mut first = judge(&data, named("swe-gym"));
    let question = first.question(&trajectory()).unwrap();
    let score = first.answer(&trajectory(), &question, &mut |_| ControlFlow::Continue(())).unwrap().score;
    assert!(first.earlier(&trajectory().id, Some(&question)).is_none(), "fresh is not stale");
    let mut longer = trajectory();
    longer.turns.push(Turn::assistant(vec![Part::text("One more word.")]));
    let question = first.question(&longer).unwrap();
    let stale = first.earlier(&longer.id, Some(&question)).unwrap();
    assert_eq!(stale.score, score);
    assert!(stale.why.contains("of a prompt of ") && stale.why.contains(" tokens, and now it has "), "{}", stale.why);
}
