#!/usr/bin/env python3
"""Recorder and judge of the demo rollouts. See README.md and ATTEMPT.md.

Each command runs in /testbed, a private bind mount of the attempt's work folder,
with a private /tmp, no network and a small fixed environment. Needs Linux and root.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
DEMO = HERE.parent
TASKS = HERE / "tasks"
ROLLOUTS = DEMO / "rollouts"
WORK = os.environ.get("ROLLSCOPE_DEMO_WORK", "/tmp/rollscope-demo")
COMMAND_SECONDS, JUDGE_SECONDS = 60, 300
SHOWN_CHARS = 10_000

SYSTEM = """\
You fix bugs in small code bases, working through a shell.

Each of your messages holds a short thought and one bash command. The command runs \
in /testbed and you get its output and return code. Every command starts in a new \
shell, so `cd` and variables do not last, but changes to files do. A command may take \
60 seconds. There is no network.

When you have finished, send a message without a command that says what you did. The \
difference between the repository as you found it and as you left it is your patch."""

USER = """\
The repository in /testbed has a bug. This is the report:

<issue>
{issue}
</issue>

Change the source code so that the issue is resolved. The tests that decide are not \
in the repository: they cover the report and whatever follows from it and from the \
documentation. The tests that are there pass now and must still pass."""

GIT_ENV = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    **{f"GIT_{who}_{what}": value
       for who in ("AUTHOR", "COMMITTER")
       for what, value in (("NAME", "testbed"), ("EMAIL", "testbed@example.org"),
                           ("DATE", "2026-01-05T09:00:00+0000"))},
}
SANDBOX_ENV = {
    "PATH": "/opt/python/bin:/opt/rust/bin:/usr/local/bin:/usr/bin:/bin",
    "HOME": "/tmp/home",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "TERM": "dumb",
    "NO_COLOR": "1",
    "PAGER": "cat",
    "GIT_PAGER": "cat",
    "PYTHONDONTWRITEBYTECODE": "1",
    "CARGO_HOME": "/tmp/cargo",
    "CARGO_TARGET_DIR": "/tmp/target",
    "CARGO_NET_OFFLINE": "true",
    "CARGO_TERM_COLOR": "never",
    "CARGO_BUILD_JOBS": "1",
}
# $1 work folder, $2 its private /tmp, $3 Python, $4 Rust toolchain, $5 folder to hide, $6 command
SETUP = """
set -e
mount --bind "$1" /testbed
mount -t tmpfs none /opt
mkdir /opt/python /opt/rust
mount --bind -o ro "$3" /opt/python
[ -z "$4" ] || mount --bind -o ro "$4" /opt/rust
mount -t tmpfs none "$5"
mount --bind "$2" /tmp
mount -t tmpfs none /root
hostname testbed
cd /testbed
exec bash -c "$6"
"""


def toolchain():
    """The folder of the Rust toolchain in use, or ''."""
    try:
        done = subprocess.run(["rustc", "--print", "sysroot"], capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    return done.stdout.strip()


def sandbox(work, private_tmp, command, seconds):
    """Run a bash command in /testbed; returns (output, return code or None if too slow)."""
    Path("/testbed").mkdir(exist_ok=True)
    (private_tmp / "home").mkdir(parents=True, exist_ok=True)
    argv = ["unshare", "-m", "-p", "-f", "-u", "-n", "--mount-proc", "--kill-child",
            "bash", "-c", SETUP, "bash",
            work, private_tmp, sys.base_prefix, toolchain(), DEMO, command]
    try:
        done = subprocess.run(list(map(str, argv)), env=SANDBOX_ENV, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds)
        output, code = done.stdout, done.returncode
    except subprocess.TimeoutExpired as slow:
        output, code = slow.stdout or b"", None
    return output.decode("utf-8", "replace"), code


def git(work, *args, stdin=None):
    done = subprocess.run(["git", *args], cwd=work, input=stdin, env=os.environ | GIT_ENV,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise RuntimeError(f"git {args[0]}: {done.stdout.decode('utf-8', 'replace')}")
    return done.stdout.decode("utf-8", "surrogateescape")


def fresh_copy(task, work):
    """Copy the task's repository and commit it; returns the commit."""
    shutil.copytree(TASKS / task / "repo", work)
    git(work, "init", "-q", "-b", "main")
    git(work, "add", "-A")
    git(work, "commit", "-q", "--no-gpg-sign", "-m", "Base")
    return git(work, "rev-parse", "HEAD").strip()


def task_ids():
    return sorted(path.name for path in TASKS.iterdir() if path.is_dir())


# Recording

def place(args):
    return Path(args.work) / args.run / args.task


def rollout_path(args):
    return ROLLOUTS / args.run / f"{args.task}.traj.json"


