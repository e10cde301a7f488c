//! How large a patch is.

/// Files, and lines added and removed, counted inside hunks only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PatchStat {
    pub files: usize,
    pub added: usize,
    pub removed: usize,
}

impl PatchStat {
    pub fn of(patch: &str) -> Self {
        let mut stat = Self::default();
        let (mut old, mut new) = (0, 0);
        let mut opened = false;
        for line in patch.lines() {
            match line.as_bytes().first() {
                Some(b'-') if old > 0 => (stat.removed, old) = (stat.removed + 1, old - 1),
                Some(b'+') if new > 0 => (stat.added, new) = (stat.added + 1, new - 1),
                Some(b'\\') => {}
                _ if old > 0 && new > 0 => (old, new) = (old - 1, new - 1),
                _ => {
                    let header = line.starts_with("diff --git ");
                    stat.files += usize::from(header || (line.starts_with("--- ") && !opened));
                    opened = header || (opened && !line.starts_with("@@ "));
                    if let Some(counts) = hunk(line) {
                        (old, new) = counts;
                    }
                }
            }
        }
        stat
    }
}

/// The line counts of `@@ -a,b +c,d @@`.
fn hunk(line: &str) -> Option<(usize, usize)> {
    let (old, rest) = line.strip_prefix("@@ -")?.split_once(" +")?;
    let new = rest.split(' ').next()?;
    let count = |range: &str| range.split_once(',').map_or(Some(1), |(_, count)| count.parse().ok());
    Some((count(old)?, count(new)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_of_hunks_are_counted() {
        let patch = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n a\n--- b\n+++ c\n d\n@@ -9 +9,2 @@\n e\n+f\n\
                     diff --git a/new b/new\nnew file mode 100644\n--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+g\n\\ No newline\n";
        assert_eq!(PatchStat::of(patch), PatchStat { files: 2, added: 3, removed: 1 });
        let plain = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n--- a/y\n+++ b/y\n@@ -1 +0,0 @@\n-a\n";
        assert_eq!(PatchStat::of(plain), PatchStat { files: 2, added: 1, removed: 2 });
        assert_eq!(PatchStat::of(""), PatchStat::default());
    }
}
