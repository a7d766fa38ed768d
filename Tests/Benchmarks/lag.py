"""Measures how long after a logout sessiond still lets somebody in, while other sessions are being written.

A private Redis, sessiond, and a process that writes sessions at an even rate. For each sample a session is stored,
asked for until sessiond says who it is, and deleted. Once Redis's answer to the DEL is here, sessiond is asked again
and again; the lag ends when the first answer is here that refuses. So it is never less than one lookup of a session
that is gone, for which sessiond asks Redis: what lookups take at any moment is measured, too.

The peer hears of the same DEL: a bare subscriber in C, which does nothing but read, and notes when the message arrives.
Redis sends it together with the answer to the DEL, so it may come first, and its lag be negative. The ratio is that of
sessiond's lag to the least that refusing takes without sessiond: to hear the message, and to have one GET of the key
answered by Redis.

The rates take turns, so that a drift of the machine hits all alike. Nothing is asserted about time; a wrong answer ends
the run.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import secrets
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import mean, median
from time import monotonic_ns, sleep
from typing import Any, NamedTuple

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "Clients/python/tests/support"))

from processes import Daemon, PrivateRedis  # noqa: E402
from stored import logged_in, session_value  # noqa: E402

from machine import machine  # noqa: E402
from sessions import SECRET_KEY  # noqa: E402
from spread import percentile  # noqa: E402

RATES = [100, 1_000, 10_000]
#: When an answer is no longer late but wrong.
LOGIN_SECONDS_MAX, LOGOUT_SECONDS_MAX = 5, 2
#: How long a rate is held before the first sample; the longest pause before what is timed, so that it meets any moment.
SETTLING_SECONDS, PAUSE_SECONDS_MAX = 0.5, 0.005


class Sample(NamedTuple):
    """Nanoseconds of one logout, counted from the acknowledgement of its DEL."""

    refused: int
    heard: int
    #: When the last answer came that still let in; 0 where the first one refused.
    let_in: int
    #: At moments that do not hang together with the DEL: a lookup before it, answered from memory; a lookup after it,
    #: for which sessiond asks Redis; and Redis asked without sessiond.
    lookup_of_somebody: int
    lookup_of_nobody: int
    get: int

    @property
    def least(self) -> int:
        return max(self.heard, 0) + self.get


class Connection:
    """Requests and their answers, a line each."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(10)
        self._socket.connect(str(path))

    def ask(self, request: bytes) -> bytes:
        self._socket.sendall(request)
        answer = self._socket.recv(65536)
        while not answer.endswith(b"\n"):
            more = self._socket.recv(65536)
            if not more:
                sys.exit("a connection was closed")
            answer += more
        return answer


class Redis(Connection):
    def command(self, expected: bytes, *words: str) -> None:
        request = f"*{len(words)}\r\n" + "".join(f"${len(word)}\r\n{word}\r\n" for word in words)
        answer = self.ask(request.encode())
        if answer != expected + b"\r\n":
            sys.exit(f"Redis answered {words[0]} by {answer!r}")


