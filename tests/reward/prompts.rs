use rollscope::reward::{Profile, ScoreError};
use rollscope::trajectory::{Patch, Trajectory, Turn};

use crate::fixture::{as_mini, json, prompter, tokenizer, trajectory, with};

/// Text and ids equal what an independent layout with transformers arrives at, whichever format the rollout came in.
fn agrees(profile: &str) {
    for trajectory in [trajectory(), as_mini()] {
        agrees_on(profile, &trajectory);
    }
}

fn agrees_on(profile: &str, trajectory: &Trajectory) {
    let expected = &json("expected.json")["prompts"][profile];
    let prompt = prompter(profile).prompt(trajectory).unwrap();
    assert_eq!(prompt.text, expected["text"].as_str().unwrap(), "text of {profile}");
    let ids: Vec<u64> = prompt.token_ids.iter().map(|id| u64::from(*id)).collect();
    let reference: Vec<u64> =
        expected["ids"].as_array().unwrap().iter().filter_map(serde_json::Value::as_u64).collect();
    assert_eq!(ids, reference, "ids of {profile}");
    assert_eq!(prompt.read_position, ids.len() - 1);
    assert!(prompt.cut.is_empty());
}

#[test]
fn swe_gym_agrees_with_the_reference() {
    agrees("swe-gym");
}

#[test]
fn r2e_gym_agrees_with_the_reference() {
    agrees("r2e-gym");
}

#[test]
fn swe_lego_agrees_with_the_reference() {
    agrees("swe-lego");
}

#[test]
fn the_critic_agrees_with_the_reference_and_drops_calls() {
    agrees("openhands-critic-4b");
    let shown = prompter("openhands-critic-4b:calls").prompt(&trajectory()).unwrap();
    assert!(shown.text.contains("<parameter=command>cat larder/jar.py</parameter>"), "{}", shown.text);
}

#[test]
fn every_built_in_profile_and_variant_can_be_asked() {
    for name in Profile::names() {
        let profile = Profile::find(&name).unwrap();
        assert!(!profile.source.is_empty() && !profile.about.is_empty(), "{name}");
        let prompt = with(profile).prompt(&trajectory()).unwrap();
        assert!(!prompt.token_ids.is_empty(), "{name}");
    }
}

#[test]
fn spaces_before_labels_are_other_tokens() {
    let (space, bare) = (prompter("swe-gym"), prompter("swe-gym:bare"));
    let (space, bare) = (space.prompt(&trajectory()).unwrap().labels, bare.prompt(&trajectory()).unwrap().labels);
    assert_ne!(space, bare);
    assert_eq!(tokenizer().decode(&space.yes).unwrap(), " YES");
    assert_eq!(tokenizer().decode(&bare.no).unwrap(), "NO");
}

#[test]
fn refusing_says_by_how_much_and_gives_no_prompt() {
    let mut profile = Profile::find("swe-gym").unwrap();
    profile.limits.context = 100;
    let error = with(profile).prompt(&trajectory()).unwrap_err();
    let ScoreError::TooLong { tokens, limit } = error else { panic!("{error}") };
    assert_eq!(limit, 100);
    assert_eq!(tokens, json("expected.json")["prompts"]["swe-gym"]["ids"].as_array().unwrap().len());
}

#[test]
fn condensing_takes_the_longest_thought_first_and_says_so() {
    let whole = prompter("r2e-gym").prompt(&trajectory()).unwrap().token_ids.len();
    let mut profile = Profile::find("r2e-gym").unwrap();
    // The published share leaves 500 tokens free, so condensing starts before the prompt is over the limit.
    profile.limits.context = whole + 400;
    let prompt = with(profile).prompt(&trajectory()).unwrap();
    assert!(!prompt.text.contains("I think it is done"), "{}", prompt.text);
    assert!(prompt.text.contains("<Thought condensed for saving context><function=finish>"), "{}", prompt.text);
    assert_eq!(prompt.cut[0].what, "thoughts");
    assert!(prompt.cut[0].count >= 1);
}

#[test]
fn cutting_from_the_left_keeps_the_end_and_counts_tokens() {
    let whole = prompter("swe-gym").prompt(&trajectory()).unwrap();
    let mut profile = Profile::find("swe-gym").unwrap();
    profile.limits.context = 50;
    profile.limits.over_length = rollscope::reward::OverLength::Left;
    let prompt = with(profile).prompt(&trajectory()).unwrap();
    assert_eq!(prompt.token_ids, whole.token_ids[whole.token_ids.len() - 50..]);
    assert_eq!(prompt.cut[0].characters, whole.token_ids.len() - 50);
}

#[test]
fn a_patch_alone_is_judged_only_where_the_profile_shows_it() {
    let bare =
        Trajectory { patch: Some(Patch::given("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n")), ..Default::default() };
    assert!(prompter("r2e-gym").prompt(&bare).unwrap().text.contains("[PATCH]\n--- a/x"));
    let error = prompter("swe-gym").prompt(&bare).unwrap_err();
    assert!(error.to_string().contains("no patch"), "{error}");
    assert!(prompter("r2e-gym").prompt(&Trajectory::default()).is_err());
}

#[test]
fn names_of_models_runs_and_outcomes_are_never_shown() {
    let mut secret = trajectory();
    (secret.model, secret.run) = (Some("SECRETMODEL".into()), "SECRETRUN".into());
    secret.outcome = true.into();
    secret.reward = Some(0.123_456);
    for name in &Profile::names() {
        let text = prompter(name).prompt(&secret).unwrap().text;
        assert!(!text.contains("SECRET") && !text.contains("123456"), "{name}");
    }
}

#[test]
fn long_trajectories_lose_whole_turns_from_the_middle() {
    let mut long = trajectory();
    let step = long.turns[2].clone();
    for number in 0..40 {
        long.turns
            .insert(3, Turn::assistant(vec![rollscope::trajectory::Part::text(format!("Looking again, {number}."))]));
    }
    long.turns.push(step);
    let mut profile = Profile::find("compact").unwrap();
    profile.limits.context = 700;
    let prompt = with(profile.clone()).prompt(&long).unwrap();
    assert!(prompt.token_ids.len() <= 700);
    assert!(prompt.text.contains("\n## 2\n") && prompt.text.contains("\n## 44\n"), "{}", prompt.text);
    let gap = prompt.cut.iter().find(|cut| cut.what.starts_with("turns ")).unwrap();
    assert!(prompt.text.contains(&format!("[... {} left out ...]", gap.what)), "{}", prompt.text);
    assert!(prompt.text.contains("turns 44 loops"), "facts count every turn");
    profile.limits.context = 60;
    assert!(matches!(with(profile).prompt(&long), Err(ScoreError::TooLong { limit: 60, .. })));
}
