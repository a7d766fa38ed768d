"""A real daemon with the limits that a test gives it, and clients of several users."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from processes import Daemon, PrivateRedis

SECRET_KEY = "the secret of the limits"

pytest_plugins = ["daemon_fixtures"]


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
