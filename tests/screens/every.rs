//! Every pane, mode and overlay: keys in, screen and role names out. A picture each in `tests/screens/every__*.snap`.

use rollscope::app::{App, Effect, FindMsg, Hit, Keymap, LibraryMsg, Looked, Msg, Offer, ProbeMsg};
use rollscope::reward::Taken;
use rollscope::trajectory::{Part, Patch, Trajectory, Turn};
use rollscope::ui::Theme;

use super::rollouts::rollouts;
use super::stage::Stage;
use super::{A, B, C, stage};

/// Name, columns, rows, keys.
const SCREENS: &[(&str, u16, u16, &str)] = &[
    ("board", 100, 16, "jjjj"),
    ("board_alone", 100, 16, "+"),
    ("board_folded", 100, 16, "Z"),
    ("board_equal_folded", 100, 16, "="),
    ("board_and_reader_stacked", 80, 24, "jjjj<enter>"),
    ("reader", 110, 40, "jjjj<enter>+"),
    ("reader_without_outline", 80, 24, "jjjj<enter>+s"),
    ("reader_kinds_left_out", 90, 24, "jjjj<enter>+tric"),
    ("reader_search", 90, 24, "jjjj<enter>+/clock"),
    ("patch_unified", 100, 30, "jjjj<enter>+2"),
    ("patch_beside", 150, 24, "jjjj<enter>+2v"),
    ("patch_sideways", 70, 20, "jjjj<enter>+2wll"),
    ("compare_patches_abreast", 150, 20, "jjjj<enter>+3v"),
    ("compare_patches_unified", 90, 20, "jjjj<enter>+3vv"),
    ("compare_actions_abreast", 130, 24, "jjjj<enter>+3x"),
    ("score", 100, 24, "jjjj<enter>+4"),
    ("prompt_absent", 100, 12, "jjjj<enter>+P"),
    ("raw_record", 90, 20, "jjjj<enter>+5"),
    ("help_board", 100, 30, "?"),
    ("help_reader", 100, 30, "jjjj<enter>?"),
    ("help_compare", 100, 30, "jjjj<enter>3?"),
    ("help_charts", 100, 30, "C?"),
    ("help_hunt", 100, 30, "V?"),
    ("hunt_note", 100, 24, "Vn"),
    ("board_grouped", 100, 18, "Bturns<enter>"),
    ("board_ungrouped", 100, 16, "Bnone<enter>"),
    ("commands", 100, 24, ":"),
    ("commands_narrowed", 100, 14, ":wrap"),
    ("sort", 90, 20, "S"),
    ("group", 90, 16, "B"),
    ("columns", 90, 22, "O"),
    ("filter_prompt", 100, 12, "/score>0.9 text:x"),
    ("filter_wrong", 100, 12, "/scor>1"),
    ("search_all_prompt", 100, 12, "&clock"),
    ("nothing_left", 100, 12, "/nobody<enter>"),
    ("toast", 100, 12, "y"),
    ("count", 100, 12, "12"),
];

#[test]
fn every_pane_mode_and_overlay() {
    for (name, width, height, keys) in SCREENS {
        let mut stage = stage(*width, *height);
        stage.keys(keys);
        if *name == "toast" {
            stage.tell(Msg::Toast("copied: run-a".into()));
        }
        picture!(format!("every/{name}"), stage.text_and_styles());
    }
}

#[test]
fn themes_to_choose_from() {
    let mut stage = stage(90, 20);
    stage.app.themes = Theme::names().map(str::to_owned).collect();
    picture!("every/themes", stage.keys("<ctrl-t>").text_and_styles());
}

#[test]
fn parts_to_score_without_are_offered_with_what_that_costs() {
    let mut stage = stage(100, 20);
    stage.go_to(A).keys("<enter>+W");
    assert!(matches!(stage.effects.last(), Some(Effect::Weigh(..))), "{:?}", stage.effects);
    let offer = |taken, tokens| Offer { taken, tokens };
    let offers = vec![
        offer(Taken::Thoughts, Ok(1_234)),
        offer(Taken::Tests, Ok(900)),
        offer(Taken::FinalMessage, Err("the profile shows none".to_owned())),
    ];
    stage.tell(Msg::Offers(A.into(), Ok(offers)));
    picture!("every/score_without", stage.text_and_styles());
}

#[test]
fn a_patch_of_several_folders_has_a_tree() {
    let file = |path: &str| {
        format!("diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -1 +1,2 @@\n-old\n+new\n+newer\n")
    };
    let paths =
        ["lib/core/clock.py", "lib/core/tide.py", "lib/io/format/print.py", "tests/deep/er/test_clock.py", "CHANGES"];
    let text: String = paths.iter().map(|path| file(path)).collect();
    let (summary, _) = rollouts().swap_remove(0);
    let trajectory =
        Trajectory { patch: Some(Patch::given(&text)), turns: vec![Turn::user("x")], ..Trajectory::default() };
    let mut stage = Stage::new(120, 34, vec![(summary, trajectory)]);
    picture!("every/patch_tree", stage.keys("j<enter>+2vv").text_and_styles());
    stage.tell(Msg::Mouse(rollscope::app::Mouse::Click { column: 6, row: 7 }));
    assert!(stage.text().contains("file 2/5"), "a row of the tree leads to its file:\n{}", stage.text());
}

