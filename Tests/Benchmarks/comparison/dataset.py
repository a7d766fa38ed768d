"""A million sessions that Django wrote: made once, by several processes, and kept in a folder for later runs.

The folder holds `sessions` (records for the programs in C, see `sessions.h`), `values` (end to end), `dump.rdb` (Redis
with all but the reserve at their end) and `about.json`. Sessions end some day, so a set is made anew after a week.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import random
import shutil
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, Self

from comparison.cores import LOADING
from comparison.servers import Redis
from sessions import SECRET_KEY

RECORD = struct.Struct("<32s40s8s8sQHHB27x")
#: So many sessions at most are not in Redis at first: runs log them in and out.
RESERVE_MAX = 20_000
#: So many sessions at most have a second value, which writes alternate with the first.
REWRITTEN_MAX = 100_000
DAY = 24 * 3600
AGE_MAX, LIFE_MIN, LIFE_MAX = 7 * DAY, 20 * DAY, 40 * DAY
_CHUNK, _PIPELINE = 25_000, 500
_ENCODER = Path(__file__).parent / "django_values.py"

Session = tuple[bytes, bytes, list[bytes]]


class Dataset(NamedTuple):
    folder: Path
    #: How many sessions are in `dump.rdb`; the reserve follows.
    count: int

    @property
    def sessions(self) -> Path:
        return self.folder / "sessions"

    @property
    def values(self) -> Path:
        return self.folder / "values"

    @property
    def dump(self) -> Path:
        return self.folder / "dump.rdb"

    @property
    def reserve(self) -> int:
        return min(self.count, RESERVE_MAX)

    @property
    def rewritten(self) -> int:
        return min(self.count, REWRITTEN_MAX)

    def user(self, number: int) -> str:
        """Return whose session this is."""
        with self.sessions.open("rb") as records:
            records.seek(number * RECORD.size)
            _, user, *_, size = RECORD.unpack(records.read(RECORD.size))
        return user[:size].decode()

    @classmethod
    def made(cls, cache: Path, count: int, data_bytes: int = 0) -> Self:
        """Return the set of so many sessions, made now where the cache has none that is young enough.

        `data_bytes` is how much each session holds; 0 is for the usual login.
        """
        source = _ENCODER.read_bytes() + Path(__file__).read_bytes()
        name = f"{count}-{data_bytes}-{hashlib.sha256(source).hexdigest()[:12]}"
        dataset = cls(cache / name, count)
        about = dataset.folder / "about.json"
        if about.exists() and time.time() - json.loads(about.read_text())["made_at"] < AGE_MAX:
            return dataset
        shutil.rmtree(dataset.folder, ignore_errors=True)
        dataset.folder.mkdir(parents=True)
        print(f"making {count} sessions with Django, for this run and later ones", flush=True)
        dataset._write(data_bytes)
        about.write_text(json.dumps({"made_at": time.time(), "sessions": count}))
        return dataset

    def _write(self, data_bytes: int) -> None:
        with (
            Redis(self.folder, LOADING) as redis,
            socket.socket(socket.AF_UNIX) as connection,
            self.sessions.open("wb") as records,
            self.values.open("wb") as values,
        ):
            connection.connect(str(redis.path))
            written = 0
            for chunk in encoded(self.count + self.reserve, self.rewritten, data_bytes):
                for key, user, versions in chunk:
                    sizes, tails = [len(value) for value in versions], [value[-8:] for value in versions]
                    if len(versions) == 1:
                        sizes, tails = [*sizes, 0], [*tails, b""]
                    records.write(RECORD.pack(key, user, *tails, values.tell(), *sizes, len(user)))
                    values.write(b"".join(versions))
                store(connection, chunk[: max(0, self.count - written)])
                written += len(chunk)
            if int(redis.command("DBSIZE")) != self.count:
                sys.exit("Redis does not hold what was written")
            redis.command("SAVE")


def encoded(count: int, twice: int, data_bytes: int) -> Iterator[list[Session]]:
    """Yield the sessions in their order; a process for each core encodes them."""

    def encode(first: int) -> list[Session]:
        numbers = (1, first, min(_CHUNK, count - first), twice, data_bytes)
        command = [sys.executable, str(_ENCODER), SECRET_KEY, *(str(number) for number in numbers)]
        return list(pickle.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout))

    firsts, workers = list(range(0, count, _CHUNK)), len(os.sched_getaffinity(0))
    with ThreadPoolExecutor(workers) as pool:
        # Not all at once, since what nobody has written yet stays in memory.
        for start in range(0, len(firsts), 2 * workers):
            yield from pool.map(encode, firsts[start : start + 2 * workers])


def store(connection: socket.socket, sessions: list[Session]) -> None:
    """Write sessions by SETEX, pipelined, with a time to live for each."""
    chance = random.Random(len(sessions))
    for start in range(0, len(sessions), _PIPELINE):
        batch = sessions[start : start + _PIPELINE]
        request = b"".join(
            b"*4\r\n$5\r\nSETEX\r\n$48\r\ndjango_sessions:%b\r\n$7\r\n%d\r\n$%d\r\n%b\r\n"
            % (key, chance.randrange(LIFE_MIN, LIFE_MAX), len(versions[0]), versions[0])
            for key, _, versions in batch
        )
        connection.sendall(request)
        replies = b""
        while len(replies) < len(b"+OK\r\n") * len(batch):
            replies += connection.recv(65536)
        if replies != b"+OK\r\n" * len(batch):
            sys.exit(f"Redis answered a write by {replies[:200]!r}")
