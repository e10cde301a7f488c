//! Two candidates of one task as a page: their patches abreast, what would turn one into the other, their actions.

use std::fmt::Write;
use std::sync::Arc;

use super::actions::{Actions, Level, Likeness, actions_of, align};
use super::rows::{DiffRows, Row, Source};
use super::{Block, Chapter, Deed, Form, Kind, Page, outline, patch_page};
use crate::diff::{self, AbreastRow, Comparison, Diff, FileComparison, LineKind, Piece, Side, Verdict};
use crate::trajectory::Trajectory;

/// Equal runs and files that only one of them touches are folded to this much.
const SAME: (usize, usize) = (6, 2);
const ALONE: (usize, usize) = (40, 4);

/// Two patches of one base. `B` against `A`: unified, it is the patch that turns A's result into B's.
pub fn compare_page(a: &Arc<Diff>, b: &Arc<Diff>, form: Form) -> Page {
    let comparison = diff::compare(a, b);
    let mut page = Page::default();
    page.blocks.extend(said_first(a, b, &comparison));
    let page = match form {
        Form::Unified if !comparison.is_same() => turn(a, b, page),
        Form::Unified => page,
        Form::Beside => Abreast::new(a, b, &comparison).page(page),
    };
    Page { tree: outline::tree(&page.chapters), ..page }
}

/// What must be known before reading on: that there is nothing to compare, or no difference.
fn said_first(a: &Diff, b: &Diff, comparison: &Comparison) -> Vec<Block> {
    let mut said = Vec::new();
    for (name, diff) in [("A", a), ("B", b)] {
        if diff.text().trim().is_empty() {
            said.push(format!("{name} has no patch: it changes nothing."));
        } else if diff.files.is_empty() {
            said.push(format!("What {name} gives as its patch is no patch but text; 2 shows it."));
        }
    }
    if said.is_empty() && comparison.is_same() {
        said.push("Both make the same edits; 2 shows them.".to_owned());
    }
    said.into_iter().map(|text| Block::new(Kind::Note, text)).collect()
}

/// What would turn A into B.
fn turn(a: &Diff, b: &Diff, mut page: Page) -> Page {
    let way = Block::new(Kind::Note, "What would turn the result of A into the result of B:");
    let turn = patch_page(&Arc::new(diff::parse(&diff::interdiff(a, b))), Form::Unified);
    page.blocks.extend([way, Block::new(Kind::Blank, "")]);
    let shift = page.blocks.len();
    page.blocks.extend(turn.blocks);
    page.stops = turn.stops.iter().map(|block| block + shift).collect();
    let shifted = |chapter: Chapter| Chapter { block: chapter.block + shift, ..chapter };
    page.chapters = turn.chapters.into_iter().map(shifted).collect();
    page
}

/// Both patches beside each other.
struct Abreast<'c> {
    comparison: &'c Comparison,
    a: Arc<Source>,
    b: Arc<Source>,
}

impl<'c> Abreast<'c> {
    fn new(a: &Arc<Diff>, b: &Arc<Diff>, comparison: &'c Comparison) -> Self {
        Self { comparison, a: Source::unmoved(a), b: Source::unmoved(b) }
    }

    fn page(&self, mut page: Page) -> Page {
        let mut open = Open { rows: DiffRows::abreast(&self.a, &self.b), region: None };
        for row in diff::abreast(self.comparison) {
            let region = match row {
                AbreastRow::Pieces { region, .. } => region,
                AbreastRow::File(_) | AbreastRow::Gap => None,
            };
            if region != open.region || matches!(row, AbreastRow::File(_)) {
                let empty = DiffRows::abreast(&self.a, &self.b);
                self.close(std::mem::replace(&mut open, Open { rows: empty, region }), &mut page);
            }
            match row {
                AbreastRow::File(nth) => self.head(&self.comparison.files[nth], &mut page),
                AbreastRow::Gap => open.rows.push(Row::Gap),
                AbreastRow::Pieces { left, right, .. } => open.rows.push(self.row(left, right, region)),
            }
        }
        self.close(open, &mut page);
        page
    }

    fn verdict(&self, region: Option<(usize, usize)>) -> Option<Verdict> {
        region.map(|(file, region)| self.comparison.files[file].regions[region].verdict)
    }

