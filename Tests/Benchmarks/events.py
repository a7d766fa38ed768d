"""Measures the journal: how long from a logout in Redis to its event at a subscriber, and how many a second.

A private Redis, sessiond with a journal on disk, a subscriber in C, and beside it a bare subscriber of Redis in C,
which does nothing but read. Sessions are stored first; then they are deleted, 1,000 a second or as fast as Redis takes
it. The lag is counted from before the DEL is sent. Runs with 100 subscribers, and with 100 of which one has stopped
reading, take turns with those with one. Nothing is asserted about time.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import socket
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from time import monotonic_ns, sleep
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "Clients/python/tests/support"))

from processes import Daemon, PrivateRedis, wait_for  # noqa: E402
from stored import fingerprint, logged_in, session_value  # noqa: E402

from lag import Sessiond  # noqa: E402
from machine import machine  # noqa: E402
from sessions import SECRET_KEY  # noqa: E402
from spread import percentile  # noqa: E402

RATE, BATCH = 1000, 500
TIME_TO_LIVE = 14 * 24 * 3600


class Writer:
    """Stores and deletes sessions, pipelined."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._replies = self._socket.makefile("rb")

    def send(self, commands: list[bytes]) -> None:
        self._socket.sendall(b"".join(commands))
        for _ in commands:
            self._replies.readline()

    def store(self, keys: list[str]) -> None:
        values = [session_value(SECRET_KEY, logged_in(number)) for number in range(len(keys))]
        commands = [
            b"SETEX django_sessions:%b %d %b\r\n" % (key.encode(), TIME_TO_LIVE, value.encode())
            for key, value in zip(keys, values, strict=True)
        ]
        for start in range(0, len(commands), BATCH):
            self.send(commands[start : start + BATCH])

    def delete_evenly(self, keys: list[str], rate: int) -> dict[str, int]:
        """Return when each was sent."""
        sent, begin = {}, monotonic_ns()
        for number, key in enumerate(keys):
            due = begin + number * 1_000_000_000 // rate
            while (wait := due - monotonic_ns()) > 0:
                sleep(wait / 1e9)
            sent[key] = monotonic_ns()
            self.send([b"DEL django_sessions:%b\r\n" % key.encode()])
        return sent

    def delete_fast(self, keys: list[str]) -> int:
        """Return when the first was sent."""
        begin = monotonic_ns()
        for start in range(0, len(keys), BATCH):
            self.send([b"DEL django_sessions:%b\r\n" % key.encode() for key in keys[start : start + BATCH]])
        return begin


class Listener:
    """A program in C whose lines go to a file, so that it never waits for whoever reads them."""

    def __init__(self, output: Path, *command: str | Path) -> None:
        self._output = output
        with output.open("wb") as file:
            self._process = subprocess.Popen(command, stdout=file)
        wait_for(lambda: self.lines(), "the listener to be ready")

    def lines(self) -> list[str]:
        return self._output.read_text().splitlines()

    def stop(self, count: int) -> list[list[str]]:
        """Wait for so many lines behind the first, and return their words."""
        wait_for(lambda: self.lines()[count:], "the last message", 60)
        self._process.kill()
        self._process.wait()
        return [line.split() for line in self.lines()[1 : count + 1]]


