#!/usr/bin/env python3
"""Key to frame, from outside: keys into a pseudo-terminal of 200 x 50, time to the changed screen; idle, and while a model scores.

    cargo build --release && python3 benches/keys.py FOLDER --model MODEL [--profile NAME] [--binary PATH] [--keys 400]

FOLDER: rollouts, more than the model scores meanwhile. Walks through the reader: the frame is there when the cursor's mark
arrives in another row of it. What it cannot see is the time a terminal takes to paint.
"""

import argparse
import random
import re
import statistics
import sys
import time

from terminal import Session

# The cursor's mark behind a jump to a column of the reader, which begins right of the board.
MARK = re.compile(rb"\x1b\[\d+;(\d+)H(?:\x1b\[[\d;]*m)*\xe2\x96\x8c")


def arrived(seen):
    return any(int(column) > 58 for column in MARK.findall(seen))


def walk(session, keys):
    """Milliseconds from each key to its frame."""
    random.seed(7)
    times = []
    for nth in range(keys):
        # Now and then a pause, so that keys do not keep step with anything.
        pause = time.perf_counter() + random.uniform(0.02, 0.12)
        while time.perf_counter() < pause:
            session.read(pause - time.perf_counter())
        begun = time.perf_counter()
        session.press("j" if (nth // 12) % 2 == 0 else "k")
        times.append((session.until(arrived, 20) - begun) * 1e3)
    return times


def measure(name, command, ready, keys):
    session = Session(command)
    try:
        session.until(ready, 300)
        session.until_quiet(0.3, 5)
        session.press("gj\r")
        session.until_quiet(0.3, 5)
        times = sorted(walk(session, keys))
    finally:
        session.end()
    at = lambda share: times[min(len(times) * share // 100, len(times) - 1)]
    print(f"{name:28} median {statistics.median(times):7.2f} ms   p90 {at(90):7.2f} ms   p99 {at(99):7.2f} ms   "
          f"slowest {times[-1]:7.2f} ms   ({len(times)} keys)", flush=True)
    return at(99)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--model")
    parser.add_argument("--profile")
    parser.add_argument("--binary", default="target/release/rollscope")
    parser.add_argument("--keys", type=int, default=400)
    arguments = parser.parse_args()
    plain = [arguments.binary, arguments.folder, "--filter", "turns>5"]  # something to walk through
    idle = measure("idle", [*plain, "--no-score"], lambda seen: b"no reward model" in seen, arguments.keys)
    if not arguments.model:
        sys.exit("no --model: nothing to compare with")
    asked = ["--model", arguments.model] + (["--profile", arguments.profile] if arguments.profile else [])
    busy = measure("while the model scores", [*plain, *asked], lambda seen: "▰".encode() in seen, arguments.keys)
    print(f"p99 {busy / idle:.2f} times the idle figure")


if __name__ == "__main__":
    main()
