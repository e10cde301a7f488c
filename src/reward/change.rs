//! A patch in numbers, and without the files it creates.

use crate::diff::{self, Diff, FileDiff, Status};

/// What a unified diff changes. Counts cover the whole patch.
#[derive(Debug, Default, PartialEq)]
pub struct Change {
    pub files: usize,
    pub added: usize,
    pub removed: usize,
    /// Files with `test` in their path.
    pub tests: usize,
    /// The sections of files that were there before.
    pub existing: String,
}

impl Change {
    pub fn of(patch: &str) -> Self {
        let diff = diff::parse(patch);
        let existing = diff.files.iter().filter(|file| file.status != Status::Added);
        Self {
            files: diff.files.len(),
            added: diff.files.iter().map(|file| file.added).sum(),
            removed: diff.files.iter().map(|file| file.removed).sum(),
            tests: diff.files.iter().filter(|file| file.path().to_lowercase().contains("test")).count(),
            existing: existing.map(|file| section(&diff, file)).collect(),
        }
    }
}

fn section(diff: &Diff, file: &FileDiff) -> String {
    file.lines.clone().map(|line| diff.whole(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATCH: &str = "diff --git a/lib.py b/lib.py\nindex 1..2 100644\n--- a/lib.py\n+++ b/lib.py\n@@ -1,2 +1,2 @@\n-a\n+b\n c\n\
        diff --git a/test_new.py b/test_new.py\nnew file mode 100644\n--- /dev/null\n+++ b/test_new.py\n@@ -0,0 +1 @@\n+x\n";

    #[test]
    fn created_files_are_counted_but_not_shown() {
        let change = Change::of(PATCH);
        assert_eq!((change.files, change.added, change.removed, change.tests), (2, 2, 1, 1));
        assert_eq!(change.existing, PATCH.split("diff --git a/test_new").next().unwrap());
    }

    #[test]
    fn plain_diffs_without_git_headers_count_too() {
        let change = Change::of("--- a/x\n+++ b/x\n@@ -1 +1 @@\n--- old\n+++ new\n");
        assert_eq!((change.files, change.added, change.removed), (1, 1, 1));
        assert_eq!(Change::of(""), Change::default());
    }
}