def load(args):
    path = place(args) / "state.json"
    if not path.exists():
        sys.exit(f"no such attempt; first: record.py start {args.task} {args.run}")
    state = json.loads(path.read_text("utf-8"))
    if state["ended"]:
        sys.exit(f"this attempt has ended: {state['ended']}")
    return state


def save(args, state):
    (place(args) / "state.json").write_text(json.dumps(state), "utf-8")


def start(args):
    if args.task not in task_ids():
        sys.exit(f"no such task; there are: {', '.join(task_ids())}")
    if place(args).exists() or rollout_path(args).exists():
        sys.exit("this attempt has been made or is under way")
    place(args).mkdir(parents=True)
    base = fresh_copy(args.task, place(args) / "repo")
    system = SYSTEM
    rules = [f"You have at most {args.limit} commands."] if args.limit else []
    rules += [args.note] if args.note else []
    if rules:
        system += "\n\nRules of this run: " + " ".join(rules)
    issue = (TASKS / args.task / "issue.md").read_text("utf-8").strip()
    now = time.time()
    messages = [
        {"role": "system", "content": system, "extra": {"timestamp": now}},
        {"role": "user", "content": USER.format(issue=issue), "extra": {"timestamp": now}},
    ]
    save(args, {"base": base, "limit": args.limit, "commands": 0, "ended": "",
                "messages": messages})
    print(system, "\n\n", messages[1]["content"], sep="")


def observation(output, code):
    text = ""
    if code is None:
        text += f"<exception>The command was stopped after {COMMAND_SECONDS} seconds.</exception>\n"
    text += f"<returncode>{-1 if code is None else code}</returncode>\n"
    if len(output) <= SHOWN_CHARS:
        return text + f"<output>\n{output}</output>"
    half = SHOWN_CHARS // 2
    return (text + "<warning>The output is long; its middle is left out.</warning>\n"
            f"<output_head>\n{output[:half]}\n</output_head>\n"
            f"<elided_chars>\n{len(output) - SHOWN_CHARS} characters elided\n</elided_chars>\n"
            f"<output_tail>\n{output[-half:]}\n</output_tail>")


def run(args):
    state = load(args)
    command = sys.stdin.read().rstrip("\n") if args.command == ["-"] else " ".join(args.command)
    if not command.strip():
        sys.exit("no command given")
    if state["limit"] and state["commands"] >= state["limit"]:
        end(args, state, "LimitsExceeded")
        sys.exit(f"refused: all {state['limit']} commands are used up; the attempt has ended here")
    state["commands"] += 1
    call = f"call_{state['commands']}"
    started = time.time()
    work = place(args)
    output, code = sandbox(work / "repo", work / "tmp", command, COMMAND_SECONDS)
    state["messages"] += [
        {
            "role": "assistant",
            "content": args.thought,
            "tool_calls": [{
                "id": call,
                "type": "function",
                "function": {"name": "bash", "arguments": json.dumps({"command": command})},
            }],
            "extra": {
                "actions": [{"command": command, "tool_call_id": call}],
                "cost": 0.0,
                "timestamp": started,
            },
        },
        {
            "role": "tool",
            "tool_call_id": call,
            "content": observation(output, code),
            "extra": {
                "raw_output": output,
                "returncode": -1 if code is None else code,
                "timestamp": time.time(),
            },
        },
    ]
    save(args, state)
    print(state["messages"][-1]["content"])
    print(f"[{state['commands']} of {state['limit'] or 'any number of'} commands]")


def finish(args):
    state = load(args)
    state["messages"].append({"role": "assistant", "content": args.message,
                              "extra": {"actions": [], "cost": 0.0, "timestamp": time.time()}})
    end(args, state, "Submitted")


def end(args, state, status):
    work = place(args) / "repo"
    git(work, "add", "-A")
    patch = git(work, "diff", "--cached", "--no-color", "--no-ext-diff", state["base"])
    messages = state["messages"]
    messages.append({"role": "exit", "content": patch,
                     "extra": {"exit_status": status, "submission": patch,
                               "timestamp": time.time()}})
    rollout = {
        "info": {
            "exit_status": status,
            "submission": patch,
            "model_stats": {
                "instance_cost": 0.0,
                "api_calls": sum(m["role"] == "assistant" for m in messages),
            },
            "config": {
                "agent": {"step_limit": state["limit"], "cost_limit": 0.0},
                "model": {"model_name": "recorded-by-hand"},
                "environment": {"cwd": "/testbed", "timeout": COMMAND_SECONDS},
            },
            "mini_version": "recorded",
        },
        "messages": messages,
        "instance_id": args.task,
        "trajectory_format": "mini-swe-agent-1.1",
    }
    path = rollout_path(args)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rollout, indent=1) + "\n", "utf-8")
    state["ended"] = status
    save(args, state)
    print(f"{status}: {path.name}, patch of {len(patch.splitlines())} lines")


# Judging

