use super::making::{apply, edited, patch, reordered, text};
use crate::diff::{
    AbreastRow, Comparison, Diff, Flaw, LineKind, Side, Status, Step, Verdict, abreast, compare, interdiff,
    normal_form, normal_key, parse, words_between,
};
use proptest::prelude::*;
use proptest::sample::Index;

const BASE: &str = "import re\n\n\ndef check(value):\n    regex = r'^[a-z]+$'\n    return re.match(regex, value)\n\n\ndef other():\n    pass\n";

fn two(a: &str, b: &str) -> (Diff, Diff) {
    (parse(&patch("x.py", BASE, a, 3)), parse(&patch("x.py", BASE, b, 3)))
}

fn verdicts(comparison: &Comparison) -> Vec<Verdict> {
    comparison.files.iter().flat_map(|file| &file.regions).map(|region| region.verdict).collect()
}

fn body(patch: &str) -> String {
    let start = patch.find("@@").unwrap_or(patch.len());
    patch[start..].to_owned()
}

#[test]
fn a_known_edit_gives_exactly_its_words() {
    let (a, b) = two(&BASE.replace("^[a-z]+$", r"\A[a-z]+\Z"), &BASE.replace("^[a-z]+$", r"^[a-z]+\Z"));
    let comparison = compare(&a, &b);
    assert_eq!(verdicts(&comparison), [Verdict::Differ]);
    let [Step::Change { from, to }] = comparison.files[0].regions[0].steps[..] else { panic!("one changed line") };
    let words = words_between(&a, &b, from, to);
    let said = |place: crate::diff::Place| place.said(&a, &b);
    assert_eq!(words.old.iter().map(|span| &said(from)[span.clone()]).collect::<Vec<_>>(), [r"\A"]);
    assert_eq!(words.new.iter().map(|span| &said(to)[span.clone()]).collect::<Vec<_>>(), ["^"]);
}

#[test]
fn edits_are_told_apart_by_who_made_them() {
    let a = BASE.replace("pass", "return 1").replace("import re\n", "import re\nimport sys\n");
    let b = BASE.replace("pass", "return 1").replace("+$", "*$");
    let (a, b) = two(&a, &b);
    assert_eq!(verdicts(&compare(&a, &b)), [Verdict::OnlyA, Verdict::OnlyB, Verdict::Same]);
    let turn = "@@ -1,9 +1,8 @@
 import re
-import sys
 
 
 def check(value):
-    regex = r'^[a-z]+$'
+    regex = r'^[a-z]*$'
     return re.match(regex, value)
 
";
    assert!(body(&interdiff(&a, &b)).starts_with(turn), "{}", interdiff(&a, &b));
}

#[test]
fn white_space_alone_is_not_a_different_edit() {
    let (a, b) = two(&BASE.replace("pass", "return a+b"), &BASE.replace("pass", "return a + b"));
    assert_eq!(verdicts(&compare(&a, &b)), [Verdict::Space]);
}

#[test]
fn files_are_found_in_one_or_both() {
    let new = |path: &str, text: &str| {
        format!(
            "diff --git a/{path} b/{path}\nnew file mode 100644\n--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+{text}\n"
        )
    };
    let a = parse(&(new("only_a.py", "1") + &new("both.py", "1")));
    let b = parse(&(new("both.py", "2") + &new("only_b.py", "1")));
    let comparison = compare(&a, &b);
    let found: Vec<_> = comparison.files.iter().map(|file| (file.path.as_str(), file.only_in())).collect();
    assert_eq!(found, [("both.py", None), ("only_a.py", Some(Side::A)), ("only_b.py", Some(Side::B))]);
    let turn = parse(&interdiff(&a, &b));
    let statuses: Vec<_> = turn.files.iter().map(|file| (file.path(), file.status)).collect();
    let expected = [("both.py", Status::Modified), ("only_a.py", Status::Deleted), ("only_b.py", Status::Added)];
    assert_eq!(statuses, expected);
    assert_eq!(turn.problems, []);
}

