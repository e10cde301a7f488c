//! The reader, the patch and the comparison: keys in, screen and the names of its styles out.

use std::time::Duration;

use rollscope::app::{Key, Msg};
use rollscope::library::Summary;
use rollscope::trajectory::{Part, Trajectory, Turn};
use serde_json::json;

use super::rollouts::rollouts;
use super::stage::Stage;
use super::{B, assert_printable, hostile, stage};

#[test]
fn two_patches_abreast() {
    let mut stage = stage(200, 30);
    picture!("compare_abreast", stage.keys("jjjj<enter>3").text_and_styles());
    assert!(stage.text().contains("difference 1/2"), "{}", stage.text());
    stage.keys("]");
    assert!(stage.text().contains("difference 2/2"), "{}", stage.text());
    stage.keys("]");
    assert!(stage.text().contains("no difference below"), "{}", stage.text());
}

#[test]
fn what_would_turn_one_into_the_other() {
    let mut stage = stage(80, 24);
    picture!("compare_unified", stage.keys("jjjj<enter>3").text());
}

#[test]
fn sides_are_chosen_and_stay_chosen() {
    let mut stage = stage(200, 30);
    stage.keys("jjjj<enter>3a");
    assert!(stage.text().contains(" A  run-c "), "{}", stage.text());
    assert!(stage.text().contains("A has no patch"), "{}", stage.text());
    stage.keys("a");
    assert!(stage.text().contains(" A  run-d "), "{}", stage.text());
    assert!(stage.text().contains("Both make the same edits"), "{}", stage.text());
    stage.keys("b");
    assert!(stage.text().contains(" A  run-d ") && stage.text().contains(" B  run-c "), "{}", stage.text());
    stage.score(B, 9.0, 9);
    assert!(stage.text().contains(" A  run-d ") && stage.text().contains(" B  run-c "), "{}", stage.text());
}

#[test]
fn actions_are_compared_and_the_fork_is_a_key_away() {
    let mut stage = stage(200, 30);
    picture!("compare_actions", stage.keys("jjjj<enter>3x").text());
    stage.keys("]");
    assert!(stage.text().contains("difference 1/"), "{}", stage.text());
    assert!(stage.keys("x").text().contains("A +1 −1 · B +4 −1"), "{}", stage.text());
}

#[test]
fn a_lone_candidate_is_told_that_it_is_alone() {
    let alone = rollouts().into_iter().take(1).collect();
    let mut stage = Stage::new(100, 24, alone);
    let text = stage.keys("j<enter>3").text();
    assert!(text.contains("no other candidate to compare with"), "{text}");
}

#[test]
fn a_patch_stands_side_by_side_where_there_is_room() {
    let mut stage = stage(200, 40);
    picture!("patch_beside", stage.keys("jjjj<enter>2").text());
    stage.keys("]]");
    let here = |stage: &Stage| stage.text().lines().find(|line| line.contains('▌')).unwrap_or_default().to_owned();
    assert!(stage.text().contains("hunk 2/3"), "{}", stage.text());
    stage.keys("vv");
    assert!(stage.text().contains("hunk 2/3"), "another form, the same place:\n{}", stage.text());
    assert!(here(&stage).contains("@@ -21,2 +21,5 @@"), "{}", stage.text());
    stage.tell(Msg::Resize(100, 24));
    assert!(stage.keys("v").text().contains("   23 +"), "{}", stage.text());
}

