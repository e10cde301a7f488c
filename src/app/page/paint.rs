//! The slow part of showing a block: its syntax, and which words of a diff changed. Done on another thread, a window of
//! lines at a time; how far the grammars have read is kept.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::Range;
use std::sync::{Arc, Weak};

use super::ansi::{self, Pen};
use super::coat::{Coat, Paint, Painted, WINDOW};
use super::rows::{Cell, DiffRows, Row};
use super::{Block, Ink, Kind, Page};
use crate::diff::{Change, Diff, LineKind, Pairs, words_between};
use crate::diff::{Place, Side};
use crate::syntax::{Checkpoints, HunkSyntax, Language, Role, Spans};

/// Highlights pages, and keeps how far the grammars have read into the latest of them. It stays on one thread.
#[derive(Default)]
pub struct Painter {
    known: VecDeque<(Weak<Page>, Known)>,
}

/// As many pages as one is likely to go back and forth between.
const KEPT: usize = 4;

type Inks = Vec<(Range<usize>, Ink)>;

/// How far the grammars have read: into texts by block, into hunks by source and first line.
#[derive(Default)]
struct Known {
    texts: HashMap<usize, Checkpoints>,
    hunks: HashMap<(u8, usize), HunkSyntax>,
}

impl Painter {
    /// Highlights a window of a block of a page. Slow: not for the thread that draws.
    pub fn paint(&mut self, page: &Arc<Page>, block: usize, window: usize) -> Paint {
        let Some(it) = page.blocks.get(block) else { return Paint::default() };
        let lines = window * WINDOW..((window + 1) * WINDOW).min(it.len());
        let known = self.known_of(page);
        Arc::new(match it.rows() {
            Some(rows) => known.rows(rows, lines),
            None => known.text(block, it, lines),
        })
    }

    fn known_of(&mut self, page: &Arc<Page>) -> &mut Known {
        let is = |(of, _): &(Weak<Page>, Known)| of.as_ptr() == Arc::as_ptr(page);
        let at = self.known.iter().position(is).unwrap_or_else(|| {
            self.known.truncate(KEPT - 1);
            self.known.push_front((Arc::downgrade(page), Known::default()));
            0
        });
        &mut self.known[at].1
    }
}

impl Known {
    /// Each line of a text, read in order.
    fn text(&mut self, nth: usize, block: &Block, lines: Range<usize>) -> Painted {
        if block.is_coloured() {
            return coloured(block, lines);
        }
        let name = block.language.as_deref().unwrap_or_default();
        let is_path = name.contains(['/', '.']);
        let language = || if is_path { Language::for_path(name) } else { Language::named(name) };
        let checkpoints = self.texts.entry(nth).or_insert_with(|| Checkpoints::new(language()));
        let result = matches!(block.kind, Kind::Result | Kind::FailedResult);
        let number = |line| if result { number(block.line(line)) } else { 0 };
        let spans = checkpoints.spans(lines.clone(), |line| block.line(line).get(number(line)..).unwrap_or_default());
        let coat = |(line, spans): (usize, &Spans)| {
            let (shift, mut inks) = (number(line), inked(spans));
            for (range, _) in &mut inks {
                *range = range.start + shift..range.end + shift;
            }
            if shift > 0 {
                inks.insert(0, (0..shift, "diff.number"));
            }
            [Coat { inks, ..Coat::default() }, Coat::default()]
        };
        Painted { rows: lines.zip(&spans).map(coat).collect() }
    }

    fn rows(&mut self, rows: &DiffRows, window: Range<usize>) -> Painted {
        let shown = rows.rows().get(window).unwrap_or_default();
        let inks = self.inks(rows, shown);
        let pairs = Pairs::of(&rows.sources[0].diff, rows.lines());
        // A line of megabytes takes many rows, and is compared once.
        let mut compared: HashMap<[Option<(u8, u32)>; 2], [Coat; 2]> = HashMap::new();
        let coats = |row: &Row| {
            let lines = row.cells().map(|cell| cell.map(|cell| (cell.source, cell.line)));
            let [left, right] = compared.entry(lines).or_insert_with(|| changes(rows, row, &pairs)).clone();
            let inks = |cell: Option<&Cell>| cell.and_then(|cell| inks.get(&(cell.source, cell.line))).cloned();
            let [left_inks, right_inks] = row.cells().map(inks);
            [
                Coat { inks: left_inks.unwrap_or_default(), ..left },
                Coat { inks: right_inks.unwrap_or_default(), ..right },
            ]
        };
        Painted { rows: shown.iter().map(coats).collect() }
    }

