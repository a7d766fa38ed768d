"""Programs that speak through a client: requests in on standard input, answers out on standard output."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any

from conversation import CLOSED
from processes import DEADLINE_SECONDS, wait_for

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ["go", "node"]
#: Swift brings one; Go's detector of races needs it.
COMPILER = next((name for name in ("clang", "gcc") if shutil.which(name)), None)


def build(language: str, folder: Path) -> list[str]:
    """Build the driver of a language where every user can run it, and return its command."""
    if language == "go":
        program = folder / "driver"
        # The detector of races ends the program with an error.
        race = ["-race"] if COMPILER else []
        run_go("build", *race, "-o", str(program), ".", folder=ROOT / "Tests/Clients/go")
        return [str(program)]
    for part in ("Clients/node", "Tests/Clients/node"):
        shutil.copytree(ROOT / part, folder / part)
    return ["node", "--unhandled-rejections=strict", str(folder / "Tests/Clients/node/driver.mjs")]


def run_go(*arguments: str, folder: Path) -> str:
    """Run the go command in a folder, without any network."""
    command = [require("go"), *arguments]
    compiler = {"CGO_ENABLED": "1", "CC": COMPILER} if COMPILER else {"CGO_ENABLED": "0"}
    environ = {**os.environ, "GOPROXY": "off", "GOFLAGS": "", **compiler}
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def require(program: str) -> str:
    """Return the path of a program that the Makefile's packages bring."""
    path = shutil.which(program)
    assert path, f"{program} is not installed: `make packages` does it"
    return path


class Driver:
    """A running driver. Looks like a connection to the daemon: it can be used where a Conversation is expected."""

    def __init__(self, command: list[str], socket_path: str, uid: int | None = None, timeout_ms: int = 20_000) -> None:
        user: dict[str, Any] = {}
        if uid is not None:
            user = {"user": uid, "group": os.stat(socket_path).st_gid, "extra_groups": []}
        environ = {**os.environ, "SESSIOND_SOCKET": str(socket_path), "SESSIOND_TEST_TIMEOUT_MS": str(timeout_ms)}
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=environ, **user)
        self._lines: queue.Queue[Any] = queue.Queue()
        self._stderr: list[str] = []
        self._number = 0
        self._threads = [threading.Thread(target=self._read), threading.Thread(target=self._read_errors)]
        for thread in self._threads:
            thread.start()
        #: What came and was not asked for yet, by the request's id or the subscription's number.
        self._answers: dict[Any, dict[str, Any]] = {}
        self._events: dict[int, list[dict[str, Any]]] = {}
        self.closed = False

    def send(self, data: bytes) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._stdin.write(data)
            self._stdin.flush()

    def close_write(self) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._stdin.close()

    def next_line(self, timeout: float) -> Any:
        """The next line with its end, CLOSED where the program has ended, or None when the time is over."""
        if self.closed:
            return CLOSED
        try:
            line = self._lines.get(timeout=timeout)
        except queue.Empty:
            return None
        self.closed = line is CLOSED
        return line

    def hang_up(self) -> None:
        """End the program, which must not have failed, and wait for it."""
        self.close_write()
        try:
            status = self._process.wait(DEADLINE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        for thread in self._threads:
            thread.join()
        for stream in (self._process.stdout, self._process.stderr):
            stream.close()
        assert status == 0, f"the driver ended with {status}:\n{self.errors}"

    @property
    def errors(self) -> str:
        """What it has printed on standard error: all errors as people see them, and the methods that were used."""
        return "".join(self._stderr)

    def ask(self, method: str, params: Any = None) -> int:
        """Send a request and return its id."""
        self._number += 1
        message = {"jsonrpc": "2.0", "id": self._number, "method": method}
        self.send(json.dumps(message | ({} if params is None else {"params": params})).encode() + b"\n")
        return self._number

    def answer(self, number: int) -> dict[str, Any]:
        """Wait for the answer to a request."""
        while number not in self._answers:
            self._take(f"the answer {number}")
        return self._answers.pop(number)

    def call(self, method: str, params: Any = None) -> Any:
        """Ask and return the result."""
        answer = self.answer(self.ask(method, params))
        assert "result" in answer, answer
        return answer["result"]

    def failure(self, method: str, params: Any = None) -> dict[str, Any]:
        """Ask and return the error."""
        answer = self.answer(self.ask(method, params))
        assert "error" in answer, answer
        return answer["error"]

    def event(self, subscription: int) -> dict[str, Any]:
        """Wait for the next event of a subscription, or for its end: then that is a member `error`."""
        while not self._events.get(subscription):
            self._take("an event")
        return self._events[subscription].pop(0)

    def event_now(self, subscription: int) -> dict[str, Any] | None:
        """Return the next event of those that have come."""
        while True:
            line = self.next_line(0)
            if line is CLOSED or line is None:
                break
            self._sort(line)
        waiting = self._events.get(subscription)
        return waiting.pop(0) if waiting else None

    def _take(self, what: str) -> None:
        line = self.next_line(DEADLINE_SECONDS)
        assert line is not None, f"waited in vain for {what}"
        assert line is not CLOSED, f"the driver ended before {what}:\n{self.errors}"
        self._sort(line)

    def _sort(self, line: bytes) -> None:
        message = json.loads(line)
        if "method" in message:
            params = message["params"]
            self._events.setdefault(params["subscription"], []).append(params.get("event", params))
        else:
            self._answers[message["id"]] = message

    @property
    def _stdin(self):
        assert self._process.stdin
        return self._process.stdin

    def _read(self) -> None:
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(CLOSED)

    def _read_errors(self) -> None:
        for line in self._process.stderr:
            self._stderr.append(line.decode(errors="replace"))


def wait_for_answer(driver: Driver, method: str, params: Any, condition: Any, what: str) -> Any:
    """Ask until the result is what a test waits for."""
    return wait_for(lambda: (result := driver.call(method, params)) and condition(result) and result, what)
