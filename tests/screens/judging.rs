//! The judge judged on the screen: the strip, the charts, and what choosing a bin leaves on the board.

use std::collections::BTreeSet;
use std::time::Duration;

use rollscope::app::{Chart, Effect, Face, Msg, Row};
use rollscope::library::Summary;
use rollscope::trajectory::{Ruling, Trajectory, sigmoid};

use crate::stage::Stage;

/// Eight tasks with four candidates each: scores rise with the number, and what is resolved follows them, roughly.
fn judged(width: u16, height: u16) -> Stage {
    let numbered = (0..32_u32).map(|nth| {
        let (task, run) = (format!("acme__widget-{}", nth / 4), format!("run-{}", nth % 4));
        let resolved = (!nth.is_multiple_of(9)).then_some((nth * 7) % 32 + (nth % 3) * 6 > 18);
        let summary = Summary { id: format!("{task}/{run}"), task_id: task, run, resolved, ..Summary::default() };
        (summary, Trajectory::default())
    });
    let mut stage = Stage::new(width, height, numbered.collect());
    stage.judge();
    for nth in 0..32_u32 {
        let id = format!("acme__widget-{}/run-{}", nth / 4, nth % 4);
        stage.score(&id, log_odds(nth), u64::from(nth));
    }
    stage
}

fn log_odds(nth: u32) -> f64 {
    f64::from((nth * 7) % 32) / 5.0 - 3.0
}

fn on_board(stage: &Stage) -> BTreeSet<u32> {
    let rows = (0..stage.app.board.row_count()).filter_map(|row| stage.app.board.row(row));
    rows.filter_map(|row| match row {
        Row::Candidate(nth) => Some(nth as u32),
        Row::Head(_) => None,
    })
    .collect()
}

macro_rules! picture {
    ($name:literal, $text:expr) => {
        insta::with_settings!({ snapshot_path => "../screens", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!($name, $text);
        });
    };
}

#[test]
fn the_strip_follows_scores_and_filter() {
    let mut stage = judged(120, 24);
    let all = stage.app.judging.figures.clone();
    assert!(stage.text().contains("best@4: ours "), "{}", stage.text());
    assert!(stage.text().contains("scores like this: "), "{}", stage.text());
    stage.keys("/run-1<enter>");
    assert!(!stage.text().contains("best@4"), "one candidate of each task is no choice: {}", stage.text());
    assert!(stage.app.judging.figures.report.judged < all.report.judged);
    stage.keys("<esc>");
    assert_eq!(stage.app.judging.figures.report, all.report);
    stage.score("acme__widget-0/run-1", 9.0, 99);
    assert_ne!(stage.app.judging.figures.report, all.report, "a new score moves the numbers at once");
}

#[test]
fn all_charts_at_once_and_one_at_a_time() {
    picture!("charts_grid", judged(120, 40).keys("C").draw_intervals().text());
    let mut small = judged(80, 24);
    small.keys("C").draw_intervals();
    picture!("chart_histogram", small.text());
    picture!("chart_reliability", small.keys("<tab>").text());
    picture!("chart_best_at_k", small.keys("<tab>").text());
    picture!("chart_roc", small.keys("<tab>llll").text());
    picture!("chart_precision", small.keys("<tab>").text());
    picture!("chart_numbers", small.keys("<tab>").text());
    picture!("chart_styles", judged(120, 40).keys("C").text_and_styles());
    assert_eq!(small.keys("<tab>").app.charts.chart, Chart::Histogram, "the last leads to the first");
}

#[test]
fn a_bar_leaves_exactly_its_trajectories_and_esc_goes_back() {
    let mut stage = judged(120, 40);
    for nth in 0..10_u32 {
        stage.keys("C").keys(&"l".repeat(nth as usize)).keys("<enter>");
        let (low, high) = (f64::from(9 - nth) / 10.0, f64::from(10 - nth) / 10.0);
        let inside = |nth: &u32| (low..high).contains(&sigmoid(log_odds(*nth)));
        assert_eq!(on_board(&stage), (0..32).filter(inside).collect(), "bar {nth}: {}", stage.app.board.filter().text);
        stage.keys("<esc>");
        assert_eq!((stage.app.face, on_board(&stage).len()), (Face::Charts, 32));
        stage.keys("g<esc>");
    }
}

#[test]
fn bins_and_points_leave_as_many_as_they_count() {
    for binning in ["", "b"] {
        let mut stage = judged(120, 40);
        stage.keys("C<tab>").keys(binning);
        let mut seen = BTreeSet::new();
        let counts: Vec<usize> =
            stage.app.charts.bins(&stage.app.judging.figures).iter().map(|it| it.bin.count).collect();
        for (nth, count) in counts.iter().enumerate() {
            stage.keys(&"l".repeat(nth)).keys("<enter>");
            assert_eq!(on_board(&stage).len(), *count, "{}", stage.app.board.filter().text);
            seen.extend(on_board(&stage));
            stage.keys("<esc>g");
        }
        assert_eq!(seen.len(), stage.app.judging.figures.report.judged, "together the bins hold all");
    }
    let mut stage = judged(120, 40);
    stage.keys("C<tab><tab><tab>");
    let points = stage.app.judging.figures.operating.clone();
    for (nth, point) in points.iter().enumerate() {
        stage.keys(&"l".repeat(nth)).keys("<enter>");
        assert_eq!(on_board(&stage).len(), point.tp + point.fp, "{}", stage.app.board.filter().text);
        stage.keys("<esc>g");
    }
}

