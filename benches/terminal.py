"""A program in a pseudo-terminal, seen from outside: what it prints and when. Standard library only."""

import fcntl
import os
import pty
import select
import signal
import struct
import tempfile
import termios
import time


class Session:
    """Runs a command on a terminal of its own, with a home that nobody has used."""

    def __init__(self, command, columns=200, rows=50, environment=None):
        self.home = tempfile.TemporaryDirectory()
        keep = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        keep |= {"HOME": self.home.name, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
        keep |= environment or {}
        self.begun = time.perf_counter()
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execvpe(command[0], command, keep)
        self.answered = self.ended = False

    def press(self, keys):
        os.write(self.terminal, keys.encode())

    def read(self, seconds):
        """What comes within that time, as soon as something comes; nothing when the time is over or the program has ended."""
        if not select.select([self.terminal], [], [], max(seconds, 0))[0]:
            return b""
        try:
            came = os.read(self.terminal, 1 << 16)
        except OSError:
            came = b""
        self.ended = not came
        if not self.answered and b"\x1b]11;?" in came:  # what a terminal says when asked for its background
            self.press("\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\\x1b[?62;c")
            self.answered = True
        return came

    def until(self, wanted, seconds=60.0):
        """Reads until `wanted(all that came since)` says yes; when that was."""
        seen, deadline = b"", time.perf_counter() + seconds
        while time.perf_counter() < deadline and not self.ended:
            seen += self.read(deadline - time.perf_counter())
            if wanted(seen):
                return time.perf_counter()
        raise SystemExit(f"what was waited for never came; the last of what did: {seen[-400:]!r}")

    def until_quiet(self, seconds=0.25, limit=120.0):
        """Reads until nothing comes for that long; when the last came."""
        last, deadline = time.perf_counter(), time.perf_counter() + limit
        while not self.ended and time.perf_counter() < deadline:
            if self.read(seconds):
                last = time.perf_counter()
            else:
                break
        return last

    def end(self):
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.waitpid(self.pid, 0)
        os.close(self.terminal)
        self.home.cleanup()
