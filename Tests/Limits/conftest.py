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

        def start(
            *options: str, environment: dict[str, str] | None = None, limits_of_files: tuple[int, int] | None = None
        ) -> Daemon:
            program = binary
            if limits_of_files:
                program = str(folder / "limited")
                soft, hard = limits_of_files
                Path(program).write_text(f'#!/bin/sh\nexec prlimit --nofile={soft}:{hard} {binary} "$@"\n')
                Path(program).chmod(0o755)
            daemon = Daemon(program, folder, redis.url, key, "--socket-mode", "0666", *options)
            daemon.start(environment or {})
            stack.callback(lambda: daemon.stop())
            return daemon

        yield start