class Sessiond(Connection):
    def lets_in(self, key: str) -> bool:
        result = self.call("session.identity", session_key=key)
        if not result["authenticated"] and result["reason"] != "unknown":
            sys.exit(f"sessiond answered {result}")
        return bool(result["authenticated"])

    def call(self, method: str, **params: str) -> dict[str, Any]:
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = json.loads(self.ask(json.dumps(request).encode() + b"\n"))
        if "result" not in answer:
            sys.exit(f"sessiond answered {method} by {answer}")
        return dict(answer["result"])

    def cores(self) -> tuple[int, int]:
        """Return for how many nanoseconds its threads have run, and have waited for a core."""
        peer, _, _ = struct.unpack("3i", self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        threads = [path.read_text().split() for path in Path(f"/proc/{peer}/task").glob("*/schedstat")]
        return sum(int(ran) for ran, _, _ in threads), sum(int(waited) for _, waited, _ in threads)


class Process:
    """A program that is talked to in lines."""

    def __init__(self, *command: str | Path) -> None:
        self._name = " ".join(str(word) for word in command)
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def tell(self, request: str) -> None:
        assert self._process.stdin is not None
        print(request, file=self._process.stdin)

    def line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            sys.exit(f"{self._name} ended")
        return line.rstrip("\n")

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


class Sides(NamedTuple):
    redis: Redis
    sessiond: Sessiond
    subscriber: Process


def pause() -> None:
    sleep(random.uniform(0, PAUSE_SECONDS_MAX))


def take_sample(redis: Redis, sessiond: Sessiond, subscriber: Process) -> Sample:
    key = secrets.token_hex(16)
    stored = f"django_sessions:{key}"
    redis.command(b"+OK", "SETEX", stored, "1209600", session_value(SECRET_KEY, logged_in(7)))
    begin = monotonic_ns()
    while not sessiond.lets_in(key):
        if monotonic_ns() - begin > LOGIN_SECONDS_MAX * 1e9:
            sys.exit(f"a session was refused for {LOGIN_SECONDS_MAX} s after it was stored")
    pause()
    begin = monotonic_ns()
    if not sessiond.lets_in(key):
        sys.exit("a session was refused that had been let in")
    lookup_of_somebody = monotonic_ns() - begin
    pause()

    redis.command(b":1", "DEL", stored)
    acknowledged = last = monotonic_ns()
    while sessiond.lets_in(key):
        last = monotonic_ns()
        if last - acknowledged > LOGOUT_SECONDS_MAX * 1e9:
            sys.exit(f"a session was let in {LOGOUT_SECONDS_MAX} s after it was deleted")
    refused = monotonic_ns()

    heard, _, channel = subscriber.line().partition(" ")
    if channel != f"__keyspace@0__:{stored}":
        sys.exit("the subscriber heard of another session")
    pause()
    begin = monotonic_ns()
    if sessiond.lets_in(key):
        sys.exit("a session was let in that had been refused")
    lookup_of_nobody = monotonic_ns() - begin
    pause()
    begin = monotonic_ns()
    redis.command(b"$-1", "GET", stored)
    get = monotonic_ns() - begin
    return Sample(
        refused=refused - acknowledged,
        heard=int(heard) - acknowledged,
        let_in=last - acknowledged,
        lookup_of_somebody=lookup_of_somebody,
        lookup_of_nobody=lookup_of_nobody,
        get=get,
    )


class Round(NamedTuple):
    """The samples of one turn of a rate."""

    samples: list[Sample]
    written: int
    seconds: float
    #: What sessiond used of the time of one core, and how long it waited for one: its threads one after another.
    ran: float
    waited: float

    @classmethod
    def take(cls, rate: int, count: int, writer: Process, sides: Sides) -> Round:
        writer.tell(f"write {rate}")
        sleep(SETTLING_SECONDS)
        began, (ran_before, waited_before) = monotonic_ns(), sides.sessiond.cores()
        samples = [take_sample(*sides) for _ in range(count)]
        took, (ran, waited) = monotonic_ns() - began, sides.sessiond.cores()
        writer.tell("stop")
        written, seconds = writer.line().split()
        return cls(
            samples, int(written), float(seconds), ran=(ran - ran_before) / took, waited=(waited - waited_before) / took
        )


def figures(rounds: list[Round], field: str) -> dict[str, float]:
    """Return microseconds of one member of the samples: over all, and how far the rounds are apart."""
    by_round = [[getattr(sample, field) / 1000 for sample in turn.samples] for turn in rounds]
    every = [number for numbers in by_round for number in numbers]
    medians = [median(numbers) for numbers in by_round]
    return {
        "p50": percentile(every, 50),
        "p99": percentile(every, 99),
        "max": max(every),
        "round_p50_least": min(medians),
        "round_p50_most": max(medians),
    }


def summary(rate: int, rounds: list[Round]) -> dict[str, Any]:
    ours, least = figures(rounds, "refused"), figures(rounds, "least")
    samples = [sample for turn in rounds for sample in turn.samples]
    return {
        "rate": rate,
        "reached": sum(turn.written for turn in rounds) / sum(turn.seconds for turn in rounds),
        "samples": len(samples),
        "ran": mean(turn.ran for turn in rounds),
        "waited": mean(turn.waited for turn in rounds),
        "sessiond_us": ours,
        "subscriber_us": figures(rounds, "heard"),
        "least_us": least,
        "ratio": {name: ours[name] / least[name] for name in ("p50", "p99")},
        "first_let_in": sum(sample.let_in > 0 for sample in samples) / len(samples),
        "let_in_us": figures(rounds, "let_in"),
        "lookup_of_somebody_us": figures(rounds, "lookup_of_somebody"),
        "lookup_of_nobody_us": figures(rounds, "lookup_of_nobody"),
        "get_us": figures(rounds, "get"),
    }


def show_times(rows: list[dict[str, Any]], columns: dict[str, str], last: dict[str, Callable[[Any], str]]) -> None:
    """Print p50, p99 and maximum of some members, and what `last` makes of others."""
    names = ("p50", "p99", "max")
    print(" " * 8, *(f"{title:>24}" for title in columns.values()), sep="")
    heads = [f"{name:>8}" for name in names * len(columns)] + [f"{title:>14}" for title in last]
    print(f"{'writes/s':>8}", *heads, sep="")
    for row in rows:
        times = [f"{row[column][name]:8.0f}" for column in columns for name in names]
        print(f"{row['rate']:8}", *times, *(f"{text(row):>14}" for text in last.values()), sep="")


def share(member: str) -> Callable[[dict[str, Any]], str]:
    return lambda row: f"{row[member]:.0%}"


def show(rows: list[dict[str, Any]]) -> None:
    print("Lag behind the acknowledgement of a DEL, in µs: sessiond's first refusal, the message at the subscriber")
    show_times(
        rows,
        {"sessiond_us": "sessiond", "subscriber_us": "subscriber", "least_us": "subscriber and GET"},
        {"reached": lambda row: f"{row['reached']:.0f}", "samples": lambda row: f"{row['samples']}"},
    )
    print("\nThe last lookup that let in after the DEL, in µs, and in how many samples there was one;")
    print("what sessiond used of one core's time, and how long it waited for a core that others had")
    show_times(
        rows,
        {"let_in_us": "last let in"},
        {"let in": share("first_let_in"), "ran": share("ran"), "waited": share("waited")},
    )
    print("\nWhat one question takes, in µs: how finely this measures")
    show_times(
        rows,
        {"lookup_of_somebody_us": "somebody, from memory", "lookup_of_nobody_us": "nobody", "get_us": "GET of Redis"},
        {},
    )
    print("\nsessiond / (subscriber and GET); and the least and most that the p50 of a round was, in µs")
    print(f"{'writes/s':>8}{'p50':>8}{'p99':>8}   {'sessiond':18}{'subscriber':18}{'lookup from memory'}")
    for row in rows:
        print(f"{row['rate']:8}{row['ratio']['p50']:8.2f}{row['ratio']['p99']:8.2f}   ", end="")
        spreads = [row[side] for side in ("sessiond_us", "subscriber_us", "lookup_of_somebody_us")]
        texts = [f"{spread['round_p50_least']:.0f} to {spread['round_p50_most']:.0f}" for spread in spreads]
        print(*(f"{text:18}" for text in texts), sep="")


def run(options: argparse.Namespace) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sd-")))
        server = PrivateRedis(folder)
        server.start()
        stack.callback(server.stop)
        writer = Process(sys.executable, HERE / "writer.py", server.path, SECRET_KEY)
        stack.callback(writer.stop)
        writer.line()
        secret_key_file = folder / "secret_key"
        secret_key_file.write_text(SECRET_KEY + "\n")
        daemon = Daemon(options.sessiond, folder, server.url, secret_key_file)
        daemon.start()
        stack.callback(daemon.stop)
        subscriber = Process(options.subscriber, server.path, "__keyspace@0__:django_sessions:*")
        stack.callback(subscriber.stop)
        subscriber.line()

        sessiond = Sessiond(daemon.path)
        sides = Sides(Redis(server.path), sessiond, subscriber)
        rounds: dict[int, list[Round]] = {rate: [] for rate in options.rate}
        for number in range(options.rounds):
            for rate in options.rate if number % 2 == 0 else reversed(options.rate):
                rounds[rate].append(Round.take(rate, options.samples, writer, sides))
            if sys.stderr.isatty():
                print(f"round {number + 1} of {options.rounds}", end="\r", file=sys.stderr, flush=True)
        status = sessiond.call("server.status")
    return [summary(rate, taken) for rate, taken in rounds.items()], status


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessiond", required=True, help="a sessiond that was built for release")
    parser.add_argument("--subscriber", required=True, help="the built subscriber.c")
    parser.add_argument("--rate", type=int, action="append", help="writes a second; may be repeated (100, 1000, 10000)")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--samples", type=int, default=60, help="of each rate in each round")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    options = parser.parse_args()
    options.rate = options.rate or RATES

    about = machine()
    load = " ".join(f"{average:.2f}" for average in about["load_before"])
    print(f"{about['processor']}, {about['cores']} cores, load {load}, Python {about['python']}")
    print(f"{options.rounds} rounds of {options.samples} samples of each rate\n", flush=True)
    rows, status = run(options)
    show(rows)
    about["load_after"] = os.getloadavg()
    print("\nload afterwards", *(f"{average:.2f}" for average in about["load_after"]))
    if options.json:
        options.json.write_text(json.dumps({"machine": about, "figures": rows, "status": status}, indent=1) + "\n")
    if status["cache"]["stale_found"] or status["link"]["reconnects"]:
        sys.exit(f"sessiond lost its link, or found itself stale: {status['link']}, {status['cache']}")


if __name__ == "__main__":
    main()
