//! The rows of a block of a diff: one line each, or two beside each other; of one patch, or of two patches abreast.
//! Rows are indices into the patches, so that a patch of any size is held once.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use regex::Regex;

use super::block::{LONGEST_LINE, washed};
use super::coat::{Coat, Paint};
use super::line::{Half, Ink, Line, Span};
use crate::diff::{Diff, LineKind, Verdict};

/// A patch, and what is known of it as a whole.
#[derive(Debug, Default)]
pub struct Source {
    pub diff: Arc<Diff>,
    /// Moved lines with their other places.
    pub moved: BTreeMap<usize, usize>,
}

/// A part of a line of a patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// Which of the sources.
    pub source: u8,
    pub line: u32,
    /// It stays, whatever the patch that it is read from does with it: the other one knows no more of it.
    kept: bool,
    /// Bytes of what the line says: all of it, unless it is very long.
    from: u32,
    to: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// Over the whole width.
    Whole(Cell),
    Sides {
        left: Option<Cell>,
        right: Option<Cell>,
        /// How two patches relate here; none for old and new of one patch, and for context.
        verdict: Option<Verdict>,
        /// The two say nearly the same: their words are compared.
        level: bool,
    },
    /// Lines that nobody shows.
    Gap,
}

#[derive(Debug, Clone)]
pub struct DiffRows {
    pub sources: [Arc<Source>; 2],
    rows: Vec<Row>,
    numbers: Numbers,
}

/// Which line numbers stand before a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Numbers {
    /// Those of the patch would count from the beginning of a snippet.
    None,
    /// Of the old and of the new file.
    Both,
    /// Of the base that two patches have in common.
    Base,
}

/// What a line is to its patch, as far as its looks go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Context,
    Old,
    New,
    Hunk,
    Remark,
}

impl Source {
    pub fn new(diff: Arc<Diff>) -> Arc<Self> {
        let moved = crate::diff::moves(&diff);
        Arc::new(Self { diff, moved })
    }

    /// A patch in which it does not matter what moved.
    pub fn unmoved(diff: &Arc<Diff>) -> Arc<Self> {
        Arc::new(Self { diff: diff.clone(), moved: BTreeMap::new() })
    }

    /// What a line says, with the carriage return that is a change of its own.
    pub fn said(&self, line: usize) -> &str {
        if !self.diff.ends_in_crlf(line) {
            return self.diff.said(line);
        }
        let whole = self.diff.whole(line);
        let signed = matches!(self.side(line), Side::Context | Side::Old | Side::New);
        whole.get(usize::from(signed)..whole.len() - 1).unwrap_or_default()
    }

    fn side(&self, line: usize) -> Side {
        match self.diff.lines.get(line).map(|line| line.kind) {
            Some(LineKind::Context) => Side::Context,
            Some(LineKind::Removed) => Side::Old,
            Some(LineKind::Added) => Side::New,
            Some(LineKind::Hunk) => Side::Hunk,
            _ => Side::Remark,
        }
    }

    /// `moved to 120`, at the first of the lines that moved together.
    fn moved(&self, line: usize) -> Option<String> {
        let other = *self.moved.get(&line)?;
        let goes_on = line > 0 && other > 0 && self.moved.get(&(line - 1)) == Some(&(other - 1));
        let there = self.diff.lines.get(other)?;
        let said = match self.side(line) {
            Side::Old => format!("moved to {}", there.new_no().unwrap_or_default()),
            _ => format!("moved from {}", there.old_no().unwrap_or_default()),
        };
        (!goes_on).then_some(said)
    }
}

impl Row {
    pub fn cells(&self) -> [Option<&Cell>; 2] {
        match self {
            Self::Whole(cell) => [Some(cell), None],
            Self::Sides { left, right, .. } => [left.as_ref(), right.as_ref()],
            Self::Gap => [None, None],
        }
    }
}

