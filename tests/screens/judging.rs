//! The judge judged on the screen: the strip, the charts, and what choosing a bin leaves on the board.

use std::collections::BTreeSet;

use rollscope::app::{Chart, Face, Row};
use rollscope::library::Summary;
use rollscope::trajectory::{Trajectory, sigmoid};

use crate::stage::Stage;

/// Eight tasks with four candidates each: scores rise with the number, and what is resolved follows them, roughly.
fn judged(width: u16, height: u16) -> Stage {
    let numbered = (0..32_u32).map(|nth| {
        let (task, run) = (format!("acme__widget-{}", nth / 4), format!("run-{}", nth % 4));
        let resolved = (nth % 9 != 0).then_some((nth * 7) % 32 + (nth % 3) * 6 > 18);
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
