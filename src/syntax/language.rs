//! Which grammar a text is read by: from a file's name, its first line, or the name of the language.

use std::fmt;
use std::sync::OnceLock;
use syntect::parsing::{ParseState, SyntaxReference, SyntaxSet};

/// A grammar. Copying it costs nothing; equal ones are the same grammar.
#[derive(Clone, Copy)]
pub struct Language(&'static SyntaxReference);

pub(super) fn grammars() -> &'static SyntaxSet {
    static GRAMMARS: OnceLock<SyntaxSet> = OnceLock::new();
    GRAMMARS.get_or_init(two_face::syntax::extra_newlines)
}

impl Language {
    /// No highlighting.
    pub fn plain() -> Self {
        Self(grammars().find_syntax_plain_text())
    }

    pub fn json() -> Self {
        Self::named("json")
    }

    pub fn markdown() -> Self {
        Self::named("md")
    }

    /// What agents call `bash`, and everything like it.
    pub fn shell() -> Self {
        Self::named("bash")
    }

    pub fn diff() -> Self {
        Self::named("diff")
    }

    /// By name or usual extension, in any case, as written behind the fence of a Markdown block. Unknown: plain.
    pub fn named(name: &str) -> Self {
        Self::found(name.trim()).unwrap_or_else(Self::plain)
    }

    /// By the file's whole name (`Makefile`), else by its extensions, longest first. Unknown: plain.
    pub fn for_path(path: &str) -> Self {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let extensions = name.match_indices('.').map(|(at, _)| &name[at + 1..]);
        let mut candidates = std::iter::once(name).chain(extensions).filter(|name| !name.is_empty());
        candidates.find_map(|name| grammars().find_syntax_by_extension(name).map(Self)).unwrap_or_else(Self::plain)
    }

    /// By the file's name, else by what its first line says of itself (`#!/usr/bin/env python`).
    pub fn of(path: &str, first_line: &str) -> Self {
        let named = Self::for_path(path);
        if !named.is_plain() {
            return named;
        }
        grammars().find_syntax_by_first_line(first_line).map_or(named, Self)
    }

    fn found(name: &str) -> Option<Self> {
        let spelled = match name.to_ascii_lowercase().as_str() {
            "shell" | "console" | "terminal" => "bash",
            "py3" | "python3" => "python",
            "c++" => "cpp",
            _ => return grammars().find_syntax_by_token(name).map(Self),
        };
        grammars().find_syntax_by_token(spelled).map(Self)
    }

    pub fn name(self) -> &'static str {
        &self.0.name
    }

    pub fn is_plain(self) -> bool {
        self == Self::plain()
    }

    pub(super) fn start(self) -> ParseState {
        ParseState::new(self.0)
    }
}

impl PartialEq for Language {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for Language {}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Language({})", self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_names_find_their_language() {
        let paths = [
            ("src/a.py", "Python"),
            ("Makefile", "Makefile"),
            ("x/Dockerfile", "Dockerfile"),
            ("a.tar.rs", "Rust"),
            ("Cargo.toml", "TOML"),
            ("a.ts", "TypeScript"),
            ("no_extension", "Plain Text"),
            ("", "Plain Text"),
            ("odd.", "Plain Text"),
        ];
        for (path, name) in paths {
            assert_eq!(Language::for_path(path).name(), name, "{path}");
        }
        for name in ["bash", "SHELL", "python", "Python3", "json", "c++", "rs", " js "] {
            assert!(!Language::named(name).is_plain(), "{name}");
        }
        assert!(Language::named("no such thing").is_plain());
        assert_eq!(Language::of("bin/run", "#!/usr/bin/env python3").name(), "Python");
    }
}