impl DiffRows {
    /// Rows of one patch.
    pub fn new(source: &Arc<Source>) -> Self {
        Self { sources: [source.clone(), source.clone()], rows: Vec::new(), numbers: Numbers::Both }
    }

    /// Rows of a snippet: without numbers.
    pub fn of_snippet(source: &Arc<Source>) -> Self {
        Self { numbers: Numbers::None, ..Self::new(source) }
    }

    /// Rows of two patches.
    pub fn abreast(a: &Arc<Source>, b: &Arc<Source>) -> Self {
        Self { sources: [a.clone(), b.clone()], rows: Vec::new(), numbers: Numbers::Base }
    }

    /// Adds a row. Lines that are too long for one row take several.
    pub fn push(&mut self, row: Row) {
        let cuts = |cell: Option<&Cell>| cell.map_or_else(Vec::new, |cell| self.cuts(*cell));
        let [left, right] = row.cells().map(cuts);
        let parts = left.len().max(right.len()).max(1);
        for nth in 0..parts {
            let part = |cells: &[Cell]| cells.get(nth).copied();
            self.rows.push(match row {
                Row::Whole(cell) => Row::Whole(part(&left).unwrap_or(cell)),
                Row::Sides { verdict, level, .. } => {
                    Row::Sides { left: part(&left), right: part(&right), verdict, level }
                }
                Row::Gap => Row::Gap,
            });
        }
    }

    /// A whole line as a cell.
    pub fn cell(source: u8, line: usize) -> Cell {
        Cell { source, line: line as u32, kept: false, from: 0, to: u32::MAX }
    }

    /// A line of the base that stays.
    pub fn kept(source: u8, line: usize) -> Cell {
        Cell { kept: true, ..Self::cell(source, line) }
    }