    /// The syntax of each line shown, read as a part of its side of its hunk.
    fn inks(&mut self, rows: &DiffRows, shown: &[Row]) -> HashMap<(u8, u32), Inks> {
        let mut inks = HashMap::new();
        for ((source, first), lines) in hunks_of(rows, shown) {
            let diff = &rows.sources[usize::from(source)].diff;
            let Some(file) = diff.file_of(first).and_then(|nth| diff.files.get(nth)) else { continue };
            let Some(hunk) = file.hunks.iter().find(|hunk| hunk.lines.start == first) else { continue };
            let language = || Language::for_path(file.path());
            let syntax = self.hunks.entry((source, first)).or_insert_with(|| HunkSyntax::new(diff, hunk, language()));
            for (line, spans) in lines.clone().zip(syntax.spans(diff, lines)) {
                inks.insert((source, line as u32), inked(&spans));
            }
        }
        inks
    }
}

/// The line number that a tool put before a line, with what parts it from the line.
fn number(line: &str) -> usize {
    let digits = line.len() - line.trim_start().trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let numbered = line.get(..digits).is_some_and(|start| start.ends_with(|c: char| c.is_ascii_digit()));
    let parted = line.get(digits..).is_some_and(|rest| rest.starts_with([':', '\t', '|']));
    if numbered && parted { digits + 1 } else { 0 }
}

/// In the colours that a tool printed.
fn coloured(block: &Block, lines: Range<usize>) -> Painted {
    let before = (0..lines.start).fold(Pen::default(), |pen, line| ansi::pieces(block.line(line), pen).1);
    let mut pen = before;
    let rows = lines.map(|line| {
        let (inks, after) = ansi::pieces(block.line(line), pen);
        pen = after;
        [Coat { inks, ..Coat::default() }, Coat::default()]
    });
    Painted { rows: rows.collect() }
}

/// The hunks of the lines shown, by source and first line, each with the stretch of it that is shown.
fn hunks_of(rows: &DiffRows, shown: &[Row]) -> BTreeMap<(u8, usize), Range<usize>> {
    let mut hunks: BTreeMap<(u8, usize), Range<usize>> = BTreeMap::new();
    for cell in shown.iter().flat_map(Row::cells).flatten() {
        let (diff, line) = (&rows.source(*cell).diff, cell.line as usize);
        let Some(first) = hunk_start(diff, line) else { continue };
        let stretch = hunks.entry((cell.source, first)).or_insert(line..line + 1);
        *stretch = stretch.start.min(line)..stretch.end.max(line + 1);
    }
    hunks
}

fn hunk_start(diff: &Diff, line: usize) -> Option<usize> {
    let file = diff.files.get(diff.file_of(line)?)?;
    let after = file.hunks.partition_point(|hunk| hunk.lines.start <= line);
    let hunk = file.hunks.get(after.checked_sub(1)?)?;
    hunk.lines.contains(&line).then_some(hunk.lines.start)
}

/// The changed words of both sides of a row.
fn changes(rows: &DiffRows, row: &Row, pairs: &Pairs) -> [Coat; 2] {
    match row {
        Row::Whole(cell) => [of_pair(rows, cell, pairs), Coat::default()],
        Row::Sides { left: Some(left), right: Some(right), verdict: Some(_), level: true } => {
            between(rows, left, right)
        }
        Row::Sides { left, right, verdict: None, .. } => {
            let coat = |cell: &Option<Cell>| cell.as_ref().map(|cell| of_pair(rows, cell, pairs)).unwrap_or_default();
            [coat(left), coat(right)]
        }
        Row::Sides { .. } | Row::Gap => [Coat::default(), Coat::default()],
    }
}

