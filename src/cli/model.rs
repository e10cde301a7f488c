//! What `--model` means: a folder, a GGUF file, a name on the hub that lies in its cache, or servers.

use std::path::{Path, PathBuf};

use anyhow::bail;

use crate::reward::hub;
use crate::reward::remote;

#[derive(Debug, Clone, PartialEq)]
pub enum Model {
    /// A folder in Hugging Face layout or a GGUF file, and its name.
    Here(PathBuf, String),
    /// Replicas of one model.
    Servers(Vec<String>),
}

impl Model {
    pub fn named(name: &str) -> anyhow::Result<Self> {
        if remote::is_address(name) {
            return Ok(Self::Servers(name.split(',').map(|url| url.trim().to_owned()).collect()));
        }
        let path = Path::new(name);
        if path.exists() {
            let last = path.canonicalize().ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
            return Ok(Self::Here(path.into(), last.unwrap_or_else(|| name.to_owned())));
        }
        match hub::cached(name) {
            Some(folder) => Ok(Self::Here(folder, name.to_owned())),
            None if hub::is_name(name) => bail!(
                "{name}: no such folder, and not in the hub's cache ({}); `rollscope models pull {name}` fetches it",
                hub::cache().display()
            ),
            None => bail!(
                "{name}: no such folder; --model takes a folder with config.json, safetensors and tokenizer.json, a GGUF \
                 file, org/name from the hub's cache, or http://…"
            ),
        }
    }

    /// A profile that lies beside the weights.
    pub fn own_profile(&self) -> Option<PathBuf> {
        let folder = match self {
            Self::Here(path, _) if path.is_file() => path.parent()?,
            Self::Here(path, _) => path,
            Self::Servers(_) => return None,
        };
        Some(folder.join("profile.toml")).filter(|path| path.is_file())
    }
}
