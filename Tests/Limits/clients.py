"""Clients that speak to the socket by hand, as this user or as another one."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from processes import DEADLINE_SECONDS


class Line:
    """One connection: requests out, lines in."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(DEADLINE_SECONDS)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("rb")

    def send(self, *requests: Any) -> None:
        self._socket.sendall(b"".join(json.dumps(request).encode() + b"\n" for request in requests))

    def read(self) -> Any:
        """Return the next message, or None at the end."""
        try:
            line = self._lines.readline()
        except ConnectionResetError:
            return None
        return json.loads(line) if line else None

    def call(self, method: str, **params: Any) -> Any:
        self.send({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        return self.read()

    def status(self) -> Any:
        return self.call("server.status")["result"]

    def close(self) -> None:
        self._lines.close()
        self._socket.close()

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class OtherUser:
    """A process of another user that does what it is told: `connect`, `hangup`, or `ask KEY` on its first one."""

    def __init__(self, uid: int, path: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, str(path), str(uid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def do(self, *words: str) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(" ".join(words) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(DEADLINE_SECONDS)
        self._process.stdout.close()

    def __enter__(self) -> OtherUser:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def may_become_others() -> bool:
    return os.geteuid() == 0


_PROGRAM = r"""
import json, os, socket, sys
path, uid = sys.argv[1], int(sys.argv[2])
os.setgroups([]); os.setgid(uid); os.setuid(uid)
held = []
def exchange(connection, method, **params):
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    try:
        connection.sendall(json.dumps(request).encode() + b"\n")
    except OSError:
        pass
    data = b""
    try:
        while not data.endswith(b"\n"):
            chunk = connection.recv(65536)
            if not chunk:
                break
            data += chunk
    except ConnectionResetError:
        pass
    return json.loads(data) if data else None
for line in sys.stdin:
    word, *rest = line.split()
    if word == "connect":
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(30)
        connection.connect(path)
        answer = exchange(connection, "server.info")
        if "result" in answer:
            held.append(connection)
    elif word == "hangup":
        held.pop().close()
        answer = None
    else:
        answer = exchange(held[0], "session.identity", session_key=rest[0])
    print(json.dumps(answer), flush=True)
"""