def verdict(task, patch, script, hidden):
    """Apply a patch to a clean copy and run a script; returns (outcome, output)."""
    folder = TASKS / task
    with tempfile.TemporaryDirectory(prefix="rollscope-judge-") as scratch:
        work = Path(scratch) / "repo"
        fresh_copy(task, work)
        try:
            if patch:
                git(work, "apply", "--whitespace=nowarn", "-",
                    stdin=patch.encode("utf-8", "surrogateescape"))
        except RuntimeError as failure:
            return "error", str(failure)
        if hidden:
            for tests in ("tests", "test"):  # the visible tests as they were, then the hidden ones
                if (folder / "repo" / tests).is_dir():
                    shutil.copytree(folder / "repo" / tests, work / tests, dirs_exist_ok=True)
            shutil.copytree(folder / "hidden", work, dirs_exist_ok=True)
        output, code = sandbox(work, Path(scratch) / "tmp",
                               (folder / script).read_text("utf-8"), JUDGE_SECONDS)
        return ("resolved" if code == 0 else "unresolved"), output


def judge(args):
    tasks = task_ids()
    runs = sorted(path.name for path in ROLLOUTS.iterdir() if path.is_dir())
    table = {}
    for name in runs:
        groups = {key: [] for key in ("resolved", "unresolved", "empty_patch", "error")}
        submitted = []
        for path in sorted((ROLLOUTS / name).glob("*.traj.json")):
            rollout = json.loads(path.read_text("utf-8"))
            task, patch = rollout["instance_id"], rollout["info"]["submission"]
            submitted.append(task)
            outcome, output = "empty_patch", ""
            if patch.strip():
                outcome, output = verdict(task, patch, "hidden.sh", True)
            groups[outcome].append(task)
            table[task, name] = outcome
            if args.verbose and outcome in ("unresolved", "error"):
                print(f"== {name} {task}\n{output}")
        ids = {
            "completed_ids": sorted(groups["resolved"] + groups["unresolved"]),
            "incomplete_ids": sorted(set(tasks) - set(submitted)),
            "empty_patch_ids": groups["empty_patch"],
            "submitted_ids": sorted(submitted),
            "resolved_ids": groups["resolved"],
            "unresolved_ids": groups["unresolved"],
            "error_ids": groups["error"],
        }
        report = {"total_instances": len(tasks)}
        for key in ("submitted", "completed", "resolved", "unresolved", "empty_patch", "error"):
            report[f"{key}_instances"] = len(ids[f"{key}_ids"])
        report |= ids | {"schema_version": 2}
        (ROLLOUTS / name / "report.json").write_text(json.dumps(report, indent=4) + "\n", "utf-8")
    wide = max(map(len, tasks))
    print(" " * wide, *(f"{name:>12}" for name in runs))
    for task in tasks:
        print(f"{task:{wide}}", *(f"{table.get((task, name), '-'):>12}" for name in runs))


def check(args):
    failed = False
    for task in args.tasks or task_ids():
        gold = (TASKS / task / "gold.patch").read_text("utf-8")
        for label, patch, script, hidden, wanted in (
            ("visible before", "", "visible.sh", False, "resolved"),
            ("visible after", gold, "visible.sh", False, "resolved"),
            ("hidden before", "", "hidden.sh", True, "unresolved"),
            ("hidden after", gold, "hidden.sh", True, "resolved"),
        ):
            outcome, output = verdict(task, patch, script, hidden)
            good = outcome == wanted
            failed |= not good
            print(f"{task}: {label}: {'ok' if good else 'WRONG, ' + outcome}")
            if not good or args.verbose:
                print(output)
    sys.exit(failed)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="what", required=True)

    def attempt(name, action, text):
        sub = commands.add_parser(name, help=text)
        sub.set_defaults(action=action)
        sub.add_argument("task", metavar="TASK")
        sub.add_argument("run", metavar="RUN")
        sub.add_argument("--work", default=WORK, help=f"folder of the attempts (default {WORK})")
        return sub

    sub = attempt("start", start, "begin an attempt")
    sub.add_argument("--limit", type=int, default=0, help="most commands (0: any number)")
    sub.add_argument("--note", default="", help="a rule of this run, told in the first message")
    sub = attempt("run", run, "run one command; '-' reads it from standard input")
    sub.add_argument("--thought", required=True)
    sub.add_argument("command", nargs="+", metavar="COMMAND")
    sub = attempt("finish", finish, "end the attempt and write the rollout")
    sub.add_argument("--message", required=True)
    sub = commands.add_parser("judge", help="run the hidden tests on all rollouts")
    sub.set_defaults(action=judge)
    sub.add_argument("-v", "--verbose", action="store_true", help="show what failed")
    sub = commands.add_parser("check", help="verify the tasks")
    sub.set_defaults(action=check)
    sub.add_argument("-v", "--verbose", action="store_true", help="show all output")
    sub.add_argument("tasks", nargs="*", metavar="TASK")
    args = parser.parse_args()
    args.action(args)


if __name__ == "__main__":
    main()