#[test]
fn names_modes_and_binaries_count_too() {
    let a = parse("diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n");
    let b = parse("diff --git a/x b/z z\nsimilarity index 100%\nrename from x\nrename to z z\n");
    assert!(!compare(&a, &b).is_same());
    let turn = parse(&interdiff(&a, &b));
    assert_eq!((turn.files[0].old_path.as_deref(), turn.files[0].new_path.as_deref()), (Some("y"), Some("z z")));
    let blob = |hash: &str| format!("diff --git a/i b/i\nindex 0..{hash} 100644\nBinary files a/i and b/i differ\n");
    let (a, b) = (parse(&blob("1")), parse(&blob("2")));
    assert!(compare(&a, &a).is_same() && !compare(&a, &b).is_same());
    assert!(parse(&interdiff(&a, &b)).files[0].binary);
}

#[test]
fn another_base_is_said() {
    let a = parse("--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n");
    let b = parse("--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n eins\n-zwei\n+2\n");
    assert!(compare(&a, &b).files[0].other_base);
    assert!(!compare(&a, &a).files[0].other_base);
}

#[test]
fn abreast_the_base_is_level() {
    let (a, b) = two(&BASE.replace("    pass\n", "    x = 1\n"), &BASE.replace("    pass\n", "    log()\n    x = 2\n"));
    let comparison = compare(&a, &b);
    let cell = |piece: Option<crate::diff::Piece>| {
        let mark = |kind| {
            if kind == LineKind::Added {
                '+'
            } else if kind == LineKind::Removed {
                '-'
            } else {
                ' '
            }
        };
        piece.map_or(String::new(), |piece| format!("{}{}", mark(piece.kind), piece.place.said(&a, &b).trim()))
    };
    let rows = abreast(&comparison).into_iter().map(|row| match row {
        AbreastRow::File(file) => comparison.files[file].path.clone(),
        AbreastRow::Gap => "...".to_owned(),
        AbreastRow::Pieces { left, right, .. } => format!("{}|{}", cell(left), cell(right)),
    });
    let expected =
        ["x.py", "...", " | ", " | ", " def other():| def other():", "-pass|-pass", "|+log()", "+x = 1|+x = 2"];
    assert_eq!(rows.collect::<Vec<_>>(), expected);
}

#[test]
fn the_normal_form_forgets_how_a_patch_is_written() {
    let changed = BASE.replace("pass", "return  1");
    let spaced = BASE.replace("pass\n", "return 1\n\n");
    let deeper = BASE.replace("    pass", "        return 1");
    let form = |new: &str, context| normal_form(&parse(&patch("x.py", BASE, new, context)));
    assert_eq!(form(&changed, 3), form(&spaced, 0));
    assert_ne!(form(&changed, 3), form(&deeper, 3));
    assert_ne!(form(&changed, 3), form(BASE, 3));
}

#[test]
fn malformed_patches_compare_without_harm() {
    let odd = parse(
        "@@ what @@\n-a\n+b\n@@ -9,1 +9,1 @@\n-c\n+d\n@@ -4294967295,9 +1 @@\n-e\n-f\n+g\n@@ -8,3 +8 @@\n-x\n-c\n",
    );
    assert_eq!(odd.problems.first().map(|problem| problem.flaw.clone()), Some(Flaw::NoFile));
    assert!(compare(&odd, &odd).is_same());
    assert!(!compare(&odd, &parse("")).is_same());
}

fn base_and_two() -> impl Strategy<Value = (String, String, String)> {
    text().prop_flat_map(|base| (Just(base.clone()), edited(base.clone()), edited(base)))
}

fn mirrored(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::OnlyA => Verdict::OnlyB,
        Verdict::OnlyB => Verdict::OnlyA,
        other => other,
    }
}

/// The lines that a patch adds and removes, in order, under the given names.
fn changed(patch: &str, added: char, removed: char) -> Vec<String> {
    let diff = parse(patch);
    let line = |at: usize| match diff.lines[at].kind {
        LineKind::Added => Some(format!("{added}{}", diff.said(at))),
        LineKind::Removed => Some(format!("{removed}{}", diff.said(at))),
        _ => None,
    };
    let mut lines: Vec<_> = (0..diff.lines.len()).filter_map(line).collect();
    lines.sort();
    lines
}

