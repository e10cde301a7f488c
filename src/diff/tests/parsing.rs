use crate::diff::{Diff, FileDiff, Flaw, LineKind, Status, parse, stat};

/// Every line as `kind old new|text`, for reading a whole parse at once.
fn picture(diff: &Diff) -> String {
    let number = |number: Option<u32>| number.map_or("-".to_owned(), |number| number.to_string());
    let row = |at: usize| {
        let line = diff.lines[at];
        format!("{:?} {} {}|{}\n", line.kind, number(line.old_no()), number(line.new_no()), diff.said(at))
    };
    (0..diff.lines.len()).map(row).collect()
}

fn flaws(patch: &str) -> Vec<Flaw> {
    parse(patch).problems.into_iter().map(|problem| problem.flaw).collect()
}

fn names(patch: &str) -> Vec<(Option<String>, Option<String>, Status)> {
    parse(patch).files.into_iter().map(|file| (file.old_path, file.new_path, file.status)).collect()
}

fn named(old: &str, new: &str, status: Status) -> Vec<(Option<String>, Option<String>, Status)> {
    let name = |name: &str| (!name.is_empty()).then(|| name.to_owned());
    vec![(name(old), name(new), status)]
}

const SMALL: &str = "\
diff --git a/src/a.py b/src/a.py
index 1111111..2222222 100644
--- a/src/a.py
+++ b/src/a.py
@@ -10,3 +10,4 @@ def f(x):
     a = 1
-    return a
+    b = 2
+    return b
     # end
";

#[test]
fn lines_have_kinds_and_numbers() {
    let diff = parse(SMALL);
    let expected = "\
Header - -|diff --git a/src/a.py b/src/a.py
Header - -|index 1111111..2222222 100644
Header - -|--- a/src/a.py
Header - -|+++ b/src/a.py
Hunk - -|@@ -10,3 +10,4 @@ def f(x):
Context 10 10|    a = 1
Removed 11 -|    return a
Added - 11|    b = 2
Added - 12|    return b
Context 12 13|    # end
";
    assert_eq!(picture(&diff), expected);
    assert_eq!(diff.heading(&diff.files[0].hunks[0]), "def f(x):");
    assert_eq!((diff.files[0].added, diff.files[0].removed), (2, 1));
    assert_eq!(diff.problems, []);
    assert_eq!(diff.file_of(6), Some(0));
}

#[test]
fn extended_headers_give_names_and_status() {
    let new = "diff --git a/n b/n\nnew file mode 100644\nindex 0000000..e69de29\n";
    assert_eq!(names(new), named("", "n", Status::Added));
    let gone = "diff --git a/n b/n\ndeleted file mode 100644\n--- a/n\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n";
    assert_eq!(names(gone), named("n", "", Status::Deleted));
    let renamed = "diff --git a/x y b/z\nsimilarity index 100%\nrename from x y\nrename to z\n";
    assert_eq!(names(renamed), named("x y", "z", Status::Renamed));
    let copied = "diff --git a/x b/z\nsimilarity index 90%\ncopy from x\ncopy to z\n--- a/x\n+++ b/z\n";
    assert_eq!(names(copied), named("x", "z", Status::Copied));
    let spaced = "diff --git a/my file b/my file\nold mode 100644\nnew mode 100755\n";
    assert_eq!(names(spaced), named("my file", "my file", Status::Modified));
    let modes = parse(spaced).files[0].modes.clone().unwrap();
    assert_eq!((modes.old.as_str(), modes.new.as_str()), ("100644", "100755"));
}

#[test]
fn quoted_names_are_read_like_c_strings() {
    let patch =
        "diff --git \"a/b\\303\\244r \\\"1\\\"\" \"b/b\\303\\244r \\\"1\\\"\"\nold mode 100644\nnew mode 100755\n";
    assert_eq!(names(patch), named("bär \"1\"", "bär \"1\"", Status::Modified));
    let half = "diff --git a/plain \"b/t\\tab\"\n--- a/plain\n+++ \"b/t\\tab\"\n@@ -1 +1 @@\n-a\n+b\n";
    assert_eq!(names(half), named("plain", "t\tab", Status::Modified));
}

#[test]
fn prefixes_are_taken_off_only_where_they_are_prefixes() {
    let mnemonic = "diff --git i/x w/x\n--- i/x\n+++ w/x\n@@ -1 +1 @@\n-a\n+b\n";
    assert_eq!(names(mnemonic), named("x", "x", Status::Modified));
    let bare = "diff --git a/x a/x\n--- a/x\n+++ a/x\n@@ -1 +1 @@\n-a\n+b\n";
    assert_eq!(names(bare), named("a/x", "a/x", Status::Modified));
    let plain =
        "--- old/x.c\t2024-01-01 10:00:00.0 +0000\n+++ new/x.c\t2024-01-02 10:00:00.0 +0000\n@@ -1 +1 @@\n-a\n+b\n";
    assert_eq!(names(plain), named("old/x.c", "new/x.c", Status::Modified));
    let created = "diff -ruN a/x b/x\n--- a/x\t1970-01-01 00:00:00.0 +0000\n+++ b/x\t2024-01-02 10:00:00.0 +0000\n@@ -0,0 +1 @@\n+a\n";
    assert_eq!(names(created), named("", "x", Status::Added));
}

