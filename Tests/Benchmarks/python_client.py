"""Measures what one question costs a Python process: sessiond's identity beside redis-py's GET of the same session.

A private Redis with sessions as Django signs them, sessiond, and this process, which asks both through their Unix
sockets, one question after the other. The contestants take turns in short rounds, in another order each time, so that a
drift of the machine hits all alike; the ratio is of two rounds of the same turn. A GET brings a signed value, of which
nobody knows yet whose it is: to verify and to decode it comes on top.

Which core a process is woken on is the scheduler's choice, and on two cores that are idle it decides most of the time
that passes. So there are two tables: with all processes on one core, where time is what is done, and without that.

The time is from the call to its return; the processor time is this process's alone. redis-py is measured with its own
parser, which is what `pip install redis` gives, and with hiredis where that is installed. Nothing is asserted about
time; a wrong answer ends the run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any, NamedTuple

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1] / "Clients/python" / folder) for folder in ("src", "tests/support")]

import redis  # noqa: E402
import redis.asyncio  # noqa: E402
import sessiond  # noqa: E402
from processes import Daemon, PrivateRedis  # noqa: E402
from redis._parsers import _RESP2Parser  # noqa: E402
from redis._parsers.resp2 import _AsyncRESP2Parser  # noqa: E402
from sessiond import aio  # noqa: E402
from stored import logged_in, session_value  # noqa: E402

from machine import machine  # noqa: E402
from sessions import SECRET_KEY  # noqa: E402
from spread import percentile  # noqa: E402

try:
    from redis._parsers import _AsyncHiredisParser, _HiredisParser

    HIREDIS = version("hiredis")
except ImportError:
    HIREDIS = None

#: Asks about these session keys, one after the other.
Ask = Callable[[list[str]], None]


class Figure(NamedTuple):
    """The rounds of a contestant: their median, and between what nine tenths of them lie."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, numbers: list[float]) -> Figure:
        return cls(median(numbers), percentile(numbers, 5), percentile(numbers, 95))

    def text(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f} to {self.high:.2f})"


class Round(NamedTuple):
    """Microseconds for each question of a round."""

    time: float
    processor: float


class WrongAnswerError(Exception):
    """Somebody else was named, or nobody."""


def user_of(session_key: str) -> str:
    """Return the user to whom the benchmark gave a session; its key looks like Django's, 32 letters and digits."""
    return session_key[:7].lstrip("0")


