//! A profile with another calibration: the text of a new profile file. How the model is asked stays as it was.

use super::profile::{Profile, ProfileError};
use crate::metrics::Scale;

/// The profile `wanted` (as `--profile` takes it) with `scale` behind its own calibration.
///
/// Its own line and ours become one line; steps stand behind the line. `note` says where the scale is from.
pub fn recalibrated(wanted: &str, scale: &Scale, note: &str) -> Result<String, ProfileError> {
    let profile = Profile::find(wanted)?;
    let error = |reason: String| ProfileError { place: wanted.into(), reason };
    let mut table = Profile::settings(wanted)?;
    let mut decision = table.get("decision").and_then(toml::Value::as_table).cloned().unwrap_or_default();
    if !profile.decision.steps.is_empty() {
        return Err(error("is calibrated by steps already; calibrate the profile it was made from".into()));
    }
    let own = &profile.decision;
    match scale {
        Scale::Line { temperature, offset } => {
            decision.insert("temperature".into(), (own.temperature * temperature).into());
            decision.insert("offset".into(), (own.offset / temperature + offset).into());
        }
        Scale::Steps(knots) => {
            let pair = |(x, y): &(f64, f64)| toml::Value::Array(vec![(*x).into(), (*y).into()]);
            decision.insert("steps".into(), toml::Value::Array(knots.iter().map(pair).collect()));
        }
    }
    table.insert("decision".into(), decision.into());
    table.insert("name".into(), format!("{}, calibrated", profile.name).into());
    let text = toml::to_string_pretty(&table).map_err(|found| error(found.to_string()))?;
    Ok(format!("# {}\n{text}", note.replace('\n', "\n# ")))
}

/// Whether two profiles differ in nothing but their names and their decisions: then one model can be read by both.
pub fn asks_alike(one: &str, other: &str) -> Result<bool, ProfileError> {
    let (one, other) = (Profile::settings(one)?, Profile::settings(other)?);
    Ok(["prompt", "conversation", "head", "limits"].iter().all(|section| one.get(*section) == other.get(*section)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    /// Scores of the new profile are the old ones, scaled.
    #[test]
    fn a_recalibrated_profile_scales_what_the_old_one_says() {
        let scales =
            [Scale::Line { temperature: 2.5, offset: -0.3 }, Scale::Steps(vec![(-2.0, -1.0), (0.0, 0.5), (3.0, 1.0)])];
        for name in ["default", "swe-gym", "swe-gym:bare", "r2e-gym", "openhands-critic-4b"] {
            let old = Profile::find(name).unwrap();
            for scale in &scales {
                let text = recalibrated(name, scale, "fitted on x\nby y").unwrap();
                let new = Profile::parse("new.toml", &text, None).unwrap_or_else(|error| panic!("{name}: {error}"));
                assert!(text.starts_with("# fitted on x\n# by y\n"));
                assert_eq!(new.prompt.template, old.prompt.template);
                assert!(asks_alike(name, &written(&text).path().to_string_lossy()).unwrap(), "{name}");
                assert_eq!((&new.head, &new.limits.context), (&old.head, &old.limits.context));
                for raw in [-5.0, -1.0, 0.0, 0.7, 4.0] {
                    let expected = scale.apply(old.decision.calibrated(raw));
                    assert!((new.decision.calibrated(raw) - expected).abs() < 1e-12, "{name} {scale:?} {raw}");
                }
            }
        }
    }

    #[test]
    fn only_the_decision_may_differ() {
        assert!(asks_alike("default", "default").unwrap());
        assert!(!asks_alike("default", "compact").unwrap());
        assert!(!asks_alike("swe-gym", "swe-gym:bare").unwrap());
    }

    #[test]
    fn steps_upon_steps_are_refused() {
        let text = recalibrated("default", &Scale::Steps(vec![(0.0, 0.0), (1.0, 1.0)]), "once").unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let again =
            recalibrated(&file.path().to_string_lossy(), &Scale::Line { temperature: 2.0, offset: 0.0 }, "twice");
        assert!(again.unwrap_err().to_string().contains("by steps already"));
    }
}
