#!/usr/bin/env python3
"""The first paint of a patch of 20,000 lines, from the start of the process, ours and others' in turn; and a patch of 100 MB.

    cargo build --release && python3 benches/beside.py [--binary PATH] [--delta delta] [--runs 5] [--large]

(cargo install git-delta) On a terminal of 120 x 40. Ours shows the first screen and highlights what is on it; delta goes through the
whole patch and leaves scrolling to a pager, so its first and its last screen are two figures. Standard library only.
"""

import argparse
import json
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from terminal import Session

CHANGES = 10_000


def patch(changes):
    change = lambda nth: f"-    value_{nth} = compute({nth}, other)\n+    value_{nth} = compute({nth}, another)\n"
    head = f"diff --git a/x.py b/x.py\n--- a/x.py\n+++ b/x.py\n@@ -1,{changes} +1,{changes} @@\n"
    return head + "".join(map(change, range(changes)))


def ours(binary, file):
    """When the first screen of the patch is there, and when nothing more comes: it is highlighted."""
    session = Session([binary, str(file), "--no-score"], 120, 40, {"ROLLSCOPE_CACHE": "off"})
    try:
        session.until(lambda seen: b"x__y-1" in seen)
        opened = time.perf_counter()
        session.press("j\r2")
        first = session.until(lambda seen: b"value_3" in seen, 300)
        return {"from the start": first - session.begun, "from the key": first - opened,
                "highlighted": session.until_quiet() - session.begun}, memory(session.pid)
    finally:
        session.end()


def theirs(command, file):
    session = Session(["sh", "-c", f"{command} < {file}"], 120, 40)
    try:
        first = session.until(lambda seen: seen.count(b"\n") >= 40, 300)
        while not session.ended:
            session.read(60)
        return {"from the start": first - session.begun, "all of it": time.perf_counter() - session.begun}, 0
    finally:
        session.end()


def memory(pid):
    """Megabytes, at most so far."""
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) // 1000 for line in lines if line.startswith("VmHWM")), 0)


def report(name, measured):
    figures = [figures for figures, _ in measured]
    said = ", ".join(f"{what} {statistics.median(one[what] for one in figures) * 1e3:.0f} ms" for what in figures[0])
    used = max(used for _, used in measured)
    print(f"{name:28} {said}" + (f", at most {used} MB of memory" if used else ""), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/rollscope")
    parser.add_argument("--delta", default="delta")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--large", action="store_true", help="also a patch of 100 MB")
    arguments = parser.parse_args()
    binary = os.path.abspath(arguments.binary)
    with tempfile.TemporaryDirectory() as folder:
        for changes in [CHANGES] + ([1_050_000] if arguments.large else []):
            text, size = patch(changes), len(patch(changes)) / 1e6
            plain, record = Path(folder) / "x.diff", Path(folder) / "preds.json"
            plain.write_text(text)
            record.write_text(json.dumps([{"instance_id": "x__y-1", "model_name_or_path": "m", "model_patch": text}]))
            print(f"{2 * changes} lines, {size:.1f} MB")
            runs = arguments.runs if changes == CHANGES else 1
            report("rollscope", [ours(binary, record) for _ in range(runs)])
            if shutil.which(arguments.delta):
                report("delta", [theirs(f"{arguments.delta} --paging=never", plain) for _ in range(runs)])
                report("delta, side by side", [theirs(f"{arguments.delta} --paging=never -s", plain) for _ in range(runs)])
            else:
                print("delta: not installed")


if __name__ == "__main__":
    main()
