"""Clients of a socket that ask, listen, revoke, misbehave and leave, each a thread."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from pathlib import Path

import sessiond
from attacks import corpus
from hostile_client import Finding, HostileClient
from processes import DEADLINE_SECONDS
from visitors import Visitors


class Client(threading.Thread):
    """Does its one thing again and again until it is stopped."""

    def __init__(self, path: Path, visitors: Visitors, trouble: threading.Event, seed: int) -> None:
        super().__init__(daemon=True)
        self._trouble = trouble
        self.path = str(path)
        self.visitors = visitors
        self.random = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.faults: list[str] = []
        self._ends = threading.Event()

    def run(self) -> None:
        while not self._ends.is_set():
            try:
                self.act()
            except sessiond.SessiondError as error:
                # Redis is away now and then; that is an answer, too.
                self.counts[type(error).__name__] += 1
                self.pause(0.05)
            except OSError as error:
                self.counts[f"os: {error.errno}"] += 1
                self.pause(0.05)

    def pause(self, seconds: float) -> None:
        """Rest between two acts, but no longer than there are any."""
        self._ends.wait(seconds)

    def fault(self, text: str) -> None:
        self.faults.append(text)
        self._trouble.set()

    def stop(self) -> None:
        self._ends.set()
        self.join()

    def act(self) -> None:
        raise NotImplementedError

    def some_key(self) -> str:
        keys = self.visitors.keys
        return self.random.choice(keys) if keys and self.random.random() < 0.8 else f"invented{self.random.random()}"


class Asker(Client):
    """Asks who is there, what a session holds, and who is logged in."""

    def act(self) -> None:
        with sessiond.Client(self.path, timeout=10) as client:
            for _ in range(self.random.randrange(1, 300)):
                match self.random.randrange(20):
                    case 0:
                        client.get(self.some_key())
                    case 1:
                        client.sessions(limit=self.random.randrange(1, 100))
                    case 2:
                        client.query(limit=50, types=["dev.sessiond.logout"])
                    case 3:
                        client.status()
                    case 4:
                        client.identity(self.some_key(), confirm=True)
                    case _:
                        client.identity(self.some_key())
                self.counts["asked"] += 1


class Listener(Client):
    """Subscribes from somewhere, listens for a while, and leaves; ids must rise."""

    def act(self) -> None:
        after = "" if self.random.random() < 0.3 else None
        with sessiond.Client(self.path, timeout=10) as client, client.events(after=after) as stream:
            last = ""
            deadline = time.monotonic() + self.random.uniform(0.1, 5)
            while time.monotonic() < deadline:
                event = stream.poll(0.1)
                if event is not None:
                    if event.id <= last:
                        self.fault(f"{event.id} came after {last}")
                    last = event.id
                    self.counts["heard"] += 1


class Revoker(Client):
    """Ends sessions, which must be out at once, and stay out when they are written again."""

    def act(self) -> None:
        self.pause(self.random.uniform(0.05, 0.5))
        with sessiond.Client(self.path, timeout=10) as client:
            match self.random.randrange(5):
                case 0:
                    self.counts["revoked"] += client.revoke_user(self.random.randrange(1, 8))
                case 1 | 2:
                    self.counts["revoked"] += client.revoke(self.some_key())
                case _:
                    self.revoke_own(client)

    def revoke_own(self, client: sessiond.Client) -> None:
        """End a session that a request in flight writes again."""
        key = f"{self.random.getrandbits(128):032x}"
        self.visitors.log_in(key, 9)
        try:
            # A FLUSHALL may have been faster.
            if client.revoke(key) != 1:
                return
            self.counts["revoked"] += 1
            self.visitors.log_in(key, 9)
            self.counts["written again"] += 1
            deadline = time.monotonic() + DEADLINE_SECONDS
            while self.visitors.holds(key):
                self.expect_nobody(client, key)
                if time.monotonic() > deadline:
                    return self.fault("a session that was revoked and written again is still in Redis")
            self.expect_nobody(client, key)
        finally:
            self.visitors.log_out(key)

    def expect_nobody(self, client: sessiond.Client, key: str) -> None:
        try:
            if client.identity(key):
                self.fault("a session that was revoked is somebody's")
        except sessiond.SessiondError as error:
            self.counts[type(error).__name__] += 1


class Attacker(Client):
    """Sends what nobody should, in every manner: whole, in pieces, slowly, and reading nothing."""

    def __init__(self, path: Path, visitors: Visitors, trouble: threading.Event, seed: int) -> None:
        super().__init__(path, visitors, trouble, seed)
        self._hostile = HostileClient(path, corpus())
        self._seed = seed

    def act(self) -> None:
        try:
            self._hostile.attack(f"{self._seed}/{self.counts['attacks']}")
        except Finding as finding:
            self.fault(str(finding))
        self.counts["attacks"] += 1
