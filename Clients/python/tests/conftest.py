"""Fixtures: scripted daemons, and where SESSIOND_BINARY names one, a real daemon on a private Redis."""

from __future__ import annotations

import functools
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

import sessiond
from awaited import AwaitedClient, Loop
from processes import Daemon, PrivateRedis
from scripted import Peer, ScriptedServer

SECRET_KEY = "a secret of these tests"


@pytest.fixture
def folder() -> Iterator[Path]:
    # pytest's own folders have names too long for a socket's path.
    with tempfile.TemporaryDirectory(prefix="sd-") as name:
        yield Path(name)


@pytest.fixture
def serve(folder: Path) -> Iterator[Callable[..., ScriptedServer]]:
    """Start a scripted daemon; a script that failed fails the test."""
    servers: list[ScriptedServer] = []

    def start(script: Callable[[ScriptedServer, Peer], None], name: str = "sessiond.sock") -> ScriptedServer:
        server = ScriptedServer(folder / name, lambda peer: script(server, peer))
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.close()
    for server in servers:
        assert server.failures == []


@pytest.fixture(params=["blocking", "asyncio"])
def connect(request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """Make a client; what the blocking one does, the one for asyncio has to do, too."""
    if request.param == "blocking":
        yield sessiond.Client
        return
    loop = Loop()
    yield functools.partial(AwaitedClient, loop)
    loop.close()


@pytest.fixture(scope="module")
def redis() -> Iterator[PrivateRedis]:
    with tempfile.TemporaryDirectory(prefix="sd-") as name:
        server = PrivateRedis(Path(name))
        server.start()
        yield server
        server.stop()


@pytest.fixture(scope="module")
def daemon(redis: PrivateRedis) -> Iterator[Daemon]:
    binary = os.environ.get("SESSIOND_BINARY")
    if not binary:
        pytest.skip("SESSIOND_BINARY names no built sessiond")
    secret_key_file = redis.folder / "secret_key"
    secret_key_file.write_text(SECRET_KEY + "\n")
    process = Daemon(binary, redis.folder, redis.url, secret_key_file)
    process.start()
    yield process
    assert process.stop() == 0
