//! What is remembered of a data set from one session to the next: where one was, what was folded, how the board was
//! arranged. A view of it only: a file that is damaged is said and forgotten.

use std::collections::HashSet;

use toml::{Table, Value};

use super::bookmarks::Bookmarks;
use super::{App, Arrangement, Grouping, Pane, Tab};
use crate::library::query::Field;

/// Folds of more groups than this are not remembered one by one.
const FOLDS: usize = 5_000;

impl App {
    /// Everything worth remembering, as TOML.
    pub fn remember(&self) -> String {
        let mut table = Table::new();
        let arrangement = self.board.arrangement();
        let mut put = |name: &str, value: Value| drop(table.insert(name.to_owned(), value));
        if let Some(id) = self.board.trajectory() {
            put("at", id.into());
        }
        if let Some(sort) = arrangement.sort {
            put("sort", sort.name().into());
        }
        if let Some(columns) = &arrangement.columns {
            put("columns", columns.iter().map(|column| Value::from(column.name())).collect::<Vec<_>>().into());
        }
        if let Some(split) = self.divider.columns {
            put("split", i64::from(split).into());
        }
        put("reversed", arrangement.reversed.into());
        put("group", arrangement.group.name().into());
        put("distinct", arrangement.distinct.into());
        put("folded", self.board.folded().take(FOLDS).map(Value::from).collect::<Vec<_>>().into());
        put("patch", (self.reader.chosen() == Tab::Patch).into());
        put("reading", (self.focus == Pane::Reader).into());
        put("wrap", self.reader.wrap.into());
        put("outline", self.reader.outline.into());
        put("marks", self.reader.bookmarks().written());
        table.to_string()
    }

    /// Takes up what was remembered. What is not understood in it is left as it is at first.
    pub fn recall(&mut self, text: &str) -> Result<(), String> {
        let table: Table = text.parse().map_err(|error: toml::de::Error| error.message().to_owned())?;
        let yes = |name: &str| table.get(name).and_then(Value::as_bool);
        let word = |name: &str| table.get(name).and_then(Value::as_str);
        let words = |name: &str| -> Option<Vec<&str>> {
            Some(table.get(name)?.as_array()?.iter().filter_map(Value::as_str).collect())
        };
        self.board
            .fold_named(words("folded").unwrap_or_default().into_iter().map(str::to_owned).collect::<HashSet<_>>());
        self.board.arrange(Arrangement {
            sort: word("sort").and_then(Field::named),
            reversed: yes("reversed").unwrap_or_default(),
            group: word("group").and_then(Grouping::named).unwrap_or_default(),
            columns: words("columns").map(|columns| columns.into_iter().filter_map(Field::named).collect()),
            distinct: yes("distinct").unwrap_or_default(),
        });
        self.reader.wrap = yes("wrap").unwrap_or(true);
        self.reader.outline = yes("outline").unwrap_or(true);
        self.reader.take_bookmarks(Bookmarks::read(table.get("marks")));
        if yes("patch") == Some(true) {
            self.reader.show_tab(Tab::Patch);
        }
        let columns = |split: i64| u16::try_from(split).ok();
        self.divider.columns = table.get("split").and_then(Value::as_integer).and_then(columns);
        self.return_to = word("at").map(|id| (id.to_owned(), yes("reading").unwrap_or_default()));
        Ok(())
    }

    /// Once the list has it, and nobody has moved: to where one was.
    pub(super) fn return_to_place(&mut self) {
        let Some((id, reading)) = self.return_to.clone() else { return };
        if self.board.is_touched() {
            self.return_to = None;
        } else if self.board.candidate(&id).is_some() {
            self.return_to = None;
            if self.board.return_to(&id) && reading {
                self.focus = Pane::Reader;
            }
        }
    }
}
