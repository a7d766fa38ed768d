"""Kills the daemon at random moments under load, and checks its whole journal after every round.

    soak.py [--rounds 300] [--sync normal|full] [--seed N]

A subscriber lives through all rounds; in the end it has heard every event of the journal once, in order.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import subprocess
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import sessiond
from audit import Audit, Fault
from processes import PrivateRedis, wait_for
from visitors import SECRET_KEY, Visitors


class Subscriber(threading.Thread):
    """Hears every event from the beginning, and goes on behind the last one whenever the daemon is back."""

    def __init__(self, socket: Path) -> None:
        super().__init__(daemon=True)
        self._socket = socket
        self._ends = False
        self.ids: list[str] = []
        self.fault: Exception | None = None

    def run(self) -> None:
        while not self._ends:
            try:
                with (
                    sessiond.Client(str(self._socket), timeout=5) as client,
                    client.events(after=self.ids[-1] if self.ids else "") as stream,
                ):
                    while not self._ends:
                        event = stream.poll(0.1)
                        if event is not None:
                            self.ids.append(event.id)
            except sessiond.PositionLost as error:
                self.fault = error
                return
            except sessiond.SessiondError:
                time.sleep(0.01)

    def stop(self) -> None:
        self._ends = True
        self.join()


class Soak:
    """A Redis, visitors, a daemon that dies, and its journal."""

    def __init__(self, binary: str, folder: Path, seed: int, sync: str) -> None:
        self.random = random.Random(seed)
        self.redis = PrivateRedis(folder)
        self.redis.start()
        self.folder = folder
        self.socket = folder / "s.sock"
        (folder / "secret_key").write_text(SECRET_KEY + "\n")
        self._command = [
            *(binary, "serve", "--redis-url", self.redis.url, "--secret-key-file", str(folder / "secret_key")),
            *("--socket", str(self.socket), "--state-directory", str(folder / "state"), "--journal-sync", sync),
        ]
        self._daemon: subprocess.Popen[bytes] | None = None
        self.visitors = Visitors(self.redis, seed)
        self.visitors.start()
        self.subscriber = Subscriber(self.socket)
        self.kills = 0
        self.audit: Audit | None = None

    def start(self) -> None:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("SESSIOND_")}
        with open(self.folder / "daemon.log", "ab") as log:
            self._daemon = subprocess.Popen(self._command, stdout=log, stderr=log, env=environ)

    def kill(self, number: int = signal.SIGKILL) -> None:
        self._daemon.send_signal(number)
        self._daemon.wait()
        self.kills += 1

    def round(self) -> None:
        """Work, die a few times at random moments, come to rest, and compare."""
        self.visitors.proceed()
        for _ in range(self.random.choice([1, 1, 1, 2, 4])):
            # Also while it starts and while it catches up.
            time.sleep(self.random.choice([0.002, 0.01, 0.03, 0.1, 0.3]) * self.random.random() * 2)
            self.kill(self.random.choice([signal.SIGKILL] * 4 + [signal.SIGTERM]))
            time.sleep(self.random.choice([0, 0.01, 0.1]) * self.random.random())
            if self.random.random() < 0.1:
                self.visitors.pause()
                self.redis.command("FLUSHALL")
                self.visitors.proceed()
            self.start()
        time.sleep(self.random.random() * 0.3)
        if self.random.random() < 0.1:
            self.visitors.pause()
            self.redis.stop()
            self.redis.start()
            self.visitors.proceed()
        self.visitors.pause()
        self.rest()

    def rest(self) -> None:
        """Wait until the journal says what Redis holds, and check all of it."""
        last: list[object] = []

        def agrees() -> bool:
            truth = self.visitors.truth()
            status = self.status()
            last[:] = [status and status["journal"], status and status["link"]["state"]]
            if not status or status["link"]["state"] != "live" or status["journal"]["backlog"]:
                return False
            self.audit = Audit(self.folder / "state" / "journal.sqlite")
            last[:] = [self.audit.logged_in, truth]
            return self.audit.logged_in == truth and self.visitors.truth() == truth

        try:
            wait_for(agrees, "the journal to say what Redis holds")
        except AssertionError as error:
            if isinstance(error, Fault):
                raise
            raise AssertionError(f"{error}: {last}") from None

    def status(self) -> dict | None:
        try:
            with sessiond.Client(str(self.socket), timeout=5) as client:
                return client.status()
        except sessiond.SessiondError:
            return None

    def finish(self) -> None:
        """Compare what the subscriber heard with the journal."""
        expected: list[str] = []

        def heard_all() -> bool:
            # A session may expire at any moment, and its logout is heard and written then.
            expected[:] = [name for name, _ in Audit(self.folder / "state" / "journal.sqlite").events]
            return self.subscriber.fault is not None or self.subscriber.ids == expected

        with contextlib.suppress(AssertionError):
            wait_for(heard_all, "the subscriber to hear all")
        if self.subscriber.fault:
            raise self.subscriber.fault
        if self.subscriber.ids != expected:
            missing = sorted(set(expected) - set(self.subscriber.ids))
            doubled = [name for name, count in Counter(self.subscriber.ids).items() if count > 1]
            raise Fault(f"the subscriber heard {len(self.subscriber.ids)} events: missing {missing}, twice {doubled}")

    def close(self) -> None:
        self.subscriber.stop()
        self.visitors.stop()
        self.kill(signal.SIGTERM)
        self.redis.stop()


def run(binary: str, rounds: int, seed: int, sync: str, *, is_loud: bool = False) -> str:
    """Return a sentence on what was done, or raise what was found."""
    with tempfile.TemporaryDirectory(prefix="sd-") as name:
        soak = Soak(binary, Path(name), seed, sync)
        try:
            soak.start()
            wait_for(soak.status, "the daemon")
            soak.subscriber.start()
            for number in range(rounds):
                soak.round()
                if is_loud and (number + 1) % 10 == 0:
                    print(f"{number + 1} rounds, {soak.kills} kills, {len(soak.audit.events)} events", flush=True)
            soak.finish()
        finally:
            soak.close()
        reasons = Counter(event["data"].get("reason") for _, event in soak.audit.events)
        reasons.pop(None, None)
        return f"{rounds} rounds, {soak.kills} kills, {len(soak.audit.events)} events, logouts {dict(reasons)}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--sync", choices=["normal", "full"], default="normal")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    print(run(os.environ["SESSIOND_BINARY"], arguments.rounds, arguments.seed, arguments.sync, is_loud=True))