    fn cuts(&self, cell: Cell) -> Vec<Cell> {
        let said = self.source(cell).said(cell.line as usize);
        let mut cells = Vec::new();
        let mut from = 0;
        while said.len() - from > LONGEST_LINE {
            let mut to = from + LONGEST_LINE;
            while !said.is_char_boundary(to) {
                to -= 1;
            }
            cells.push(Cell { from: from as u32, to: to as u32, ..cell });
            from = to;
        }
        cells.push(Cell { from: from as u32, to: said.len() as u32, ..cell });
        cells
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub fn source(&self, cell: Cell) -> &Source {
        &self.sources[usize::from(cell.source.min(1))]
    }

    fn side(&self, cell: Cell) -> Side {
        if cell.kept { Side::Context } else { self.source(cell).side(cell.line as usize) }
    }

    /// It begins with the head of a hunk.
    pub fn opens_hunk(&self) -> bool {
        matches!(self.rows.first(), Some(Row::Whole(cell)) if self.side(*cell) == Side::Hunk)
    }

    /// The lines of the first source that it shows, from the first to behind the last.
    pub fn lines(&self) -> Range<usize> {
        let lines = || self.rows.iter().flat_map(Row::cells).flatten().map(|cell| cell.line as usize);
        lines().min().map_or(0..0, |first| first..lines().max().unwrap_or(first) + 1)
    }

    /// The row that shows a line of the first source, if it is here.
    pub fn row_of(&self, line: usize) -> Option<usize> {
        let shows = |cell: Option<&Cell>| cell.is_some_and(|cell| cell.line as usize == line && cell.source == 0);
        self.rows.iter().position(|row| row.cells().into_iter().any(shows))
    }

    pub fn find(&self, pattern: &Regex, found: &mut Vec<usize>) {
        for (nth, row) in self.rows.iter().enumerate() {
            if row.cells().into_iter().flatten().any(|cell| pattern.is_match(self.text(*cell))) {
                found.push(nth);
            }
        }
    }

    /// What a row says; of two sides, the left where there is one.
    pub fn said(&self, nth: usize) -> &str {
        let cell = self.rows.get(nth).and_then(|row| row.cells().into_iter().flatten().next());
        cell.map_or("", |cell| self.text(*cell))
    }

    /// The lines it shows as they stand in their patches, each once: those of the first patch before those of the other.
    pub fn written(&self) -> String {
        let cells = self.rows.iter().flat_map(Row::cells).flatten();
        let lines: BTreeSet<(u8, u32)> = cells.map(|cell| (cell.source, cell.line)).collect();
        let mut written = String::new();
        for (source, line) in lines {
            let whole = self.sources[usize::from(source.min(1))].diff.whole(line as usize);
            written.push_str(whole.strip_suffix('\n').unwrap_or(whole));
            written.push('\n');
        }
        written
    }

    fn text(&self, cell: Cell) -> &str {
        let said = self.source(cell).said(cell.line as usize);
        said.get(cell.from as usize..cell.to as usize).unwrap_or_default()
    }

    pub fn show(&self, nth: usize, paint: Option<&Paint>, search: Option<&Regex>) -> Line {
        let coat = |side| paint.map(|paint| paint.of(nth, side));
        match self.rows.get(nth) {
            Some(Row::Whole(cell)) => {
                let (gutter, spans, base) = self.half(*cell, None, coat(0), search, false);
                Line { gutter, spans, base, right: self.remark(*cell, coat(0)), ..Line::default() }
            }
            Some(Row::Sides { left, right, verdict, level }) => {
                let words = *level;
                let half = |cell: &Option<Cell>, side, coat| match cell {
                    Some(cell) => self.half(*cell, Some((side, *verdict)), coat, search, words),
                    None => (Vec::new(), Vec::new(), "diff.none"),
                };
                let (gutter, spans, base) = half(left, Column::Left, coat(0));
                let (right_gutter, right_spans, right_base) = half(right, Column::Right, coat(1));
                let space = [0, 1].into_iter().any(|side| coat(side).is_some_and(|coat| coat.space));
                let divider = self.divider(nth, *verdict, space);
                let beside = Half { divider, gutter: right_gutter, spans: right_spans, base: right_base };
                Line { gutter, spans, base, beside: Some(Box::new(beside)), ..Line::default() }
            }
            Some(Row::Gap) => Line { spans: vec![Span::new(" ⋯", "diff.remark")], ..Line::default() },
            None => Line::default(),
        }
    }

    /// What stands in one half, or over the whole width where `column` is none.
    fn half(
        &self,
        cell: Cell,
        column: Option<(Column, Option<Verdict>)>,
        coat: Option<&Coat>,
        search: Option<&Regex>,
        level: bool,
    ) -> (Vec<Span>, Vec<Span>, Ink) {
        let side = self.side(cell);
        let moved = self.source(cell).moved.contains_key(&(cell.line as usize));
        let dimmed = matches!(column, Some((_, Some(Verdict::Same))));
        let abreast = matches!(column, Some((_, Some(_))));
        let part = cell.from as usize..cell.to as usize;
        let ink = if matches!(side, Side::Hunk | Side::Remark) { sign_ink(side) } else { "code" };
        let (pieces, over) = match coat {
            _ if dimmed => (vec![(0..part.len(), "diff.same")], Vec::new()),
            Some(coat) => {
                let word = word_ink(side, abreast && level);
                let words = coat.words_in(part.clone()).map(|range| (range, word)).collect();
                (coat.pieces(part.clone(), ink), if word.is_empty() { Vec::new() } else { words })
            }
            None => (vec![(0..part.len(), ink)], Vec::new()),
        };
        let spans = washed(self.text(cell), &pieces, &over, search);
        let space = coat.is_some_and(|coat| coat.space);
        let base = if dimmed { "diff.same" } else { base(side, moved, space) };
        (self.gutter(cell, side, column.map(|(column, _)| column), dimmed), spans, base)
    }

    /// Line numbers and the sign.
    fn gutter(&self, cell: Cell, side: Side, column: Option<Column>, dimmed: bool) -> Vec<Span> {
        let (sign, ink) = (sign(side), if dimmed { "diff.same" } else { sign_ink(side) });
        if matches!(side, Side::Hunk | Side::Remark) {
            return vec![Span::new(" ", ink)];
        }
        let line = self.source(cell).diff.lines.get(cell.line as usize).filter(|_| cell.from == 0);
        let number = |number: Option<u32>| number.map_or_else(String::new, |number| number.to_string());
        let (old, new) =
            (number(line.and_then(crate::diff::Line::old_no)), number(line.and_then(crate::diff::Line::new_no)));
        let numbers = match (self.numbers, column) {
            (Numbers::None, _) => return vec![Span::new(" ▏ ", "call.bar"), Span::new(format!("{sign} "), ink)],
            (Numbers::Both, None) => format!("{old:>4} {new:>4} "),
            (Numbers::Both, Some(Column::Right)) => format!("{new:>4} "),
            (Numbers::Base, _) if side == Side::New => " ".repeat(5),
            (Numbers::Both | Numbers::Base, _) => format!("{old:>4} "),
        };
        vec![Span::new(numbers, "diff.number"), Span::new(format!("{sign} "), ink)]
    }

    /// Said at the right of a line: where it moved, that only its white space changed.
    fn remark(&self, cell: Cell, coat: Option<&Coat>) -> Vec<Span> {
        if coat.is_some_and(|coat| coat.space) && self.side(cell) == Side::New && cell.from == 0 {
            return vec![Span::new("white space", "diff.remark")];
        }
        let moved = self.source(cell).moved(cell.line as usize).filter(|_| cell.from == 0);
        moved.map_or_else(Vec::new, |text| vec![Span::new(text, "diff.moved")])
    }

    /// What stands between the halves: how two patches relate; of one patch, what kind of a change it is.
    fn divider(&self, nth: usize, verdict: Option<Verdict>, space: bool) -> Span {
        let moved = |cell: &Cell| self.source(*cell).moved.contains_key(&(cell.line as usize));
        let cells = || self.rows.get(nth).into_iter().flat_map(Row::cells).flatten();
        match verdict {
            None if space => Span::new("~", "diff.remark"),
            None if self.numbers == Numbers::Both && cells().any(moved) => Span::new("↕", "diff.moved"),
            None => Span::new("│", "rule"),
            Some(Verdict::Same) => Span::new("=", "diff.same"),
            Some(Verdict::Space) => Span::new("~", "diff.verdict"),
            Some(Verdict::OnlyA) => Span::new("◂", "diff.verdict"),
            Some(Verdict::OnlyB) => Span::new("▸", "diff.verdict"),
            Some(Verdict::Differ) => Span::new("≠", "diff.verdict"),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Left,
    Right,
}

fn sign(side: Side) -> char {
    match side {
        Side::Old => '-',
        Side::New => '+',
        _ => ' ',
    }
}

/// Of the sign, and of what is no code.
fn sign_ink(side: Side) -> Ink {
    match side {
        Side::Context => "diff.context",
        Side::Old => "diff.removed.text",
        Side::New => "diff.added.text",
        Side::Hunk => "diff.hunk",
        Side::Remark => "diff.remark",
    }
}

fn base(side: Side, moved: bool, space: bool) -> Ink {
    match side {
        Side::Old if moved => "diff.moved.removed",
        Side::New if moved => "diff.moved.added",
        Side::Old | Side::New if space => "diff.space",
        Side::Old => "diff.removed",
        Side::New => "diff.added",
        Side::Hunk => "diff.hunk",
        _ => "",
    }
}

fn word_ink(side: Side, differs: bool) -> Ink {
    match side {
        _ if differs => "diff.differs",
        Side::Old => "diff.removed.word",
        Side::New => "diff.added.word",
        _ => "",
    }
}
