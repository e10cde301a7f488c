use std::collections::BTreeMap;

use rollscope::reward::{Profile, ScoreError};
use rollscope::trajectory::{Patch, Trajectory, Turn};

use crate::fixture::{as_mini, as_responses, file, json, prompter, tokenizer, trajectory, with};

/// Variants that read another answer or draw another line, and ask the same.
const ASK_ALIKE: [(&str, &str); 2] = [("swe-gym:bare", "swe-gym"), ("r2e-gym:deepswe", "r2e-gym")];

/// Text and ids equal what an independent layout with transformers arrives at, whichever format the rollout came in.
#[test]
fn every_profile_agrees_with_its_reference_whatever_format_it_is_given() {
    let expected = json("expected.json");
    for name in Profile::names() {
        let reference = ASK_ALIKE.iter().find(|(variant, _)| *variant == name).map_or(name.as_str(), |(_, base)| base);
        let reference = &expected["prompts"][reference];
        let formats = if shows_more_than_turns(&name) { vec![trajectory(), as_mini()] } else { everyhow() };
        for trajectory in formats {
            let prompt = prompter(&name).prompt(&trajectory).unwrap();
            let place = format!("{name} of {}", trajectory.format);
            assert_eq!(Some(prompt.text.as_str()), reference["text"].as_str(), "text of {place}");
            let ids: Vec<u64> = prompt.token_ids.iter().map(|id| u64::from(*id)).collect();
            let theirs: Vec<u64> =
                reference["ids"].as_array().unwrap().iter().filter_map(serde_json::Value::as_u64).collect();
            assert_eq!(ids, theirs, "ids of {place}");
            assert!(prompt.cut.is_empty());
            let last = prompt.turn_ends.last().copied().unwrap_or(ids.len() - 1);
            assert_eq!(prompt.read_position, last, "{place}");
        }
    }
}

/// The patch, or how it ended: not every format has room for them.
fn shows_more_than_turns(name: &str) -> bool {
    !["swe-gym", "swe-rm", "openhands"].iter().any(|start| name.starts_with(start))
}

fn everyhow() -> Vec<Trajectory> {
    vec![trajectory(), as_mini(), as_responses()]
}

#[derive(serde::Deserialize)]
struct Rule {
    says: String,
    source: String,
    shows: Option<String>,
    hides: Option<String>,
}

#[test]
fn every_rule_of_a_prompt_names_its_source_and_is_kept() {
    let rules = std::fs::read_to_string(file("rules.toml")).unwrap();
    let rules: BTreeMap<String, Vec<Rule>> = toml::from_str(&rules).unwrap();
    for name in Profile::names().iter().filter(|name| !name.contains(':')) {
        assert!(rules.contains_key(name), "{name} has no rules");
    }
    for (name, rules) in rules {
        let profile = Profile::find(&name).unwrap();
        let text = prompter(&name).prompt(&trajectory()).unwrap().text;
        for Rule { says, source, shows, hides } in rules {
            let known = profile.source.iter().chain(&profile.assumed).any(|line| line.contains(&source));
            assert!(known, "{name}, {says}: {source} is no source of the profile");
            assert!(shows.is_some() || hides.is_some(), "{name}, {says}: nothing to see");
            assert!(shows.is_none_or(|shown| text.contains(&shown)), "{name}, {says}: {text}");
            assert!(hides.is_none_or(|hidden| !text.contains(&hidden)), "{name}, {says}: {text}");
        }
    }
}

/// A value per token is read where an assistant's turn ends, at the end of chat and nowhere else.
#[test]
fn the_critic_of_turns_is_read_at_each_of_their_ends() {
    let prompt = prompter("openhands-critic-32b").prompt(&trajectory()).unwrap();
    assert_eq!(prompt.turn_ends.len(), 3);
    let end = tokenizer().encode("<|im_end|>").unwrap().0[0];
    assert!(prompt.turn_ends.iter().all(|at| prompt.token_ids[*at] == end));
    assert_eq!(prompt.turn_ends.last(), Some(&(prompt.token_ids.len() - 2)), "a line break follows the last");
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