/// Runs of one task whose turns are all that an outline has to say something about.
fn eventful() -> Vec<(Summary, Trajectory)> {
    let act = |seconds: u32, command: &str, output: &str, exit: i64| Turn {
        timestamp: Some(format!("2026-01-31T09:30:{seconds:02}Z")),
        cost_usd: Some(0.02),
        ..Turn::assistant(vec![
            Part::thought("I wonder."),
            Part::call("bash", json!({ "command": command }), None),
            Part::result(output, None, Some(exit)),
        ])
    };
    let coloured = "\u{1b}[32mok\u{1b}[0m and \u{1b}[1;31mnot ok\u{1b}[0m\u{1b}[2J\n";
    let module = "     1\tdef wraps(minutes):\n     2\t    return minutes % 1440\n";
    let written = "Here it is:\n### tide/clock.py\n<<<<<<< SEARCH\nDAY = 24\n=======\nDAY = 24 * 60\n>>>>>>> REPLACE\n";
    let turns = vec![
        Turn::system("You fix small bugs."),
        Turn::user("The clock shows 24:01."),
        act(1, "cat -n tide/clock.py", module, 0),
        act(9, "sed -i s/24/1440/ tide/clock.py", "", 0),
        act(11, "pytest", coloured, 2),
        act(12, "pytest", coloured, 2),
        act(13, "pytest", coloured, 2),
        Turn::assistant(vec![Part::text(written)]),
    ];
    let (summary, _) = rollouts().swap_remove(0);
    vec![(summary.clone(), Trajectory { id: summary.id, turns, ..Trajectory::default() })]
}

#[test]
fn the_outline_says_what_each_turn_was() {
    let mut stage = Stage::new(200, 40, eventful());
    picture!("outline", stage.keys("j<enter>+").text_and_styles());
}

#[test]
fn kinds_are_left_out_and_come_back_with_what_is_found_in_them() {
    let mut stage = Stage::new(120, 40, eventful());
    stage.keys("j<enter>+");
    for (key, gone) in [("t", "I wonder."), ("r", "not ok"), ("i", "The clock shows"), ("c", "▏ cat -n")] {
        assert!(stage.text().contains(gone), "{gone} is not there:\n{}", stage.text());
        assert!(!stage.keys(key).text().contains(gone), "{key} leaves {gone}:\n{}", stage.text());
    }
    assert!(stage.text().contains("without thoughts, results, instructions, calls"), "{}", stage.text());
    stage.keys("/wraps<enter>");
    assert!(stage.text().contains("def wraps") && stage.text().contains("match 1/1"), "{}", stage.text());
    assert!(!stage.text().contains("I wonder."), "{}", stage.text());
}

#[test]
fn turns_are_found_by_edit_file_error_and_kind() {
    let mut stage = Stage::new(120, 30, eventful());
    let mut at = |keys: &str| {
        let text = stage.keys(keys).text();
        let after = text.split("turn ").nth(1).unwrap_or_default();
        after.split('/').next().unwrap_or_default().to_owned()
    };
    assert_eq!(at("j<enter>e"), "4", "the first edit");
    assert_eq!(at("F"), "3", "the turn before on the same file");
    assert_eq!(at("f"), "4", "the next on the same file");
    assert_eq!(at("x"), "5", "the first that failed");
    assert_eq!(at(")"), "6", "the next of its kind");
    assert_eq!(at("("), "5", "back");
    assert_eq!(at("E"), "4", "the last edit");
}

#[test]
fn colours_of_results_are_shown_or_spelled_out() {
    let mut stage = Stage::new(120, 30, eventful());
    stage.keys("j<enter>+JJJJ");
    let styles = stage.text_and_styles();
    assert!(styles.contains("ok and not ok␛[2J"), "what is no colour is a symbol:\n{styles}");
    assert!(styles.contains("ansi.green") && styles.contains("ansi.red"), "{styles}");
    assert!(stage.keys("A").text().contains("␛[32mok␛[0m and ␛[1;31mnot ok␛[0m␛[2J"), "{}", stage.text());
}

#[test]
fn the_record_is_shown_raw() {
    let mut stage = Stage::new(120, 30, eventful());
    picture!("raw", stage.keys("j<enter>5").text_and_styles());
}

#[test]
fn gold_that_is_not_known_is_said() {
    let mut stage = stage(120, 24);
    let text = stage.keys("jjjj<enter>3o").text();
    assert!(text.contains("no gold patch of tidekit__clock-41") && text.contains("A  the gold patch"), "{text}");
    assert!(stage.keys("o").text().contains(" A  run-b "), "{}", stage.text());
}