class Bench:
    def __init__(self, options: argparse.Namespace, stack: ExitStack) -> None:
        self._options = options
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sd-", dir=options.folder)))
        self._folder = folder
        self.redis = PrivateRedis(folder)
        self.redis.start()
        stack.callback(self.redis.stop)
        (folder / "secret_key").write_text(SECRET_KEY + "\n")
        self.daemon = Daemon(
            options.sessiond, folder, self.redis.url, folder / "secret_key", "--journal-sync", options.sync
        )
        self.daemon.start()
        stack.callback(self.daemon.stop)
        self.journal = folder / "state" / "journal.sqlite"
        self.writer = Writer(self.redis.path)
        self.sessiond = Sessiond(self.daemon.path)

    def _store(self, count: int) -> list[str]:
        keys = [secrets.token_hex(16) for _ in range(count)]
        self.writer.store(keys)

        def is_quiet() -> bool:
            status = self.sessiond.call("server.status")
            return status["sessions"]["authenticated"] == count and status["journal"]["backlog"] == 0

        wait_for(is_quiet, "the logins", 120)
        return keys

    def _listen(self, listeners: int, count: int) -> Listener:
        words = (self._options.listener, self.daemon.path, str(listeners), str(count))
        return Listener(self._folder / "listener", *words)

    def _subscribe(self) -> Listener:
        pattern = "__keyspace@0__:django_sessions:*"
        return Listener(self._folder / "subscriber", self._options.subscriber, self.redis.path, pattern)

    def lag(self, listeners: int, *, stopped: bool = False, rate: int = RATE) -> dict[str, list[float]]:
        """Return microseconds from before each DEL to its event, and to the message of the bare subscriber."""
        keys = self._store(self._options.samples)
        subscriber = self._subscribe()
        still = socket.socket(socket.AF_UNIX)
        if stopped:
            still.connect(str(self.daemon.path))
            still.sendall(b'{"jsonrpc":"2.0","id":1,"method":"events.subscribe"}\n')
        listener = self._listen(listeners - stopped, len(keys))
        sleep(0.3)
        sent = self.writer.delete_evenly(keys, rate)
        names = {fingerprint(key): key for key in keys}
        events, heard = listener.stop(len(keys)), subscriber.stop(len(keys))
        still.close()
        return {
            "event": [(int(time) - sent[names[name]]) / 1000 for time, name in events],
            "message": [(int(time) - sent[channel.rpartition(":")[2]]) / 1000 for time, channel in heard],
        }

    def throughput(self) -> tuple[float, float]:
        """Return events a second at the subscriber, and messages a second at the bare one."""
        keys = self._store(self._options.burst)
        subscriber = self._subscribe()
        listener = self._listen(1, len(keys))
        sleep(0.3)
        begin = self.writer.delete_fast(keys)
        events = [int(words[0]) for words in listener.stop(len(keys))]
        heard = [int(words[0]) for words in subscriber.stop(len(keys))]
        # Each logout here is the user's last: an event of the user's going offline comes with it.
        return 2 * len(keys) / (events[-1] - begin) * 1e9, len(keys) / (heard[-1] - begin) * 1e9

    def bytes_per_event(self) -> float:
        with sqlite3.connect(self.journal) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            [count] = connection.execute("SELECT count(*) FROM event").fetchone()
        return self.journal.stat().st_size / count


def spread(rounds: list[list[float]], percent: float) -> str:
    """Return the percentile's median over the rounds, and how far they are apart."""
    figures = [percentile(times, percent) for times in rounds]
    return f"{median(figures):.0f} ({min(figures):.0f} to {max(figures):.0f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessiond", required=True, help="a sessiond that was built for release")
    parser.add_argument("--subscriber", required=True, help="the built subscriber.c")
    parser.add_argument("--listener", required=True, help="the built listener.c")
    parser.add_argument("--sync", choices=["normal", "full"], default="normal")
    parser.add_argument("--folder", help="where the journal lies: its disk is measured, too")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--samples", type=int, default=2000, help="logouts of a run at 1,000 a second")
    parser.add_argument("--burst", type=int, default=20_000, help="logouts of a run at full speed")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    options = parser.parse_args()

    about = machine()
    load = " ".join(f"{average:.2f}" for average in about["load_before"])
    print(f"{about['processor']}, {about['cores']} cores, load {load}, --journal-sync {options.sync}")
    print(f"{options.rounds} rounds; in brackets the least and the most of a round\n", flush=True)
    lags: dict[str, list[dict[str, list[float]]]] = {"1": [], "100": [], "100, one of them stopped": []}
    rates: list[tuple[float, float]] = []
    with ExitStack() as stack:
        bench = Bench(options, stack)
        for _ in range(options.rounds):
            lags["1"].append(bench.lag(1))
            lags["100"].append(bench.lag(100))
            lags["100, one of them stopped"].append(bench.lag(100, stopped=True))
            rates.append(bench.throughput())
        size = bench.bytes_per_event()
    print(f"From a DEL to its event, in µs, at {RATE} logouts a second")
    print(f"{'subscribers':26}{'p50':24}{'p99':24}{'bare subscriber p50':24}{'p99'}")
    for name, runs in lags.items():
        events, messages = [run["event"] for run in runs], [run["message"] for run in runs]
        cells = [spread(events, 50), spread(events, 99), spread(messages, 50), spread(messages, 99)]
        print(f"{name:26}" + "".join(f"{cell:24}" for cell in cells))
    ours, bare = [rate for rate, _ in rates], [rate for _, rate in rates]
    print(f"\nAt full speed: {median(ours):.0f} events a second ({min(ours):.0f} to {max(ours):.0f}), two a logout;")
    print(f"the bare subscriber hears {median(bare):.0f} messages a second ({min(bare):.0f} to {max(bare):.0f})")
    print(f"{size:.0f} bytes on disk per event, indexes and the table of logins included")
    print("load afterwards", *(f"{average:.2f}" for average in os.getloadavg()))
    if options.json:
        figures: dict[str, Any] = {"machine": about, "lag_us": lags, "rates": rates, "bytes_per_event": size}
        options.json.write_text(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
