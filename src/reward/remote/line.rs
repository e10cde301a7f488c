//! One question to one address, and what can come back: an answer, a reason to try again, or a reason not to.

use std::ops::ControlFlow;
use std::sync::{Arc, Once};
use std::time::{Duration, SystemTime};

use regex::Regex;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use super::Limits;

/// Whoever waits is asked this often whether to go on.
const GLANCE: Duration = Duration::from_millis(40);
/// Most characters of a server's own words in an error.
const QUOTED: usize = 200;

pub type Watch<'a> = &'a mut dyn FnMut(usize) -> ControlFlow<()>;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Trouble {
    /// Worth another try, after a pause if the server names one.
    Later { wait: Option<Duration>, why: String },
    /// The same question would fail again.
    Never(String),
    /// There is no such route, or not for this model.
    Absent(String),
    /// The one who asked has lost interest; the connection is closed, which stops the server's work.
    Stopped,
}

#[derive(Clone)]
pub struct Line {
    client: Client,
    runtime: Arc<Runtime>,
    key: Option<Arc<str>>,
    answer: Duration,
}

impl Line {
    pub fn new(limits: &Limits, key: Option<String>) -> Result<Self, String> {
        static PROVIDER: Once = Once::new();
        // The other HTTP client of this program may have been faster; then its provider serves as well.
        PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
        let client = Client::builder()
            .connect_timeout(limits.connect)
            // A key must not follow a redirect to somebody else.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| root(&error))?;
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("remote").enable_all().build();
        let runtime = Arc::new(runtime.map_err(|error| error.to_string())?);
        Ok(Self { client, runtime, key: key.map(Into::into), answer: limits.answer })
    }

    pub fn get(&self, url: &str, watch: Watch) -> Result<Value, Trouble> {
        self.send(self.client.request(Method::GET, url), watch)
    }

    pub fn post(&self, url: &str, body: &Value, watch: Watch) -> Result<Value, Trouble> {
        self.send(self.client.post(url).json(body), watch)
    }

    fn send(&self, request: RequestBuilder, watch: Watch) -> Result<Value, Trouble> {
        let request = request.timeout(self.answer);
        let request = match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        };
        self.runtime.block_on(async {
            let answer = exchange(request, self.answer);
            tokio::pin!(answer);
            loop {
                tokio::select! {
                    answer = &mut answer => return answer,
                    () = tokio::time::sleep(GLANCE) => if watch(0).is_break() { return Err(Trouble::Stopped) },
                }
            }
        })
    }
}

async fn exchange(request: RequestBuilder, limit: Duration) -> Result<Value, Trouble> {
    let broken = |error: reqwest::Error| {
        let why = if error.is_timeout() { format!("no answer within {limit:.1?}") } else { root(&error) };
        Trouble::Later { wait: None, why }
    };
    let response = request.send().await.map_err(broken)?;
    let (status, wait) = (response.status(), pause(response.headers()));
    let body = response.bytes().await.map_err(broken)?;
    if status.is_success() { read(&body) } else { Err(refused(status, wait, &body)) }
}

fn read(body: &[u8]) -> Result<Value, Trouble> {
    serde_json::from_slice(body).map_err(|error| {
        let why = format!("the answer is not JSON: {error}; it begins {:?}", short(&String::from_utf8_lossy(body)));
        // Half an answer ends too early.
        if error.is_eof() { Trouble::Later { wait: None, why } } else { Trouble::Never(why) }
    })
}

fn refused(status: StatusCode, wait: Option<Duration>, body: &[u8]) -> Trouble {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let said = words(&value).unwrap_or_else(|| short(&String::from_utf8_lossy(body)));
    let why = if said.is_empty() { format!("status {status}") } else { format!("status {status}: {said}") };
    match status.as_u16() {
        401 | 403 => Trouble::Never(format!("{why} (the key is read from {})", super::KEY)),
        404 if value.get("error").is_none() => Trouble::Absent(why),
        405 | 501 => Trouble::Absent(why),
        408 | 429 | 502..=504 => Trouble::Later { wait, why },
        // A prompt that breaks an engine breaks it again, and with it the work of others (measured on vLLM 0.32).
        _ => Trouble::Never(why),
    }
}

