#!/usr/bin/env python3
"""What is promised about size, measured from outside on the release binary; each beside what users have, in one run.

    cargo build --release && python3 benches/scale.py [--binary PATH] [--folder PATH] [--megabytes 1000] [--files 20000] [--rounds 9]

Makes (once) a JSONL of that size from the demo's rollouts, varied line by line, the same rows as Parquet (duckdb writes it), and a folder of
single .traj files. Prints, for each: the time to list all of it for the first time (the median of --rounds, each with an index of its own) and
the second time, in MB/s of the file, and the most memory the process held; beside it duckdb, jq and a Python json loop reading the fields a list needs (task, outcome, number of messages, length of the
patch). Then the time to the first frame of the screen on the JSONL. Needs `pip install duckdb`, and jq.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from spine import first_frame

ROLLOUTS = Path(__file__).parent.parent / "assets/demo/rollouts"


def material():
    """Lines of the demo's own rollouts, by who wrote them."""
    said, seen, patches = [], [], []
    for path in sorted(ROLLOUTS.glob("*/*.traj.json")):
        rollout = json.loads(path.read_text())
        for message in rollout["messages"]:
            lines = said if message["role"] == "assistant" else seen
            lines += str(message.get("content") or "").splitlines()
        patches.append(rollout["info"].get("submission"))
    return said, seen, [patch for patch in patches if patch]


def texts(draw, lines, count, least, most):
    """Different texts out of lines, as JSON."""
    return [json.dumps("\n".join(draw.choices(lines, k=draw.randint(least, most)))) for _ in range(count)]


def rows(seed=7):
    """Conversations of 10 to 60 turns: thoughts and calls of some hundred bytes, results of up to 8 kB. As lines of JSON."""
    draw = random.Random(seed)
    said, seen, patches = material()
    thoughts, commands = texts(draw, said, 1500, 1, 6), texts(draw, said, 1500, 1, 3)
    results, issues = texts(draw, seen, 3000, 1, 150), texts(draw, seen, 500, 20, 80)
    patches = [json.dumps(patch) for patch in patches]
    number = 0
    while True:
        number += 1
        talk = [f'{{"role": "user", "content": {draw.choice(issues)}}}']
        for turn in range(draw.randint(10, 60)):
            arguments = json.dumps(f'{{"command": {draw.choice(commands)}}}')
            call = f'{{"id": "c{turn}", "type": "function", "function": {{"name": "bash", "arguments": {arguments}}}}}'
            talk.append(f'{{"role": "assistant", "content": {draw.choice(thoughts)}, "tool_calls": [{call}]}}')
            talk.append(f'{{"role": "tool", "tool_call_id": "c{turn}", "content": {draw.choice(results)}}}')
        resolved = "true" if draw.random() < 0.3 else "false"
        yield (f'{{"instance_id": "tidekit__tideclock-{number // 8}", "run_id": "run-{number % 8}", "model": "demo", '
               f'"resolved": {resolved}, "messages": [{", ".join(talk)}], "model_patch": {draw.choice(patches)}}}\n')


def make_lines(path, size):
    written = 0
    with open(path, "w") as out:
        for row in rows():
            written += out.write(row)
            if written >= size:
                return


def make_parquet(path, lines):
    # In a process of its own: what it holds in memory would be counted as held by those started after it.
    copy = (f"COPY (SELECT * FROM read_json('{lines}', maximum_object_size=100000000)) TO '{path}' "
            "(FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 2048)")
    subprocess.run([sys.executable, "-c", "import duckdb, sys; duckdb.sql(sys.argv[1])", copy], check=True)