#[test]
fn what_means_nothing_on_the_board_is_for_the_text_beside_it() {
    let mut stage = stage(200, 30);
    stage.keys("jjjj3]");
    assert!(stage.text().contains("difference 2/2"), "{}", stage.text());
    assert!(stage.keys("a").text().contains(" A  run-c "), "{}", stage.text());
    assert!(stage.keys("c").text().contains(" A  run-c "), "the board's own keys stay its own:\n{}", stage.text());
}

#[test]
fn tabs_typed_one_after_the_other_are_no_count() {
    let mut stage = stage(120, 30);
    stage.keys("jjjj<enter>2");
    stage.tell(Msg::Tick(Duration::from_secs(60)));
    stage.keys("5");
    assert!(stage.text().contains("This is what was read"), "{}", stage.text());
    stage.tell(Msg::Tick(Duration::from_secs(70)));
    stage.keys("2");
    stage.tell(Msg::Tick(Duration::from_secs(80)));
    let row = |stage: &Stage| stage.text().lines().position(|line| line.contains('▌') && line.contains("│▌"));
    let before = row(&stage);
    stage.keys("j");
    assert_eq!(row(&stage), before.map(|row| row + 1), "one row, not two:\n{}", stage.text());
}

/// Two candidates of one task, the first of them the worst there is.
fn hostile_rollouts(evil: &str) -> Vec<(Summary, Trajectory)> {
    let line = evil.replace('\n', " ");
    let patch = |sign: &str| {
        format!(
            "{evil}diff --git a/{line} b/{line}\n--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@ {line}\n {line}\n-{line}\n+{line}{sign}\n {line}\n\
             @@ nonsense {line}\n+{line}\n@@@ -1 -1 +1 @@@\n"
        )
    };
    let parts = vec![
        Part::text(format!(
            "{evil}\n```{line}\n{evil}```\n# {line}\n> {line}\n<<<<<<< SEARCH\n{evil}\n=======\n{line}\n>>>>>>> REPLACE\n"
        )),
        Part::thought(evil),
        Part::call(&line, json!({ "command": evil, &line: evil, "path": line }), None),
        Part::call("edit", json!({ "path": line, "old_str": evil, "new_str": "x" }), None),
        Part::result(format!("\u{1b}[31m{evil}\u{1b}[0m"), None, Some(1)),
        Part::result(patch("?"), None, None),
        Part::note(evil),
    ];
    let mut rollouts = rollouts();
    for ((_, trajectory), sign) in rollouts.iter_mut().zip(["!", "?"]) {
        trajectory.turns = vec![
            Turn::system(evil),
            Turn { timestamp: Some(line.clone()), ..Turn::assistant(parts.clone()) },
            Turn::assistant(parts.clone()),
        ];
        trajectory.patch = Some(rollscope::trajectory::Patch::given(patch(sign)));
    }
    rollouts
}

#[test]
fn hostile_text_reaches_no_cell_of_the_reader() {
    // The line of megabytes has a test of its own.
    let evil = hostile().replace(&"x\u{7}".repeat(1_000), "");
    let mut stage = Stage::new(120, 40, hostile_rollouts(&format!("{evil}{}", "x\u{7}".repeat(1_500))));
    stage.tell(Msg::Key(Key::parse("g").unwrap()));
    let ways = [
        "3jj<enter>",
        "1Z",
        "A",
        "G",
        "A",
        "t",
        "r",
        "i",
        "c",
        "tric",
        "e",
        "x",
        "f",
        ")",
        "/red<enter>",
        "n",
        "<esc>",
        "2",
        "v",
        "G",
        "[",
        "w",
        "ll",
        "w",
        "v",
        "Z",
        "g",
        "v",
        "/start<enter>",
        "<esc>",
        "3",
        "v",
        "]",
        "v",
        "]",
        "w",
        "w",
        "x",
        "]",
        "x",
        "a",
        "b",
        "o",
        "o",
        "s",
        "s",
        "5",
        "G",
        "g",
        "/a<enter>",
        "<esc>",
        "1<esc>g",
    ];
    for (width, height) in [(120, 40), (80, 24), (200, 50), (30, 10)] {
        stage.tell(Msg::Resize(width, height));
        for (nth, keys) in ways.into_iter().enumerate() {
            // A pause before each: what begins with a digit is a tab.
            stage.tell(Msg::Tick(Duration::from_secs(60 * (nth as u64 + 1) * u64::from(width))));
            stage.keys(keys);
            assert_printable(&stage, keys);
        }
    }
}

