//! Where one looks at a page: the row at the top, the row of the cursor, what is folded. Moving costs what it passes.

use std::collections::{HashMap, HashSet};

use regex::Regex;

use super::super::bookmarks::Bookmark;
use super::coat::WINDOW;
use super::line::{Line, Span};
use super::{Block, Class, Page, Paint};

/// A row of the page: a line, and which of its rows when it wraps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub line: usize,
    pub row: usize,
}

/// The window the page is seen through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    pub columns: usize,
    pub rows: usize,
    pub wrap: bool,
}

#[derive(Debug, Clone, Default)]
pub struct View {
    pub top: Position,
    pub cursor: Position,
    /// Columns hidden at the left, when lines do not wrap.
    pub sideways: usize,
    open: HashSet<usize>,
    hidden: Vec<Class>,
    /// Escape sequences are shown as symbols, not as the colours they mean.
    symbols: bool,
    /// The first line of each block as folded now, and the number of all lines at the end.
    starts: Vec<usize>,
    /// By block and window.
    paints: HashMap<(usize, usize), Paint>,
    asked: HashSet<(usize, usize)>,
}

impl View {
    pub fn new(page: &Page) -> Self {
        let mut view = Self::default();
        view.refold(page);
        view
    }

    /// As one left it. Of a page that has become shorter nothing is known.
    pub fn return_to(&mut self, page: &Page, mark: &Bookmark) {
        if mark.blocks <= page.blocks.len() {
            self.open = mark.open.iter().copied().collect();
            self.refold(page);
            self.open_at(self.first_line(mark.at.0) + mark.at.1);
        }
    }

    /// Where one is, and what is unfolded.
    pub fn bookmark(&self) -> Bookmark {
        let block = self.block_of(self.cursor.line);
        let mut open: Vec<usize> = self.open.iter().copied().collect();
        open.sort_unstable();
        let within = self.cursor.line.saturating_sub(self.first_line(block));
        Bookmark { blocks: self.starts.len().saturating_sub(1), open, at: (block, within) }
    }

    /// All lines, as folded now.
    pub fn lines(&self) -> usize {
        self.starts.last().copied().unwrap_or_default()
    }

    fn refold(&mut self, page: &Page) {
        self.starts.clear();
        let mut line = 0;
        for (nth, block) in page.blocks.iter().enumerate() {
            self.starts.push(line);
            line += self.height(nth, block);
        }
        self.starts.push(line);
    }

    fn height(&self, nth: usize, block: &Block) -> usize {
        match block.fold {
            _ if block.class.is_some_and(|class| self.hidden.contains(&class)) => 0,
            Some((head, tail)) if !self.open.contains(&nth) => head + 1 + tail,
            _ => block.len(),
        }
    }

    /// Leaves out what is of these classes, and stays where it is as well as it can.
    pub fn hide(&mut self, page: &Page, hidden: &[Class], frame: Frame) {
        if self.hidden == hidden {
            return;
        }
        let block = self.block_of(self.cursor.line);
        hidden.clone_into(&mut self.hidden);
        self.refold(page);
        self.open_at(self.first_line(block));
        self.follow(page, frame);
        self.jump(page, self.cursor.line, frame);
    }

    pub fn show_symbols(&mut self, symbols: bool) {
        self.symbols = symbols;
    }

    /// The block a line belongs to.
    pub fn block_of(&self, line: usize) -> usize {
        self.starts.partition_point(|start| *start <= line).saturating_sub(1).min(self.starts.len().saturating_sub(2))
    }

    pub fn first_line(&self, block: usize) -> usize {
        self.starts.get(block).copied().unwrap_or_default()
    }

    /// The block of a line, and which of the block's lines it shows.
    pub fn place(&self, page: &Page, line: usize) -> (usize, usize) {
        let nth = self.block_of(line);
        let within = line.saturating_sub(self.first_line(nth));
        match page.blocks.get(nth).and_then(|block| Some((block.len(), block.fold?))) {
            Some((len, (head, tail))) if !self.open.contains(&nth) && within > head => {
                (nth, within - 1 + len - head - tail)
            }
            _ => (nth, within),
        }
    }

