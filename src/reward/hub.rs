//! Checkpoints of the Hugging Face hub: what lies in its cache (`HF_HOME` is honoured), and fetching what does not. Only
//! safetensors, GGUF and text: a pickle is never fetched.

use std::path::{Path, PathBuf};

use hf_hub::api::Progress;
use hf_hub::api::sync::{Api, ApiBuilder, ApiError};
use hf_hub::{Cache, Repo};

/// Files of these ends make a checkpoint.
const WANTED: [&str; 4] = [".safetensors", ".json", ".jinja", ".gguf"];

/// A file of a repository on the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteFile {
    pub name: String,
    /// Bytes, where the hub says.
    pub size: Option<u64>,
    /// Where it lies already, whole.
    pub here: Option<PathBuf>,
}

/// `org/name`.
pub fn is_name(text: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    text.split_once('/').is_some_and(|(owner, name)| plain(owner) && plain(name))
}

/// Where the hub's cache lies.
pub fn cache() -> PathBuf {
    Cache::from_env().path().clone()
}

/// The folder of a checkpoint that has been fetched before, by us or by anything else that uses the cache.
pub fn cached(name: &str) -> Option<PathBuf> {
    let repo = Cache::from_env().repo(Repo::model(is_name(name).then(|| name.to_owned())?));
    Some(repo.get("config.json").or_else(|| repo.get("tokenizer.json"))?.parent()?.to_owned())
}

/// All checkpoints in the cache, with their folders.
pub fn all_cached() -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(cache()).into_iter().flatten().flatten();
    let named = |folder: String| {
        let name = folder.strip_prefix("models--")?.replacen("--", "/", 1);
        cached(&name).map(|place| (name, place))
    };
    let mut found: Vec<_> = entries.filter_map(|entry| named(entry.file_name().to_string_lossy().into())).collect();
    found.sort();
    found
}

/// What a checkpoint consists of, the small files first.
pub fn files(name: &str) -> Result<Vec<RemoteFile>, String> {
    let repo = api(name)?.model(name.to_owned());
    let here = Cache::from_env().repo(Repo::model(name.to_owned()));
    let info: serde_json::Value = repo
        .info_request()
        .query("blobs", "true")
        .call()
        .map_err(|error| unreachable(name, &error.to_string()))?
        .body_mut()
        .read_json()
        .map_err(|error| unreachable(name, &error.to_string()))?;
    let listed = info["siblings"].as_array().into_iter().flatten().filter_map(|file| {
        let name = file["rfilename"].as_str()?.to_owned();
        let size = file["size"].as_u64();
        let whole = |path: &PathBuf| size.is_none_or(|size| length(path) == Some(size));
        Some(RemoteFile { size, here: here.get(&name).filter(whole), name })
    });
    let mut wanted: Vec<RemoteFile> = listed.filter(|file| WANTED.iter().any(|end| file.name.ends_with(end))).collect();
    let ends = |file: &RemoteFile, end: &str| file.name.strip_suffix(end).is_some();
    if !wanted.iter().any(|file| ends(file, ".safetensors") || ends(file, ".gguf")) {
        return Err(format!("{name}: no safetensors and no GGUF there; other weights are not opened"));
    }
    wanted.sort_by_key(|file| (file.size.unwrap_or(u64::MAX), file.name.clone()));
    Ok(wanted)
}

/// Fetches one file into the cache; an interrupted one is resumed. What comes is as long as the hub says, or an error.
pub fn fetch(name: &str, file: &RemoteFile, progress: impl Progress) -> Result<PathBuf, String> {
    let (api, what) = (api(name)?, format!("{name}/{}", file.name));
    let repo = api.model(name.to_owned());
    let failed = |error: ApiError| unreachable(&what, &error.to_string());
    let told = api.metadata(&repo.url(&file.name)).map_err(failed)?;
    unstick(&Cache::from_env().repo(Repo::model(name.to_owned())).blob_path(told.etag()), told.size() as u64);
    let path = repo.download_with_progress(&file.name, progress).map_err(failed)?;
    let wanted = file.size.unwrap_or(told.size() as u64);
    match length(&path) {
        Some(here) if here == wanted => Ok(path),
        here => {
            // Out of the cache: who finds it there takes it for whole.
            let _ = path.canonicalize().and_then(std::fs::remove_file).and_then(|()| std::fs::remove_file(&path));
            Err(format!("{what}: {} bytes came, the hub says {wanted}; pull again", here.unwrap_or_default()))
        }
    }
}

/// A part that has all its bytes asks for none, which servers refuse, and a longer one is of something else: both would stay
/// for ever.
fn unstick(blob: &Path, size: u64) {
    let part = blob.with_extension("part");
    match length(&part) {
        Some(here) if here > size => drop(std::fs::remove_file(&part)),
        Some(here) if here == size && size > 0 => {
            let _ = std::fs::OpenOptions::new().write(true).open(&part).and_then(|file| file.set_len(size - 1));
        }
        _ => {}
    }
}

fn length(path: &Path) -> Option<u64> {
    path.metadata().ok().map(|metadata| metadata.len())
}

fn api(name: &str) -> Result<Api, String> {
    let offline = |name: &&&str| std::env::var(name).is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"));
    if let Some(variable) = ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"].iter().find(offline) {
        return Err(format!("{name}: {variable} is set, so nothing is fetched"));
    }
    ApiBuilder::from_env().with_progress(false).build().map_err(|error| error.to_string())
}

fn unreachable(what: &str, why: &str) -> String {
    let hint = match why {
        _ if why.contains("401") || why.contains("403") => {
            "it may be private: HF_TOKEN, or `hf auth login`, gives access"
        }
        _ if why.contains("404") => "is the name right?",
        _ => "is this machine offline? A folder that was copied here works too: --model DIR",
    };
    format!("{what}: {why} ({hint})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_hub_are_told_from_paths() {
        assert!(is_name("SWE-Gym/OpenHands-32B-Verifier"));
        for path in ["", "a", "/a/b", "../a", "a/b/c", "a/", "a b/c"] {
            assert!(!is_name(path), "{path}");
        }
    }

    #[test]
    fn reasons_say_what_to_try() {
        assert!(unreachable("a/b", "status code 401").contains("HF_TOKEN"));
        assert!(unreachable("a/b", "dns error").contains("offline"));
    }
}
