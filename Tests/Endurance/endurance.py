"""Random clients, faults of Redis and reloads for as long as wanted; then everything must be right, and memory flat.

endurance.py [--minutes 30] [--seed N] [--report SECONDS]
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import sessiond
from audit import Audit
from clients import Asker, Attacker, Client, Listener, Revoker
from processes import Daemon, PrivateRedis, wait_for
from steadiness import Sample, Steadiness
from visitors import SECRET_KEY, Visitors
from watching import Watch

#: How many of each.
CREW = {Asker: 4, Listener: 2, Revoker: 1, Attacker: 3}

#: The journal opens a second reader, a file and its log of writes, where two ask at once, and keeps it; one more is of
#: the library that it waits with.
LATER_FILES = 3


class Endurance:
    """A daemon, what is done to it, and how it fares."""

    def __init__(self, binary: str, folder: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.folder = folder
        self.redis = PrivateRedis(folder)
        self.redis.start()
        self.keys(SECRET_KEY)
        self.daemon = Daemon(binary, folder, self.redis.url, folder / "secret_key", "--journal-max-events", "20000")
        self.daemon.start()
        self.visitors = Visitors(self.redis, seed)
        self.visitors.start()
        #: A client has seen what must not be.
        self.trouble = threading.Event()
        self.clients: list[Client] = [
            kind(self.daemon.path, self.visitors, self.trouble, self.random.getrandbits(32))
            for kind, count in CREW.items()
            for _ in range(count)
        ]
        self.faults: Counter[str] = Counter()
        self.watch = Watch(self.daemon.pid)
        self.samples: list[Sample] = []
        self.files_before = self.watch.file_count + LATER_FILES

    def keys(self, *keys: str) -> None:
        (self.folder / "secret_key").write_text("\n".join(keys) + "\n")

    def sample(self, begun: float) -> None:
        self.samples.append(Sample(time.monotonic() - begun, self.watch.memory_mib, self.watch.file_count))

    def disturb(self) -> None:
        """Do to Redis and to the daemon's configuration what happens."""
        kind = self.random.choice(["reload", "kill", "kill", "pause", "flush", "notify"])
        self.faults[kind] += 1
        match kind:
            case "reload":
                # Keys come and go; the one that signs stays.
                self.keys(*self.random.sample([SECRET_KEY, f"another {self.random.random()}", "a third"], 3))
                os.kill(self.daemon.pid, signal.SIGHUP)
            case "kill":
                self.redis.command("CLIENT", "KILL", "TYPE", self.random.choice(["normal", "pubsub"]))
            case "pause":
                self.redis.command("CLIENT", "PAUSE", self.random.randrange(1, 800))
            case "flush":
                if self.random.random() < 0.3:
                    self.redis.command("FLUSHALL")
            case "notify":
                self.redis.command("CONFIG", "SET", "notify-keyspace-events", "Kg$xe")

    def run(self, seconds: float, report: float) -> None:
        begun = time.monotonic()
        for client in self.clients:
            client.start()
        self.visitors.proceed()
        next_report = report
        while time.monotonic() - begun < seconds and not self.trouble.wait(self.random.uniform(0.2, 2)):
            self.disturb()
            self.sample(begun)
            if self.samples[-1].seconds > next_report:
                next_report += report
                print(self.samples[-1], flush=True)
        self.visitors.pause()
        for client in self.clients:
            client.stop()

    def check(self) -> None:
        """Everything has come to rest: what the daemon says is what Redis holds, and its journal is whole."""
        for client in self.clients:
            assert not client.faults, client.faults
        with sessiond.Client(str(self.daemon.path), timeout=30) as client:

            def is_settled() -> bool:
                status = client.status()
                return status["link"]["state"] == "live" and status["journal"]["backlog"] == 0

            wait_for(is_settled, "the daemon to be quiet")
            truth = self.visitors.truth()
            # It raises where the journal does not hold together.
            Audit(self.folder / "state" / "journal.sqlite")
            wait_for(lambda: self.listed(client) == self.visitors.truth(), "the list to be what Redis holds")
            stale = client.status()["cache"]["stale_found"]
            print(f"at rest: {len(truth)} sessions as Redis holds them, stale_found {stale}")

    @staticmethod
    def listed(client: sessiond.Client) -> dict[str, str]:
        found: dict[str, str] = {}
        after = None
        while True:
            page = client.sessions(limit=1000, after=after)
            found |= {session.session: session.user_id for session in page}
            if page.next is None:
                return found
            after = page.next

    def steadiness(self) -> Steadiness:
        """What the run has cost; to be asked once everybody is gone."""
        with contextlib.suppress(AssertionError):
            # It is told with what there is, if not all is given back.
            wait_for(lambda: self.watch.file_count <= self.files_before, "the files to be closed")
        return Steadiness(self.samples, self.files_before, self.watch.file_count)

    def stop(self) -> None:
        self.visitors.stop()
        status = self.daemon.stop()
        self.redis.stop()
        assert status == 0


def endure(binary: str, seconds: float, seed: int, report: float = 60) -> str:
    """Run, and return what was done in words; raise where something is wrong."""
    with tempfile.TemporaryDirectory(prefix="sd-") as name:
        endurance = Endurance(binary, Path(name), seed)
        try:
            endurance.run(seconds, report)
            endurance.check()
            steadiness = endurance.steadiness()
        finally:
            endurance.stop()
        steadiness.check()
        counts = sum((client.counts for client in endurance.clients), Counter())
        done = ", ".join(f"{count:,} {what}" for what, count in sorted(counts.items()))
        faults = ", ".join(f"{count} {what}" for what, count in sorted(endurance.faults.items()))
        return f"seed {seed}, {seconds / 60:g} min: {done}; faults: {faults}\n{steadiness}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--report", type=float, default=60, help="seconds between two lines")
    options = parser.parse_args()
    print(endure(os.environ["SESSIOND_BINARY"], options.minutes * 60, options.seed, options.report))


if __name__ == "__main__":
    main()