    /// The chapter a line belongs to.
    pub fn chapter_of(&self, page: &Page, line: usize) -> usize {
        let block = self.block_of(line);
        page.chapters.partition_point(|chapter| chapter.block <= block).saturating_sub(1)
    }

    pub fn is_open(&self, block: usize) -> bool {
        self.open.contains(&block)
    }

    /// What stands on a line.
    pub fn show(&self, page: &Page, line: usize, search: Option<&Regex>) -> Line {
        let nth = self.block_of(line);
        let Some(block) = page.blocks.get(nth) else { return Line::default() };
        let within = line - self.first_line(nth);
        match block.fold {
            Some((head, tail)) if !self.open.contains(&nth) && within >= head => {
                let hidden = block.len() - head - tail;
                if within == head {
                    fold_line(hidden)
                } else {
                    self.block_line(nth, block, within - 1 + hidden, search)
                }
            }
            _ => self.block_line(nth, block, within, search),
        }
    }

    fn block_line(&self, nth: usize, block: &Block, within: usize, search: Option<&Regex>) -> Line {
        let paint = self.paints.get(&(nth, within / WINDOW)).filter(|_| !(self.symbols && block.is_coloured()));
        block.show(within, paint, search)
    }

    fn rows_of(&self, page: &Page, line: usize, frame: Frame) -> usize {
        if frame.wrap { self.show(page, line, None).level_rows(frame.columns, true).len() } else { 1 }
    }

    /// The position that many rows further, as far as the page goes.
    pub fn step(&self, page: &Page, from: Position, rows: isize, frame: Frame) -> Position {
        let mut at = from;
        for _ in 0..rows.unsigned_abs() {
            let next = if rows > 0 { self.next_row(page, at, frame) } else { self.row_before(page, at, frame) };
            match next {
                Some(next) => at = next,
                None => break,
            }
        }
        at
    }

    fn next_row(&self, page: &Page, at: Position, frame: Frame) -> Option<Position> {
        if at.row + 1 < self.rows_of(page, at.line, frame) {
            return Some(Position { row: at.row + 1, ..at });
        }
        (at.line + 1 < self.lines()).then_some(Position { line: at.line + 1, row: 0 })
    }

    fn row_before(&self, page: &Page, at: Position, frame: Frame) -> Option<Position> {
        if at.row > 0 {
            return Some(Position { row: at.row - 1, ..at });
        }
        let line = at.line.checked_sub(1)?;
        Some(Position { line, row: self.rows_of(page, line, frame) - 1 })
    }

    /// Moves the cursor, and the window with it.
    pub fn walk(&mut self, page: &Page, rows: isize, frame: Frame) {
        self.cursor = self.step(page, self.cursor, rows, frame);
        self.follow(page, frame);
    }

    /// Moves the window and the cursor alike.
    pub fn leap(&mut self, page: &Page, rows: isize, frame: Frame) {
        self.top = self.step(page, self.top, rows, frame);
        let full =
            self.step(page, Position { line: self.lines().saturating_sub(1), row: 0 }, 1 - frame.rows as isize, frame);
        self.top = self.top.min(full);
        self.walk(page, rows, frame);
    }

    /// Moves the window, and the cursor with it where it would fall out.
    pub fn scroll(&mut self, page: &Page, rows: isize, frame: Frame) {
        self.top = self.step(page, self.top, rows, frame);
        let last = self.step(page, self.top, frame.rows as isize - 1, frame);
        self.cursor = self.cursor.clamp(self.top, last);
    }

    /// Puts the cursor on a line, and the line a little below the upper edge when it was out of sight.
    pub fn jump(&mut self, page: &Page, line: usize, frame: Frame) {
        self.cursor = Position { line: line.min(self.lines().saturating_sub(1)), row: 0 };
        let last = self.step(page, self.top, frame.rows as isize - 2, frame);
        if self.cursor < self.top || self.cursor > last {
            self.top = self.step(page, self.cursor, -(frame.rows as isize / 6), frame);
        }
    }

