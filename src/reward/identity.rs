//! Names for what decides a score: who is asked, what it is asked, and of what. Equal names mean equal numbers.

use std::io::{BufWriter, Write};

use super::Prompter;
use crate::trajectory::Trajectory;

/// What makes a judge another one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// Hash over weights, configuration and adapter.
    pub weights: String,
    /// Hash over the profile's file and variant.
    pub profile: String,
    pub dtype: String,
}

impl Identity {
    /// Key of a score: of this judge, for exactly these tokens.
    pub fn fingerprint(&self, ids: &[u32]) -> String {
        let mut hasher = hashed(&[&self.weights, &self.profile, &self.dtype]);
        for id in ids {
            hasher.update(&id.to_le_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }

    /// Key of a question before it is put into words: this judge, what words it, and the whole trajectory. Equal keys give
    /// equal prompts; the reverse need not hold, since all of a trajectory counts here, seen by the judge or not.
    pub fn question(&self, prompter: &Prompter, trajectory: &Trajectory) -> String {
        let mut hasher = hashed(&[&self.weights, &self.profile, &self.dtype, prompter.hash()]);
        // What a derived `Debug` prints leaves no field out, whichever will be added.
        let _ = write!(BufWriter::new(&mut hasher), "{trajectory:?}");
        hasher.finalize().to_hex().to_string()
    }
}

/// A hasher that has heard these parts, none of which can run into the next.
pub(super) fn hashed(parts: &[&str]) -> blake3::Hasher {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trajectory::Turn;

    fn identity(weights: &str, profile: &str, dtype: &str) -> Identity {
        Identity { weights: weights.into(), profile: profile.into(), dtype: dtype.into() }
    }

    #[test]
    fn every_ingredient_changes_the_fingerprint() {
        let base = identity("w", "p", "f32").fingerprint(&[1, 2]);
        let others = [
            identity("v", "p", "f32").fingerprint(&[1, 2]),
            identity("w", "q", "f32").fingerprint(&[1, 2]),
            identity("w", "p", "f32").fingerprint(&[1, 3]),
            identity("w", "p", "bf16").fingerprint(&[1, 2]),
            identity("wp", "", "f32").fingerprint(&[1, 2]),
        ];
        assert!(others.iter().all(|other| *other != base));
        assert_eq!(base, identity("w", "p", "f32").fingerprint(&[1, 2]));
    }

    #[test]
    fn every_ingredient_changes_the_key_of_a_question() {
        let (prompter, other) = (crate::reward::bundled_prompter(None).unwrap(), {
            crate::reward::bundled_prompter(Some(crate::reward::Profile::find("compact").unwrap())).unwrap()
        });
        let rollout = |said: &str| Trajectory { turns: vec![Turn::user(said)], ..Trajectory::default() };
        let judge = identity("w", "p", "f32");
        let base = judge.question(&prompter, &rollout("fix it"));
        assert_eq!(base, judge.question(&prompter, &rollout("fix it")));
        let exited = Trajectory { exit_status: Some("submitted".into()), ..rollout("fix it") };
        for changed in [
            judge.question(&prompter, &rollout("fix it.")),
            judge.question(&prompter, &exited),
            judge.question(&other, &rollout("fix it")),
            identity("v", "p", "f32").question(&prompter, &rollout("fix it")),
            identity("w", "p", "bf16").question(&prompter, &rollout("fix it")),
        ] {
            assert_ne!(changed, base);
        }
    }
}
