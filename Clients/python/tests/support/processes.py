"""Real processes for tests: a private redis-server and a daemon, each in a temporary folder of its own."""

from __future__ import annotations

import os
import queue
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Callable, Optional

#: Generous, since a test machine may be busy: nothing waits this long unless something is broken. Builds that are slow
#: themselves multiply it.
DEADLINE_SECONDS = 30.0 * float(os.environ.get("SESSIOND_TEST_PATIENCE", "1"))


def wait_for(condition: Callable[[], object], what: str, seconds: float = DEADLINE_SECONDS) -> object:
    """Return the first true answer of `condition`, or fail naming `what` was waited for."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s in vain for {what}")
        time.sleep(0.02)


class PrivateRedis:
    """A redis-server that listens on a Unix socket in `folder` only and keeps nothing on disk."""

    def __init__(self, folder: Path, *options: str, program: Optional[str] = None) -> None:
        program = program or shutil.which("redis-server")
        if program is None:
            raise FileNotFoundError("redis-server is not installed: apt-get install redis-server")
        self.folder = folder
        self.path = folder / "redis.sock"
        self._command = [
            *(program, "--port", "0", "--unixsocket", str(self.path), "--unixsocketperm", "700"),
            *("--dir", str(folder), "--save", "", "--appendonly", "no", "--daemonize", "no"),
            *options,
        ]
        self._process: Optional[subprocess.Popen[bytes]] = None

    @property
    def url(self) -> str:
        return f"unix://{self.path}?db=0"

    def start(self) -> None:
        with open(self.folder / "redis.log", "ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        wait_for(self._answers, "redis-server to answer")

    def stop(self) -> None:
        _end(self._process)
        self._process = None

    def command(self, *words: str | bytes | int) -> bytes:
        """Send one command and return its reply's first line, or the bulk string that it announces."""
        parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        request = b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(DEADLINE_SECONDS)
            connection.connect(str(self.path))
            connection.sendall(request)
            with connection.makefile("rb") as reply:
                line = reply.readline().rstrip(b"\r\n")
                if line.startswith(b"-"):
                    raise AssertionError(line.decode())
                if line.startswith(b"$") and line != b"$-1":
                    return reply.read(int(line[1:]))
                return line[1:]

    def _answers(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise AssertionError((self.folder / "redis.log").read_text())
        try:
            return self.command("PING") == b"PONG"
        except OSError:
            return False


class Daemon:
    """`sessiond serve` with its socket in `folder`, on a private Redis; without a URL, the options say which."""

    def __init__(
        self, binary: str, folder: Path, redis_url: Optional[str], secret_key_file: Path, *options: str
    ) -> None:
        self.path = folder / "sessiond.sock"
        self.lines: list[str] = []
        #: The program and its words.
        self.command = [
            *(binary, "serve", "--socket", str(self.path)),
            *(("--redis-url", redis_url) if redis_url else ()),
            *("--secret-key-file", str(secret_key_file), "--state-directory", str(folder / "state")),
            *options,
        ]
        self._process: Optional[subprocess.Popen[str]] = None

    @property
    def pid(self) -> int:
        """The process, which must be running."""
        if self._process is None:
            raise AssertionError("the daemon is not running")
        return self._process.pid

    def start(self, environment: Optional[dict[str, str]] = None) -> None:
        """Return when the daemon has said that it is ready."""
        environ = {name: value for name, value in os.environ.items() if not name.startswith("SESSIOND_")}
        environ.update(environment or {})
        self._process = subprocess.Popen(
            self.command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace", env=environ
        )
        ready: queue.Queue[bool] = queue.Queue()
        threading.Thread(target=self._read, args=(self._process, ready), daemon=True).start()
        try:
            answer = ready.get(timeout=DEADLINE_SECONDS)
        except queue.Empty:
            answer = False
        if not answer:
            self.kill()
            raise AssertionError("the daemon did not become ready:\n" + "\n".join(self.lines))

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> int:
        """Stop it cleanly and return its exit status."""
        status = _end(self._process)
        self._process = None
        return status

    def reload(self) -> None:
        """Have it read its configuration again; return when it has said whether it did."""
        count = sum("reloaded" in line for line in self.lines)
        os.kill(self.pid, signal.SIGHUP)
        wait_for(lambda: sum("reloaded" in line for line in self.lines) > count, "the configuration to be read again")

    def kill(self) -> None:
        """End it as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(DEADLINE_SECONDS)
            self._process = None

    def _read(self, process: subprocess.Popen[str], ready: queue.Queue[bool]) -> None:
        if process.stderr is None:
            return
        with process.stderr as lines:
            for line in lines:
                self.lines.append(line.rstrip("\n"))
                if line.startswith("ready"):
                    ready.put(True)
        ready.put(False)


def _end(process: Optional[subprocess.Popen[bytes]] | Optional[subprocess.Popen[str]]) -> int:
    if process is None:
        return 0
    process.send_signal(signal.SIGTERM)
    try:
        return process.wait(DEADLINE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(DEADLINE_SECONDS)
        raise AssertionError("the process did not end after SIGTERM") from None
