//! Keys as people write them (`j`, `ctrl-d`, `pgdn`), and the table from keys to commands. Knows no terminal.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::commands::{COMMANDS, Command, SCOPES_WITHIN, Scope};

/// The keys that come with the program; a user's file of the same shape is laid over it.
const DEFAULTS: &str = include_str!("../../assets/keys.toml");

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    pub code: KeyCode,
    pub ctrl: bool,
    pub alt: bool,
}

const NAMED: [(&str, KeyCode); 15] = [
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("shift-tab", KeyCode::BackTab),
    ("space", KeyCode::Char(' ')),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
];

impl Key {
    pub fn plain(code: KeyCode) -> Self {
        Self { code, ctrl: false, alt: false }
    }

    /// `ctrl-d`, `alt-x`, `pgdn`, `?`; `None` for anything else.
    pub fn parse(written: &str) -> Option<Self> {
        if let Some(rest) = written.strip_prefix("ctrl-") {
            return Some(Self { ctrl: true, ..Self::parse(rest)? });
        }
        if let Some(rest) = written.strip_prefix("alt-") {
            return Some(Self { alt: true, ..Self::parse(rest)? });
        }
        let named = NAMED.iter().find(|(name, _)| *name == written).map(|(_, code)| *code);
        let mut chars = written.chars();
        let single = chars.next().filter(|_| chars.next().is_none()).map(KeyCode::Char);
        named.or(single).map(Self::plain)
    }

    /// A row of keys: `jj<tab>/word<enter>`. What stands between angle brackets is one key.
    pub fn row(written: &str) -> Vec<Self> {
        let mut keys = Vec::new();
        let mut rest = written;
        while let Some(first) = rest.chars().next() {
            let named = rest.strip_prefix('<').and_then(|inside| inside.split_once('>'));
            let (key, after) = match named.and_then(|(name, after)| Some((Self::parse(name)?, after))) {
                Some(found) => found,
                None => (Self::plain(KeyCode::Char(first)), &rest[first.len_utf8()..]),
            };
            keys.push(key);
            rest = after;
        }
        keys
    }

    /// The character it types into a prompt.
    pub fn typed(self) -> Option<char> {
        match self.code {
            KeyCode::Char(typed) if !self.ctrl && !self.alt => Some(typed),
            _ => None,
        }
    }
}

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Self {
        Self {
            code: event.code,
            ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
            alt: event.modifiers.contains(KeyModifiers::ALT),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("ctrl-")?;
        }
        if self.alt {
            f.write_str("alt-")?;
        }
        let arrow = match self.code {
            KeyCode::Up => Some("↑"),
            KeyCode::Down => Some("↓"),
            KeyCode::Left => Some("←"),
            KeyCode::Right => Some("→"),
            code => NAMED.iter().find(|(_, named)| *named == code).map(|(name, _)| *name),
        };
        match (arrow, self.code) {
            (Some(name), _) => f.write_str(name),
            (None, KeyCode::Char(typed)) => write!(f, "{typed}"),
            (None, code) => write!(f, "{code:?}"),
        }
    }
}