#[test]
fn charts_without_scores_say_so_at_any_size() {
    let mut stage = Stage::new(80, 24, Vec::new());
    assert!(stage.keys("C").text().contains("Nothing is scored yet."), "{}", stage.text());
    let mut stage = judged(120, 40);
    stage.keys("C");
    for (width, height) in [(0, 0), (5, 5), (20, 8), (30, 12), (60, 16), (80, 24), (110, 27), (300, 90)] {
        stage.tell(rollscope::app::Msg::Resize(width, height));
        for keys in ["<tab>", "l", "+", "+", "b"] {
            stage.keys(keys).text();
        }
    }
}

/// Reads the queue from the screen's state: ids, in order.
fn queue(stage: &Stage) -> Vec<String> {
    let candidates = stage.app.board.candidates();
    stage.app.hunt.items().iter().map(|item| candidates[item.nth].summary.id.clone()).collect()
}

#[test]
fn the_hunt_begins_with_what_is_scored_high_and_fails() {
    let mut stage = judged(120, 40);
    stage.keys("V");
    picture!("hunt", stage.text());
    let first = stage.app.board.candidate(&queue(&stage)[0]).unwrap();
    assert!(first.summary.resolved == Some(false) && first.score().unwrap().log_odds > 0.0, "{first:?}");
    assert_eq!(queue(&stage).len(), 32, "nothing is dropped");
    let orders: Vec<Vec<String>> = (0..4).map(|_| queue(stage.keys("o"))).collect();
    assert!(orders.iter().all(|order| order.len() == 32));
    picture!("hunt_small", judged(80, 24).keys("V").text());
}

#[test]
fn a_verdict_is_asked_to_be_recorded_at_once_and_the_cursor_goes_on() {
    let mut stage = judged(120, 40);
    stage.keys("V");
    let first = queue(&stage)[0].clone();
    stage.keys("1");
    let given = stage.recorded(&Ok(()));
    assert_eq!(given.len(), 1);
    assert_eq!((given[0].subject.id.as_str(), given[0].ruling), (first.as_str(), Some(Ruling::JudgeWrong)));
    assert_eq!(given[0].shown.resolved, Some(false));
    assert_eq!(stage.app.looked_at(), Some(queue(&stage)[1].as_str()));
    stage.keys("k");
    assert!(stage.text().contains("yours: judge wrong, saved"), "{}", stage.text());
    stage.keys("nodd import<enter>").keys("tincom over<enter>").keys("f");
    let given = stage.recorded(&Ok(()));
    let last = given.last().unwrap();
    assert_eq!((last.note.as_str(), last.flag, last.ruling), ("odd import", true, Some(Ruling::JudgeWrong)));
    assert_eq!(last.failures, ["incomplete", "overfitted"]);
    stage.keys("0");
    assert!(stage.recorded(&Ok(())).last().unwrap().is_empty());
}

#[test]
fn what_is_not_saved_stays_on_the_screen_until_it_is() {
    let mut stage = judged(120, 40);
    stage.keys("V2");
    stage.recorded(&Err("not saved: verdicts.sqlite: the disk is full".into()));
    assert!(stage.text().contains("NOT SAVED (1): verdicts.sqlite"), "{}", stage.text());
    stage.keys("q").keys("q");
    assert!(stage.text().contains("1 of your verdicts are not saved"), "{}", stage.text());
    assert!(!stage.effects.iter().any(|effect| matches!(effect, Effect::Quit)));
    stage.keys("V").tell(Msg::Tick(Duration::from_secs(60)));
    assert_eq!(stage.recorded(&Ok(())).len(), 1, "it is tried again by itself");
    assert!(!stage.text().contains("NOT SAVED"), "{}", stage.text());
}

#[test]
fn blind_shows_neither_score_nor_outcome_nor_rank_before_the_verdict() {
    for (width, height) in [(80, 24), (120, 40), (200, 50)] {
        let mut stage = judged(width, height);
        stage.keys("bV").keys("b");
        for keys in ["", "l", "l", "<enter>", "3", "<esc>", "J", "P", "5"] {
            stage.keys(keys);
            let text = stage.text();
            // The strip and the status speak of all, not of one.
            let panes: Vec<&str> = text.lines().skip(1).take(usize::from(height) - 4).collect();
            let bad = |line: &&&str| {
                line.contains('✓') || line.contains('✗') || line.contains("rank ") || line.contains("scores like")
            };
            assert!(!panes.iter().any(|line| bad(&line)), "after {keys:?}:\n{text}");
            assert!(!panes.iter().any(|line| line.contains(" .")), "a number after {keys:?}:\n{text}");
        }
        stage.keys("1");
        let given = stage.recorded(&Ok(()));
        assert!(given[0].blind && given[0].answer == Some(true), "{given:?}");
        let card = stage.text();
        assert!(card.contains("blind: solves it"), "{card}");
        stage.keys("3");
        let given = stage.recorded(&Ok(()));
        assert!(given[0].blind && given[0].changed_mind.is_some(), "{given:?}");
    }
}

#[test]
fn verdicts_correct_outcomes_on_request_and_the_tests_come_back_exactly() {
    let mut stage = judged(120, 40);
    let raw = stage.app.judging.figures.report.clone();
    stage.keys("V2");
    stage.recorded(&Ok(()));
    assert_eq!(stage.app.judging.figures.report, raw, "nothing changes unasked");
    stage.keys("c");
    assert_eq!(stage.app.judging.figures.report.resolved, raw.resolved + 1);
    assert_eq!(stage.app.judging.figures.uncorrected.as_deref(), Some(&raw), "both side by side");
    assert!(stage.text().contains("corrected best@4"), "{}", stage.text());
    stage.keys("c");
    assert_eq!(stage.app.judging.figures.report, raw);
}
