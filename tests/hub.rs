//! `rollscope models pull` against a hub of our own on this machine: what comes, what is resumed, what is refused.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use tempfile::TempDir;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const WEIGHTS: usize = 300_000;

/// A repository with a model, and what was asked of it.
#[derive(Clone)]
struct Hub {
    url: String,
    /// `path range`, in order; looks at the first byte alone are left out.
    asked: Arc<Mutex<Vec<String>>>,
    /// Answers with weights that break off in the middle, while above 0.
    breaks: Arc<AtomicUsize>,
    /// What the listing says of the weights' size.
    told: Arc<AtomicUsize>,
}

fn content(file: &str) -> Vec<u8> {
    match file {
        "config.json" => b"{\"vocab_size\": 7}".to_vec(),
        "tokenizer.json" => b"{}".to_vec(),
        _ => (0..WEIGHTS).map(|byte| (byte % 251) as u8).collect(),
    }
}

impl Hub {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let hub = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            asked: Arc::default(),
            breaks: Arc::default(),
            told: Arc::new(AtomicUsize::new(WEIGHTS)),
        };
        let served = hub.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let hub = served.clone();
                thread::spawn(move || while hub.answer(&stream).is_some() {});
            }
        });
        hub
    }

    fn answer(&self, stream: &TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream);
        let (mut line, mut range) = (String::new(), None);
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let path = line.split_whitespace().nth(1)?.to_owned();
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).ok()?;
            let Some((name, value)) = header.trim().split_once(':') else { break };
            if name.eq_ignore_ascii_case("range") {
                range = Some(value.trim().trim_start_matches("bytes=").to_owned());
            }
        }
        if path.starts_with("/api/models/toy/judge") {
            return self.list(stream);
        }
        let Some(file) = path.strip_prefix("/toy/judge/resolve/main/") else {
            return respond(stream, 404, "", b"{}", 2);
        };
        self.send(stream, file, &range.unwrap_or_else(|| "0-".into()))
    }

    fn list(&self, stream: &TcpStream) -> Option<()> {
        let sizes = [
            ("config.json", content("config.json").len()),
            ("tokenizer.json", 2),
            ("model.safetensors", self.told.load(Ordering::Relaxed)),
            ("pytorch_model.bin", 9),
        ];
        let files: Vec<_> =
            sizes.iter().map(|(name, size)| serde_json::json!({"rfilename": name, "size": size})).collect();
        let body = serde_json::json!({"sha": COMMIT, "siblings": files}).to_string();
        respond(stream, 200, "", body.as_bytes(), body.len())
    }

    fn send(&self, stream: &TcpStream, file: &str, range: &str) -> Option<()> {
        let whole = content(file);
        let (from, to) = range.split_once('-')?;
        let from: usize = from.parse().ok()?;
        let to = to.parse().map_or(whole.len(), |to: usize| (to + 1).min(whole.len()));
        if from >= whole.len() {
            return respond(stream, 416, "", b"", 0);
        }
        let part = &whole[from..to];
        let look = range == "0-0";
        if !look {
            self.asked.lock().unwrap().push(format!("{file} {range}"));
        }
        let head = format!(
            "etag: \"tag-{file}\"\r\nx-repo-commit: {COMMIT}\r\ncontent-range: bytes {from}-{}/{}\r\n",
            to - 1,
            whole.len()
        );
        let broken = !look
            && file.ends_with("safetensors")
            && self.breaks.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
        let sent = if broken { &part[..part.len() / 2] } else { part };
        respond(stream, 206, &head, sent, part.len())?;
        if broken { stream.shutdown(std::net::Shutdown::Both).ok().and(None) } else { Some(()) }
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

fn respond(mut stream: &TcpStream, status: u16, head: &str, body: &[u8], length: usize) -> Option<()> {
    let text = format!("HTTP/1.1 {status} X\r\n{head}content-length: {length}\r\n\r\n");
    stream.write_all(text.as_bytes()).and_then(|()| stream.write_all(body)).ok()
}

fn pull(home: &TempDir, url: &str, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rollscope"));
    command.args(["models", "pull", "toy/judge"]).args(more);
    command.env("HOME", home.path()).env("HF_HOME", home.path().join("hf")).env("HF_ENDPOINT", url);
    for variable in ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"] {
        command.env_remove(variable);
    }
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn fetched(output: &Output) -> PathBuf {
    assert!(output.status.success(), "{}", said(output));
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
}

fn is_whole(folder: &Path) {
    for file in ["config.json", "tokenizer.json", "model.safetensors"] {
        assert!(std::fs::read(folder.join(file)).unwrap() == content(file), "{file} is not what the hub has");
    }
    assert!(!folder.join("pytorch_model.bin").exists(), "a pickle is never fetched");
}

#[test]
fn a_checkpoint_is_fetched_once_and_whole() {
    let (home, hub) = (TempDir::new().unwrap(), Hub::start());
    let output = pull(&home, &hub.url, &[]);
    is_whole(&fetched(&output));
    assert!(said(&output).contains("3 files, 3 of them to fetch, 300.0 kB"), "{}", said(&output));
    assert_eq!(hub.asked().len(), 3);
    let again = pull(&home, &hub.url, &[]);
    is_whole(&fetched(&again));
    assert!(said(&again).contains("0 of them to fetch") && hub.asked().is_empty(), "{}", said(&again));
}

#[test]
fn the_tokenizer_comes_without_the_weights() {
    let (home, hub) = (TempDir::new().unwrap(), Hub::start());
    let folder = fetched(&pull(&home, &hub.url, &["--tokenizer-only"]));
    assert!(folder.join("tokenizer.json").exists() && !folder.join("model.safetensors").exists());
}

#[test]
fn what_broke_off_is_resumed_where_it_was() {
    let (home, hub) = (TempDir::new().unwrap(), Hub::start());
    hub.breaks.store(1, Ordering::Relaxed);
    let broken = pull(&home, &hub.url, &[]);
    assert!(!broken.status.success() && said(&broken).contains("toy/judge/model.safetensors"), "{}", said(&broken));
    hub.asked();
    is_whole(&fetched(&pull(&home, &hub.url, &[])));
    let asked = hub.asked();
    let [only] = &asked[..] else { panic!("{asked:?}") };
    let from: usize = only.strip_prefix("model.safetensors ").unwrap().trim_end_matches('-').parse().unwrap();
    assert!(from > 0 && from <= WEIGHTS / 2, "{only}");
}

/// Killed after its last byte and before it got its name.
#[test]
fn a_part_that_is_whole_already_does_not_stick() {
    let (home, hub) = (TempDir::new().unwrap(), Hub::start());
    for left in [WEIGHTS, WEIGHTS + 5] {
        let blobs = home.path().join("hf/hub/models--toy--judge/blobs");
        std::fs::create_dir_all(&blobs).unwrap();
        let mut bytes = content("model.safetensors");
        bytes.resize(left, 7);
        std::fs::write(blobs.join("tag-model.part"), bytes).unwrap();
        is_whole(&fetched(&pull(&home, &hub.url, &[])));
        std::fs::remove_dir_all(home.path().join("hf")).unwrap();
    }
}

#[test]
fn another_size_than_the_hub_says_is_refused_and_not_kept() {
    let (home, hub) = (TempDir::new().unwrap(), Hub::start());
    hub.told.store(WEIGHTS + 1, Ordering::Relaxed);
    for _ in 0..2 {
        let output = pull(&home, &hub.url, &[]);
        assert_eq!(output.status.code(), Some(1));
        assert!(said(&output).contains("300000 bytes came, the hub says 300001"), "{}", said(&output));
    }
    hub.told.store(WEIGHTS, Ordering::Relaxed);
    is_whole(&fetched(&pull(&home, &hub.url, &[])));
}

#[test]
fn who_is_offline_hears_what_to_do() {
    let home = TempDir::new().unwrap();
    let output = pull(&home, "http://127.0.0.1:9", &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("offline") && said(&output).contains("--model DIR"), "{}", said(&output));
    let mut command = Command::new(env!("CARGO_BIN_EXE_rollscope"));
    command.args(["models", "pull", "toy/judge"]).env("HOME", home.path()).env("HF_HUB_OFFLINE", "1");
    let output = command.output().unwrap();
    assert!(said(&output).contains("HF_HUB_OFFLINE is set"), "{}", said(&output));
}

#[test]
fn a_name_that_nobody_has_is_told_apart_from_being_offline() {
    let (home, hub) = (TempDir::new().unwrap(), Hub::start());
    let mut command = Command::new(env!("CARGO_BIN_EXE_rollscope"));
    command.args(["models", "pull", "toy/nothing"]).env("HOME", home.path()).env("HF_ENDPOINT", &hub.url);
    let output = command.env("HF_HOME", home.path()).output().unwrap();
    assert!(said(&output).contains("is the name right?"), "{}", said(&output));
}