proptest! {
    #[test]
    fn one_known_word_is_all_that_is_marked(words in prop::collection::vec("[a-z]{3,8}", 2..9), at in any::<Index>(), line in 0..9_usize) {
        let at = at.index(words.len());
        let made = |word: &str| {
            let mut words = words.clone();
            word.clone_into(&mut words[at]);
            let mut lines: Vec<&str> = BASE.lines().collect();
            let sentence = words.join(" ");
            lines[line] = &sentence;
            lines.join("\n") + "\n"
        };
        let (a, b) = two(&made("ONE"), &made("TWO"));
        let comparison = compare(&a, &b);
        let regions: Vec<_> = comparison.differences().collect();
        prop_assert_eq!(regions.len(), 1);
        let [Step::Change { from, to }] = comparison.files[regions[0].0].regions[regions[0].1].steps[..] else {
            return Err(TestCaseError::fail("one changed line"));
        };
        let words = words_between(&a, &b, from, to);
        let said = |place: crate::diff::Place, spans: &[std::ops::Range<usize>]| -> Vec<String> {
            spans.iter().map(|span| place.said(&a, &b)[span.clone()].to_owned()).collect()
        };
        prop_assert_eq!(said(from, &words.old), ["ONE"]);
        prop_assert_eq!(said(to, &words.new), ["TWO"]);
    }

    #[test]
    fn equal_patches_do_not_differ((base, a, _) in base_and_two()) {
        let patches = patch("x", &base, &a, 3) + &patch("y", &a, &base, 3);
        let diff = parse(&patches);
        prop_assert!(compare(&diff, &diff).is_same());
        prop_assert_eq!(interdiff(&diff, &diff), "");
        let other = parse(&reordered(&diff));
        prop_assert!(compare(&diff, &other).is_same());
        prop_assert_eq!(interdiff(&diff, &other), "");
        prop_assert_eq!(normal_key(&diff), normal_key(&other));
        let wide = parse(&(patch("x", &base, &a, 9) + &patch("y", &a, &base, 0)));
        prop_assert!(compare(&diff, &wide).is_same());
    }

    #[test]
    fn the_turn_from_a_to_b_applies((base, a, b) in base_and_two(), (context_a, context_b) in (0..5_usize, 0..5_usize)) {
        let (one, two) = (parse(&patch("x", &base, &a, context_a)), parse(&patch("x", &base, &b, context_b)));
        let turn = interdiff(&one, &two);
        let parsed = parse(&turn);
        prop_assert_eq!(parsed.problems.as_slice(), []);
        prop_assert_eq!(apply(&parsed, &a), b, "{}", turn);
    }

    #[test]
    fn b_against_a_mirrors_a_against_b((base, a, b) in base_and_two()) {
        let (one, two) = (parse(&patch("x", &base, &a, 3)), parse(&patch("x", &base, &b, 3)));
        let (there, back) = (compare(&one, &two), compare(&two, &one));
        prop_assert_eq!(verdicts(&there).into_iter().map(mirrored).collect::<Vec<_>>(), verdicts(&back));
        prop_assert_eq!(changed(&interdiff(&one, &two), '+', '-'), changed(&interdiff(&two, &one), '-', '+'));
    }

    #[test]
    fn abreast_shows_every_changed_line_once((base, a, b) in base_and_two()) {
        let (one, two) = (parse(&patch("x", &base, &a, 3)), parse(&patch("x", &base, &b, 3)));
        let rows = abreast(&compare(&one, &two));
        for (side, diff) in [(Side::A, &one), (Side::B, &two)] {
            let shown = rows.iter().filter_map(|row| match row {
                AbreastRow::Pieces { left, right, .. } => if side == Side::A { *left } else { *right },
                _ => None,
            });
            let mut shown: Vec<_> = shown.filter(|piece| piece.kind != LineKind::Context).map(|piece| piece.place.line).collect();
            shown.sort_unstable();
            let changes = |line: &usize| matches!(diff.lines[*line].kind, LineKind::Added | LineKind::Removed);
            prop_assert_eq!(shown, (0..diff.lines.len()).filter(changes).collect::<Vec<_>>());
        }
    }
}
