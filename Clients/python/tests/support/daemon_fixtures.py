"""Fixtures that suites with a built daemon share: `pytest_plugins = ["daemon_fixtures"]`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from processes import PrivateRedis


@pytest.fixture(scope="session")
def binary() -> str:
    """Return the path of the built daemon."""
    path = os.environ.get("SESSIOND_BINARY")
    if not path:
        pytest.skip("SESSIOND_BINARY names no built sessiond")
    return path


@pytest.fixture
def folder() -> Iterator[Path]:
    """Make a folder for one test, with a short path for sockets, through which other users can get."""
    with TemporaryDirectory(prefix="sd-") as name:
        path = Path(name)
        path.chmod(0o711)
        yield path


@pytest.fixture
def redis(folder: Path) -> Iterator[PrivateRedis]:
    """Run a Redis for one test."""
    server = PrivateRedis(folder)
    server.start()
    yield server
    server.stop()