/// What changed between a line and the line it became or came from.
fn of_pair(rows: &DiffRows, cell: &Cell, pairs: &Pairs) -> Coat {
    let (diff, line) = (&rows.source(*cell).diff, cell.line as usize);
    let Some(words) = pairs.words(diff, line) else { return Coat::default() };
    let removed = diff.lines.get(line).is_some_and(|line| line.kind == LineKind::Removed);
    let space = words.change == Change::Space;
    Coat { words: if removed { words.old } else { words.new }, space, ..Coat::default() }
}

/// In which words two patches differ.
fn between(rows: &DiffRows, left: &Cell, right: &Cell) -> [Coat; 2] {
    let place =
        |cell: &Cell| Place { side: if cell.source == 0 { Side::A } else { Side::B }, line: cell.line as usize };
    let [a, b] = &rows.sources;
    let words = words_between(&a.diff, &b.diff, place(left), place(right));
    [Coat { words: words.old, ..Coat::default() }, Coat { words: words.new, ..Coat::default() }]
}

fn inked(spans: &Spans) -> Inks {
    spans.iter().map(|(range, role)| (range.clone(), ink(*role))).collect()
}

/// What themes call it.
fn ink(role: Role) -> Ink {
    match role {
        Role::Keyword => "code.keyword",
        Role::Operator => "code.operator",
        Role::Punctuation => "code.punctuation",
        Role::String => "code.string",
        Role::Escape => "code.escape",
        Role::Number => "code.number",
        Role::Constant => "code.constant",
        Role::Comment => "code.comment",
        Role::Function => "code.function",
        Role::Type => "code.type",
        Role::Variable => "code.variable",
        Role::Attribute => "code.attribute",
        Role::Tag => "code.tag",
        Role::Heading => "code.heading",
        Role::Emphasis => "code.emphasis",
        Role::Link => "code.link",
        Role::Added => "code.added",
        Role::Removed => "code.removed",
    }
}

#[cfg(test)]
mod tests {
    use super::super::patch::edit;
    use super::*;

    fn page(block: Block) -> Arc<Page> {
        Arc::new(Page { blocks: vec![block], ..Page::default() })
    }

    fn paint(block: Block) -> Paint {
        Painter::default().paint(&page(block), 0, 0)
    }

    #[test]
    fn every_role_has_its_own_name() {
        for role in Role::ALL {
            assert_eq!(ink(role), format!("code.{}", role.name()));
        }
    }

    #[test]
    fn an_edit_shows_its_syntax_and_its_changed_words() {
        let painted = paint(edit("return count\n", "return count + 1\n", Some("a.py")));
        assert_eq!(painted.of(0, 0).inks.first(), Some(&(0..6, "code.keyword")));
        let new = &painted.of(1, 0).words;
        assert!(painted.of(0, 0).words.is_empty() && !new.is_empty(), "{new:?}");
        assert!(new.iter().all(|word| word.start >= "return count".len()));
    }

    #[test]
    fn code_is_read_by_its_language_or_its_path() {
        for language in ["python", "src/x.py"] {
            let block = Block::new(Kind::Code, "def f():\n    pass").language(Some(language));
            assert_eq!(paint(block).of(0, 0).inks.first(), Some(&(0..3, "code.keyword")), "{language}");
        }
    }

    #[test]
    fn a_window_far_down_knows_what_was_opened_above() {
        let text = format!("x = \"\"\"\n{}\"\"\"\nreturn 1\n", "inside\n".repeat(2 * WINDOW));
        let block = Block::new(Kind::Code, text).language(Some("python"));
        let (page, mut painter) = (page(block), Painter::default());
        assert_eq!(painter.paint(&page, 0, 1).rows[0][0].inks, [(0..6, "code.string")]);
        assert_eq!(painter.paint(&page, 0, 2).rows[2][0].inks.first(), Some(&(0..6, "code.keyword")));
    }
}
