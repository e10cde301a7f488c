//! A patch as a table of lines. Files and hunks are ranges of that table, and every line of the input is in it once, so
//! nothing is lost and a row is drawn without copying.

use super::Problem;
use super::scan::{Stat, without_ending};
use std::ops::Range;
use std::sync::Arc;

/// A parsed patch. It owns its text (one copy, shared by clones), so that it can be cached by content and handed to
/// another thread; everything else is ranges into it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diff {
    pub(super) text: Arc<str>,
    pub lines: Vec<Line>,
    /// Their line ranges follow each other without gap from the end of [`Diff::preamble`] to the last line.
    pub files: Vec<FileDiff>,
    /// What is odd, in the order of the lines. The lines themselves are all there.
    pub problems: Vec<Problem>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    pub kind: LineKind,
    /// Where it begins in the text, in bytes.
    pub(super) start: usize,
    /// Numbers from 1; 0 where the line is not in that side, or its hunk does not say.
    pub(super) old: u32,
    pub(super) new: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineKind {
    /// No part of a patch: prose around it, what could not be read, the body of a combined diff.
    Raw,
    /// Of a file: `diff --git`, `index`, `---`, the blocks of a binary patch.
    Header,
    /// `@@ -1,2 +1,3 @@`
    Hunk,
    Context,
    Removed,
    Added,
    /// `\ No newline at end of file`, said of the line before it.
    NoNewline,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileDiff {
    /// `None` for a file that the patch creates, or whose header is missing.
    pub old_path: Option<String>,
    /// `None` for a file that the patch deletes, or whose header is missing.
    pub new_path: Option<String>,
    pub status: Status,
    pub modes: Option<Modes>,
    pub binary: bool,
    /// Of a merge (`diff --cc`): its lines are kept as text.
    pub combined: bool,
    /// All its lines: header, hunks, and what stands between them.
    pub lines: Range<usize>,
    pub hunks: Vec<Hunk>,
    pub added: usize,
    pub removed: usize,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Status {
    #[default]
    Modified,
    Added,
    Deleted,
    Renamed,
    Copied,
}

/// File modes as git writes them (`100644`), where they change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modes {
    pub old: String,
    pub new: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    /// As its head says; 0 where the head cannot be read.
    pub old_start: u32,
    pub old_count: u32,
    pub new_start: u32,
    pub new_count: u32,
    /// Its head and all its lines.
    pub lines: Range<usize>,
}

impl Line {
    pub fn old_no(&self) -> Option<u32> {
        (self.old > 0).then_some(self.old)
    }

    pub fn new_no(&self) -> Option<u32> {
        (self.new > 0).then_some(self.new)
    }
}

impl Diff {
    /// The whole input.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How much it changes, as [`super::stat`] counts it.
    pub fn stat(&self) -> Stat {
        let sum = |count: fn(&FileDiff) -> usize| self.files.iter().map(count).sum();
        Stat { files: self.files.len(), added: sum(|file| file.added), removed: sum(|file| file.removed) }
    }

    /// What stands before the first file: a commit message, or everything, if the text is no patch.
    pub fn preamble(&self) -> Range<usize> {
        0..self.files.first().map_or(self.lines.len(), |file| file.lines.start)
    }

    /// A line as it stands in the input, with its marker and ending. Empty beyond the last line.
    pub fn whole(&self, line: usize) -> &str {
        let Some(this) = self.lines.get(line) else { return "" };
        let end = self.lines.get(line + 1).map_or(self.text.len(), |next| next.start);
        &self.text[this.start..end]
    }

    /// What a line says: without the marker of its kind, without `\n` or `\r\n`.
    pub fn said(&self, line: usize) -> &str {
        let text = without_ending(self.whole(line));
        match self.lines.get(line).map(|line| line.kind) {
            Some(LineKind::Context | LineKind::Removed | LineKind::Added) => text.get(1..).unwrap_or_default(),
            _ => text,
        }
    }

    /// Whether a line ends in `\r\n`: a change of line endings is shown by nothing else.
    pub fn ends_in_crlf(&self, line: usize) -> bool {
        self.whole(line).ends_with("\r\n")
    }

    /// The file that a line belongs to, by index.
    pub fn file_of(&self, line: usize) -> Option<usize> {
        let after = self.files.partition_point(|file| file.lines.start <= line);
        after.checked_sub(1)
    }

    /// What stands behind the second `@@`: the function around the hunk, as git guesses it.
    pub fn heading(&self, hunk: &Hunk) -> &str {
        let head = self.said(hunk.lines.start);
        head.get(2..).and_then(|rest| rest.split_once("@@")).map_or("", |(_, heading)| heading.trim())
    }
}

impl FileDiff {
    /// The name to show and to join on: the new one, unless the file is gone.
    pub fn path(&self) -> &str {
        self.new_path.as_deref().or(self.old_path.as_deref()).unwrap_or_default()
    }
}

impl Hunk {
    /// Its lines without the head.
    pub fn body(&self) -> Range<usize> {
        (self.lines.start + 1).min(self.lines.end)..self.lines.end
    }
}
