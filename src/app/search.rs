//! Searching one page, what is folded away included. A worker looks through the page: it may be as large as a rollout.

use std::collections::VecDeque;

use regex::{Regex, RegexBuilder};

use super::leaf::PageKey;
use super::page::{Page, Position};
use super::reader::Tab;

#[derive(Debug, Clone)]
pub struct Search {
    pub text: String,
    pub pattern: Regex,
    /// Block and line within it, in reading order: of the page on show, once it has been looked through.
    pub found: Vec<(usize, usize)>,
    /// Which of them the cursor is on.
    pub at: Option<usize>,
    looked: Looked,
    /// Where to go as soon as the places are known.
    wish: Option<Wish>,
    /// Of a search that knows that there is a place: the tabs to go on to where this one has none.
    pub trail: Option<VecDeque<Tab>>,
}

/// How far looking through a page has come.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Looked {
    Not,
    Asked(PageKey),
    Done(PageKey),
}

/// To the next place or the one before; `strictly` leaves the line one is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    pub forward: bool,
    pub strictly: bool,
    /// Seen from here, not from where one is: the row at the top, and the cursor.
    pub from: Option<(Position, Position)>,
}

impl Search {
    /// Plain text, or a regular expression between slashes. Upper-case letters make it mind the case.
    pub fn parse(text: &str) -> Result<Self, String> {
        let inner = text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).filter(|inner| !inner.is_empty());
        let written = inner.map_or_else(|| regex::escape(text), str::to_owned);
        let pattern = RegexBuilder::new(&written).case_insensitive(!text.chars().any(char::is_uppercase)).build();
        match pattern {
            Ok(pattern) => Ok(Self {
                text: text.to_owned(),
                pattern,
                found: Vec::new(),
                at: None,
                looked: Looked::Not,
                wish: None,
                trail: None,
            }),
            Err(error) => Err(error.to_string().lines().last().unwrap_or("no regular expression").trim().to_owned()),
        }
    }

    /// Somebody is looking through the page.
    pub fn is_running(&self) -> bool {
        !matches!(self.looked, Looked::Done(_))
    }

    /// Whether this page must be looked through; asked once.
    pub fn wants(&mut self, key: &PageKey) -> bool {
        if matches!(&self.looked, Looked::Asked(of) | Looked::Done(of) if of == key) {
            return false;
        }
        self.looked = Looked::Asked(key.clone());
        self.found.clear();
        self.at = None;
        true
    }

    /// The page is another one now, or has changed.
    pub fn begin_anew(&mut self) {
        self.looked = Looked::Not;
    }

    /// Takes what was found in a page, unless something else is looked for by now.
    pub fn take(&mut self, key: &PageKey, text: &str, found: Vec<(usize, usize)>) -> bool {
        let asked = self.text == text && self.looked == Looked::Asked(key.clone());
        if asked {
            self.looked = Looked::Done(key.clone());
            self.found = found;
        }
        asked
    }

    pub fn wish(&mut self, wish: Wish) {
        self.wish = Some(wish);
    }

    /// What is wished for and can be granted now.
    pub fn due(&mut self) -> Option<Wish> {
        if self.is_running() { None } else { self.wish.take() }
    }

    /// The next place from this one on, around the end; `strictly` passes over the place itself.
    pub fn next_from(&mut self, here: (usize, usize), forward: bool, strictly: bool) -> Option<(usize, usize)> {
        let count = self.found.len().checked_sub(1)? + 1;
        let at = if forward {
            let beyond = self.found.partition_point(|place| if strictly { *place <= here } else { *place < here });
            beyond % count
        } else {
            let before = self.found.partition_point(|place| *place < here);
            (before + count - 1) % count
        };
        self.at = Some(at);
        self.found.get(at).copied()
    }
}

/// The places in a page. Slow: meant for another thread. A line with two hits counts once: it is a place to go to.
pub fn look_through(page: &Page, pattern: &Regex) -> Vec<(usize, usize)> {
    let blocks = page.blocks.iter().enumerate();
    blocks.flat_map(|(nth, block)| block.find(pattern).into_iter().map(move |line| (nth, line))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::leaf::Leaf;
    use super::super::page::{Block, Kind};
    use super::*;

    fn page() -> Page {
        let blocks = vec![Block::new(Kind::Result, "one\ntwo two\nthree"), Block::new(Kind::Result, "Two")];
        Page { blocks, ..Page::default() }
    }

    fn found(text: &str) -> Vec<(usize, usize)> {
        look_through(&page(), &Search::parse(text).unwrap().pattern)
    }

    #[test]
    fn words_regular_expressions_and_case() {
        assert_eq!(found("two"), [(0, 1), (1, 0)]);
        assert_eq!(found("Two"), [(1, 0)]);
        assert_eq!(found("/t.*e/"), [(0, 2)]);
        assert_eq!(found("t.*e"), []);
        assert!(Search::parse("/(/").is_err());
    }

    #[test]
    fn going_on_wraps_around() {
        let mut search = Search::parse("two").unwrap();
        search.found = found("two");
        assert_eq!(search.next_from((0, 1), true, true), Some((1, 0)));
        assert_eq!(search.next_from((1, 0), true, true), Some((0, 1)));
        assert_eq!(search.next_from((0, 1), false, true), Some((1, 0)));
        assert_eq!(search.at, Some(1));
    }

    #[test]
    fn a_page_is_asked_for_once_and_only_the_latest_answer_counts() {
        let key = |id: &str| PageKey { id: id.into(), leaf: Leaf::Turns };
        let mut search = Search::parse("two").unwrap();
        let wish = Wish { forward: true, strictly: false, from: None };
        search.wish(wish);
        assert!(search.wants(&key("a")) && !search.wants(&key("a")));
        assert_eq!(search.due(), None, "nothing is known yet");
        assert!(search.wants(&key("b")) && !search.take(&key("a"), "two", found("two")));
        assert!(!search.take(&key("b"), "tw", found("two")) && search.take(&key("b"), "two", found("two")));
        assert_eq!((search.due(), search.due()), (Some(wish), None));
    }
}
