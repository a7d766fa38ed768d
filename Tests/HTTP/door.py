"""A daemon with an open HTTP door, and what clients send to it."""

from __future__ import annotations

import contextlib
import json
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from processes import DEADLINE_SECONDS, Daemon, PrivateRedis, wait_for
from stored import logged_in, session_value

SECRET_KEY = "the secret of the door"


@dataclass
class Answer:
    """One answer, read to its end."""

    status: int
    headers: dict[str, str]
    body: bytes = b""
    #: Whether the connection was closed behind it, as far as was looked.
    closed: bool = False

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Wire:
    """A connection on which a test says what it likes."""

    socket: socket.socket
    unread: bytes = field(default=b"")

    def send(self, data: bytes) -> Wire:
        # The daemon may have had enough already.
        with contextlib.suppress(ConnectionError):
            self.socket.sendall(data)
        return self

    def answer(self, *, has_body: bool = True) -> Answer:
        """Read one answer, by its length."""
        while b"\r\n\r\n" not in self.unread:
            if not self._read():
                raise AssertionError(f"the connection ended in the middle of a head: {self.unread!r}")
        head, _, self.unread = self.unread.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        length = int(headers.get("content-length", "0")) if has_body else 0
        while len(self.unread) < length:
            assert self._read()
        body, self.unread = self.unread[:length], self.unread[length:]
        return Answer(int(status.split()[1]), headers, body)

    def ends(self) -> bool:
        """Whether the daemon closes the connection, without another word."""
        with contextlib.suppress(ConnectionError):
            while self._read():
                pass
        return self.unread == b""

    def last_answer(self) -> Answer:
        """Read an answer behind which the connection must end."""
        answer = self.answer()
        assert self.ends()
        answer.closed = True
        return answer

    def _read(self) -> bool:
        data = self.socket.recv(65536)
        self.unread += data
        return bool(data)


class Door:
    """A daemon with `--http`, and a Redis whose sessions a test writes."""

    def __init__(
        self, binary: str, folder: Path, redis: PrivateRedis, *options: str, secret_key: str = SECRET_KEY
    ) -> None:
        self.redis = redis
        self.folder = folder
        (folder / "secret_key").write_text(secret_key + "\n")
        if "--http" not in options:
            options = ("--http", "127.0.0.1:0", *options)
        self.daemon = Daemon(binary, folder, redis.url, folder / "secret_key", *options)
        self.daemon.start()
        # A metadata value of the line that tells where it listens.
        self.place = next(
            match[1] for line in self.daemon.lines if "listens" in line and (match := re.search(r" http=(\S+)", line))
        )

    @property
    def port(self) -> int:
        return int(self.place.rpartition(":")[2])

    def log_in(self, key: str, user: int | str = 42, **more: Any) -> None:
        value = session_value(SECRET_KEY, logged_in(user, **more))  # type: ignore[arg-type]
        self.redis.command("SETEX", f"django_sessions:{key}", 600, value)

    def log_out(self, key: str) -> None:
        self.redis.command("DEL", f"django_sessions:{key}")

    @contextlib.contextmanager
    def wire(self) -> Iterator[Wire]:
        with self.connect() as connection:
            yield Wire(connection)

    def connect(self) -> socket.socket:
        if self.place.startswith("/"):
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(DEADLINE_SECONDS)
            connection.connect(self.place)
            return connection
        host = self.place.rpartition(":")[0].strip("[]")
        return socket.create_connection((host, self.port), timeout=DEADLINE_SECONDS)

    def ask(
        self, path: str = "/auth", *cookies: str, method: str = "GET", headers: dict[str, str] | None = None
    ) -> Answer:
        """Ask once, on a connection of its own."""
        fields = {"Host": "localhost", **(headers or {})}
        lines = [f"{name}: {value}" for name, value in fields.items()] + [f"Cookie: {cookie}" for cookie in cookies]
        head = "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "Connection: close", "", ""])
        with self.wire() as wire:
            wire.send(head.encode())
            return wire.answer(has_body=method != "HEAD")

    def wait_for(self, status: int, path: str, *cookies: str) -> Answer:
        """Ask until the answer has this status, and return it."""
        answers: list[Answer] = []

        def is_so() -> bool:
            answers.append(self.ask(path, *cookies))
            return answers[-1].status == status

        wait_for(is_so, f"{status} from {path}")
        return answers[-1]

    def metrics(self) -> dict[str, float]:
        """Return every sample by its name and labels."""
        answer = self.ask("/metrics")
        assert answer.status == 200
        samples = (line.rpartition(" ") for line in answer.text.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, _, value in samples}