/// The three shapes of error bodies: an object, a word, or `FastAPI`'s `detail`.
fn words(body: &Value) -> Option<String> {
    let error = &body["error"];
    let text = error["message"].as_str().or(error.as_str()).or(body["detail"].as_str()).or(body["message"].as_str())?;
    Some(short(text))
}

/// The first line, without paths of the server's disk, at a length that fits a row.
fn short(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let washed: String = line.chars().filter(|c| !c.is_control()).collect();
    let paths = Regex::new(r#"(?:[\w.~-]*/){2,}[^\s'",)]*"#);
    let washed = paths.map_or(washed.clone(), |paths| paths.replace_all(&washed, "…").into_owned());
    match washed.char_indices().nth(QUOTED) {
        Some((at, _)) => format!("{}…", &washed[..at]),
        None => washed,
    }
}

/// `Retry-After`: seconds, or a date.
fn pause(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    http_date(text)?.duration_since(SystemTime::now()).ok()
}

/// `Wed, 21 Oct 2015 07:28:00 GMT`, the form that servers must send (RFC 9110, 5.6.7).
fn http_date(text: &str) -> Option<SystemTime> {
    let fields: Vec<&str> = text.split([' ', ':', ',']).filter(|field| !field.is_empty()).collect();
    let [_, day, month, year, hour, minute, second, _] = fields[..] else { return None };
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = months.iter().position(|name| *name == month)? as i64 + 1;
    let number = |text: &str| text.parse::<i64>().ok();
    let days = days_since_1970(number(year)?, month, number(day)?);
    let seconds = days * 86_400 + number(hour)? * 3600 + number(minute)? * 60 + number(second)?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(u64::try_from(seconds).ok()?))
}

/// Gregorian days: years begin in March, so that the leap day is the last one.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468
}

/// The cause behind the causes, without the address: whoever reports it names that.
fn root(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let text = cause.to_string();
    if text.is_empty() { error.to_string() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_read_in_both_forms() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().unwrap());
            pause(&headers)
        };
        assert_eq!(of("7"), Some(Duration::from_secs(7)));
        assert_eq!(of("Wed, 21 Oct 2015 07:28:00 GMT"), None, "that moment is over");
        assert_eq!(of("soon"), None);
        let date = http_date("Wed, 21 Oct 2015 07:28:00 GMT").unwrap();
        assert_eq!(date.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs(), 1_445_412_480);
        let leap = http_date("Thu, 29 Feb 2024 00:00:01 GMT").unwrap();
        assert_eq!(leap.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs(), 1_709_164_801);
    }

    #[test]
    fn a_servers_words_are_shown_without_its_paths() {
        let body = serde_json::json!({"error": {"message": "boom in \"/srv/lib/python3/app.py\", line 2\nmore"}});
        assert_eq!(words(&body).unwrap(), "boom in \"…\", line 2");
        assert_eq!(words(&serde_json::json!({"error": "Unauthorized"})).unwrap(), "Unauthorized");
        assert_eq!(short(&"x".repeat(300)).chars().count(), QUOTED + 1);
    }

    #[test]
    fn statuses_say_whether_to_try_again() {
        let of = |status: u16, body: &str| refused(StatusCode::from_u16(status).unwrap(), None, body.as_bytes());
        assert!(matches!(of(503, ""), Trouble::Later { .. }));
        assert!(
            matches!(of(500, "{\"error\":{\"message\":\"EngineCore\"}}"), Trouble::Never(why) if why.contains("EngineCore"))
        );
        assert!(matches!(of(404, "{\"detail\":\"Not Found\"}"), Trouble::Absent(_)));
        assert!(matches!(of(404, "{\"error\":{\"message\":\"no model\"}}"), Trouble::Never(_)));
        assert!(
            matches!(of(401, "{\"error\":\"Unauthorized\"}"), Trouble::Never(why) if why.contains("ROLLSCOPE_API_KEY"))
        );
    }
}