#[test]
fn binary_files_have_no_hunks() {
    let patch = "diff --git a/i.png b/i.png\nindex 1..2 100644\nGIT binary patch\nliteral 3\nKcmZ\n\nliteral 0\nHc\n\n\
                 diff --git a/j.png b/j.png\nBinary files a/j.png and b/j.png differ\nBinary files k and l differ\n";
    let diff = parse(patch);
    let files: Vec<_> = diff.files.iter().map(|file| (file.path(), file.binary, file.hunks.len())).collect();
    assert_eq!(files, [("i.png", true, 0), ("j.png", true, 0), ("l", true, 0)]);
    assert_eq!(diff.problems, []);
}

#[test]
fn a_removed_line_may_look_like_a_header() {
    let patch = "--- a/q.sql\n+++ b/q.sql\n@@ -1,3 +1,3 @@\n select 1\n--- old remark\n+++ new remark\n select 2\n";
    let diff = parse(patch);
    assert_eq!(diff.files.len(), 1);
    assert_eq!((diff.files[0].added, diff.files[0].removed), (1, 1));
    assert_eq!(diff.said(4), "-- old remark");
    assert_eq!(diff.problems, []);
}

#[test]
fn wrong_counts_are_said_and_no_line_is_lost() {
    let more = "--- a/x\n+++ b/x\n@@ -1,1 +1,1 @@\n-a\n+b\n+c\n\n ctx\n--- a/y\n+++ b/y\n@@ -1 +1 @@\n-d\n+e\n";
    assert_eq!(flaws(more), [Flaw::Counts { said: (1, 1), found: (3, 4) }]);
    assert_eq!(stat(more), parse(more).stat());
    assert_eq!(stat(more).files, 2);
    let fewer = "--- a/x\n+++ b/x\n@@ -1,9 +1,9 @@\n-a\n+b\n--- a/y\n+++ b/y\n@@ -1 +1 @@\n-d\n+e\n";
    assert_eq!(flaws(fewer), [Flaw::Counts { said: (9, 9), found: (1, 1) }]);
    assert_eq!(stat(fewer).files, 2);
}

#[test]
fn a_context_line_without_its_space_does_not_end_the_hunk() {
    let patch = "--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n a\nlost its space\n-b\n+c\n";
    assert_eq!(flaws(patch), [Flaw::Counts { said: (3, 3), found: (2, 2) }, Flaw::Stray]);
    assert_eq!((stat(patch).added, stat(patch).removed), (1, 1));
}

#[test]
fn odd_patches_are_kept_and_said() {
    assert_eq!(flaws("I could not fix this.\n\n- sorry\n"), [Flaw::NotAPatch]);
    assert_eq!(parse("I could not fix this.\n- sorry\n").preamble(), 0..2);
    assert_eq!(flaws("@@ -1 +1 @@\n-a\n+b\n"), [Flaw::NoFile]);
    assert_eq!(flaws("--- a/x\n+++ b/x\n@@ def f @@\n-a\n+b\n"), [Flaw::HunkHead]);
    let prose = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\nThis fixes it.\nReally.\n@@ -5 +5 @@\n-c\n+d\n";
    assert_eq!(flaws(prose), [Flaw::Stray]);
    assert_eq!(parse(prose).files[0].hunks.len(), 2);
    assert_eq!(flaws(""), []);
}

#[test]
fn combined_diffs_are_text() {
    let patch = "diff --cc f.c\nindex 1,2..3\n--- a/f.c\n+++ b/f.c\n@@@ -1,2 -1,2 +1,3 @@@\n  a\n +b\n++c\n\
                 diff --git a/g b/g\n--- a/g\n+++ b/g\n@@ -1 +1 @@\n-a\n+b\n";
    assert_eq!(flaws(patch), [Flaw::Combined]);
    let diff = parse(patch);
    assert_eq!(diff.files.iter().map(FileDiff::path).collect::<Vec<_>>(), ["f.c", "g"]);
    assert_eq!(diff.files[0].hunks, []);
    assert_eq!(diff.lines[6].kind, LineKind::Raw);
}

#[test]
fn endings_are_kept_apart_from_what_a_line_says() {
    let patch = "--- a/x\r\n+++ b/x\r\n@@ -1,2 +1,2 @@\r\n a\r\n-b\r\n+c\r\n\\ No newline at end of file\r\n";
    let diff = parse(patch);
    assert_eq!(diff.files[0].path(), "x");
    assert_eq!((diff.said(4), diff.ends_in_crlf(4)), ("b", true));
    assert_eq!(diff.lines[6].kind, LineKind::NoNewline);
    assert_eq!(diff.problems, []);
}

#[test]
fn a_mail_keeps_its_words_and_its_signature() {
    let patch = format!("From 1234\nSubject: fix\n\n---\n a.py | 2 +-\n\n{SMALL}-- \n2.40.1\n\n");
    let diff = parse(&patch);
    assert_eq!(diff.preamble(), 0..6);
    assert_eq!((diff.files.len(), diff.files[0].removed), (1, 1));
    assert_eq!(diff.lines[16].kind, LineKind::Raw);
}

#[test]
fn absurd_numbers_do_not_overflow() {
    let patch = "--- a/x\n+++ b/x\n@@ -4294967295,4294967295 +0,4294967295 @@\n-a\n-b\n+c\n";
    assert_eq!(parse(patch).lines[4].old_no(), Some(u32::MAX));
    assert_eq!(flaws("--- a/x\n+++ b/x\n@@ -99999999999 +1 @@\n-a\n"), [Flaw::HunkHead]);
}
