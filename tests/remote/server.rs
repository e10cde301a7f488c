//! A server of our own, on this machine: answers as it is told, or fails as it is told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub authorization: Option<String>,
    pub body: Value,
}

/// What comes back over the wire.
#[derive(Debug, Clone)]
pub enum Reply {
    Json(u16, Value),
    /// Status, a header, the body as it is.
    Raw(u16, &'static str, String),
    /// The head promises more than comes.
    Half(Value),
    /// The connection closes without a word.
    Close,
    /// Nothing, until the client goes away.
    Hang,
}

pub struct Server {
    pub url: String,
    pub seen: Arc<Mutex<Vec<Seen>>>,
    gone: Arc<AtomicBool>,
}

type Answer = dyn Fn(usize, &Seen) -> Reply + Send + Sync;

impl Server {
    /// `answer` hears how many questions for a score came before, and the request.
    pub fn start(answer: impl Fn(usize, &Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = Self { url, seen: Arc::default(), gone: Arc::default() };
        let (seen, gone, answer, count): (_, _, Arc<Answer>, _) =
            (server.seen.clone(), server.gone.clone(), Arc::new(answer), Arc::new(AtomicUsize::new(0)));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if gone.load(Ordering::Relaxed) {
                    return;
                }
                let (seen, answer, count) = (seen.clone(), answer.clone(), count.clone());
                thread::spawn(move || while serve(&stream, &seen, &*answer, &count).is_some() {});
            }
        });
        server
    }

    pub fn scoring(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().iter().filter(|seen| asks_for_a_score(seen)).cloned().collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.gone.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
    }
}

fn asks_for_a_score(seen: &Seen) -> bool {
    seen.method == "POST" && seen.path != "/tokenize"
}

fn serve(stream: &TcpStream, seen: &Mutex<Vec<Seen>>, answer: &Answer, count: &AtomicUsize) -> Option<()> {
    let request = request(stream)?;
    seen.lock().unwrap().push(request.clone());
    let before = if asks_for_a_score(&request) { count.fetch_add(1, Ordering::Relaxed) } else { 0 };
    let head = |status: u16, header: &str, length: usize| {
        format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n{header}content-length: {length}\r\n\r\n")
    };
    let mut out = stream;
    match answer(before, &request) {
        Reply::Json(status, body) => {
            let body = body.to_string();
            out.write_all(format!("{}{body}", head(status, "", body.len())).as_bytes()).ok()
        }
        Reply::Raw(status, header, body) => {
            out.write_all(format!("{}{body}", head(status, header, body.len())).as_bytes()).ok()
        }
        Reply::Half(body) => {
            let body = body.to_string();
            let _ = out.write_all(format!("{}{}", head(200, "", body.len()), &body[..body.len() / 2]).as_bytes());
            let _ = stream.shutdown(std::net::Shutdown::Both);
            None
        }
        Reply::Close => stream.shutdown(std::net::Shutdown::Both).ok().and(None),
        Reply::Hang => {
            let _ = out.read(&mut [0; 1]);
            None
        }
    }
}

fn request(stream: &TcpStream) -> Option<Seen> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let (mut length, mut authorization) = (0, None);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim().split_once(':') else { break };
        match name.to_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "authorization" => authorization = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Seen { method, path, authorization, body: serde_json::from_slice(&body).unwrap_or_default() })
}

/// What the pretended model thinks of a label after a prompt: any number will do, if it is always the same.
pub fn truth(prompt: &[u64], label: u64) -> f64 {
    let mixed = prompt.iter().fold(label, |sum, id| sum.wrapping_mul(31).wrapping_add(*id) % 1_000_003);
    -1.0 - (mixed % 1000) as f64 / 100.0
}

pub fn ids(value: &Value) -> Vec<u64> {
    value.as_array().into_iter().flatten().filter_map(Value::as_u64).collect()
}

/// The right answer of a vLLM server to `/v1/completions`.
pub fn completion(request: &Value) -> Value {
    let prompt = ids(&request["prompt"]);
    let named = ids(&request["logprob_token_ids"]).into_iter();
    let named: serde_json::Map<String, Value> =
        named.map(|label| (format!("token_id:{label}"), json!(truth(&prompt, label)))).collect();
    json!({
        "model": request["model"], "choices": [{ "index": 0, "text": "x", "logprobs": { "top_logprobs": [named] } }],
        "usage": { "prompt_tokens": prompt.len(), "completion_tokens": 1 }
    })
}

/// Everything a vLLM server says beside scores.
pub fn service(request: &Seen) -> Option<Reply> {
    let models = json!({ "data": [{ "id": "judge", "owned_by": "vllm", "max_model_len": 4097, "parent": null }] });
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/v1/models") => Some(Reply::Json(200, models)),
        ("GET", "/version") => Some(Reply::Json(200, json!({ "version": "0.32.0" }))),
        ("GET", _) | ("POST", "/tokenize") => Some(Reply::Json(404, json!({ "detail": "Not Found" }))),
        _ => None,
    }
}

/// A vLLM server that misbehaves where `fault` says so.
pub fn vllm(fault: impl Fn(usize, &Seen) -> Option<Reply> + Send + Sync + 'static) -> Server {
    Server::start(move |nth, request| {
        let answer = || Reply::Json(200, completion(&request.body));
        service(request).or_else(|| fault(nth, request)).unwrap_or_else(answer)
    })
}
