"""Fixtures: a private Redis, the site, and in front of it nothing, a stand-in, or the real daemon."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake import FakeSessiond
from running import Site

from processes import Daemon, PrivateRedis

SECRET_KEY = "a secret of these tests, and of nothing else"


@pytest.fixture
def folder() -> Iterator[Path]:
    # pytest's own folders have names too long for a socket's path.
    with tempfile.TemporaryDirectory(prefix="sd-") as name:
        yield Path(name)


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="sd-") as name:
        (Path(name) / "secret_key").write_text(SECRET_KEY + "\nan older secret\n")
        yield Path(name)


@pytest.fixture(scope="session")
def redis(home: Path) -> Iterator[PrivateRedis]:
    server = PrivateRedis(home)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def site(home: Path, redis: PrivateRedis, folder: Path) -> Iterator[Site]:
    """The site, with nobody listening on the socket that it knows, unless a test sees to it."""
    process = Site(folder, redis.url, home / "secret_key", folder / "sessiond.sock")
    process.start()
    yield process
    assert process.stop() == 0


@pytest.fixture
def fake(redis: PrivateRedis, folder: Path) -> Iterator[FakeSessiond]:
    server = FakeSessiond(folder / "sessiond.sock", SECRET_KEY, redis)
    yield server
    server.close()


@pytest.fixture(scope="session")
def binary() -> str:
    path = os.environ.get("SESSIOND_BINARY")
    if not path:
        pytest.skip("SESSIOND_BINARY names no built sessiond")
    return path


@pytest.fixture(scope="module")
def daemon(binary: str, home: Path, redis: PrivateRedis) -> Iterator[Daemon]:
    process = Daemon(binary, home, redis.url, home / "secret_key")
    process.start()
    yield process
    assert process.stop() == 0


@pytest.fixture(scope="module")
def live_site(daemon: Daemon, home: Path, redis: PrivateRedis) -> Iterator[Site]:
    """The site in front of the real daemon."""
    process = Site(home, redis.url, home / "secret_key", daemon.path)
    process.start()
    yield process
    assert process.stop() == 0
