//! Names of runs and folders, and what they have in common.

use std::path::{Path, PathBuf};

use crate::trajectory::Label;

/// Folders that sort what belongs to the folder above them.
const SORTING: [&str; 13] = [
    "logs",
    "run_evaluation",
    "results",
    "result",
    "evaluation",
    "evaluations",
    "eval",
    "evals",
    "reports",
    "eval_results",
    "new_eval_results",
    "old_eval_results",
    "eval_outputs",
];

/// The folder that a label found beside the data speaks of: that of its file, or what stands above the folders that
/// harnesses make (`logs/run_evaluation/<run>/<model>/<instance>`).
pub fn scope(label: &Label) -> PathBuf {
    let mut folder = label.source.parent().unwrap_or(Path::new(""));
    let is_named = |folder: &Path, name: &str| folder.file_name().is_some_and(|found| found == name);
    if let Some(harness) = folder.ancestors().find(|above| is_named(above, "run_evaluation")) {
        folder = harness;
    } else if is_named(folder, &label.task_id) {
        folder = folder.parent().unwrap_or(folder);
    }
    while let Some(above) = folder.parent() {
        if !SORTING.iter().any(|name| is_named(folder, name)) {
            break;
        }
        folder = above;
    }
    folder.into()
}

/// Whether two names of runs mean the same: equal but for punctuation and case, or one within the other. A long name
/// may also leave out words of a longer one that starts alike.
pub fn names_agree(a: &str, b: &str) -> bool {
    let words = |name: &str| -> Vec<String> {
        let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        words.map(str::to_ascii_lowercase).collect()
    };
    let (a, b) = (words(a), words(b));
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let letters: usize = short.iter().map(String::len).sum();
    let within = letters > 2 && long.windows(short.len().max(1)).any(|window| window == short);
    within || (short.len() > 3 && short[0] == long[0] && in_order(&short, &long))
}

fn in_order(short: &[String], long: &[String]) -> bool {
    let mut rest = long.iter();
    short.iter().all(|word| rest.any(|found| found == word))
}

/// Without `.` in it: `./a` and `a` are the same file.
pub fn plain(path: &Path) -> PathBuf {
    path.components().filter(|part| !matches!(part, std::path::Component::CurDir)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_agree_within_word_borders() {
        assert!(names_agree("20241117_moatless_claude_3_5_sonnet", "20241117_moatless_claude-3.5-sonnet"));
        assert!(names_agree("sweagent0-gpt4/cost_2_1", "cost_2_1"));
        assert!(names_agree("deepseek/deepseek-chat", "deepseek__deepseek-chat.bench"));
        assert!(names_agree("baseline", "claude.validation-baseline-eval"));
        assert!(names_agree("20241117_moatless_tools_0_4_claude_3_5", "20241117_moatless_claude-3.5"));
        assert!(!names_agree("cost_2_1", "cost_2_10"));
        assert!(!names_agree("20240623_moatless_claude_3_5", "20241117_moatless_claude_3_5"));
        assert!(!names_agree("", "anything"));
    }
}