    /// To the row of the cursor's line that has what was searched for: a line may be longer than the screen.
    pub fn to_hit(&mut self, page: &Page, pattern: &Regex, frame: Frame) {
        let rows = self.show(page, self.cursor.line, Some(pattern)).level_rows(frame.columns, frame.wrap);
        let hit = |spans: &[Span]| spans.iter().any(|span| span.over == "search.hit");
        self.cursor.row = rows.iter().position(|(left, right)| hit(left) || hit(right)).unwrap_or_default();
        self.follow(page, frame);
    }

    /// Back to where one stood: the row at the top, and the cursor.
    pub fn stand(&mut self, page: &Page, (top, cursor): (Position, Position), frame: Frame) {
        (self.top, self.cursor) = (top, cursor);
        self.follow(page, frame);
    }

    /// Puts the cursor on a line and that line at the upper edge.
    pub fn open_at(&mut self, line: usize) {
        self.cursor = Position { line: line.min(self.lines().saturating_sub(1)), row: 0 };
        self.top = self.cursor;
    }

    /// Puts the cursor on a line and that line at the upper edge, as far as the page reaches.
    pub fn jump_to_top(&mut self, page: &Page, line: usize, frame: Frame) {
        self.open_at(line);
        let end = Position { line: self.lines().saturating_sub(1), row: 0 };
        self.top = self.top.min(self.step(page, end, 2 - frame.rows as isize, frame));
    }

    /// The first entry of an outline of that height: the cursor's chapter stays near its middle.
    pub fn outline_top(&self, page: &Page, height: usize) -> usize {
        let here = page.entry_of(self.chapter_of(page, self.cursor.line));
        here.saturating_sub(height / 2).min(page.entries().saturating_sub(height))
    }

    pub fn end(&mut self, page: &Page, frame: Frame) {
        let line = self.lines().saturating_sub(1);
        self.cursor = Position { line, row: self.rows_of(page, line, frame).saturating_sub(1) };
        self.follow(page, frame);
    }

    /// Keeps the cursor inside the window.
    pub fn follow(&mut self, page: &Page, frame: Frame) {
        self.cursor.line = self.cursor.line.min(self.lines().saturating_sub(1));
        if self.cursor < self.top {
            self.top = self.cursor;
        }
        let highest = self.step(page, self.cursor, 1 - frame.rows as isize, frame);
        self.top = self.top.max(highest);
    }

    /// After a change of width: rows are counted anew.
    pub fn refit(&mut self, page: &Page, frame: Frame) {
        for at in [&mut self.top.row, &mut self.cursor.row] {
            *at = 0;
        }
        self.follow(page, frame);
    }

    /// Opens or closes the block under the cursor. Says whether there was anything to fold.
    pub fn toggle(&mut self, page: &Page, frame: Frame) -> bool {
        let block = self.block_of(self.cursor.line);
        let foldable = page.blocks.get(block).is_some_and(|block| block.fold.is_some());
        if foldable {
            self.set_open(page, block, !self.open.contains(&block), frame);
        }
        foldable
    }

    pub fn set_open(&mut self, page: &Page, block: usize, open: bool, frame: Frame) {
        let within = self.cursor.line.saturating_sub(self.first_line(block));
        let top = self.block_of(self.top.line);
        let above = self.top.line - self.first_line(top);
        if open {
            self.open.insert(block);
        } else {
            self.open.remove(&block);
        }
        self.refold(page);
        let height = page.blocks.get(block).map_or(1, |it| self.height(block, it));
        self.cursor = Position { line: self.first_line(block) + within.min(height - 1), row: 0 };
        self.top = Position { line: (self.first_line(top) + above).min(self.cursor.line), row: 0 };
        self.follow(page, frame);
    }

    /// Opens everything, or closes everything when all is open.
    pub fn toggle_all(&mut self, page: &Page, frame: Frame) {
        let block = self.block_of(self.cursor.line);
        let foldable = page.blocks.iter().enumerate().filter(|(_, block)| block.fold.is_some()).map(|(nth, _)| nth);
        let all: HashSet<usize> = foldable.collect();
        self.open = if self.open == all { HashSet::new() } else { all };
        self.refold(page);
        self.open_at(self.first_line(block));
        self.follow(page, frame);
    }

