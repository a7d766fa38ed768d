"""A site to be examined, and Redis servers in every state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from checking import Site
from processes import Daemon, PrivateRedis

pytest_plugins = ["daemon_fixtures"]


@pytest.fixture
def site(binary: str, folder: Path) -> Iterator[Site]:
    """Make a site; in the end nothing that is secret may have been printed."""
    site = Site(binary, folder)
    yield site
    told = [secret for secret in site.secrets if secret in site.printed]
    assert not told


@pytest.fixture
def server(folder: Path) -> Iterator[Callable[..., PrivateRedis]]:
    """Start a Redis with these options."""
    with ExitStack() as stack:
        count = 0

        def start(*options: str, program: str | None = None) -> PrivateRedis:
            nonlocal count
            count += 1
            home = folder / f"redis{count}"
            home.mkdir()
            home.chmod(0o711)
            redis = PrivateRedis(home, *options, program=program)
            redis.start()
            stack.callback(redis.stop)
            return redis

        yield start


@pytest.fixture
def serve(site: Site) -> Iterator[Callable[..., Daemon]]:
    """Start a daemon on the site's key file."""
    with ExitStack() as stack:

        def start(url: str, *options: str, folder: Path | None = None, key_file: Path | None = None) -> Daemon:
            daemon = Daemon(site.binary, folder or site.folder, url, key_file or site.key_file, *options)
            daemon.start()
            stack.callback(daemon.stop)
            return daemon

        yield start
