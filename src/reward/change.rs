//! A patch in numbers, and without the files it creates.

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
        let mut change = Self::default();
        for section in sections(patch) {
            let header = section.split("\n@@").next().unwrap_or_default();
            change.files += 1;
            change.tests += usize::from(header.to_lowercase().contains("test"));
            let (added, removed) = counts(section);
            change.added += added;
            change.removed += removed;
            if !header.contains("\nnew file mode") && !header.contains("--- /dev/null") {
                change.existing.push_str(section);
            }
        }
        change
    }
}

/// One piece of text per file; a patch without `diff --git` lines starts a file at `--- ` before `+++ `.
fn sections(patch: &str) -> Vec<&str> {
    let mut starts: Vec<usize> = starts_of(patch, |line, _| line.starts_with("diff --git "));
    if starts.is_empty() {
        starts = starts_of(patch, |line, next| line.starts_with("--- ") && next.starts_with("+++ "));
    }
    let ends = starts.iter().skip(1).copied().chain([patch.len()]);
    starts.iter().zip(ends).map(|(start, end)| &patch[*start..end]).collect()
}

fn starts_of(patch: &str, opens: impl Fn(&str, &str) -> bool) -> Vec<usize> {
    let lines: Vec<&str> = patch.split_inclusive('\n').collect();
    let mut at = 0;
    let mut starts = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        if opens(line, lines.get(index + 1).copied().unwrap_or_default()) {
            starts.push(at);
        }
        at += line.len();
    }
    starts
}

/// Added and removed lines inside the hunks.
fn counts(section: &str) -> (usize, usize) {
    let hunks = section.lines().skip_while(|line| !line.starts_with("@@"));
    hunks.fold((0, 0), |(added, removed), line| match line.as_bytes().first() {
        Some(b'+') => (added + 1, removed),
        Some(b'-') => (added, removed + 1),
        _ => (added, removed),
    })
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
        let change = Change::of("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new\n");
        assert_eq!((change.files, change.added, change.removed), (1, 1, 1));
        assert_eq!(Change::of(""), Change::default());
    }
}