def make_files(folder, count):
    draw = random.Random(11)
    said, seen, patches = material()
    for number in range(count):
        run = folder / f"run-{number % 8}"
        run.mkdir(parents=True, exist_ok=True)
        steps = [{"action": draw.choice(said), "observation": "\n".join(draw.choices(seen, k=20)), "response": draw.choice(said),
                  "state": "{}", "thought": draw.choice(said)} for _ in range(draw.randint(3, 12))]
        whole = {"environment": "swe_main", "trajectory": steps, "history": [], "info": {"exit_status": "submitted",
                 "submission": draw.choice(patches)}}
        (run / f"tidekit__tideclock-{number // 8}.traj").write_text(json.dumps(whole))


def ready(folder, megabytes, files):
    lines, table, single = folder / f"rows-{megabytes}.jsonl", folder / f"rows-{megabytes}.parquet", folder / f"files-{files}"
    for path, make in ((lines, lambda: make_lines(lines, megabytes * 1_000_000)), (table, lambda: make_parquet(table, lines)),
                       (single, lambda: make_files(single, files))):
        if not path.exists():
            print(f"making {path}", file=sys.stderr)
            make()
    return lines, table, single


def timed(command, cache):
    """Seconds, and the most memory held, in MB."""
    environment = {"PATH": os.environ["PATH"], "HOME": cache, "ROLLSCOPE_CACHE": cache}
    start = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    _, status, used = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 3):
        raise SystemExit(f"{command} ended with {status}")
    return time.perf_counter() - start, used.ru_maxrss / 1000


PYTHON = """
import json, sys
for line in open(sys.argv[1]):
    row = json.loads(line)
    print(row["instance_id"], row["resolved"], len(row["messages"]), len(row["model_patch"]))
"""
FIELDS = "instance_id, resolved, len(messages), length(model_patch)"
DUCKDB = "import duckdb, sys; duckdb.sql(sys.argv[1]).fetchall()"
JQ = "[.instance_id, .resolved, (.messages | length), (.model_patch | length)]"


def report(name, path, binary, others, rounds):
    size = sum(one.stat().st_size for one in path.rglob("*") if one.is_file()) if path.is_dir() else path.stat().st_size
    size /= 1e6
    firsts = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as cache:
            firsts.append(timed([binary, "list", "--format", "jsonl", str(path)], cache))
            second, again = timed([binary, "list", "--format", "jsonl", str(path)], cache)
    seconds, memory = [one[0] for one in firsts], max(one[1] for one in firsts)
    first = statistics.median(seconds)
    print(f"{name}: {size:.0f} MB; listed in {first:.2f} s ({min(seconds):.2f} to {max(seconds):.2f}; {size / first:.0f} MB/s, {memory:.0f} MB of memory); "
          f"the second time {second:.2f} s ({again:.0f} MB)")
    for other, command in others:
        with tempfile.TemporaryDirectory() as cache:
            seconds, memory = timed(command, cache)
        print(f"    {other:12} {seconds:6.2f} s ({size / seconds:.0f} MB/s, {memory:.0f} MB): theirs / ours {seconds / first:.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/rollscope")
    parser.add_argument("--folder", default=os.path.join(tempfile.gettempdir(), "rollscope-scale"))
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    binary, folder = os.path.abspath(arguments.binary), Path(arguments.folder)
    folder.mkdir(parents=True, exist_ok=True)
    lines, table, single = ready(folder, arguments.megabytes, arguments.files)
    duck = lambda source: [sys.executable, "-c", DUCKDB, f"SELECT {FIELDS} FROM {source}"]
    report("JSONL", lines, binary, [
        ("duckdb", duck(f"read_json('{lines}', maximum_object_size=100000000)")),
        ("jq", ["jq", "-c", JQ, str(lines)]),
        ("python json", [sys.executable, "-c", PYTHON, str(lines)]),
    ], arguments.rounds)
    report("Parquet", table, binary, [("duckdb", duck(f"read_parquet('{table}')"))], arguments.rounds)
    report("single files", single, binary, [], min(arguments.rounds, 3))
    frame = min(first_frame([binary, str(lines)]) for _ in range(5))
    print(f"first frame on the JSONL: {frame * 1000:.0f} ms (promise: 150)")


if __name__ == "__main__":
    main()
