//! `rollscope list --follow`: rows as runs write them, a line of JSON each.

use std::collections::HashMap;
use std::io::Write;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::output::Row;
use crate::library::{Library, News, Watch};

/// Looked at this often, as long as looking is cheap.
const EVERY: Duration = Duration::from_millis(500);
/// Looking never takes more than this part of the time.
const SHARE: u32 = 20;

/// Prints the rows there are, then those that are new or say something new. It ends with the error of printing: when
/// nobody listens any more.
pub fn run(mut library: Library, mut watch: Watch, rows: &dyn Fn(&mut Library) -> Vec<Row>) -> anyhow::Error {
    let mut printed = HashMap::new();
    let mut news = true;
    loop {
        let begun = Instant::now();
        if news && let Err(error) = print(&rows(&mut library), &mut printed) {
            return error;
        }
        thread::sleep(EVERY.max(begun.elapsed() * SHARE));
        news = look(&mut library, &mut watch);
    }
}

/// Whether anything is new.
fn look(library: &mut Library, watch: &mut Watch) -> bool {
    let heard = std::sync::Mutex::new(Vec::new());
    watch.step(SystemTime::now(), &|news| {
        if let Ok(mut heard) = heard.lock() {
            heard.push(news);
        }
    });
    let heard: Vec<News> = heard.into_inner().unwrap_or_default();
    let any = !heard.is_empty();
    for news in heard {
        if let News::Found(found) = &news {
            super::open::report(found.notes.iter());
        }
        library.hear(news);
    }
    library.settle();
    any
}

fn print(rows: &[Row], printed: &mut HashMap<String, String>) -> anyhow::Result<()> {
    let mut out = super::harmless::stdout();
    for row in rows {
        let id = row.get("id").and_then(serde_json::Value::as_str).unwrap_or_default();
        let line = serde_json::to_string(row)?;
        if printed.get(id) != Some(&line) {
            writeln!(out, "{line}")?;
            printed.insert(id.to_owned(), line);
        }
    }
    Ok(out.flush()?)
}