@contextmanager
def servers(binary: str, session_count: int) -> Iterator[tuple[PrivateRedis, Daemon, list[str]]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sd-")))
        server = PrivateRedis(folder)
        server.start()
        stack.callback(server.stop)
        keys = [f"{number + 1:07}{random.getrandbits(100):025x}" for number in range(session_count)]
        for key in keys:
            value = session_value(SECRET_KEY, logged_in(int(user_of(key)), basket=[1, 2, 3]))
            server.command("SETEX", f"django_sessions:{key}", 3600, value)
        (folder / "secret_key").write_text(SECRET_KEY + "\n")
        daemon = Daemon(binary, folder, server.url, folder / "secret_key")
        daemon.start()
        stack.callback(daemon.stop)
        yield server, daemon, keys


def blocking(stack: ExitStack, server: PrivateRedis, daemon: Daemon) -> dict[str, Ask]:
    """Return the contestants that block, by name; sessiond first."""
    client = stack.enter_context(sessiond.Client(str(daemon.path), timeout=30))

    def identities(keys: list[str]) -> None:
        for key in keys:
            if client.identity(key).user_id != user_of(key):
                raise WrongAnswerError

    def gets(parser: Any) -> Ask:
        pool = redis.ConnectionPool(
            redis.UnixDomainSocketConnection, path=str(server.path), parser_class=parser, protocol=2
        )
        connection = redis.Redis(connection_pool=pool)
        stack.callback(pool.disconnect)

        def ask(keys: list[str]) -> None:
            for key in keys:
                if connection.get(f"django_sessions:{key}") is None:
                    raise WrongAnswerError

        return ask

    contestants = {"sessiond, identity": identities, "redis-py, GET": gets(_RESP2Parser)}
    if HIREDIS is not None:
        contestants["redis-py with hiredis, GET"] = gets(_HiredisParser)
    return contestants


def awaited(stack: ExitStack, server: PrivateRedis, daemon: Daemon) -> dict[str, Ask]:
    """Return the contestants for asyncio, by name; sessiond first."""
    loop = asyncio.new_event_loop()
    stack.callback(loop.close)
    client = aio.Client(str(daemon.path), timeout=30)
    stack.callback(lambda: loop.run_until_complete(client.close()))

    def in_loop(ask: Callable[[str], Any], is_right: Callable[[str, Any], bool]) -> Ask:
        async def ask_all(keys: list[str]) -> None:
            for key in keys:
                if not is_right(key, await ask(key)):
                    raise WrongAnswerError

        return lambda keys: loop.run_until_complete(ask_all(keys))

    def gets(parser: Any) -> Ask:
        pool = redis.asyncio.ConnectionPool(
            redis.asyncio.UnixDomainSocketConnection, path=str(server.path), parser_class=parser, protocol=2
        )
        connection = redis.asyncio.Redis(connection_pool=pool)
        stack.callback(lambda: loop.run_until_complete(pool.disconnect()))
        return in_loop(lambda key: connection.get(f"django_sessions:{key}"), lambda key, value: value is not None)

    contestants = {
        "sessiond.aio, identity": in_loop(client.identity, lambda key, who: who.user_id == user_of(key)),
        "redis.asyncio, GET": gets(_AsyncRESP2Parser),
    }
    if HIREDIS is not None:
        contestants["redis.asyncio with hiredis, GET"] = gets(_AsyncHiredisParser)
    return contestants


def take_turns(contestants: dict[str, Ask], keys: list[str], rounds: int, count: int) -> dict[str, list[Round]]:
    """Return the rounds of each contestant, those of one turn at one place."""
    taken: dict[str, list[Round]] = {name: [] for name in contestants}
    for turn in range(-1, rounds):
        # The first turn opens the connections and asks about every session once.
        asked = random.choices(keys, k=count) if turn >= 0 else keys
        for name in random.sample(list(contestants), len(contestants)):
            time, processor = perf_counter(), process_time()
            contestants[name](asked)
            time, processor = perf_counter() - time, process_time() - processor
            if turn >= 0:
                taken[name].append(Round(time / count * 1e6, processor / count * 1e6))
    return taken


def table(taken: dict[str, list[Round]]) -> Iterator[tuple[str, dict[str, Figure]]]:
    """Yield each contestant's figures."""
    first = next(iter(taken.values()))
    for name, rounds in taken.items():
        yield (
            name,
            {
                "microseconds": Figure.of([each.time for each in rounds]),
                "processor_microseconds": Figure.of([each.processor for each in rounds]),
                "times_sessiond": Figure.of([each.time / ours.time for each, ours in zip(rounds, first, strict=True)]),
            },
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessiond", required=True, help="a sessiond that was built for release")
    parser.add_argument("--sessions", type=int, default=1_000, help="how many sessions there are")
    parser.add_argument("--rounds", type=int, default=200, help="how many turns each contestant takes")
    parser.add_argument("--count", type=int, default=200, help="questions in a round")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    options = parser.parse_args()

    about = machine() | {"redis-py": version("redis"), "hiredis": HIREDIS}
    print(f"{about['processor']}, {about['cores']} cores; load {about['load_before'][0]:.1f}; {about['date']}")
    print(f"Python {about['python']}, redis-py {about['redis-py']}, hiredis {HIREDIS or 'is not installed'}\n")
    print("microseconds for a question: median of the rounds (between what nine tenths of them lie)")
    figures: dict[str, Any] = {}
    cores = os.sched_getaffinity(0)
    for place, allowed in (("one core", {min(cores)}), ("any core", cores)):
        # What is started from here on inherits it.
        os.sched_setaffinity(0, allowed)
        print(f"\n| on {place} | time | processor time here | time / sessiond's, by pairs |")
        print("| --- | --- | --- | --- |", flush=True)
        figures[place] = {}
        with servers(options.sessiond, options.sessions) as (server, daemon, keys):
            for kind in (blocking, awaited):
                with ExitStack() as stack:
                    taken = take_turns(kind(stack, server, daemon), keys, options.rounds, options.count)
                for name, line in table(taken):
                    figures[place][name] = {title: figure._asdict() for title, figure in line.items()}
                    print(f"| {name} | {' | '.join(figure.text() for figure in line.values())} |", flush=True)
    if options.json:
        options.json.write_text(json.dumps({"machine": about, "contestants": figures}) + "\n")


if __name__ == "__main__":
    main()
