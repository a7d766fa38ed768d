"""A real daemon with an open HTTP door, on a real Redis."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from browser import Browser
from door import Door
from processes import PrivateRedis

pytest_plugins = ["daemon_fixtures"]


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Run one browser for all tests."""
    running = Browser(tmp_path_factory.mktemp("browser") / "profile")
    yield running
    running.close()


@pytest.fixture
def open_door(binary: str, folder: Path, redis: PrivateRedis) -> Iterator[Callable[..., Door]]:
    """Start a daemon with these options; it is stopped at the end, and must end well and have said no key."""
    doors: list[Door] = []

    def start(*options: str, **more: str) -> Door:
        doors.append(Door(binary, folder, redis, *options, **more))
        return doors[-1]

    yield start
    for door in doors:
        if door.daemon.is_running:
            assert door.daemon.stop() == 0
        assert "secretsession" not in "\n".join(door.daemon.lines)


@pytest.fixture
def door(open_door: Callable[..., Door]) -> Door:
    """Start a daemon with nothing but the door."""
    return open_door()
