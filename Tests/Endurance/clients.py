"""Clients of a socket that ask, listen, revoke, misbehave and leave, each a thread."""

from __future__ import annotations

import contextlib
import json
import random
import socket
import threading
import time
from collections import Counter
from pathlib import Path

import sessiond
from visitors import Visitors

GARBAGE = [
    b"\x00\xff\xfe\n",
    b"[" * 5000 + b"\n",
    b'{"jsonrpc":"2.0","id":1,"id":2,"method":"server.info"}\n',
    b'{"jsonrpc":"2.0","id":' + b"9" * 4000 + b',"method":"server.info"}\n',
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"x" * 70_000 + b"\n",
    b"[]\n",
    b'{"jsonrpc":"2.0","id":1,"method":"session.identity","params":{"session_key":"' + b"y" * 600 + b'"}}\n',
]


class Client(threading.Thread):
    """Does its one thing again and again until it is stopped."""

    def __init__(self, path: Path, visitors: Visitors, seed: int) -> None:
        super().__init__(daemon=True)
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
                time.sleep(0.05)
            except OSError as error:
                self.counts[f"os: {error.errno}"] += 1
                time.sleep(0.05)

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
                        self.faults.append(f"{event.id} came after {last}")
                    last = event.id
                    self.counts["heard"] += 1


class Revoker(Client):
    """Ends sessions, which must be out at once."""

    def act(self) -> None:
        time.sleep(self.random.uniform(0.05, 0.5))
        with sessiond.Client(self.path, timeout=10) as client:
            if self.random.random() < 0.2:
                self.counts["revoked"] += client.revoke_user(self.random.randrange(1, 8))
            else:
                self.counts["revoked"] += client.revoke(self.some_key())


class Rascal(Client):
    """Sends what nobody should, reads or does not, and hangs up in the middle."""

    def act(self) -> None:
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as connection:
            connection.settimeout(10)
            connection.connect(self.path)
            for _ in range(self.random.randrange(1, 20)):
                data = self.random.choice(GARBAGE)
                if self.random.random() < 0.3:
                    data = data[: self.random.randrange(len(data))]
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    connection.sendall(data)
                self.counts["rubbish"] += 1
            if self.random.random() < 0.3:
                connection.shutdown(socket.SHUT_WR)
            if self.random.random() < 0.7:
                self.read(connection)

    def read(self, connection: socket.socket) -> None:
        connection.settimeout(0.2)
        held = b""
        with contextlib.suppress(TimeoutError, ConnectionResetError):
            while data := connection.recv(65_536):
                held += data
        for line in held.split(b"\n")[:-1]:
            if json.loads(line).get("jsonrpc") != "2.0":
                self.faults.append(f"no JSON-RPC: {line[:80]!r}")


class Sluggard(Client):
    """Asks for much and reads nothing."""

    def act(self) -> None:
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as connection:
            connection.settimeout(1)
            connection.connect(self.path)
            subscribe = '{"jsonrpc":"2.0","id":1,"method":"events.subscribe","params":{"after":""}}\n'
            query = '{"jsonrpc":"2.0","id":2,"method":"events.query","params":{"limit":1000}}\n'
            with contextlib.suppress(TimeoutError, BrokenPipeError, ConnectionResetError):
                connection.sendall((subscribe + query * 200).encode())
            self.counts["unread"] += 1
            time.sleep(self.random.uniform(0.1, 3))
