"""Requests of one user, as fast as they can be sent, keep the daemon neither from Redis nor from others."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from clients import Line, may_become_others
from conftest import SECRET_KEY
from processes import DEADLINE_SECONDS, wait_for
from stored import logged_in, session_value

#: Sends one request over many connections as another user, and reads what comes, until it is killed.
FLOOD = r"""
import os, selectors, socket, sys
path, uid, request = sys.argv[1], int(sys.argv[2]), sys.argv[3].encode() + b"\n"
os.setgroups([]); os.setgid(uid); os.setuid(uid)
selector, begun = selectors.DefaultSelector(), False
for _ in range(20):
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    connection.setblocking(False)
    selector.register(connection, selectors.EVENT_READ | selectors.EVENT_WRITE, bytearray())
while True:
    for key, mask in selector.select():
        try:
            if mask & selectors.EVENT_READ and key.fileobj.recv(1 << 18) and not begun:
                begun = True
                print("begun", flush=True)
            if mask & selectors.EVENT_WRITE:
                if not key.data:
                    key.data.extend(request * 500)
                del key.data[: key.fileobj.send(key.data)]
        except BlockingIOError:
            pass
"""


@contextmanager
def flood(path: Path, method: str, **params: Any) -> Iterator[None]:
    request = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    command = [sys.executable, "-c", FLOOD, str(path), "4001", request]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "begun\n"
            yield
            assert process.poll() is None, "it goes on to the end"
        finally:
            process.kill()
            process.wait(DEADLINE_SECONDS)


@pytest.mark.skipif(not may_become_others(), reason="needs to become another user")
@pytest.mark.parametrize(
    ("method", "params"),
    [("server.status", {}), ("session.identity", {"session_key": "known", "confirm": True})],
)
def test_whoever_logs_in_meanwhile_is_known(serve, redis, method, params):
    def log_in(key: str, user: int) -> None:
        redis.command("SETEX", f"django_sessions:{key}", 600, session_value(SECRET_KEY, logged_in(user)))

    daemon = serve()
    with Line(daemon.path) as line:
        log_in("known", 1)
        wait_for(lambda: line.call("session.identity", session_key="known")["result"]["authenticated"], "the login")
        with flood(daemon.path, method, **params):
            for user in range(2, 12):
                log_in(f"new{user}", user)
                # Not `unavailable` either: a daemon that is kept from Redis can prove nothing.
                assert line.call("session.identity", session_key=f"new{user}")["result"]["user_id"] == str(user)
            assert line.status()["link"]["reconnects"] == 0
