"""A daemon with a configuration file, a real Redis, and peers that are other users."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from peers import SECRET_KEY, Site
from processes import PrivateRedis

pytest_plugins = ["daemon_fixtures"]


@pytest.fixture
def serve(binary: str, folder: Path, redis: PrivateRedis) -> Iterator[Callable[..., Site]]:
    """Starts a daemon on these lines of YAML."""
    sites: list[Site] = []
    (folder / "secret_key").write_text(SECRET_KEY + "\n")

    def start(configuration: str = "", *options: str, binary: str = binary) -> Site:
        sites.append(Site(binary, folder, redis, configuration, *options))
        return sites[-1]

    yield start
    for site in sites:
        assert site.daemon.stop() == 0
