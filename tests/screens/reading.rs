//! The reader, the patch and the comparison: keys in, screen and the names of its styles out.

use rollscope::app::Msg;

use super::rollouts::rollouts;
use super::stage::Stage;
use super::{B, stage};

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