    fn row(&self, left: Option<Piece>, right: Option<Piece>, region: Option<(usize, usize)>) -> Row {
        let level = match (left, right, region) {
            (Some(left), Some(right), Some((file, region))) => {
                self.comparison.files[file].regions[region].counterpart(left.place) == Some(right.place)
            }
            _ => false,
        };
        let cell = |piece: Piece| {
            let (source, line) = (u8::from(piece.place.side == Side::B), piece.place.line);
            if piece.kind == LineKind::Context { DiffRows::kept(source, line) } else { DiffRows::cell(source, line) }
        };
        let verdict = self.verdict(region);
        let changes = |piece: &Option<Piece>| piece.is_some_and(|piece| piece.kind != LineKind::Context);
        let verdict = verdict.filter(|_| changes(&left) || changes(&right));
        Row::Sides { left: left.map(cell), right: right.map(cell), verdict, level }
    }

    /// Ends a run of rows that belong together.
    fn close(&self, run: Open, page: &mut Page) {
        if run.rows.is_empty() {
            return;
        }
        let verdict = self.verdict(run.region);
        if verdict.is_some_and(|verdict| verdict != Verdict::Same) {
            page.stops.push(page.blocks.len());
        }
        let block = Block::of_diff(run.rows);
        let (head, tail) = if matches!(verdict, Some(Verdict::Same)) { SAME } else { ALONE };
        page.blocks.push(block.folded(head, tail));
    }

    fn head(&self, file: &FileComparison, page: &mut Page) {
        if !page.blocks.is_empty() {
            page.blocks.push(Block::new(Kind::Blank, ""));
        }
        let (relation, said) = match file.only_in() {
            Some(Side::A) => ("A", "only in A"),
            Some(Side::B) => ("B", "only in B"),
            None if file.is_same() => ("=", "the same in both"),
            None => ("≠", "in both"),
        };
        let count = |diff: &Diff, files: &[usize]| {
            let files = || files.iter().filter_map(|nth| diff.files.get(*nth));
            (files().map(|file| file.added).sum::<usize>(), files().map(|file| file.removed).sum::<usize>())
        };
        let ((added_a, removed_a), (added, removed)) = (count(&self.a.diff, &file.a), count(&self.b.diff, &file.b));
        let facts = match file.only_in() {
            Some(Side::A) => format!("{said} · +{added_a} −{removed_a}"),
            Some(Side::B) => format!("{said} · +{added} −{removed}"),
            None => format!("{said} · A +{added_a} −{removed_a} · B +{added} −{removed}"),
        };
        page.chapters.push(Chapter {
            block: page.blocks.len(),
            number: page.chapters.len() + 1,
            deed: Deed::Edit,
            title: file.path.clone(),
            relation: Some(relation),
            ..Chapter::default()
        });
        if !file.same_head && file.only_in().is_none() {
            page.stops.push(page.blocks.len());
        }
        page.blocks.push(Block::new(Kind::Head("diff.file"), file.path.clone()).facts(facts));
        page.blocks.extend(self.remarks(file).into_iter().map(|text| Block::new(Kind::Note, text)));
    }

    fn remarks(&self, file: &FileComparison) -> Vec<String> {
        let mut remarks = Vec::new();
        if file.other_base {
            remarks.push("The two do not start from the same file: take what follows with care.".to_owned());
        }
        if !file.same_head && file.only_in().is_none() {
            for (name, source, files) in [("A", &self.a, &file.a), ("B", &self.b, &file.b)] {
                let fates = files.iter().filter_map(|nth| source.diff.files.get(*nth)).map(fate);
                remarks.push(format!("{name}: {}", fates.collect::<Vec<_>>().join(", ")));
            }
        }
        remarks
    }
}

/// A run of rows, and the region they belong to.
struct Open {
    rows: DiffRows,
    region: Option<(usize, usize)>,
}

/// What becomes of a file as a whole: `renamed to x, mode 100755`.
fn fate(file: &diff::FileDiff) -> String {
    let mut fate = match file.status {
        diff::Status::Modified => "changed".to_owned(),
        diff::Status::Added => "created".to_owned(),
        diff::Status::Deleted => "deleted".to_owned(),
        diff::Status::Renamed => format!("renamed to {}", file.path()),
        diff::Status::Copied => format!("copied to {}", file.path()),
    };
    if let Some(modes) = &file.modes {
        let _ = write!(fate, ", mode {}", modes.new);
    }
    if file.binary {
        fate.push_str(", binary");
    }
    fate
}

