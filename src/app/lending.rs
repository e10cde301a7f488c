//! What is handed to others: the clipboard, the editor, the pager.

use super::{App, Effect, Pane, Row};
use crate::app::page::{Page, View, wash};

/// Terminals take this many bytes for the clipboard, and some no more.
const CLIPBOARD: usize = 70_000;

impl App {
    pub(super) fn copy(&mut self) -> Vec<Effect> {
        self.looked_at().map(|id| Effect::Copy(id.to_owned())).into_iter().collect()
    }

    /// What is under the cursor: a hunk, a call, a result.
    pub(super) fn copy_part(&mut self) -> Vec<Effect> {
        let part = self.read(|page, view, _| page.part(view.block_of(view.cursor.line))).unwrap_or_default();
        match part.len() {
            0 => self.say("there is nothing to copy here"),
            1..CLIPBOARD => return vec![Effect::Copy(part)],
            _ => self.say("too much for a clipboard: | hands all of it to $PAGER"),
        }
        Vec::new()
    }

    /// The line under the cursor, or where there is none the trajectory as a whole, in the user's editor.
    pub(super) fn open_editor(&mut self) -> Vec<Effect> {
        let Some(id) = self.looked_at().map(str::to_owned) else {
            self.say("there is no trajectory under the cursor");
            return Vec::new();
        };
        let line = |page: &Page, view: &mut View, _| {
            let (block, line) = view.place(page, view.cursor.line);
            page.blocks.get(block).filter(|block| block.len() > line).map(|block| block.said(line).to_owned())
        };
        let text = if self.focus == Pane::Reader { self.read(line).flatten() } else { None };
        vec![Effect::Edit { id, text: text.unwrap_or_default() }]
    }

    /// All the text of the pane in focus, what is folded included.
    pub(super) fn page_through(&mut self) -> Vec<Effect> {
        let text = match (self.focus, self.reader.page()) {
            (Pane::Reader, Some(page)) => page
                .blocks
                .iter()
                .flat_map(|block| {
                    block.written().lines().map(|line| wash(line, 0).into_owned() + "\n").collect::<Vec<_>>()
                })
                .collect(),
            _ => self.board_text(),
        };
        vec![Effect::Pager(text)]
    }

    fn board_text(&self) -> String {
        let candidate = |nth: usize| {
            let it = &self.board.candidates()[nth];
            let score = it.score().map_or_else(|| "-".to_owned(), |score| format!("{:.4}", score.probability()));
            format!("  {:>3} {score:>7} {} {}\n", it.place + 1, it.outcome().mark(), wash(&it.summary.id, 0))
        };
        let line = |row| match row {
            Row::Head(nth) => {
                self.board.group(nth).map_or_else(String::new, |group| wash(&group.name, 0).into_owned() + "\n")
            }
            Row::Candidate(nth) => candidate(nth),
        };
        (0..self.board.row_count()).filter_map(|nth| self.board.row(nth)).map(line).collect()
    }
}
