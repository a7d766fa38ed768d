"""Days of a shop in fast motion: logins, visits that renew, logouts and expiries, most of them in the evening.

Memory is looked at when all sessions of a day have ended, and compared with what it was after a rehearsal. The sessions
of the data set are there all the time, and nobody visits them. What is remembered of a session that ended, for ten
minutes and of 100,000 at most, is still there: days in fast motion are shorter than that, so the last day counts.
"""

from __future__ import annotations

import math
import random
import socket
from time import monotonic, sleep

from comparison.dataset import RECORD
from comparison.growth import Curve, Point
from comparison.pairs import Compared
from comparison.servers import Redis
from comparison.stage import Stage

#: How long a day and the rehearsal take, and how long a session lives without a visit, in seconds.
DAY, REHEARSAL, LIFE = 45.0, 20.0, 3
DAYS = 3
#: Logins a second on average over the day; visits to each; of a hundred sessions so many end by a logout.
LOGINS, VISITS, LOGOUT_PERCENT = 600, 4, 30
TICK = 0.01


class Shop:
    """Visitors who write their sessions to Redis."""

    def __init__(self, stage: Stage, redis: Redis) -> None:
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(str(redis.path))
        self._replies = self._connection.makefile("rb")
        self._chance = random.Random(4)
        with stage.dataset.sessions.open("rb") as records, stage.dataset.values.open("rb") as values:
            records.seek(stage.dataset.count * RECORD.size)
            self._sessions = []
            for key, _, _, _, at, size, *_ in RECORD.iter_unpack(records.read(stage.dataset.reserve * RECORD.size)):
                values.seek(at)
                self._sessions.append((key, values.read(size)))
        self._absent = list(range(stage.dataset.reserve))
        self._chance.shuffle(self._absent)
        #: Which visitors are there, by when they come again or leave.
        self._visits: list[tuple[float, int, int]] = []
        self.writes = 0

    def _write(self, commands: list[bytes]) -> None:
        if commands:
            self._connection.sendall(b"".join(commands))
            self.writes += len(commands)
        for _ in commands:
            if self._replies.readline()[:1] == b"-":
                raise SystemExit("Redis refused a write of the shop")

    def _set(self, number: int) -> bytes:
        key, value = self._sessions[number]
        command = b"*4\r\n$5\r\nSETEX\r\n$48\r\ndjango_sessions:%b\r\n$1\r\n%d\r\n$%d\r\n%b\r\n"
        return command % (key, LIFE, len(value), value)

    def _delete(self, number: int) -> bytes:
        return b"*2\r\n$3\r\nDEL\r\n$48\r\ndjango_sessions:%b\r\n" % self._sessions[number][0]

    def open(self, seconds: float) -> None:
        """Have visitors for so long, a whole day's ups and downs; return when the last session has ended."""
        began, due = monotonic(), 0.0
        while (passed := monotonic() - began) < seconds:
            due += LOGINS * TICK * (1 - math.cos(2 * math.pi * passed / seconds))
            commands = []
            while due >= 1 and self._absent:
                due -= 1
                number = self._absent.pop()
                commands.append(self._set(number))
                self._visits.append((passed + self._pause(), number, VISITS))
            coming = [visit for visit in self._visits if visit[0] <= passed]
            self._visits = [visit for visit in self._visits if visit[0] > passed]
            for _, number, left in coming:
                if left > 0:
                    commands.append(self._set(number))
                    self._visits.append((passed + self._pause(), number, left - 1))
                else:
                    if self._chance.randrange(100) < LOGOUT_PERCENT:
                        commands.append(self._delete(number))
                    self._absent.insert(0, number)
            self._write(commands)
            sleep(TICK)
        self._absent += [number for _, number, _ in self._visits]
        self._visits = []
        sleep(LIFE + 2)

    def _pause(self) -> float:
        return self._chance.uniform(0.1, LIFE - 1)


def day(stage: Stage) -> list[Curve]:
    shop = Shop(stage, stage.followed)
    figures = []
    for seconds in (REHEARSAL, *[DAY] * DAYS):
        shop.open(seconds)
        stage.sessiond.settle()
        if (known := stage.sessiond.call("server.status")["sessions"]["authenticated"]) != stage.dataset.count:
            raise SystemExit(f"after the shop had closed sessiond knew {known} sessions, not {stage.dataset.count}")
        figures.append(stage.sessiond.resident_bytes() / 2**20)
    stage.sessiond.check_link()
    print(f"  {shop.writes:,} writes")
    before, *after = figures
    points = [Point(f"day {number}", Compared.of([(size, before)])) for number, size in enumerate(after, 1)]
    return [Curve("day", "Memory after days of a shop", "memory after the rehearsal", "MiB", points)]
