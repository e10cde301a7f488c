//! The patch that undoes a patch. Data sets of planted bugs keep the bug: its reverse is the fix.

use super::header::HunkHead;

/// Swaps the sides of every file and hunk. Lines that belong to neither are kept as they are.
pub fn reverse(patch: &str) -> String {
    let mut reversed = Reversed::default();
    patch.split_inclusive('\n').for_each(|line| reversed.take(line));
    reversed.flush();
    reversed.text.extend(reversed.old_name);
    reversed.text
}

#[derive(Default)]
struct Reversed<'a> {
    text: String,
    /// Lines of the hunk that are still to come, old and new.
    left: (u32, u32),
    /// A row of changes: what will be removed, what will be added.
    removed: Vec<&'a str>,
    added: Vec<&'a str>,
    /// The name of the old file, until that of the new one is known.
    old_name: Option<&'a str>,
}

impl<'a> Reversed<'a> {
    fn take(&mut self, line: &'a str) {
        if self.left == (0, 0) && !line.starts_with('\\') {
            self.flush();
            return self.header(line);
        }
        let (old, new) = &mut self.left;
        match line.as_bytes().first() {
            Some(b'-') => {
                *old = old.saturating_sub(1);
                self.added.push(line);
            }
            Some(b'+') => {
                *new = new.saturating_sub(1);
                self.removed.push(line);
            }
            // `\ No newline at end of file` belongs to the line before it.
            Some(b'\\') if !self.removed.is_empty() => self.removed.push(line),
            Some(b'\\') if !self.added.is_empty() => self.added.push(line),
            _ => {
                (*old, *new) = (old.saturating_sub(1), new.saturating_sub(1));
                self.flush();
                self.text.push_str(line);
            }
        }
    }

    /// Writes the changes collected so far, what is removed first.
    fn flush(&mut self) {
        for (lines, sign) in [(std::mem::take(&mut self.removed), '-'), (std::mem::take(&mut self.added), '+')] {
            for line in lines {
                match line.strip_prefix(['+', '-']) {
                    Some(rest) => {
                        self.text.push(sign);
                        self.text.push_str(rest);
                    }
                    None => self.text.push_str(line),
                }
            }
        }
    }

    fn push(&mut self, pieces: &[&str]) {
        self.text.extend(pieces.iter().copied());
    }

    fn header(&mut self, line: &'a str) {
        if let Some(name) = line.strip_prefix("+++ ") {
            let old = self.old_name.take().and_then(|old| old.strip_prefix("--- ")).unwrap_or(name);
            return self.push(&["--- ", name, "+++ ", old]);
        }
        self.text.extend(self.old_name.take());
        if line.starts_with("--- ") {
            self.old_name = Some(line);
            return;
        }
        if let Some(head) = HunkHead::read(line) {
            self.left = (head.old_count, head.new_count);
            let tail = line.get(2..).and_then(|rest| rest.find("@@").map(|at| &rest[at + 2..])).unwrap_or("\n");
            let span = |start, count| if count == 1 { format!("{start}") } else { format!("{start},{count}") };
            let (old, new) = (span(head.new_start, head.new_count), span(head.old_start, head.old_count));
            return self.push(&["@@ -", &old, " +", &new, " @@", tail]);
        }
        let swaps =
            [("new file mode ", "deleted file mode "), ("rename from ", "rename to "), ("old mode ", "new mode ")];
        for (one, other) in swaps {
            for (from, to) in [(one, other), (other, one)] {
                if let Some(rest) = line.strip_prefix(from) {
                    self.text.push_str(to);
                    self.text.push_str(rest);
                    return;
                }
            }
        }
        self.text.push_str(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUG: &str = "diff --git a/x.py b/x.py\n--- a/x.py\n+++ b/x.py\n@@ -1,3 +1,4 @@ def f():\n keep\n-good\n+bad\n+worse\n end\n";

    #[test]
    fn sides_are_swapped() {
        let fix = "diff --git a/x.py b/x.py\n--- b/x.py\n+++ a/x.py\n@@ -1,4 +1,3 @@ def f():\n keep\n-bad\n-worse\n+good\n end\n";
        assert_eq!(reverse(BUG), fix);
        assert_eq!(reverse(fix), BUG);
    }

    #[test]
    fn new_files_become_deleted_ones_and_missing_line_ends_stay() {
        let made = "new file mode 100644\n--- /dev/null\n+++ b/y\n@@ -0,0 +1 @@\n+one\n\\ No newline at end of file\n";
        let gone =
            "deleted file mode 100644\n--- b/y\n+++ /dev/null\n@@ -1 +0,0 @@\n-one\n\\ No newline at end of file\n";
        assert_eq!(reverse(made), gone);
        assert_eq!(reverse(gone), made);
    }
}
