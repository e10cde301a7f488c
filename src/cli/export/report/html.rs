//! Text that may be anything, made harmless inside HTML.

use std::fmt::Write;

use crate::cli::output::washed;

/// For element content and quoted attributes: control, bidi and invisible characters become symbols first.
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in washed(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

/// A relative or absolute path as a link that is always a path, whatever it is called.
pub fn link(path: &str) -> String {
    let mut link = String::from(if path.starts_with('/') { "" } else { "./" });
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => link.push(byte as char),
            other => drop(write!(link, "%{other:02X}").is_ok()),
        }
    }
    link
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_leaves_its_place() {
        let hostile = "<script>alert('1')</script>&\"\u{202e}\x1b[31m";
        let safe = escaped(hostile);
        assert!(!safe.contains(['<', '>', '"', '\'', '\u{202e}', '\x1b']), "{safe}");
        assert!(safe.starts_with("&lt;script&gt;") && safe.contains("&amp;&quot;"), "{safe}");
    }

    #[test]
    fn a_link_is_a_path_and_never_a_scheme() {
        assert_eq!(link("runs/a b.traj"), "./runs/a%20b.traj");
        assert_eq!(link("/x/\"><script>"), "/x/%22%3E%3Cscript%3E");
        assert_eq!(link("javascript:alert(1)"), "./javascript%3Aalert%281%29");
    }
}
