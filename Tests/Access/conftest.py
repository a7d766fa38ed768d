"""A daemon with a configuration file, a real Redis, and peers that are other users."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from peers import SECRET_KEY, Site
from processes import PrivateRedis


@pytest.fixture(scope="session")
def binary() -> str:
    path = os.environ.get("SESSIOND_BINARY")
    if not path:
        pytest.skip("SESSIOND_BINARY names no built sessiond")
    return path


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="sd-") as name:
        # Other users have to get through.
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def redis(folder: Path) -> Iterator[PrivateRedis]:
    server = PrivateRedis(folder)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def serve(binary: str, folder: Path, redis: PrivateRedis) -> Iterator[Callable[..., Site]]:
    """Starts a daemon on these lines of YAML."""
    sites: list[Site] = []
    (folder / "secret_key").write_text(SECRET_KEY + "\n")

    def start(configuration: str = "", *options: str) -> Site:
        sites.append(Site(binary, folder, redis, configuration, *options))
        return sites[-1]

    yield start
    for site in sites:
        assert site.daemon.stop() == 0
