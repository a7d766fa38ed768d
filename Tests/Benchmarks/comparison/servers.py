"""The servers of a run: Redis, sessiond and programs in C, each a process whose core, time and memory are known."""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Self

from comparison.cores import pinned

#: Nothing waits this long unless something is broken.
START_SECONDS_MAX, STOP_SECONDS_MAX, SETTLING_SECONDS_MAX = 600.0, 60.0, 600.0


class Server:
    """A process that says by a line of its output that it is ready."""

    def __init__(self, command: list[str], core: int | None) -> None:
        self.name = " ".join(command[:2])
        self.lines: list[str] = []
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SESSIOND_")}
        began = monotonic()
        self._process = subprocess.Popen(
            pinned(core, command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment
        )
        self._await_ready(began)
        #: From before the process was started until it said that it is ready.
        self.start_seconds = monotonic() - began
        threading.Thread(target=self._read_rest, daemon=True).start()

    def _await_ready(self, began: float) -> None:
        assert self._process.stdout is not None
        output, held = self._process.stdout.fileno(), b""
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            while not any(self.says_ready(line) for line in self.lines):
                selector.select(began + START_SECONDS_MAX - monotonic())
                read = os.read(output, 65536) if monotonic() - began < START_SECONDS_MAX else b""
                if not read:
                    self._process.kill()
                    sys.exit(f"{self.name} did not become ready:\n" + "\n".join(self.lines))
                *lines, held = (held + read).split(b"\n")
                self.lines += [line.decode(errors="replace") for line in lines]

    def _read_rest(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            self.lines += [line.decode(errors="replace").rstrip("\n") for line in output]

    def says_ready(self, line: str) -> bool:
        return line.startswith("ready")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    @property
    def pid(self) -> int:
        return self._process.pid

    def cpu_nanoseconds(self) -> int:
        """Return for how long its threads have run, also those that have ended, in user mode and in the kernel."""
        # What clock_getcpuclockid(3) gives for another process.
        return time.clock_gettime_ns(~self.pid << 3 | 2)

    def resident_bytes(self) -> int:
        """Return VmRSS, huge pages included."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024


class Redis(Server):
    """A redis-server on a Unix socket in `folder`, with the sessions of `dump` where there is one."""

    def __init__(self, folder: Path, core: int | None, dump: Path | None = None) -> None:
        self.path = folder / "redis.sock"
        if dump is not None and not (folder / "dump.rdb").exists():
            (folder / "dump.rdb").symlink_to(dump)
        super().__init__(
            [
                *("redis-server", "--port", "0", "--unixsocket", str(self.path), "--unixsocketperm", "700"),
                *("--dir", str(folder), "--save", "", "--appendonly", "no", "--daemonize", "no"),
                *("--notify-keyspace-events", "Kg$xe"),
            ],
            core,
        )

    def says_ready(self, line: str) -> bool:
        return "ready to accept connections" in line.lower()

    def url(self, database: int = 0) -> str:
        return f"unix://{self.path}?db={database}"

    def info(self, name: str) -> str:
        """Return one figure of INFO."""
        lines = self.command("INFO").decode().splitlines()
        return next(line.partition(":")[2] for line in lines if line.startswith(f"{name}:"))

    def command(self, *words: str) -> bytes:
        """Return the reply's first line, or the bulk string that it announces."""
        request = f"*{len(words)}\r\n" + "".join(f"${len(word)}\r\n{word}\r\n" for word in words)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.path))
            connection.sendall(request.encode())
            with connection.makefile("rb") as reply:
                line = reply.readline().rstrip(b"\r\n")
                if line.startswith(b"-"):
                    sys.exit(f"Redis answered {words[0]} by {line.decode()}")
                return reply.read(int(line[1:])) if line.startswith(b"$") and line != b"$-1" else line[1:]


class Sessiond(Server):
    """`sessiond serve` as a user starts it: all limits, rights and the journal as they are by default."""

    def __init__(
        self,
        binary: str,
        folder: Path,
        redis_url: str,
        state: Path,
        core: int | None,
        *options: str,
        wrapper: Sequence[str] = (),
    ) -> None:
        """`wrapper` is a command that runs the daemon as its words say."""
        self.path = folder / "sessiond.sock"
        super().__init__(
            [
                *(*wrapper, binary, "serve", "--redis-url", redis_url, "--secret-key-file", str(folder / "secret_key")),
                *("--socket", str(self.path), "--state-directory", str(state), *options),
            ],
            core,
        )

    def call(self, method: str, **params: object) -> dict[str, Any]:
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.path))
            connection.sendall(json.dumps(request).encode() + b"\n")
            with connection.makefile("rb") as answers:
                answer = json.loads(answers.readline())
        if "result" not in answer:
            sys.exit(f"sessiond answered {method} by {answer}")
        return dict(answer["result"])

    def settle(self) -> None:
        """Wait until everything that it found is in its journal, and it needs no more time."""
        began, ran = monotonic(), -1
        while monotonic() - began < SETTLING_SECONDS_MAX:
            before, ran = ran, self.cpu_nanoseconds()
            # Quiet: less than a tenth of a core, which PINGs and looking itself need.
            if self.call("server.status")["journal"]["backlog"] == 0 and 0 <= ran - before < 20_000_000:
                return
            ran = self.cpu_nanoseconds()
            sleep(0.2)
        sys.exit(f"sessiond was not quiet after {SETTLING_SECONDS_MAX:g} s")

    def check_link(self) -> None:
        """End the run where it was cut off from Redis, or wrong about a session."""
        status = self.call("server.status")
        if status["link"]["reconnects"] or status["cache"]["stale_found"]:
            sys.exit(f"sessiond lost its link, or found itself stale: {status['link']}, {status['cache']}")


class Peer(Server):
    """A server in C on a Unix socket in `folder`."""

    def __init__(self, program: str, folder: Path, core: int | None, *words: object) -> None:
        self.path = folder / f"{Path(program).name}.sock"
        self.path.unlink(missing_ok=True)
        super().__init__([program, str(self.path), *(str(word) for word in words)], core)
