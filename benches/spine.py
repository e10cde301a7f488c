#!/usr/bin/env python3
"""The first promises, measured from outside on the release binary; each beside something users know, in one run.

    cargo build --release && python3 benches/spine.py [--binary PATH] [--corpus FOLDER] [--runs N]

Prints: time from start to the first frame of `demo` in a pseudo-terminal (beside `python3 -c pass`), time to the last score of
`demo`, time to list a folder of rollouts (beside a Python loop that only parses the same JSON), and the size of the binary.
Standard library only.
"""

import argparse
import fcntl
import json
import os
import pty
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path


def clean_environment(home):
    """A first start: no cached scores, no configuration."""
    keep = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return keep | {"HOME": home, "TERM": "xterm-256color", "COLORTERM": "truecolor"}


def first_frame(command, columns=120, rows=40):
    """Seconds from fork to the moment the board's frame is on the terminal."""
    with tempfile.TemporaryDirectory() as home:
        start = time.perf_counter()
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(command[0], command, clean_environment(home))
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        seen, answered, deadline = b"", False, start + 20
        try:
            while time.perf_counter() < deadline:
                if not select.select([terminal], [], [], 0.05)[0]:
                    continue
                seen += os.read(terminal, 65536)
                if not answered and b"\x1b]11;?" in seen:  # what a real terminal says when asked for its background
                    os.write(terminal, b"\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\\x1b[?62;c")
                    answered = True
                if b"rollscope" in seen:
                    return time.perf_counter() - start
            raise SystemExit("no frame within 20 s")
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def seconds(command, home=None):
    with tempfile.TemporaryDirectory() as fresh:
        start = time.perf_counter()
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              env=clean_environment(home or fresh), check=False)
        if done.returncode not in (0, 3):
            raise SystemExit(f"{command} ended with {done.returncode}")
        return time.perf_counter() - start


def parse_only(folder):
    """What a notebook does first: every JSON and JSONL of the folder through Python's json."""
    for path in Path(folder).rglob("*"):
        if path.suffix in (".json", ".jsonl", ".traj", ".eval") and path.is_file():
            text = path.read_bytes()
            for piece in text.splitlines() if path.suffix == ".jsonl" else [text]:
                try:
                    json.loads(piece)
                except ValueError:
                    pass


def median(measure, runs):
    return statistics.median(measure() for _ in range(runs))


def row(name, value, unit, promise, other=None):
    beside = f"   {other[0]} {other[1]:.2f} {unit} (ours / theirs {value / other[1]:.2f})" if other else ""
    print(f"{name:34} {value:8.2f} {unit:3} promise {promise}{beside}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/rollscope")
    parser.add_argument("--corpus", default=os.environ.get("ROLLSCOPE_CORPUS"))
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    binary = os.path.abspath(arguments.binary)

    python = median(lambda: seconds([sys.executable, "-c", "pass"]), arguments.runs)
    frame = median(lambda: first_frame([binary, "demo"]), arguments.runs)
    row("demo, first frame", frame * 1000, "ms", "<= 200 ms", ("python3 -c pass", python * 1000))
    row("demo, last score", seconds([binary, "demo"]), "s", "<= 60 s")
    if arguments.corpus:
        parse = median(lambda: timed(parse_only, arguments.corpus), 3)
        row("list the corpus", median(lambda: seconds([binary, "list", arguments.corpus]), arguments.runs), "s", "<= 3 s",
            ("python json, parsing only", parse))
    else:
        print("list the corpus: no --corpus given")
    row("release binary", os.path.getsize(binary) / 1e6, "MB", "< 60 MB")


def timed(function, *arguments):
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
