//! Folders of the corpus against counts taken by reading the files with other tools: rows, outcomes, turns, calls and
//! results. `ROLLSCOPE_CORPUS` names the corpus; without it there is nothing to compare.

use std::path::PathBuf;
use std::sync::Mutex;

use rollscope::formats::Reading;
use rollscope::store::{Progress, scan};
use rollscope::trajectory::{Outcome, PartKind, Trajectory};

struct Counts {
    path: &'static str,
    format: &'static str,
    rows: usize,
    resolved: usize,
    unresolved: usize,
    turns: Option<usize>,
    calls: usize,
    results: usize,
}

/// path, format, rows, resolved, unresolved, turns where they are counted, calls, results
type Row = (&'static str, &'static str, usize, usize, usize, Option<usize>, usize, usize);

const EXPECTED: &[Row] = &[
    ("nemo-gym/anyswe_claude_code.jsonl", "nemo-gym", 5, 1, 4, None, 16, 16),
    ("nemo-gym/anyswe_opencode.jsonl", "nemo-gym", 5, 4, 1, None, 27, 26),
    ("nemo-gym/anyswe_pi.jsonl", "nemo-gym", 5, 4, 1, None, 20, 20),
    ("nemo-gym/deepswe_rollouts.jsonl", "nemo-gym", 5, 3, 2, Some(15), 5, 5),
    ("nemo-gym/mini_swe_agent_2_rollouts.jsonl", "nemo-gym", 5, 1, 4, None, 129, 124),
    ("nemo-gym/opencode_agent.jsonl", "nemo-gym", 5, 5, 0, None, 10, 10),
    ("nemo-gym/swebench_rollouts.jsonl", "nemo-gym", 5, 1, 4, Some(5), 0, 0),
    ("nemo-gym/terminal_multi_harness.jsonl", "nemo-gym", 5, 4, 1, None, 5, 0),
    ("tau-bench", "tau-bench", 19, 0, 0, None, 0, 105),
    ("verifiers/wordle_816ec3b0", "verifiers", 15, 0, 0, Some(200), 0, 0),
    ("verifiers/gsm8k_0036a836", "verifiers", 150, 0, 150, Some(300), 0, 0),
    ("harbor", "harbor", 1, 1, 0, Some(0), 0, 0),
    ("atif/login-trace.trajectory.json", "atif", 1, 0, 0, Some(7), 6, 6),
    ("atif/openagents_session-2025-12-05T07-45-57-649Z-x8251x.atif.json", "atif", 1, 0, 0, Some(8), 0, 3),
    ("atif/openagents_session-2025-12-05T08-00-23-404Z-ew8gut.atif.json", "atif", 1, 0, 0, Some(13), 0, 5),
    ("atif/openagents_session-2025-12-05T08-07-41-875Z-ebphxk.atif.jsonl", "atif", 1, 0, 0, Some(13), 0, 6),
    ("atif/openhands_hello-world.trajectory.json", "atif", 1, 0, 0, Some(6), 2, 1),
    (
        "atif/terminus_2_hello-world-context-summarization-linear-history.trajectory.json",
        "atif",
        1,
        0,
        0,
        Some(5),
        0,
        3,
    ),
    ("claude-code/stream-json_175115.jsonl", "claude-code", 1, 0, 0, Some(145), 140, 139),
    ("claude-code/claude-code-log_todowrite_examples.jsonl", "claude-code", 1, 0, 0, None, 3, 3),
    ("claude-code/session_regex-log_haiku.jsonl", "claude-code", 1, 0, 0, Some(34), 31, 31),
    ("claude-code/claude-code-log_representative_messages.jsonl", "claude-code", 1, 0, 0, None, 2, 2),
    ("codex", "codex", 1, 0, 0, Some(5), 2, 2),
    ("session-fixtures/agentsview/codex", "codex", 4, 0, 0, Some(8), 4, 0),
    ("session-fixtures/memex/codex.jsonl", "codex", 1, 0, 0, None, 3, 2),
    ("session-fixtures/agentsview/gemini", "gemini-cli", 3, 0, 0, Some(9), 0, 0),
    ("session-fixtures/agentsview/claude", "claude-code", 1, 0, 0, Some(4), 1, 0),
    ("session-fixtures/memex/claude.jsonl", "claude-code", 1, 0, 0, Some(1), 1, 1),
    ("session-fixtures/memex/pi.jsonl", "pi", 1, 0, 0, Some(2), 1, 1),
    ("session-fixtures/memex/omp.jsonl", "pi", 1, 0, 0, None, 1, 1),
    ("session-fixtures/memex/openclaw.jsonl", "pi", 1, 0, 0, Some(1), 0, 0),
    ("openclaw-telemetry", "pi", 1, 0, 0, None, 14, 14),
    ("gemini-cli", "gemini-cli", 1, 0, 0, None, 45, 46),
    ("trae-agent", "patch-set", 10, 7, 3, Some(10), 0, 0),
    ("augment", "patch-set", 9, 3, 6, Some(9), 0, 0),
    ("agentless/used_locs.first5.jsonl", "agentless", 5, 0, 0, Some(30), 0, 0),
    ("agentless/output_0_processed.first10.jsonl", "agentless", 10, 0, 0, Some(0), 0, 0),
    ("autocoderover/acr-run-1/applicable_patch", "auto-code-rover", 2, 0, 0, Some(36), 0, 0),
    ("inspect/2024-11-05T13-31-45-05-00_input-task_8zXjbRzCWrL9GXiXo2vus9.json", "inspect", 1, 1, 0, Some(3), 0, 0),
    ("inspect/2025-02-11T15-18-04-05-00_popularity_mj7khqpMM4GBCfVQozKgzB.eval", "inspect", 10, 8, 2, Some(30), 0, 0),
    ("inspect/2025-05-12T20-28-26-04-00_security-guide.json", "inspect", 3, 3, 0, Some(9), 0, 0),
    (
        "inspect/2025-09-23T08-09-58-04-00_security-guide_LuxZJVwvymC3S3SyoJczxB.eval",
        "inspect",
        16,
        11,
        5,
        Some(48),
        0,
        0,
    ),
    ("inspect/docent_sample.eval", "inspect", 15, 9, 6, Some(212), 121, 120),
    ("inspect/log_formats.eval", "inspect", 1, 0, 1, Some(3), 0, 0),
    ("inspect/log_message_deduplication.eval", "inspect", 1, 0, 1, Some(7), 5, 5),
    ("inspect/log_tool_call_error.json", "inspect", 1, 0, 0, Some(11), 0, 11),
];

