//! The lines that introduce files and hunks: names, quoting, modes, counts.
//!
//! Source of the rules: git's `Documentation/diff-generate-patch.adoc` and `apply.c`; GNU diffutils, "Detailed Unified".

use super::model::{FileDiff, Modes, Status};

/// `@@ -old_start,old_count +new_start,new_count @@`; a count that is not written is 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct HunkHead {
    pub old_start: u32,
    pub old_count: u32,
    pub new_start: u32,
    pub new_count: u32,
}

impl HunkHead {
    pub fn read(line: &str) -> Option<Self> {
        let (numbers, _) = line.strip_prefix("@@ -")?.split_once(" @@")?;
        let (old, new) = numbers.split_once(" +")?;
        let (old_start, old_count) = span(old)?;
        let (new_start, new_count) = span(new)?;
        Some(Self { old_start, old_count, new_start, new_count })
    }

    /// The numbers of its first old and new line. An empty side names the line before the place.
    pub fn first_lines(self) -> (u32, u32) {
        let first = |start: u32, count: u32| if count == 0 { start.saturating_add(1) } else { start };
        (first(self.old_start, self.old_count), first(self.new_start, self.new_count))
    }
}

fn span(text: &str) -> Option<(u32, u32)> {
    match text.split_once(',') {
        Some((start, count)) => Some((start.parse().ok()?, count.parse().ok()?)),
        None => Some((text.parse().ok()?, 1)),
    }
}

/// What the header lines of one file say, line by line.
#[derive(Debug, Default)]
pub(super) struct FileHeader {
    /// Everything after `diff --git `.
    git: Option<String>,
    old: Option<String>,
    new: Option<String>,
    from: Option<String>,
    to: Option<String>,
    old_mode: Option<String>,
    new_mode: Option<String>,
    status: Status,
    binary: bool,
    combined: bool,
}

impl FileHeader {
    pub fn read(&mut self, line: &str) {
        let Some((key, value)) = split_key(line) else {
            self.binary |= line == "GIT binary patch";
            return;
        };
        let named = || Some(name(value));
        match key {
            "diff --git " => self.git = Some(value.into()),
            "diff --cc " | "diff --combined " => (self.combined, self.new) = (true, named()),
            "--- " => self.old = named(),
            "+++ " => self.new = named(),
            "rename from " | "rename old " => (self.status, self.from) = (Status::Renamed, named()),
            "copy from " => (self.status, self.from) = (Status::Copied, named()),
            "rename to " | "rename new " | "copy to " => self.to = named(),
            "new file mode " => self.status = Status::Added,
            "deleted file mode " => self.status = Status::Deleted,
            "old mode " => self.old_mode = Some(value.into()),
            "new mode " => self.new_mode = Some(value.into()),
            _ => self.read_binary(value),
        }
    }

    /// `a/x and b/x differ`, behind `Binary files `.
    fn read_binary(&mut self, value: &str) {
        self.binary = true;
        let pair = value.strip_suffix(" differ").and_then(|pair| pair.split_once(" and "));
        if let Some((old, new)) = pair {
            self.old.get_or_insert_with(|| name(old));
            self.new.get_or_insert_with(|| name(new));
        }
    }

    pub fn is_combined(&self) -> bool {
        self.combined
    }

    pub fn finish(self) -> FileDiff {
        let (old, new) = self.names();
        let gone = |name: &Option<String>| name.as_deref() == Some("/dev/null");
        let status = match self.status {
            Status::Modified if gone(&old) => Status::Added,
            Status::Modified if gone(&new) => Status::Deleted,
            status => status,
        };
        let modes = self.old_mode.zip(self.new_mode).map(|(old, new)| Modes { old, new });
        FileDiff {
            old_path: old.filter(|name| name != "/dev/null" && status != Status::Added),
            new_path: new.filter(|name| name != "/dev/null" && status != Status::Deleted),
            status,
            modes,
            binary: self.binary,
            combined: self.combined,
            ..FileDiff::default()
        }
    }

    /// Both names. `rename from` and `to` carry no prefix; `---` and `+++` do; the `diff --git` line is the last resort.
    fn names(&self) -> (Option<String>, Option<String>) {
        if self.from.is_some() && self.to.is_some() {
            return (self.from.clone(), self.to.clone());
        }
        let git = self.git.as_deref().and_then(git_names);
        let (git_old, git_new) = git.unzip();
        unprefixed(self.old.clone().or(git_old), self.new.clone().or(git_new))
    }
}

