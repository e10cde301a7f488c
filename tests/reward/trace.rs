//! The score after each turn: the score of the rollout as if it had ended there.

use std::ops::ControlFlow;

use rollscope::engine::Options;
use rollscope::reward::{Judge, LocalScorer, Profile, Scorer};
use rollscope::store::scores::ScoreStore;
use rollscope::trajectory::{Part, Trajectory, Turn};

use crate::fixture::trajectory;
use crate::local::checkpoint;

/// Long enough that the questions in between are cheap beside it.
fn long() -> Trajectory {
    let mut long = trajectory();
    for number in 0..11 {
        let call = Part::call("execute_bash", serde_json::json!({"command": format!("run {number}")}), None);
        long.turns.push(Turn::assistant(vec![Part::text("Let me see. ".repeat(14)), call]));
        let result = Part::result(format!("line {number} of the output\n").repeat(10), None, None);
        long.turns.push(Turn { parts: vec![result], ..long.turns[1].clone() });
    }
    long
}

fn scorer(profile: &str) -> LocalScorer {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { device: "cpu".into(), dtype: Some("f32".into()), ..Options::default() };
    LocalScorer::load(&checkpoint(&folder), Profile::find(profile).unwrap(), &options).unwrap()
}

fn fresh(trajectory: &Trajectory) -> f64 {
    let mut scorer = scorer("swe-gym");
    let prompt = scorer.prompt(trajectory).unwrap();
    scorer.score(&prompt, &mut |_| ControlFlow::Continue(())).unwrap().log_odds
}

#[test]
fn each_point_is_the_score_of_what_was_there_by_then() {
    let folder = tempfile::tempdir().unwrap();
    let memory = ScoreStore::open(&folder.path().join("scores")).unwrap();
    let mut judge = Judge::new(Box::new(scorer("swe-gym")), Some(memory)).tracing(true);
    let trajectory = long();
    let question = judge.question(&trajectory).unwrap();
    let mut heard = Vec::new();
    let judged = judge.answer(&trajectory, &question, &mut |done| {
        heard.push(done);
        ControlFlow::Continue(())
    });
    let judged = judged.unwrap();
    let points = judged.trace.unwrap().unwrap();
    assert!(points.len() >= 3, "{points:?}");
    assert!(points.is_sorted_by(|a, b| a.turn < b.turn));
    assert_eq!(heard.last(), Some(&question.prompt.token_ids.len()));
    let last = points.last().unwrap();
    assert_eq!(last.turn, trajectory.turns.len() - 1);
    assert!((last.log_odds - fresh(&trajectory)).abs() < 1e-4);
    for point in [points[0], points[points.len() / 2]] {
        let start = Trajectory { turns: trajectory.turns[..=point.turn].to_vec(), ..trajectory.clone() };
        assert!((point.log_odds - fresh(&start)).abs() < 1e-4, "{point:?}");
    }
    let again = judge.answer(&trajectory, &question, &mut |_| panic!("nothing is read twice")).unwrap();
    assert!(again.remembered);
    assert_eq!(again.trace.unwrap().unwrap(), points);
}

#[test]
fn the_questions_in_between_cost_less_than_a_tenth() {
    let scorer = scorer("swe-gym");
    let trajectory = long();
    let full = scorer.prompt(&trajectory).unwrap();
    let moments = scorer.moments(&trajectory, &full).unwrap();
    let apart = |ids: &[u32]| ids.len() - ids.iter().zip(&full.token_ids).take_while(|(a, b)| a == b).count();
    let extra: usize = moments.iter().map(|moment| apart(&moment.prompt.token_ids)).sum();
    assert!(extra > 0 && extra * 10 < full.token_ids.len(), "{extra} of {}", full.token_ids.len());
}

#[test]
fn a_profile_that_knows_the_end_has_no_trace_and_says_so() {
    let mut judge = Judge::new(Box::new(scorer("r2e-gym")), None).tracing(true);
    let question = judge.question(&trajectory()).unwrap();
    let judged = judge.answer(&trajectory(), &question, &mut |_| ControlFlow::Continue(())).unwrap();
    let reason = judged.trace.unwrap().unwrap_err();
    assert!(reason.contains("r2e-gym") && reason.contains("patch"), "{reason}");
}

#[test]
fn a_trace_can_be_stopped_and_goes_on() {
    let mut judge = Judge::new(Box::new(scorer("swe-gym")), None).tracing(true);
    let question = judge.question(&long()).unwrap();
    let stopped = judge.answer(&long(), &question, &mut |_| ControlFlow::Break(()));
    assert!(stopped.is_err());
    assert!(judge.answer(&long(), &question, &mut |_| ControlFlow::Continue(())).unwrap().trace.unwrap().is_ok());
}
