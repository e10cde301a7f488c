//! Where one was on a page, and what was unfolded there: kept for pages that are no longer in memory, and from one
//! session to the next.

use std::collections::VecDeque;

use toml::{Table, Value};

use super::leaf::{Leaf, PageKey};
use super::page::Form;

/// As many pages are remembered; the oldest are forgotten first.
const KEPT: usize = 400;
/// Of a page with more unfolded blocks, the first.
const UNFOLDED: usize = 1_000;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bookmark {
    /// Blocks of the page. Trajectories grow at their ends; one that has become shorter is another.
    pub blocks: usize,
    /// Those that were opened, ascending.
    pub open: Vec<usize>,
    /// The block of the cursor, and how far within it.
    pub at: (usize, usize),
}

/// By whose page and which, the latest last.
#[derive(Debug, Clone, Default)]
pub struct Bookmarks(VecDeque<((String, &'static str), Bookmark)>);

/// Pages that look the same the next time.
const PAGES: [(&str, Leaf); 4] = [
    ("turns", Leaf::Turns),
    ("patch", Leaf::Patch(Form::Unified)),
    ("beside", Leaf::Patch(Form::Beside)),
    ("raw", Leaf::Raw),
];

fn name(leaf: &Leaf) -> Option<&'static str> {
    PAGES.iter().find(|(_, page)| page == leaf).map(|(name, _)| *name)
}

impl Bookmarks {
    pub fn put(&mut self, key: &PageKey, mark: Bookmark) {
        let Some(page) = name(&key.leaf) else { return };
        self.0.retain(|((id, of), _)| (id, *of) != (&key.id, page));
        if mark.at == (0, 0) && mark.open.is_empty() {
            return;
        }
        self.0.push_back(((key.id.clone(), page), mark));
        if self.0.len() > KEPT {
            self.0.pop_front();
        }
    }

    pub fn of(&self, key: &PageKey) -> Option<&Bookmark> {
        let page = name(&key.leaf)?;
        self.0.iter().find(|((id, of), _)| (id, *of) == (&key.id, page)).map(|(_, mark)| mark)
    }

    pub fn written(&self) -> Value {
        let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let numbers = |numbers: &[usize]| numbers.iter().map(|it| Value::from(number(*it))).collect::<Vec<_>>();
        let row = |((id, page), mark): &((String, &'static str), Bookmark)| {
            let mut row = Table::new();
            row.insert("of".into(), id.as_str().into());
            row.insert("page".into(), (*page).into());
            row.insert("blocks".into(), number(mark.blocks).into());
            row.insert("open".into(), numbers(&mark.open[..mark.open.len().min(UNFOLDED)]).into());
            row.insert("at".into(), numbers(&[mark.at.0, mark.at.1]).into());
            Value::from(row)
        };
        self.0.iter().map(row).collect::<Vec<_>>().into()
    }

    /// What is not understood of it is left out.
    pub fn read(written: Option<&Value>) -> Self {
        let rows = written.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        Self(rows.iter().filter_map(bookmark).take(KEPT).collect())
    }
}

fn bookmark(row: &Value) -> Option<((String, &'static str), Bookmark)> {
    let number = |value: &Value| usize::try_from(value.as_integer()?).ok();
    let numbers = |name: &str| -> Option<Vec<usize>> { row.get(name)?.as_array()?.iter().map(number).collect() };
    let written = row.get("page")?.as_str()?;
    let (page, _) = PAGES.iter().find(|(page, _)| *page == written)?;
    let at = numbers("at")?;
    let mark =
        Bookmark { blocks: number(row.get("blocks")?)?, open: numbers("open")?, at: (*at.first()?, *at.get(1)?) };
    Some(((row.get("of")?.as_str()?.to_owned(), *page), mark))
}