/// Keys that the user bound: to which command, and on which line.
type Own = HashMap<(Scope, Key), (&'static str, String)>;

/// Which key means which command, where.
#[derive(Debug, Clone, Default)]
pub struct Keymap {
    bound: HashMap<(Scope, Key), &'static Command>,
    /// In the order of the file, for the help.
    keys: HashMap<&'static str, Vec<Key>>,
    pub problems: Vec<String>,
}

impl Keymap {
    pub fn defaults() -> Self {
        Self::from_toml(DEFAULTS)
    }

    /// Reads `command = ["key", …]` lines under a heading per scope. What cannot be understood is collected in
    /// `problems`, and the rest is bound all the same.
    pub fn from_toml(text: &str) -> Self {
        let mut map = Self::default();
        let table: toml::Table = match text.parse() {
            Ok(table) => table,
            Err(error) => {
                map.problems.push(format!("keys: {error}"));
                return map;
            }
        };
        for (command, keys) in &table {
            map.bind_all(command, keys);
        }
        map
    }

    /// The user's keys laid over those that come with the program: a command that is named has the keys named and no
    /// others; `false` or an empty list leaves it without. What is wrong is told with its line; the rest holds.
    pub fn with_user(text: &str, path: &str) -> Self {
        let mut map = Self::defaults();
        let line = |at: usize| text[..at.min(text.len())].matches('\n').count() + 1;
        let table: BTreeMap<toml::Spanned<String>, toml::Spanned<toml::Value>> = match toml::from_str(text) {
            Ok(table) => table,
            Err(error) => {
                let at = error.span().map_or(1, |span| line(span.start));
                map.problems.push(format!("{path}, line {at}: {}", error.message()));
                return map;
            }
        };
        let mut own = Own::new();
        for (name, keys) in &table {
            map.unbind(name.get_ref());
            let at = format!("{path}, line {}", line(name.span().start));
            map.bind_users(name.get_ref(), keys.get_ref(), &at, &mut own);
        }
        let hidden = map.hidden(&own);
        map.problems.extend(hidden);
        map
    }

    /// The user's keys that mean one thing here and another elsewhere, other than those that come with the program do.
    fn hidden(&self, own: &Own) -> Vec<String> {
        let defaults = Self::defaults();
        let mut told = BTreeSet::new();
        for (&(scope, key), (_, at)) in own {
            for (outer, inner) in SCOPES_WITHIN.iter().filter(|(outer, inner)| *outer == scope || *inner == scope) {
                let meaning = |map: &Self, scope| map.bound.get(&(scope, key)).map(|command| command.name);
                let (there, here) = (meaning(self, *outer), meaning(self, *inner));
                let as_ever = (there, here) == (meaning(&defaults, *outer), meaning(&defaults, *inner));
                if let (Some(there), Some(here), false) = (there, here, as_ever) {
                    let place = inner.place();
                    told.insert(format!("{at}: `{key}` means `{here}` {place}, and `{there}` elsewhere"));
                }
            }
        }
        told.into_iter().collect()
    }

    fn unbind(&mut self, name: &str) {
        self.bound.retain(|_, command| command.name != name);
        self.keys.retain(|command, _| *command != name);
    }

    fn bind_users(&mut self, name: &str, keys: &toml::Value, at: &str, own: &mut Own) {
        let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
            return self.problems.push(format!("{at}: there is no command `{name}`; the palette lists them"));
        };
        let written = match keys {
            toml::Value::String(key) => vec![key.as_str()],
            toml::Value::Array(keys) => keys.iter().filter_map(toml::Value::as_str).collect(),
            toml::Value::Boolean(false) => Vec::new(),
            _ => return self.problems.push(format!("{at}: `{name}` wants a list of keys, or false")),
        };
        for written in written {
            let Some(key) = Key::parse(written) else {
                self.problems.push(format!("{at}: `{written}` for `{name}` is no key"));
                continue;
            };
            if let Some((other, _)) = own.get(&(command.scope, key)) {
                self.problems.push(format!("{at}: `{key}` means `{other}` already, so not `{name}`"));
                continue;
            }
            if let Some(other) = self.bound.get(&(command.scope, key)).copied() {
                self.problems.push(format!("{at}: `{key}` means `{name}` now, and no longer `{}`", other.name));
                self.keys.entry(other.name).or_default().retain(|bound| *bound != key);
            }
            own.insert((command.scope, key), (command.name, at.to_owned()));
            self.bound.insert((command.scope, key), command);
            self.keys.entry(command.name).or_default().push(key);
        }
    }

    fn bind_all(&mut self, name: &str, keys: &toml::Value) {
        let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
            return self.problems.push(format!("keys: there is no command `{name}`"));
        };
        for written in keys.as_array().into_iter().flatten().filter_map(toml::Value::as_str) {
            match Key::parse(written) {
                Some(key) => self.bind(command, key),
                None => self.problems.push(format!("keys: `{written}` for `{name}` is no key")),
            }
        }
    }

    fn bind(&mut self, command: &'static Command, key: Key) {
        if let Some(other) = self.bound.insert((command.scope, key), command) {
            self.problems.push(format!("keys: `{key}` means both `{}` and `{}`", other.name, command.name));
        }
        self.keys.entry(command.name).or_default().push(key);
    }

    /// The command of the first scope that knows the key.
    pub fn find(&self, scopes: &[Scope], key: Key) -> Option<&'static Command> {
        scopes.iter().find_map(|scope| self.bound.get(&(*scope, key)).copied())
    }

    pub fn keys_of(&self, command: &Command) -> &[Key] {
        self.keys.get(command.name).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_are_written() {
        assert_eq!(Key::parse("ctrl-d"), Some(Key { code: KeyCode::Char('d'), ctrl: true, alt: false }));
        assert_eq!(Key::parse("pgdn"), Some(Key::plain(KeyCode::PageDown)));
        assert_eq!(Key::parse("nonsense"), None);
        assert_eq!(Key::row("j<tab><").len(), 3);
    }

    #[test]
    fn the_defaults_bind_every_command_without_conflict() {
        let map = Keymap::defaults();
        assert_eq!(map.problems, Vec::<String>::new());
        for command in COMMANDS {
            assert!(!map.keys_of(command).is_empty(), "{} has no key", command.name);
        }
    }

    #[test]
    fn conflicts_are_reported_and_the_rest_still_bound() {
        let map = Keymap::from_toml("quit = [\"q\"]\nhelp = [\"q\", \"?\"]\nnonsense = [\"a\"]\nsearch = [\"what\"]");
        assert_eq!(map.problems.len(), 3, "{:?}", map.problems);
        assert!(map.find(&[Scope::Everywhere], Key::parse("?").unwrap()).is_some());
    }

    #[test]
    fn the_users_keys_replace_and_conflicts_are_told_with_their_line() {
        let text = "quit = [\"Q\"]\n# a remark\nwrap = [\"Q\", \"p\"]\nmouse = false\nfly = [\"f\"]\ncopy = 7\nzoom = [\"what\"]\n";
        let map = Keymap::with_user(text, "keys.toml");
        let find = |key: &str| map.find(&[Scope::Everywhere], Key::parse(key).unwrap()).map(|command| command.name);
        assert_eq!((find("Q"), find("q"), find("m"), find("p")), (Some("quit"), None, None, Some("wrap")));
        for said in [
            "line 3: `Q` means `quit` already",
            "line 3: `p` means `wrap` now, and no longer `problems`",
            "line 5: there is no command `fly`",
            "line 6: `copy` wants",
            "line 7: `what`",
        ] {
            assert!(map.problems.iter().any(|problem| problem.contains(said)), "{said}: {:?}", map.problems);
        }
        let text = "down = [\"x\", \"j\"]\nskip = [\"s\"]\nnext_error = [\"q\"]\n";
        assert_eq!(
            Keymap::with_user(text, "keys.toml").problems,
            [
                "keys.toml, line 1: `x` means `actions` while comparing, and `down` elsewhere",
                "keys.toml, line 3: `q` means `next_error` in the reader, and `quit` elsewhere",
            ]
        );
        let broken = Keymap::with_user("quit = [", "keys.toml");
        assert!(broken.problems[0].contains("keys.toml, line 1"), "{:?}", broken.problems);
        assert!(broken.find(&[Scope::Everywhere], Key::parse("q").unwrap()).is_some(), "the defaults hold");
    }
}