#[test]
fn what_is_huge_empty_or_no_patch_is_shown_and_said() {
    let result = |text: String| Turn::assistant(vec![Part::result(text, None, None)]);
    let huge = format!("needle{}", "日x\u{7}".repeat(10 << 17));
    let patch = |text: &str| Some(rollscope::trajectory::Patch::given(text));
    let many: Vec<Turn> = (0..3_000).map(|nth| result(format!("result {nth}"))).collect();
    let long = format!("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-{huge}\n+{huge}!\n");
    let cases = [
        ("1G", "␇", Trajectory { turns: vec![result(huge)], ..Trajectory::default() }),
        ("2G", "␇", Trajectory { patch: patch(&long), ..Trajectory::default() }),
        ("1G", "turn 3000/3000", Trajectory { turns: many, ..Trajectory::default() }),
        ("1", "no turns", Trajectory::default()),
        ("2", "There is no patch", Trajectory { turns: vec![Turn::user("x")], ..Trajectory::default() }),
        ("2", "this is no patch; shown as text", Trajectory { patch: patch("I gave up.\n"), ..Trajectory::default() }),
        ("3", "no other candidate", Trajectory::default()),
        ("2", "a combined diff of a merge", Trajectory { patch: patch(COMBINED), ..Trajectory::default() }),
        ("2", "mode 100644 → 100755", Trajectory { patch: patch(ODD), ..Trajectory::default() }),
        ("2", "renamed · ", Trajectory { patch: patch(ODD), ..Trajectory::default() }),
        ("2", "binary · ", Trajectory { patch: patch(ODD), ..Trajectory::default() }),
        ("2", "No newline at end of file", Trajectory { patch: patch(ODD), ..Trajectory::default() }),
        ("2", "naïve.py", Trajectory { patch: patch(ODD), ..Trajectory::default() }),
        ("2", "kept␍", Trajectory { patch: patch(ODD), ..Trajectory::default() }),
        ("2vv", "white space", Trajectory { patch: patch(ODD), ..Trajectory::default() }),
        ("2vv", "moved to ", Trajectory { patch: patch(ODD), ..Trajectory::default() }),
        ("2", "~", Trajectory { patch: patch(ODD), ..Trajectory::default() }),
        ("2", "promises 9 old and 9 new", Trajectory { patch: patch(ODD), ..Trajectory::default() }),
    ];
    for (keys, wanted, trajectory) in cases {
        let (summary, _) = rollouts().swap_remove(0);
        let mut stage = Stage::new(120, 70, vec![(summary, trajectory)]);
        stage.keys("j<enter>+").keys(keys);
        assert!(stage.text().contains(wanted), "no {wanted}:\n{}", stage.text());
        assert_printable(&stage, keys);
    }
}

const COMBINED: &str = "diff --cc x\nindex 1,2..3\n--- a/x\n+++ b/x\n@@@ -1,1 -1,1 +1,1 @@@\n- a\n -b\n++c\n";

/// Everything that makes a patch unlike others.
const ODD: &str = "\
diff --git a/run.sh b/run.sh
old mode 100644
new mode 100755
diff --git a/old.py b/new.py
similarity index 90%
rename from old.py
rename to new.py
--- a/old.py
+++ b/new.py
@@ -1,4 +1,2 @@
-def moved_function(value):
-    return compute_value(value)
 kept\r
-if  spaced:
+if spaced:
@@ -20,1 +18,3 @@
 end
+def moved_function(value):
+    return compute_value(value)
\\ No newline at end of file
diff --git \"a/na\\303\\257ve.py\" \"b/na\\303\\257ve.py\"
--- \"a/na\\303\\257ve.py\"
+++ \"b/na\\303\\257ve.py\"
@@ -1,9 +1,9 @@
-a
+b
diff --git a/i.png b/i.png
index 1..2 100644
Binary files a/i.png and b/i.png differ
";
