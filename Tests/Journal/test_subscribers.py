"""A subscriber that stands still costs the others nothing, and hears everything when it goes on."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from audit import Audit
from processes import DEADLINE_SECONDS, Daemon, PrivateRedis, wait_for
from stored import logged_in, session_value

SECRET_KEY = "the subscribers' secret"
SUBSCRIBERS, SESSIONS = 20, 12_000


class Subscriber:
    """Reads its lines only when it is asked to."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(DEADLINE_SECONDS)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("rb")
        self._socket.sendall(b'{"jsonrpc":"2.0","id":1,"method":"events.subscribe","params":{"after":""}}\n')
        assert "result" in json.loads(self._lines.readline())
        self.ids: list[str] = []

    def read(self, last: str) -> None:
        """Read up to the event of an id."""
        while not self.ids or self.ids[-1] != last:
            message = json.loads(self._lines.readline())
            if message["method"] == "event":
                self.ids.append(message["params"]["event"]["id"])
            else:
                assert message["method"] == "events.heartbeat", message

    def close(self) -> None:
        self._lines.close()
        self._socket.close()


@pytest.fixture
def folder():
    with TemporaryDirectory(prefix="sd-") as name:
        yield Path(name)


def test_whoever_stands_still_hears_everything_later_and_the_others_now(folder):
    binary = os.environ.get("SESSIOND_BINARY")
    if not binary:
        pytest.skip("SESSIOND_BINARY names no built sessiond")
    redis = PrivateRedis(folder)
    redis.start()
    (folder / "secret_key").write_text(SECRET_KEY + "\n")
    daemon = Daemon(binary, folder, redis.url, folder / "secret_key")
    daemon.start()
    subscribers = [Subscriber(daemon.path) for _ in range(SUBSCRIBERS)]
    still = Subscriber(daemon.path)
    value = session_value(SECRET_KEY, logged_in(1))
    with socket.socket(socket.AF_UNIX) as writer:
        writer.connect(str(redis.path))
        with writer.makefile("rb") as replies:
            for start in range(0, SESSIONS, 500):
                names = [f"django_sessions:{number:032x}" for number in range(start, start + 500)]
                writer.sendall(b"".join(b"SETEX %b 600 %b\r\n" % (name.encode(), value.encode()) for name in names))
                for _ in names:
                    replies.readline()
    path = folder / "state" / "journal.sqlite"
    wait_for(lambda: len(Audit(path).logged_in) == SESSIONS, "all logins")
    expected = [name for name, _ in Audit(path).events]
    for subscriber in subscribers:
        subscriber.read(expected[-1])
        assert subscriber.ids == expected
    # More than memory and the socket's buffers hold has come meanwhile: it is read from the file.
    still.read(expected[-1])
    assert still.ids == expected
    for subscriber in [*subscribers, still]:
        subscriber.close()
    assert daemon.stop() == 0
    redis.stop()
