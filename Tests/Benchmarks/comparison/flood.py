"""As many writes as Redis takes while its subscriber keeps up, over uniformly random keys; then all must be right.

A sample ends when the last write is in the cache's memory. The writer waits while more than 4 MiB wait for a
subscriber, so a follower that is slower than Redis makes the writes slower. Afterwards every session is asked for, and
must end when the last write of it said; the link must not have been lost.
"""

from __future__ import annotations

import json
import socket
import struct
import sys
from collections.abc import Callable
from datetime import datetime
from itertools import count
from pathlib import Path
from time import monotonic, sleep
from typing import NamedTuple

from comparison.cores import SERVING
from comparison.dataset import RECORD
from comparison.pairs import Compared, pairs
from comparison.servers import Peer, Redis
from comparison.stage import Stage
from comparison.table import Row

LAST_WRITE_SECONDS_MAX = 120
_LIFE_OF_THE_LAST = "1000000"
#: Seconds by which an end may differ: PTTL and the times in answers are rounded, and SETEX counts from when it is run.
TOLERANCE = 2
#: Questions in one write.
BATCH = 1000


class Flood(NamedTuple):
    per_second: float
    resident_mib: float


class Last:
    """The sessions that are written last, each once: new ones, so that memory shows when they are known."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        # From the end of the reserve, whose beginning other measurements use.
        self._numbers = count(stage.dataset.count + stage.dataset.reserve - 1, -1)

    def chosen(self) -> tuple[str, str, str]:
        """Return the key, the user and the value of another one."""
        number = next(self._numbers)
        with self._stage.dataset.sessions.open("rb") as records:
            records.seek(number * RECORD.size)
            key, user, _, _, at, size, _, user_size = RECORD.unpack(records.read(RECORD.size))
        with self._stage.dataset.values.open("rb") as values:
            values.seek(at)
            value = values.read(size).decode()
        return key.decode(), user[:user_size].decode(), value


def flooded(stage: Stage, redis: Redis, last: Last, knows: Callable[[str, str], bool]) -> float:
    """Return how many writes a second were made and known."""
    key, user, value = last.chosen()
    if knows(key, user):
        sys.exit("a session is known that was not written yet")
    began = monotonic()
    written = stage.programs.run(
        *("writer", redis.path, stage.dataset.sessions, stage.dataset.values, stage.dataset.rewritten),
        *("flood", stage.options.flood, expiries(stage)),
    )
    redis.command("SETEX", f"django_sessions:{key}", _LIFE_OF_THE_LAST, value)
    while not knows(key, user):
        if monotonic() - began > LAST_WRITE_SECONDS_MAX:
            sys.exit("the last write of the flood was not seen")
        sleep(0.001)
    return float(written["writes"]) / (monotonic() - began)


def expiries(stage: Stage) -> Path:
    return stage.folder("flood") / "expiries"


def check_all(stage: Stage) -> None:
    """Ask sessiond for every session that was written, and see that it knows the last write of each."""
    expected = struct.unpack(f"{stage.dataset.rewritten}I", expiries(stage).read_bytes())
    records = stage.dataset.sessions.read_bytes()[: len(expected) * RECORD.size]
    keys = [key for key, *_ in RECORD.iter_unpack(records)]
    written = [number for number, end in enumerate(expected) if end]
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(stage.sessiond.path))
        answers = connection.makefile("rb")
        for start in range(0, len(written), BATCH):
            batch = written[start : start + BATCH]
            connection.sendall(b"".join(_question(number, keys[number]) for number in batch))
            for _ in batch:
                answer = json.loads(answers.readline())
                end = datetime.fromisoformat(answer["result"].get("expires_at", "1970-01-01T00:00:00Z")).timestamp()
                wanted = expected[answer["id"]]
                if abs(end - wanted) > TOLERANCE:
                    sys.exit(f"a write was lost: a session was to end at {wanted}, sessiond says {answer}")


def _question(number: int, key: bytes) -> bytes:
    return b'{"jsonrpc":"2.0","id":%d,"method":"session.identity","params":{"session_key":"%b"}}\n' % (number, key)


def flood(stage: Stage) -> list[Row]:
    last = Last(stage)

    def is_session_of(_: str, user: str) -> bool:
        return bool(stage.sessiond.call("user.sessions", user_id=user)["sessions"])

    def ours() -> Flood:
        rate = flooded(stage, stage.followed, last, is_session_of)
        stage.sessiond.settle()
        check_all(stage)
        stage.sessiond.check_link()
        return Flood(rate, stage.sessiond.resident_bytes() / 2**20)

    def follower() -> float:
        with (
            Peer(stage.programs.path("follower"), stage.folder("follower"), SERVING, stage.bare.path, "get") as peer,
            socket.socket(socket.AF_UNIX) as connection,
        ):
            connection.connect(str(peer.path))

            def is_there(key: str, _: str) -> bool:
                connection.sendall(key.encode() + b"\n")
                return connection.recv(64).startswith(b"1")

            return flooded(stage, stage.bare, last, is_there)

    # Memory takes its size in a first flood, which counts for nothing.
    before = ours()
    taken = pairs(stage.options.pairs, ours, follower)
    return [
        Row("flood.rate", Compared.of([(ours.per_second, peer) for ours, peer in taken])),
        Row("flood.memory", Compared.of([(ours.resident_mib, before.resident_mib) for ours, _ in taken])),
    ]
