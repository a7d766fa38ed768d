"""Writes sessions at an even rate, as the requests of many visitors do.

    writer.py SOCKET SECRET_KEY

All its sessions are stored first, which an empty line tells. Then requests are a line each:

    write RATE    write so many sessions a second from now on
    stop          stop, and answer how many were written, in how many seconds
"""

from __future__ import annotations

import random
import select
import socket
import sys
from pathlib import Path
from time import monotonic, sleep

sys.path.insert(0, str(Path(__file__).parents[2] / "Clients/python/tests/support"))

from stored import logged_in, session_value

SESSION_COUNT, TIME_TO_LIVE = 4000, 14 * 24 * 3600
OK = b"+OK\r\n"
#: How long batches are apart, and how much of what is overdue is still written, in seconds: there are no long bursts.
TICK, OVERDUE_MAX = 0.001, 0.05


class Sessions:
    """Two values for each session, since a visit changes something."""

    def __init__(self, path: str, secret_key: str) -> None:
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(path)
        self._random = random.Random(3)
        self._commands = [
            self._setex(f"{user:032x}", session_value(secret_key, logged_in(user, visit=visit)))
            for visit in range(2)
            for user in range(SESSION_COUNT)
        ]

    @staticmethod
    def _setex(key: str, value: str) -> bytes:
        words = ["SETEX", f"django_sessions:{key}", str(TIME_TO_LIVE), value]
        return f"*{len(words)}\r\n".encode() + b"".join(f"${len(word)}\r\n{word}\r\n".encode() for word in words)

    def write_all(self) -> None:
        for start in range(0, SESSION_COUNT, 100):
            self._send(self._commands[start : start + 100])

    def write(self, count: int) -> None:
        self._send(self._random.choices(self._commands, k=count))

    def _send(self, batch: list[bytes]) -> None:
        self._connection.sendall(b"".join(batch))
        missing = len(OK) * len(batch)
        while missing:
            answer = self._connection.recv(65536)
            if not answer or answer.replace(OK, b"").strip(OK):
                sys.exit(f"Redis answered a write: {answer!r}")
            missing -= len(answer)


def write_until_told(sessions: Sessions, rate: float) -> tuple[int, float]:
    began = last = monotonic()
    written, due = 0, 0.0
    while not select.select([sys.stdin], [], [], 0)[0]:
        now = monotonic()
        due, last = min(due + (now - last) * rate, max(1, rate * OVERDUE_MAX)), now
        if count := int(due):
            sessions.write(count)
            written, due = written + count, due - count
        sleep(TICK)
    return written, monotonic() - began


def main() -> None:
    sessions = Sessions(*sys.argv[1:])
    sessions.write_all()
    print(flush=True)
    for line in sys.stdin:
        match line.split():
            case ["write", rate]:
                print(*write_until_told(sessions, float(rate)), flush=True)
            case ["stop"]:
                pass


if __name__ == "__main__":
    main()