    /// The line on which line `nth` of a block is shown; opens the block if it is folded away.
    pub fn reveal(&mut self, page: &Page, block: usize, nth: usize, frame: Frame) -> usize {
        let folded = page.blocks.get(block).and_then(|block| block.fold).filter(|_| !self.is_open(block));
        if folded.is_some_and(|(head, _)| nth >= head) {
            self.set_open(page, block, true, frame);
        }
        self.first_line(block) + nth
    }

    /// Blocks and their windows that are in sight, want highlighting and have not been asked for; they are now.
    pub fn unpainted(&mut self, page: &Page, frame: Frame) -> Vec<(usize, usize)> {
        let mut wanting = Vec::new();
        for line in self.top.line..(self.top.line + frame.rows).min(self.lines()) {
            let (block, within) = self.place(page, line);
            let key = (block, within / WINDOW);
            if page.blocks.get(block).is_some_and(Block::wants_paint) && self.asked.insert(key) {
                wanting.push(key);
            }
        }
        wanting
    }

    pub fn painted(&mut self, block: usize, window: usize, paint: Paint) {
        self.paints.insert((block, window), paint);
    }
}

fn fold_line(hidden: usize) -> Line {
    Line {
        gutter: vec![Span::new(" ┆ ", "fold")],
        spans: vec![Span::new(format!("… {hidden} more lines "), "fold"), Span::new("(enter opens)", "fold.hint")],
        ..Line::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;

    const FRAME: Frame = Frame { columns: 20, rows: 5, wrap: true };

    fn page() -> Page {
        let long = (0..100).map(|n| format!("line {n}")).collect::<Vec<_>>().join("\n");
        let wide = "word ".repeat(12);
        let blocks = vec![
            Block::new(Kind::Head("turn"), "one"),
            Block::new(Kind::Result, long).folded(3, 2),
            Block::new(Kind::Result, wide),
        ];
        Page { blocks, ..Page::default() }
    }

    fn text(view: &View, page: &Page, line: usize) -> String {
        view.show(page, line, None).spans.iter().map(|span| span.text.as_str()).collect()
    }

    #[test]
    fn a_folded_block_shows_its_head_its_size_and_its_tail() {
        let (page, mut view) = (page(), View::new(&page()));
        assert_eq!(view.lines(), 1 + 6 + 1);
        assert_eq!(text(&view, &page, 3), "line 2");
        assert_eq!(text(&view, &page, 4), "… 95 more lines (enter opens)");
        assert_eq!(text(&view, &page, 5), "line 98");
        view.walk(&page, 4, FRAME);
        assert!(view.toggle(&page, FRAME));
        assert_eq!(view.lines(), 1 + 100 + 1);
        assert_eq!(text(&view, &page, view.cursor.line), "line 3");
    }

    #[test]
    fn steps_go_row_by_row_and_come_back() {
        let (page, view) = (page(), View::new(&page()));
        let start = Position::default();
        let end = view.step(&page, start, 1000, FRAME);
        assert_eq!(end.line, 7);
        assert!(end.row > 1, "the last line wraps");
        assert_eq!(view.step(&page, end, -1000, FRAME), start);
    }

    #[test]
    fn the_cursor_stays_in_the_window() {
        let (page, mut view) = (page(), View::new(&page()));
        for rows in [3, 4, -2, 50, -1, -50] {
            view.walk(&page, rows, FRAME);
            let last = view.step(&page, view.top, FRAME.rows as isize - 1, FRAME);
            assert!((view.top..=last).contains(&view.cursor), "after {rows}: {view:?}");
        }
    }

    #[test]
    fn a_line_folded_away_is_revealed() {
        let (page, mut view) = (page(), View::new(&page()));
        let line = view.reveal(&page, 1, 50, FRAME);
        assert_eq!(text(&view, &page, line), "line 50");
    }
}
