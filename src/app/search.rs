//! Searching one page, what is folded away included.

use regex::{Regex, RegexBuilder};

use super::page::Page;

#[derive(Debug, Clone)]
pub struct Search {
    pub text: String,
    pub pattern: Regex,
    /// Block and line within it, in reading order.
    pub found: Vec<(usize, usize)>,
    /// Which of them the cursor is on.
    pub at: Option<usize>,
}

impl Search {
    /// Plain text, or a regular expression between slashes. Upper-case letters make it mind the case.
    pub fn parse(text: &str) -> Result<Self, String> {
        let inner = text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).filter(|inner| !inner.is_empty());
        let written = inner.map_or_else(|| regex::escape(text), str::to_owned);
        let pattern = RegexBuilder::new(&written).case_insensitive(!text.chars().any(char::is_uppercase)).build();
        match pattern {
            Ok(pattern) => Ok(Self { text: text.to_owned(), pattern, found: Vec::new(), at: None }),
            Err(error) => Err(error.to_string().lines().last().unwrap_or("no regular expression").trim().to_owned()),
        }
    }

    /// Looks through a page. A line with two hits counts once: it is a place to go to.
    pub fn look(&mut self, page: &Page) {
        self.at = None;
        self.found.clear();
        for (nth, block) in page.blocks.iter().enumerate() {
            self.found.extend(block.find(&self.pattern).into_iter().map(|line| (nth, line)));
        }
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

#[cfg(test)]
mod tests {
    use super::super::page::{Block, Kind};
    use super::*;

    fn page() -> Page {
        let blocks = vec![Block::new(Kind::Result, "one\ntwo two\nthree"), Block::new(Kind::Result, "Two")];
        Page { blocks, ..Page::default() }
    }

    fn found(text: &str) -> Vec<(usize, usize)> {
        let mut search = Search::parse(text).unwrap();
        search.look(&page());
        search.found
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
        search.look(&page());
        assert_eq!(search.next_from((0, 1), true, true), Some((1, 0)));
        assert_eq!(search.next_from((1, 0), true, true), Some((0, 1)));
        assert_eq!(search.next_from((0, 1), false, true), Some((1, 0)));
        assert_eq!(search.at, Some(1));
    }
}