/// What two agents did, turn by turn, and where they part.
pub fn actions_page(a: &Trajectory, b: &Trajectory) -> Page {
    let (left, right) = (actions_of(a), actions_of(b));
    let levels = align(&left, &right);
    let mut page = Page::default();
    page.blocks.extend([Block::new(Kind::Note, parting(&levels)), Block::new(Kind::Blank, "")]);
    for run in levels.chunk_by(|one, two| (one.likeness == Likeness::Same) == (two.likeness == Likeness::Same)) {
        let same = run.first().is_some_and(|level| level.likeness == Likeness::Same);
        if !same {
            page.stops.push(page.blocks.len());
        }
        let block = Block::of_actions(Actions(run.to_vec()));
        page.blocks.push(if same { block.folded(3, 3) } else { block });
    }
    page
}

/// Where the two part, in words.
fn parting(levels: &[Level]) -> String {
    if levels.is_empty() {
        return "Neither did anything.".to_owned();
    }
    let Some(first) = levels.iter().position(|level| level.likeness != Likeness::Same) else {
        return format!("All {} actions are the same.", levels.len());
    };
    let rest = &levels[first..];
    let a = rest.iter().find_map(|level| level.left.as_ref()).map(|action| action.turn);
    let b = rest.iter().find_map(|level| level.right.as_ref()).map(|action| action.turn);
    match (a, b) {
        (Some(a), Some(b)) if a == b => format!("They part at turn {a}."),
        (Some(a), Some(b)) => format!("They part at turn {a} of A and turn {b} of B."),
        (Some(a), None) => format!("A goes on at turn {a}; until there both did the same."),
        (None, b) => format!("B goes on at turn {}; until there both did the same.", b.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patch(new: &str, more: &str) -> Arc<Diff> {
        let text = format!("--- a/x.py\n+++ b/x.py\n@@ -1,3 +1,3 @@\n one\n-two\n+{new}\n three\n{more}");
        Arc::new(diff::parse(&text))
    }

    const OTHER: &str = "--- /dev/null\n+++ b/only.py\n@@ -0,0 +1 @@\n+x\n";

    fn notes(page: &Page) -> Vec<&str> {
        page.blocks.iter().filter(|block| block.kind == Kind::Note).map(Block::text).collect()
    }

    #[test]
    fn differences_are_stops_and_files_say_whose_they_are() {
        let page = compare_page(&patch("2", ""), &patch("zwei", OTHER), Form::Beside);
        let relations: Vec<_> = page.chapters.iter().map(|it| (it.title.as_str(), it.relation)).collect();
        assert_eq!(relations, [("only.py", Some("B")), ("x.py", Some("≠"))]);
        assert_eq!(page.stops.len(), 2);
        let turn = compare_page(&patch("2", ""), &patch("zwei", OTHER), Form::Unified);
        assert_eq!((turn.chapters.len(), turn.stops.len()), (2, 2));
        assert!(turn.chapters.iter().all(|it| matches!(turn.blocks[it.block].kind, Kind::Head(_))));
    }

    #[test]
    fn what_one_removes_the_other_keeps() {
        let page = compare_page(&patch("2", ""), &Arc::new(diff::parse(OTHER)), Form::Beside);
        let rows = page.blocks.iter().flat_map(|block| (0..block.len()).map(|nth| block.show(nth, None, None)));
        let sides: Vec<_> = rows.filter_map(|line| Some((line.base, line.beside?.base))).collect();
        assert!(sides.contains(&("diff.removed", "")), "{sides:?}");
        assert!(sides.iter().all(|(_, right)| *right != "diff.removed"), "{sides:?}");
    }

    #[test]
    fn equal_patches_have_no_stop_and_say_so() {
        for form in [Form::Beside, Form::Unified] {
            let page = compare_page(&patch("2", ""), &patch("2", ""), form);
            assert_eq!(page.stops, [] as [usize; 0]);
            assert_eq!(notes(&page), ["Both make the same edits; 2 shows them."]);
        }
    }

    #[test]
    fn nothing_and_prose_are_said_plainly() {
        let (none, prose) = (Arc::new(diff::parse("")), Arc::new(diff::parse("I could not do it.\n")));
        let page = compare_page(&none, &prose, Form::Beside);
        assert_eq!(
            notes(&page),
            ["A has no patch: it changes nothing.", "What B gives as its patch is no patch but text; 2 shows it."]
        );
    }
}