const KEYS: [&str; 14] = [
    "diff --git ",
    "diff --cc ",
    "diff --combined ",
    "--- ",
    "+++ ",
    "rename from ",
    "rename to ",
    "rename old ",
    "rename new ",
    "copy from ",
    "copy to ",
    "new file mode ",
    "deleted file mode ",
    "Binary files ",
];

fn split_key(line: &str) -> Option<(&'static str, &str)> {
    let modes = ["old mode ", "new mode "];
    KEYS.into_iter().chain(modes).find_map(|key| Some((key, line.strip_prefix(key)?)))
}

/// A name as it stands behind `--- `: quoted like a C string, or up to the tab before a time.
///
/// The epoch as time is how `diff -N` says that a file does not exist.
fn name(text: &str) -> String {
    if let Some((name, _)) = quoted(text) {
        return name;
    }
    match text.split_once('\t') {
        Some((_, time)) if time.starts_with("1970-01-01 ") || time.starts_with("1969-12-31 ") => "/dev/null".into(),
        Some((name, _)) => name.into(),
        None => text.into(),
    }
}

/// `"b\303\244r"` -> `bär`, and what follows the closing quote. Bytes that are no UTF-8 become U+FFFD.
fn quoted(text: &str) -> Option<(String, &str)> {
    let body = text.strip_prefix('"')?;
    let mut bytes = Vec::new();
    let mut input = body.bytes().enumerate();
    while let Some((at, byte)) = input.next() {
        match byte {
            b'"' => return Some((String::from_utf8_lossy(&bytes).into_owned(), &body[at + 1..])),
            b'\\' => bytes.push(unescape(&mut input)?),
            _ => bytes.push(byte),
        }
    }
    None
}

fn unescape(input: &mut impl Iterator<Item = (usize, u8)>) -> Option<u8> {
    let mut next = || input.next().map(|(_, byte)| byte);
    let octal = |byte: u8| matches!(byte, b'0'..=b'7').then(|| byte - b'0');
    Some(match next()? {
        b'a' => 7,
        b'b' => 8,
        b't' => b'\t',
        b'n' => b'\n',
        b'v' => 11,
        b'f' => 12,
        b'r' => b'\r',
        first @ b'0'..=b'3' => octal(first)? << 6 | octal(next()?)? << 3 | octal(next()?)?,
        other => other,
    })
}

/// The two names of a `diff --git` line. Unquoted ones may hold spaces: then both halves are equal behind their prefix.
fn git_names(text: &str) -> Option<(String, String)> {
    if let Some((old, rest)) = quoted(text) {
        return Some((old, name(rest.trim_start())));
    }
    if let Some((old, new)) = text.split_once(" \"") {
        let (new, _) = quoted(text.get(old.len() + 1..).unwrap_or(new))?;
        return Some((old.into(), new));
    }
    let (half, _) = text.split_at_checked(text.len() / 2)?;
    let halves =
        text[half.len()..].strip_prefix(' ').map(|new| (half, new)).filter(|(old, new)| bare(old) == bare(new));
    let (old, new) = halves.or_else(|| text.split_once(" b/").map(|(old, _)| (old, &text[old.len() + 1..])))?;
    Some((old.into(), new.into()))
}

/// Without the first folder.
fn bare(name: &str) -> &str {
    name.split_once('/').map_or(name, |(_, rest)| rest)
}

/// Takes `a/` and `b/` off (or git's mnemonic `i/`, `w/`, `c/`, `o/`), unless both names begin alike: then it is a folder.
fn unprefixed(old: Option<String>, new: Option<String>) -> (Option<String>, Option<String>) {
    let prefix = |name: &Option<String>| {
        let mut letters = name.as_deref()?.chars();
        let letter = letters.next().filter(|letter| "abciow".contains(*letter))?;
        letters.as_str().starts_with('/').then_some(letter)
    };
    let absent = |name: &Option<String>| name.as_deref().is_none_or(|name| name == "/dev/null");
    let strip = match (prefix(&old), prefix(&new)) {
        (Some(before), Some(after)) => before != after,
        (Some(_), None) => absent(&new),
        (None, Some(_)) => absent(&old),
        (None, None) => false,
    };
    let cut = |name: Option<String>| {
        let marked = strip && prefix(&name).is_some();
        name.map(|name| if marked { name[2..].to_owned() } else { name })
    };
    (cut(old), cut(new))
}