#[test]
fn the_filter_reads_bodies_and_keeps_what_it_read() {
    let mut stage = stage(120, 24);
    stage.keys("/text:midnight");
    assert!(stage.effects.is_empty() && !stage.text().contains(" of 6 "), "nothing is read while one types");
    stage.keys("<enter>");
    let Some(Effect::Probe { number, ids, matchers }) = stage.effects.pop() else { panic!("{:?}", stage.effects) };
    assert_eq!((ids.len(), matchers.len()), (6, 1));
    let looked = |id: &str, holds| Looked { id: id.into(), bytes: 0, holds: vec![holds] };
    stage.tell(Msg::Probed(ProbeMsg::Looked { number, looked: vec![looked(A, true), looked(B, false)] }));
    picture!("every/filter_reading", stage.text_and_styles());
    let rest = ids.iter().filter(|id| *id != A && *id != B).map(|id| looked(id, *id == C)).collect();
    stage.tell(Msg::Probed(ProbeMsg::Looked { number, looked: rest }));
    stage.tell(Msg::Probed(ProbeMsg::Done { number }));
    assert!(stage.text().contains("2 of 6") && !stage.text().contains("· read "), "{}", stage.text());
    stage.keys("<esc>/run:run-a text:midnight<enter>");
    assert!(stage.text().contains("1 of 6"), "{}", stage.text());
    assert!(stage.effects.iter().all(|effect| !matches!(effect, Effect::Probe { .. })), "what was read is known");
    stage.keys("<esc>/text:noon<enter>");
    assert!(matches!(stage.effects.pop(), Some(Effect::Probe { .. })), "{:?}", stage.effects);
    stage.keys("<esc>");
    assert!(matches!(stage.effects.pop(), Some(Effect::StopProbing)), "{:?}", stage.effects);
    assert!(stage.app.probe.is_none() && stage.app.board.filter().is_empty());
}

#[test]
fn what_is_found_everywhere_is_gone_to_wherever_it_stands() {
    let mut stage = stage(120, 30);
    let mut visit = |text: &str| {
        stage.keys(&format!("&<ctrl-u>{text}<enter>"));
        let number = stage.app.finding.as_ref().unwrap().number;
        let hits = vec![Hit { id: A.into(), name: "clock".into(), text: text.into() }];
        stage.tell(Msg::Find(FindMsg::Found { number, hits, bytes: 9 }));
        picture_of_found(&stage, text);
        stage.keys("<enter>").text()
    };
    assert!(visit("reproduce").contains("turn 3/"), "in the turns");
    let text = visit("index 0000000");
    assert!(
        text.contains("match 1/1") && text.contains("self.minutes = (self.minutes + minutes) % DAY\\n"),
        "in the record alone:\n{text}"
    );
    assert!(visit("from tide.clock import").contains("file 2/2"), "in the patch alone");
    let text = visit("nowhere at all");
    assert!(text.contains("nothing that is shown of it") && text.contains("turn "), "{text}");
}

#[test]
fn a_hunk_is_copied_and_a_patch_paged_as_it_was_written() {
    let mut stage = stage(120, 40);
    stage.keys("jjjj<enter>2]jjY");
    let Some(Effect::Copy(hunk)) = stage.effects.pop() else { panic!("{:?}", stage.effects) };
    assert!(
        hunk.starts_with("@@ -8,6 +8,6 @@") && hunk.contains("\n-        self.minutes = self.minutes + minutes\n"),
        "{hunk}"
    );
    assert!(!hunk.contains("@@ -21") && hunk.ends_with("def __str__(self):\n"), "{hunk}");
    stage.keys("|");
    let Some(Effect::Pager(all)) = stage.effects.pop() else { panic!("{:?}", stage.effects) };
    assert!(
        all.contains("\n+        self.minutes = (self.minutes + minutes) % DAY\n")
            && all.contains("+def test_wraps():"),
        "{all}"
    );
}

#[test]
fn a_place_deep_in_a_long_line_is_brought_into_sight() {
    let (summary, _) = rollouts().swap_remove(0);
    let line = format!("{}needle {}", "hay ".repeat(400_000), "hay ".repeat(9_000));
    let trajectory =
        Trajectory { turns: vec![Turn::user("x"), Turn::assistant(vec![Part::text(line)])], ..Trajectory::default() };
    let mut stage = Stage::new(60, 12, vec![(summary, trajectory)]);
    let text = stage.keys("j<enter>+s/needle<enter>").text();
    assert!(text.contains("match 1/1") && text.contains("needle hay"), "{text}");
}

fn picture_of_found(stage: &Stage, text: &str) {
    if text == "reproduce" {
        picture!("every/found", stage.text_and_styles());
    }
}

#[test]
fn folds_and_places_are_kept_for_the_next_session() {
    let mut stage = stage(120, 42);
    stage.keys("jjjj<enter>JJJ14j<enter>12j");
    let before = stage.text();
    assert!(before.contains("line 30 of the module"), "{before}");
    let kept = stage.app.remember();
    stage.app = App::new("rollouts", Keymap::defaults());
    stage.app.recall(&kept).unwrap();
    stage.tell(Msg::Resize(120, 42));
    stage.tell(Msg::Library(LibraryMsg::Listed(rollouts().into_iter().map(|(summary, _)| summary).collect())));
    let cursor = |text: &str| text.lines().find_map(|line| Some(line.split_once("│▌")?.1.to_owned()));
    assert_eq!(cursor(&stage.text()), cursor(&before), "{}", stage.text());
    assert!(stage.text().contains("line 30 of the module"), "{}", stage.text());
}
