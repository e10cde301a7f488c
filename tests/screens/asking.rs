//! What is shown of a score: its states, who made it, and a second model beside the first.

use rollscope::app::board::Stale;
use rollscope::app::{Effect, FitMsg, JudgeMsg, Judged, Made, Msg};

use rollscope::trajectory::TracePoint;
use rollscope::ui::Theme;

use crate::stage::score;
use crate::{A, B, C, D, stage};

#[test]
fn the_score_tab_says_what_is_known_and_follows_what_happens() {
    let mut stage = stage(120, 34);
    let made = Made { fingerprint: "f00d".into(), seconds: 1.25, remembered: true };
    stage.tell(Msg::Judge(JudgeMsg::Made { id: B.into(), made }));
    stage.go_to(B);
    let text = stage.keys("4").text();
    for said in ["scored", "log-odds", "+2.6", "1.25 s", "f00d", "in an earlier run"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    stage.go_to(C);
    let text = stage.text();
    assert!(text.contains("too long by 57232 tokens"), "{text}");
    stage.go_to(D);
    assert!(stage.text().contains("being scored"));
    stage.score(D, -1.0, 9);
    assert!(stage.text().contains("0.268941"), "the page follows the score: {}", stage.text());
}

#[test]
fn a_stale_score_is_never_shown_as_a_fresh_one() {
    let mut stage = stage(120, 34);
    let stale = Stale { score: score(2.0), why: "by profile p, and now it is q".into() };
    stage.tell(Msg::Judge(JudgeMsg::Stale { id: C.into(), stale }));
    stage.go_to(C);
    let text = stage.keys("4").text();
    assert!(text.contains("~.88 stale") && text.contains("by profile p, and now it is q"), "{text}");
    stage.score(C, -2.0, 30);
    assert!(!stage.text().contains("stale"), "{}", stage.text());
}

#[test]
fn two_models_stand_side_by_side_and_their_disagreement_is_marked() {
    let mut stage = stage(120, 34);
    stage.tell(Msg::Judge(JudgeMsg::Second("critic".into())));
    stage.tell(Msg::Judge(JudgeMsg::Also { id: A.into(), judged: Judged::Scored(score(-2.0)) }));
    stage.tell(Msg::Judge(JudgeMsg::Also { id: B.into(), judged: Judged::Scored(score(2.5)) }));
    let text = stage.text();
    assert!(text.contains("| critic") && text.contains(".12≠") && text.contains(".92 "), "{text}");
    stage.go_to(A);
    let text = stage.keys("4").text();
    assert!(text.contains("critic") && text.contains("0.1192 (log-odds -2.000)"), "{text}");
}

#[test]
fn a_trace_is_asked_for_says_where_the_score_moves_and_leads_there() {
    let mut stage = stage(80, 24);
    stage.go_to(B);
    let text = stage.keys("+<tab>4").text();
    assert!(text.contains("T  asks after each turn: reads its 900 tokens again"), "{text}");
    stage.keys("T").tell(Msg::Judge(JudgeMsg::Ready));
    assert!(matches!(stage.effects.last(), Some(Effect::Trace(id)) if id == B), "{:?}", stage.effects);
    let point = |(turn, log_odds)| TracePoint { turn, log_odds };
    let trace = [(0, -1.5), (1, 2.8), (2, 0.4)].map(point).to_vec();
    stage.tell(Msg::Judge(JudgeMsg::Traced { id: B.into(), trace: Ok(trace) }));
    let text = stage.text();
    assert!(text.contains("rises most at turn 2: 0.18 → 0.94"), "{text}");
    picture!("score_trace", stage.text());
    let ascii = stage.buffer(&Theme::default().in_ascii(true));
    let plain: String = ascii.content().iter().map(ratatui::buffer::Cell::symbol).collect();
    assert!(plain.is_ascii() && plain.contains("^2") && plain.contains("v3"), "{plain}");
    assert!(stage.keys("T").text().contains("turn 2/3"), "{}", stage.text());
    assert!(stage.keys("T").text().contains("turn 3/3"), "{}", stage.text());
    stage.tell(Msg::Resize(120, 34));
    picture!("score_trace_in_the_outline", stage.text());
}

#[test]
fn why_there_is_no_trace_is_said() {
    let mut stage = stage(120, 34);
    stage.go_to(B);
    let trace = Err("no trace: the prompt was shortened, and its beginnings are other prompts".to_owned());
    stage.tell(Msg::Judge(JudgeMsg::Traced { id: B.into(), trace }));
    let text = stage.keys("4").text();
    assert!(text.contains("none  the prompt was shortened"), "{text}");
    assert!(stage.go_to(C).keys("T").text().contains("no score yet"), "{}", stage.text());
}

#[test]
fn the_prompt_is_one_key_away_and_says_why_there_is_none() {
    let mut stage = stage(120, 34);
    stage.go_to(B);
    let text = stage.keys("P").text();
    assert!(text.contains("P prompt") && text.contains("nobody asks here"), "{text}");
}

#[test]
fn what_fits_into_which_context_is_measured_while_one_looks_on() {
    let mut stage = stage(120, 34);
    stage.keys("F");
    let Some(Effect::Measure(ids)) = stage.effects.last().cloned() else { panic!("{:?}", stage.effects) };
    assert_eq!(ids.len(), 6);
    let lengths = [(A, Ok(41_208)), (B, Ok(900)), (C, Ok(300_000)), (D, Err("nothing to judge: no turns".to_owned()))];
    let lengths = lengths.into_iter().map(|(id, length)| (id.to_owned(), length)).collect();
    stage.tell(Msg::Fit(FitMsg::Measured(lengths)));
    picture!("fits", stage.text());
    stage.tell(Msg::Fit(FitMsg::Done));
    let asked = stage.effects.len();
    stage.keys("FF");
    let Some(Effect::Measure(rest)) = stage.effects.get(asked) else { panic!("{:?}", stage.effects) };
    assert_eq!(rest.len(), 2, "what is known is not measured again");
    stage.keys("<esc>");
    assert!(!stage.text().contains("what fits"));
}