/// Sessions of each file of aider.
const AIDER: &[(&str, usize)] = &[
    ("django__django-16527", 1),
    ("pydata__xarray-4248", 2),
    ("scikit-learn__scikit-learn-15535", 1),
    ("sphinx-doc__sphinx-8282", 3),
    ("sympy__sympy-21627", 1),
    ("sympy__sympy-22005", 6),
];

fn corpus() -> Option<PathBuf> {
    let path = std::env::var_os("ROLLSCOPE_CORPUS").map(PathBuf::from);
    if path.is_none() {
        eprintln!("ROLLSCOPE_CORPUS is not set: the corpus was not compared");
    }
    path
}

fn read(path: PathBuf) -> Vec<Trajectory> {
    let found: Mutex<Vec<Trajectory>> = Mutex::default();
    scan(&[path], &Progress::default(), &|reading: Reading| found.lock().unwrap().extend(reading.trajectories));
    found.into_inner().unwrap()
}

fn count(path: &'static str, trajectories: &[Trajectory]) -> Counts {
    let of = |outcome| trajectories.iter().filter(|one| one.outcome == outcome).count();
    let parts = |kind| trajectories.iter().flat_map(Trajectory::parts).filter(|part| part.kind == kind).count();
    Counts {
        path,
        format: trajectories.first().map_or("none", |one| one.format),
        rows: trajectories.len(),
        resolved: of(Outcome::Resolved),
        unresolved: of(Outcome::Unresolved),
        turns: Some(trajectories.iter().map(|one| one.turns.len()).sum()),
        calls: parts(PartKind::ToolCall),
        results: parts(PartKind::ToolResult),
    }
}

#[test]
fn folders_hold_what_was_counted_in_them() {
    let Some(corpus) = corpus() else { return };
    let mut wrong = Vec::new();
    for (path, format, rows, resolved, unresolved, turns, calls, results) in EXPECTED.iter().copied() {
        let found = count(path, &read(corpus.join(path)));
        let found: Row = (
            found.path,
            found.format,
            found.rows,
            found.resolved,
            found.unresolved,
            found.turns.filter(|_| turns.is_some()),
            found.calls,
            found.results,
        );
        let expected: Row = (path, format, rows, resolved, unresolved, turns, calls, results);
        if found != expected {
            wrong.push(format!("expected {expected:?}\n   found {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_session_of_aider_is_an_attempt() {
    let Some(corpus) = corpus() else { return };
    for (task, sessions) in AIDER {
        let found = read(corpus.join(format!("aider-lite/{task}.md")));
        let own = found.iter().filter(|one| one.task_id == *task && one.format == "aider").count();
        assert_eq!((own, found.len()), (*sessions, *sessions), "{task}");
    }
}
