//! Both sides of a hunk, each read as the code it is: context and removed lines are the old file, context and added
//! lines the new one. Read as one text, a quote that opens in a removed line would swallow the added ones.

use super::language::Language;
use super::line::Spans;
use super::window::Checkpoints;
use crate::diff::{Diff, Hunk, LineKind};
use std::ops::Range;

/// What is known of one hunk's highlighting.
#[derive(Debug, Clone)]
pub struct HunkSyntax {
    old: Side,
    new: Side,
}

#[derive(Debug, Clone)]
struct Side {
    /// The lines of this side, ascending, as indices of the patch's table.
    lines: Vec<usize>,
    checkpoints: Checkpoints,
}

impl HunkSyntax {
    pub fn new(diff: &Diff, hunk: &Hunk, language: Language) -> Self {
        let side = |other: LineKind| {
            let own = |line: &usize| {
                let kind = diff.lines[*line].kind;
                kind == LineKind::Context || (kind != other && matches!(kind, LineKind::Removed | LineKind::Added))
            };
            Side { lines: hunk.body().filter(own).collect(), checkpoints: Checkpoints::new(language) }
        };
        Self { old: side(LineKind::Added), new: side(LineKind::Removed) }
    }

    /// The roles within what each of these lines says ([`Diff::said`]); none for lines that are no code. Context is
    /// read as part of the new side.
    pub fn spans(&mut self, diff: &Diff, window: Range<usize>) -> Vec<Spans> {
        let mut spans = vec![Spans::new(); window.len()];
        let old = self.old.spans(diff, &window);
        let new = self.new.spans(diff, &window);
        for (line, found) in old.into_iter().chain(new) {
            spans[line - window.start] = found;
        }
        spans
    }
}

impl Side {
    fn spans(&mut self, diff: &Diff, window: &Range<usize>) -> Vec<(usize, Spans)> {
        let place = |line: usize| self.lines.partition_point(|own| *own < line);
        let visible = place(window.start)..place(window.end);
        let spans = self.checkpoints.spans(visible.clone(), |at| diff.said(self.lines[at]));
        self.lines[visible].iter().copied().zip(spans).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::parse;
    use crate::syntax::Role;

    #[test]
    fn a_removed_quote_does_not_swallow_what_is_added() {
        let patch = "--- a/x.py\n+++ b/x.py\n@@ -1,3 +1,3 @@\n a = 1\n-b = '''open\n+return b\n c = 2\n";
        let diff = parse(patch);
        let hunk = &diff.files[0].hunks[0];
        let mut syntax = HunkSyntax::new(&diff, hunk, Language::for_path(diff.files[0].path()));
        let spans = syntax.spans(&diff, hunk.lines.clone());
        assert_eq!(spans[0], []);
        assert_eq!(spans[3].first(), Some(&(0..6, Role::Keyword)));
        assert!(spans[4].iter().any(|(_, role)| *role == Role::Number), "{:?}", spans[4]);
        assert_eq!(syntax.spans(&diff, 5..6), spans[3..4]);
    }
}
