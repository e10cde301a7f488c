//! Keeps what is remembered of a data set: a file for each set of roots, in the data directory.

use std::fs;
use std::path::{Path, PathBuf};

use crate::app::App;

/// Where the memory of these roots lies: beside the scores.
pub fn place(roots: &[PathBuf]) -> Option<PathBuf> {
    let scores = crate::store::scores::ScoreStore::default_path()?;
    let mut hasher = blake3::Hasher::new();
    for root in roots {
        let whole = fs::canonicalize(root).unwrap_or_else(|_| root.clone());
        hasher.update(whole.to_string_lossy().as_bytes()).update(b"\0");
    }
    let name = hasher.finalize().to_hex()[..16].to_owned();
    Some(scores.parent()?.join("places").join(format!("{name}.toml")))
}

/// Takes up what is remembered. A damaged file is said, and forgotten.
pub fn recall(app: &mut App, place: &Path) {
    let Ok(text) = fs::read_to_string(place) else { return };
    if let Err(error) = app.recall(&text) {
        let said = format!("{}: where you were is forgotten: {error}", place.display());
        app.complain(&[said]);
    }
}

/// Writes it down, whole or not at all. Without a place to write to, it is forgotten: nobody can act on that.
pub fn remember(app: &App, place: &Path) {
    let write = || -> std::io::Result<()> {
        fs::create_dir_all(place.parent().unwrap_or(Path::new(".")))?;
        let unfinished = place.with_extension(format!("{}.new", std::process::id()));
        fs::write(&unfinished, app.remember())?;
        fs::rename(&unfinished, place)
    };
    let _ = write();
}
