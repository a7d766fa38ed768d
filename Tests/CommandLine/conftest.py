"""A daemon with a Redis of its own, and commands on terminals and in pipes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from processes import PrivateRedis
from site_with_daemon import Site
from terminals import Terminal

pytest_plugins = ["daemon_fixtures"]


@pytest.fixture
def site(binary: str, folder: Path, redis: PrivateRedis) -> Iterator[Site]:
    """A site that nobody is logged in to."""
    site = Site(binary, folder, redis)
    site.daemon.start()
    yield site
    site.daemon.stop()


@pytest.fixture
def terminal(binary: str) -> Iterator[Callable[..., Terminal]]:
    """Starts `sessiond` with these words on a terminal of its own."""
    terminals: list[Terminal] = []

    def start(*words: str, **options: object) -> Terminal:
        terminals.append(Terminal([binary, *words], **options))
        return terminals[-1]

    yield start
    for terminal in terminals:
        terminal.close()
