use crate::diff::{parse, stat};
use proptest::prelude::*;

/// Lines that patches are made of, in any order: the grammar's every turn, right and wrong.
fn patch_like() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("diff --git a/x b/x"),
        Just("diff --cc x"),
        Just("--- a/x"),
        Just("+++ b/x"),
        Just("--- /dev/null"),
        Just("rename from \"a\\303"),
        Just("GIT binary patch"),
        Just("Binary files a and b differ"),
        Just("@@ -1,2 +1,2 @@ fn"),
        Just("@@ -1 +1 @@"),
        Just("@@ nonsense"),
        Just("@@@ -1 -1 +1 @@@"),
        Just("\\ No newline at end of file"),
        Just("-- "),
        Just("+added"),
        Just("-removed"),
        Just(" context"),
        Just(""),
        Just("prose é"),
    ];
    let ending = prop_oneof![8 => Just("\n"), 1 => Just("\r\n"), 1 => Just("")];
    prop::collection::vec((line, ending), 0..40)
        .prop_map(|lines| lines.into_iter().flat_map(|(line, ending)| [line, ending]).collect())
}

proptest! {
    #[test]
    fn every_byte_is_in_one_line_and_every_line_in_one_place(text in prop_oneof![patch_like(), ".*", "(?s).{0,200}"]) {
        let diff = parse(&text);
        let joined: String = (0..diff.lines.len()).map(|line| diff.whole(line)).collect();
        prop_assert_eq!(&joined, &text);
        let mut end = diff.preamble().end;
        for file in &diff.files {
            prop_assert_eq!(file.lines.start, end);
            end = file.lines.end;
            let inside = |hunk: &crate::diff::Hunk| hunk.lines.start >= file.lines.start && hunk.lines.end <= end;
            prop_assert!(file.hunks.iter().all(inside));
            prop_assert!(file.hunks.is_sorted_by(|a, b| a.lines.end <= b.lines.start));
        }
        prop_assert_eq!(end, diff.lines.len());
    }

    #[test]
    fn counting_agrees_with_parsing(text in patch_like()) {
        prop_assert_eq!(stat(&text), parse(&text).stat());
    }
}
