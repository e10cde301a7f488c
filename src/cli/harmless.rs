//! The last door before a terminal: what steers it or hides in it goes out as `\u001b`. In JSON that is the same text; in
//! other forms it is at least seen. Pipes and files get every byte as it is.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use crate::app::page::steers;

/// Standard output, guarded when it is a terminal.
pub fn stdout() -> Box<dyn Write> {
    let out = io::stdout();
    if out.is_terminal() { Box::new(Harmless { out, begun: Vec::new() }) } else { Box::new(out) }
}

struct Harmless<W> {
    out: W,
    /// The first bytes of a character whose rest has not come yet.
    begun: Vec<u8>,
}

impl<W: Write> Write for Harmless<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.begun.extend_from_slice(bytes);
        let whole = match std::str::from_utf8(&self.begun) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => self.begun.len(),
        };
        let rest = self.begun.split_off(whole);
        let text = std::mem::replace(&mut self.begun, rest);
        self.out.write_all(escaped(&String::from_utf8_lossy(&text)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if steers(c) && !matches!(c, '\n' | '\t') {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(c);
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_stays_the_same_json() {
        let value = serde_json::json!({"a": "x\u{9b}31m\u{202e}\u{200b}\u{e0041} naïve 日本 \u{1b}]0;t\u{7}\n"});
        let line = escaped(&value.to_string());
        assert!(!line.chars().any(steers), "{line}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&line).unwrap(), value);
    }

    #[test]
    fn a_character_may_come_in_two_pieces() {
        let mut guarded = Harmless { out: Vec::new(), begun: Vec::new() };
        for byte in "é\u{9b}日\t\u{1b}[2J\r\n".as_bytes() {
            guarded.write_all(&[*byte]).unwrap();
        }
        assert_eq!(String::from_utf8(guarded.out).unwrap(), "é\\u009b日\t\\u001b[2J\\u000d\n");
    }
}
