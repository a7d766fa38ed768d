"""A real daemon with the limits that a test gives it, and clients of several users."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from processes import Daemon, PrivateRedis

SECRET_KEY = "the secret of the limits"


@pytest.fixture(scope="session")
def binary() -> str:
    path = os.environ.get("SESSIOND_BINARY")
    if not path:
        pytest.skip("SESSIOND_BINARY names no built sessiond")
    return path


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="sd-") as name:
        path = Path(name)
        # Other users have to reach the socket.
        path.chmod(0o711)
        yield path


@pytest.fixture
def redis(folder: Path) -> Iterator[PrivateRedis]:
    server = PrivateRedis(folder)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def serve(binary: str, folder: Path, redis: PrivateRedis) -> Iterator[Callable[..., Daemon]]:
    """Start a daemon with these options; it is stopped at the end, and must end well."""
    key = folder / "secret_key"
    key.write_text(SECRET_KEY + "\n")
    with ExitStack() as stack:

        def start(*options: str, environment: dict[str, str] | None = None) -> Daemon:
            daemon = Daemon(binary, folder, redis.url, key, "--socket-mode", "0666", *options)
            daemon.start(environment or {})
            stack.callback(lambda: daemon.stop())
            return daemon

        yield start
