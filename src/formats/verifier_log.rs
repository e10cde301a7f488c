//! Rows that train or test a judge: a log of a whole rollout in the words of the user, and the verdict as the answer.
//!
//! The log is taken apart into the turns it was made of, and the verdict becomes the outcome: a judge that were shown
//! it would have nothing left to judge. Shape after the verifier data of `SWE-Gym/SWE-Gym`.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Value, json as literal};

use super::{Document, Format, Reading, chat, content, json, outcomes};
use crate::trajectory::{Outcome, Trajectory};

pub struct VerifierLog;

const LOG: &str = "=== INTERACTION LOG ===";
const END: &str = "=== END INTERACTION";

/// What parts one message of the log from the next, and who speaks in it.
static HEAD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let pattern = r"(?m)^(?:-{20,}\n)?\*\*\* (?:Turn \d+ - (USER|ASSISTANT|TOOL EXECUTION RESULT)|(System Message)[^\n]*?) \*\*\*\n";
    Regex::new(pattern).ok()
});

impl Format for VerifierLog {
    fn name(&self) -> &'static str {
        "verifier-log"
    }

    fn about(&self) -> &'static str {
        "SWE-Gym verifier rows: a rollout as one log, and the verdict on it"
    }

    fn claims(&self, document: &Document) -> bool {
        document.value().and_then(log).is_some()
    }

    fn read(&self, document: &Document) -> Reading {
        let Some(row) = document.value() else { return Reading::default() };
        let Some((text, verdict)) = log(row) else { return Reading::default() };
        let trajectory = Trajectory {
            task_id: json::first(row, &["instance_id", "task_id"]).unwrap_or_default().into(),
            run: json::first(row, &["run_id", "model"]).unwrap_or_default().into(),
            turns: chat::turns(&messages(&text), &Value::Null),
            outcome: outcome(&verdict),
            ..Trajectory::default()
        };
        Reading { trajectories: vec![trajectory], ..Reading::default() }
    }
}

/// The log and the verdict of a row of three messages.
fn log(row: &Value) -> Option<(String, String)> {
    let messages = json::list(row, "messages");
    let said = |at: usize| messages.get(at).map(|message| content::text(json::at(message, "content")));
    let log = said(1).filter(|text| text.contains(LOG))?;
    (messages.len() <= 3).then(|| (log, said(2).unwrap_or_default()))
}

/// `<judgement>YES</judgement>`, or a bare word.
fn outcome(verdict: &str) -> Outcome {
    let inner = verdict.split("<judgement>").nth(1).and_then(|rest| rest.split("</judgement>").next());
    outcomes::truth_of_word(inner.unwrap_or(verdict))
}

/// The messages that the log was rendered from; a log without heads is one message.
fn messages(text: &str) -> Vec<Value> {
    let (_, log) = text.split_once(LOG).unwrap_or(("", text));
    let log = log.split(END).next().unwrap_or(log);
    let heads: Vec<_> = HEAD.iter().flat_map(|head| head.captures_iter(log)).collect();
    let ends = heads.iter().skip(1).filter_map(|head| head.get(0)).map(|head| head.start()).chain([log.len()]);
    let parted = heads.iter().zip(ends).filter_map(|(head, end)| {
        let role = match head.get(1).map(|role| role.as_str()) {
            Some("USER") => "user",
            Some("ASSISTANT") => "assistant",
            Some(_) => "tool",
            None => "system",
        };
        let said = log.get(head.get(0)?.end()..end)?.trim();
        Some(literal!({"role": role, "content": said.trim_end_matches('-').trim_end()}))
    });
    let parted: Vec<Value> = parted.collect();
    if parted.is_empty() { vec![literal!({"role": "user", "content": log.trim()})] } else { parted }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trajectory::Role;

    #[test]
    fn a_log_is_taken_apart_and_its_verdict_kept_out_of_it() {
        let rule = "-".repeat(100);
        let log = format!(
            "Judge this.\n{LOG}\n*** System Message that defines the agent ***\nBe brief.\n{rule}\n*** Turn 1 - USER ***\nFix it.\n\
             {rule}\n*** Turn 1 - ASSISTANT ***\nI look.\n### Tool Call 1\n<function=bash>\n<parameter=command>ls</parameter>\n\
             </function>\n{rule}\n*** Turn 2 - TOOL EXECUTION RESULT ***\na.rs\n=== END INTERACTION ==="
        );
        let row = literal!({"messages": [{"role": "system", "content": "You judge."}, {"role": "user", "content": log},
                                         {"role": "assistant", "content": "<judgement>YES</judgement>"}]});
        let path = std::path::Path::new("x");
        let document = Document { path, record: None, content: super::super::Content::Value(&row) };
        assert!(VerifierLog.claims(&document));
        let trajectory = VerifierLog.read(&document).trajectories.remove(0);
        assert_eq!(trajectory.outcome, Outcome::Resolved);
        let roles: Vec<Role> = trajectory.turns.iter().map(|turn| turn.role).collect();
        assert_eq!(roles, [Role::System, Role::User, Role::Assistant]);
        assert_eq!(trajectory.tool_calls().count(), 1);
        assert!(trajectory.parts().all(|part| !part.text.contains("judgement")));
    }
}
