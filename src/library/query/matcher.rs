//! What a text is held against: a word anywhere in it, the whole of it, or a regular expression.

use memchr::memchr2_iter;
use regex::Regex;

#[derive(Debug, Clone, PartialEq)]
pub enum Matcher {
    /// Somewhere in the text, in any case. Kept in lower case.
    Word(String),
    /// The whole text, case and all.
    Whole(String),
    Regex(Pattern),
}

/// A regular expression, equal to another if it is written the same.
#[derive(Debug, Clone)]
pub struct Pattern {
    pub source: String,
    compiled: Regex,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Pattern {
    /// Upper-case letters make it mind the case.
    pub fn new(source: &str) -> Result<Self, String> {
        let compiled = regex::RegexBuilder::new(source)
            .case_insensitive(!source.chars().any(char::is_uppercase))
            .size_limit(1 << 22)
            .build();
        match compiled {
            Ok(compiled) => Ok(Self { source: without_needless(source), compiled }),
            Err(error) => Err(error.to_string().lines().last().unwrap_or("no regular expression").trim().to_owned()),
        }
    }
}

/// A slash needs no backslash here: it gets one where it is printed between slashes.
fn without_needless(source: &str) -> String {
    let (mut kept, mut chars) = (String::with_capacity(source.len()), source.chars());
    while let Some(next) = chars.next() {
        match (next, chars.clone().next()) {
            ('\\', Some('/')) => {}
            ('\\', Some(escaped)) => {
                kept.extend(['\\', escaped]);
                chars.next();
            }
            _ => kept.push(next),
        }
    }
    kept
}

impl Matcher {
    pub fn word(text: &str) -> Self {
        Self::Word(text.to_lowercase())
    }

    pub fn fits(&self, text: &str) -> bool {
        match self {
            Self::Word(word) => contains(text, word),
            Self::Whole(whole) => text == whole,
            Self::Regex(pattern) => pattern.compiled.is_match(text),
        }
    }
}

/// Whether a text holds a lower-case word, in any case.
fn contains(text: &str, word: &str) -> bool {
    if !text.is_ascii() {
        return text.to_lowercase().contains(word);
    }
    let (text, word) = (text.as_bytes(), word.as_bytes());
    let Some(first) = word.first() else { return true };
    let starts = memchr2_iter(*first, first.to_ascii_uppercase(), text);
    starts.take_while(|at| at + word.len() <= text.len()).any(|at| text[at..at + word.len()].eq_ignore_ascii_case(word))
}
