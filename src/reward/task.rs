//! The issue, taken out of the prompt that an agent's harness put around it.

use crate::trajectory::{Role, Trajectory};

/// Tags that harnesses put around the issue: SWE-agent and mini-swe-agent, `OpenHands`, Moatless. The first that is there
/// counts; the bundled model was trained with this order.
const TAGS: &[&str] = &["pr_description", "issue_description", "issue", "task", "reported_issue", "problem_statement"];

/// The issue text of the first user message; the whole message where no known wrapper is around it.
pub fn task_of(trajectory: &Trajectory) -> String {
    let first = trajectory.turns.iter().find(|turn| turn.role == Role::User);
    let text: Vec<&str> =
        first.map(|turn| turn.parts.iter().map(|part| part.text.as_str()).collect()).unwrap_or_default();
    let text = text.join("\n");
    unwrapped(&text).unwrap_or(&text).trim().to_string()
}

fn unwrapped(text: &str) -> Option<&str> {
    let tagged = TAGS.iter().find_map(|tag| between(text, &format!("<{tag}>"), &format!("</{tag}>")));
    // SWE-agent 0.x
    tagged.or_else(|| between(text, "ISSUE:\n", "\nINSTRUCTIONS:"))
}

fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    let start = text.find(open)? + open.len();
    let end = start + text[start..].find(close)?;
    let inside = &text[start..end];
    (!inside.trim().is_empty()).then_some(inside)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trajectory::Turn;

    fn task(first: &str) -> String {
        let turns = vec![Turn::system("You fix bugs."), Turn::user(first), Turn::user("later")];
        task_of(&Trajectory { turns, ..Default::default() })
    }

    #[test]
    fn the_issue_is_found_inside_known_wrappers() {
        assert_eq!(task("Consider:\n<pr_description>\nIt breaks.\n</pr_description>\nGo."), "It breaks.");
        assert_eq!(task("Here it is.\nISSUE:\nINSTRUCTIONS: none\n\nINSTRUCTIONS:\nNow fix."), "INSTRUCTIONS: none");
        assert_eq!(task("Just do it."), "Just do it.");
        assert_eq!(task("<issue></issue> empty"), "<issue></issue> empty");
    }

    #[test]
    fn no_user_no_task() {
        assert_eq!(task_of(&Trajectory::default()), "");
    }
}
